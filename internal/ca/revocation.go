package ca

import (
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"golang.org/x/crypto/cryptobyte"
)

const (
	ActSignList  authz.Act = "ca.sign_list"         // record the intent to sign a CRL
	ActResponder authz.Act = "ca.certify_responder" // record the intent to issue the certificate of an OCSP responder
)

const articleOfRevocation = "公的個人認証法第18条"

// NoticeOf returns what the validity service is told of a certificate.
func NoticeOf(certificate []byte) (message.IssuedNotice, error) {
	c, err := jpki.Parse(certificate)
	if err != nil {
		return message.IssuedNotice{}, fmt.Errorf("telling of a certificate: %w", err)
	}
	n, err := noticeOf(c)
	if c.Kind.IsCA() {
		n.Issuer, n.Certificate = message.IssuerID(c.KeyID().String()), certificate
	}
	return n, err
}

// noticeOf returns what the validity service is told of a certificate that its CA signs or is to sign.
func noticeOf(c *jpki.Certificate) (n message.IssuedNotice, err error) {
	n = message.IssuedNotice{
		Issuer: message.IssuerID(c.IssuerKeyID().String()), Serial: c.Serial, Kind: c.Kind, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
	}
	if point := c.DistributionPoint(); point != nil {
		n.Point, err = encode(point)
	}
	return n, err
}

func encode(v cryptobyte.MarshalingValue) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddValue(v)
	return b.Bytes()
}

// withKey returns the issuer with a key identifier, if its certificate is in force at an instant.
func withKey(issuers []Issuer, id message.IssuerID, at time.Time) (Issuer, *jpki.Certificate, error) {
	issuer, err := byKey(issuers, id)
	if err != nil {
		return Issuer{}, nil, err
	}
	c, err := jpki.Parse(issuer.Certificate)
	if err == nil && (at.Before(c.NotBefore) || at.After(c.NotAfter)) {
		err = fault.New(fault.NotFound, "revocation.no_issuer", id)
	}
	return issuer, c, err
}
