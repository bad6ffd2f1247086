package status

import (
	"bytes"
	"crypto"
	"errors"
	"slices"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Reasons why a response does not answer a request.
var (
	// ErrNoAnswer says that a response has no answer about the certificate, or no answer at all.
	ErrNoAnswer = errors.New("response has no answer about the certificate")
	// ErrNonce says that a response does not repeat the nonce of the request: it may be an old one, played back.
	ErrNonce = errors.New("response does not repeat the nonce of the request")
)

// MaxNonce is the greatest length of a nonce in bytes.
//
// Spec: RFC 8954 §2.1
const MaxNonce = 32

// Request asks an OCSP responder for the status of one certificate.
type Request struct {
	ID    pkix.CertID
	Nonce []byte // nil for none
}

// NewRequest asks for a certificate under the key of its issuer, naming both by a hash function.
func NewRequest(hash crypto.Hash, serial pkix.Serial, issuer *pkix.Certificate, nonce []byte) (Request, error) {
	if len(nonce) > MaxNonce {
		return Request{}, errors.New("nonce of more than 32 bytes")
	}
	id, err := pkix.NewCertID(hash, serial, issuer.Subject, issuer.Key)
	return Request{id, nonce}, err
}

var oidNonce = der.MustOID("1.3.6.1.5.5.7.48.1.2")

// Marshal returns the DER of an OCSPRequest without a signature.
//
//	OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE { requestList SEQUENCE OF SEQUENCE { reqCert CertID },
//	    requestExtensions [2] EXPLICIT Extensions OPTIONAL } }
//
// Spec: RFC 6960 §4.1.1; RFC 8954 §2.1
func (r Request) Marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddValue(r.ID) })
			})
			if r.Nonce != nil {
				b.AddASN1(asn1.Tag(2).ContextSpecific().Constructed(), r.addNonce)
			}
		})
	})
	return b.Bytes()
}

// addNonce appends the list of extensions with the nonce.
func (r Request) addNonce(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddValue(oidNonce)
			b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(r.Nonce) })
		})
	})
}

// Answers says why a response is none to the request, or nil. Whether it is to be believed says [Checker.Of].
func (r Request) Answers(response *pkix.OCSPResponse) error {
	asked := plain(r.ID)
	if !slices.ContainsFunc(response.Answers, func(a pkix.Answer) bool { return plain(a.ID) == asked }) {
		return ErrNoAnswer
	}
	if r.Nonce != nil && !bytes.Equal(r.Nonce, response.Nonce) {
		return ErrNonce
	}
	return nil
}

// plain leaves the parameters of the hash function out, which responders write as NULL or not at all.
func plain(id pkix.CertID) pkix.CertID {
	id.Algorithm.Parameters = ""
	return id
}
