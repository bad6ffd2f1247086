package pkix

import (
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Answer is the status of one certificate.
//
// Spec: RFC 6960 §4.2.1
type Answer struct {
	ID              CertID
	Status          CertStatus
	RevokedAt       time.Time
	Reason          Reason
	ThisUpdate      time.Time
	NextUpdate      time.Time // zero if not given: newer information is always available
	UnknownCritical []der.OID
}

// CertStatus is what a responder knows of a certificate.
type CertStatus int

// The three answers. OCSPGood says no more than that the certificate is not revoked.
const (
	OCSPGood CertStatus = iota
	OCSPRevoked
	OCSPUnknown
)

var certStatusNames = [...]string{OCSPGood: "good", OCSPRevoked: "revoked", OCSPUnknown: "unknown"}

// String returns good, revoked or unknown.
func (s CertStatus) String() string { return certStatusNames[s] }

// CertID names a certificate by its issuer's name and key, both hashed, and its serial number.
//
// Spec: RFC 6960 §4.1.1
type CertID struct {
	Algorithm der.Algorithm // of the hash
	NameHash  string
	KeyHash   string
	Serial    Serial
}

// NewCertID names the certificate with this serial number, issued under the name with the key, by a hash function. The error
// is [ErrAlgorithm].
func NewCertID(hash crypto.Hash, serial Serial, issuer Name, key PublicKey) (CertID, error) {
	for id, known := range hashes {
		if known == hash {
			return CertID{der.Algorithm{ID: id, Parameters: der.Null}, digest(hash, string(issuer)), digest(hash, key.Bits), serial}, nil
		}
	}
	return CertID{}, fmt.Errorf("hash function %s: %w", hash, ErrAlgorithm)
}

// Marshal appends the id to b.
func (id CertID) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(id.Algorithm)
		b.AddASN1OctetString([]byte(id.NameHash))
		b.AddASN1OctetString([]byte(id.KeyHash))
		b.AddASN1(asn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(id.Serial)) })
	})
	return nil
}

// Names reports whether the id is that of a certificate with this serial number, issued under the name with the key.
func (id CertID) Names(serial Serial, issuer Name, key PublicKey) bool {
	hash, err := HashOf(id.Algorithm)
	return err == nil && id.Serial == serial && id.NameHash == digest(hash, string(issuer)) && id.KeyHash == digest(hash, key.Bits)
}

// KeyHash returns the SHA-1 of the key bits, as a responder names its key.
func (k PublicKey) KeyHash() string { return digest(crypto.SHA1, k.Bits) }

func digest(hash crypto.Hash, data string) string {
	h := hash.New()
	h.Write([]byte(data))
	return string(h.Sum(nil))
}

// SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT
// GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }
func readAnswer(s *cryptobyte.String) (a Answer, err error) {
	var content, explicit cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return a, errors.New("sequence expected")
	}
	if a.ID, err = readCertID(&content); err != nil {
		return a, err
	}
	if err := a.readStatus(&content); err != nil {
		return a, err
	}
	if a.ThisUpdate, err = readGeneralizedTime(&content, asn1.GeneralizedTime); err != nil {
		return a, err
	}
	var present bool
	if !content.ReadOptionalASN1(&explicit, &present, constructed(0)) {
		return a, errors.New("malformed next update")
	}
	if present {
		if a.NextUpdate, err = readGeneralizedTime(&explicit, asn1.GeneralizedTime); err != nil || !explicit.Empty() {
			return a, errors.New("malformed next update")
		}
	}
	err = readExtensions(&content, constructed(1), true, func(raw der.Extension) error {
		if raw.Critical {
			a.UnknownCritical = append(a.UnknownCritical, raw.ID)
		}
		return nil
	})
	return a, err
}

// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING,
// serialNumber INTEGER }
func readCertID(s *cryptobyte.String) (id CertID, err error) {
	var content, name, key cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return id, errors.New("certificate id expected")
	}
	if id.Algorithm, err = der.ReadAlgorithm(&content); err != nil {
		return id, err
	}
	if !content.ReadASN1(&name, asn1.OCTET_STRING) || !content.ReadASN1(&key, asn1.OCTET_STRING) {
		return id, errors.New("malformed certificate id")
	}
	id.NameHash, id.KeyHash = string(name), string(key)
	if id.Serial, err = readSerial(&content, asn1.INTEGER); err != nil {
		return id, err
	}
	return id, trailing(content)
}

// CertStatus ::= CHOICE { good [0] NULL, revoked [1] SEQUENCE { revocationTime GeneralizedTime, revocationReason [0]
// EXPLICIT CRLReason OPTIONAL }, unknown [2] NULL }
func (a *Answer) readStatus(s *cryptobyte.String) (err error) {
	var content, explicit cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return errors.New("certificate status expected")
	}
	switch tag {
	case context(0):
		a.Status = OCSPGood
	case context(2):
		a.Status = OCSPUnknown
	case constructed(1):
		a.Status = OCSPRevoked
		if a.RevokedAt, err = readGeneralizedTime(&content, asn1.GeneralizedTime); err != nil {
			return err
		}
		var present bool
		if !content.ReadOptionalASN1(&explicit, &present, constructed(0)) {
			return errors.New("malformed revocation reason")
		}
		if present {
			if a.Reason, err = readReason(&explicit); err != nil {
				return err
			}
		}
	default:
		return errors.New("certificate status expected")
	}
	return trailing(content)
}
