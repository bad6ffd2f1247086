package ocsp

import (
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/message"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Trouble is why there is no answer, an OCSPResponseStatus other than successful.
//
// Spec: RFC 6960 §2.3, §4.2.1; RFC 5019 §2.2.3
type Trouble int

const (
	MalformedRequest Trouble = 1 // the request cannot be read
	InternalError    Trouble = 2 // the responder is in a bad state
	TryLater         Trouble = 3 // it has no fresh data, or no certificate, at the moment
	Unauthorized     Trouble = 6 // who asks may not ask, or asks for certificates of an issuer that is not ours
)

// Status is what is known of a certificate.
type Status int

const (
	Unknown Status = iota // never issued
	Good                  // issued, and not revoked
	Revoked
)

// Answer is the status of one certificate.
type Answer struct {
	ID         CertID
	Status     Status
	RevokedAt  time.Time      // if revoked
	Reason     message.Reason // if revoked; left out of the encoding if unspecified
	ThisUpdate time.Time
	NextUpdate time.Time
}

// Response is what a responder signs.
type Response struct {
	KeyHash    string // SHA-1 of the bits of the responder's public key
	ProducedAt time.Time
	Answers    []Answer
	Nonce      []byte // that of the request, nil if it had none
}

// TBS returns the DER of the ResponseData, the bytes that are signed.
//
//	ResponseData ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, responderID CHOICE { byName [1] Name, byKey [2] OCTET
//	    STRING }, producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions
//	    OPTIONAL }
//
// Spec: RFC 6960 §4.2.1
func (r Response) TBS() ([]byte, error) {
	var extensions []der.Extension
	if r.Nonce != nil {
		e, err := nonceExtension(r.Nonce)
		if err != nil {
			return nil, fmt.Errorf("writing nonce: %w", err)
		}
		extensions = append(extensions, e)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(constructed(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte(r.KeyHash)) })
		addTime(b, r.ProducedAt)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, a := range r.Answers {
				b.AddASN1(asn1.SEQUENCE, a.add)
			}
		})
		addExtensions(b, constructed(1), extensions)
	})
	return b.Bytes()
}

// add adds the content of a SingleResponse.
//
//	SingleResponse ::= SEQUENCE { certID CertID, certStatus CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT SEQUENCE {
//	    revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }, unknown [2] IMPLICIT NULL },
//	    thisUpdate GeneralizedTime, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, … }
func (a Answer) add(b *cryptobyte.Builder) {
	b.AddValue(a.ID)
	switch a.Status {
	case Good:
		b.AddASN1(context(0), func(*cryptobyte.Builder) {})
	case Revoked:
		b.AddASN1(constructed(1), func(b *cryptobyte.Builder) {
			addTime(b, a.RevokedAt)
			if a.Reason != message.Unspecified {
				b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(a.Reason)) })
			}
		})
	default:
		b.AddASN1(context(2), func(*cryptobyte.Builder) {})
	}
	addTime(b, a.ThisUpdate)
	b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { addTime(b, a.NextUpdate) })
}

// addTime adds a GeneralizedTime of whole seconds.
func addTime(b *cryptobyte.Builder, t time.Time) { b.AddASN1GeneralizedTime(t.UTC()) }

var oidBasic = der.MustOID("1.3.6.1.5.5.7.48.1.1")

// Assemble joins the signed part, its signature and the responder's certificate to a DER OCSPResponse.
//
//	OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OBJECT
//	    IDENTIFIER, response OCTET STRING } OPTIONAL }
//	BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT
//	    STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
func Assemble(tbs []byte, algorithm der.Algorithm, signature, certificate []byte) ([]byte, error) {
	var basic cryptobyte.Builder
	basic.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddValue(algorithm)
		b.AddASN1BitString(signature)
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(certificate) })
		})
	})
	response, err := basic.Bytes()
	if err != nil {
		return nil, fmt.Errorf("writing OCSP response: %w", err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0) // successful
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddValue(oidBasic)
				b.AddASN1OctetString(response)
			})
		})
	})
	return b.Bytes()
}

// Failure returns the DER of a response without an answer. It is not signed.
func Failure(t Trouble) []byte { return []byte{0x30, 3, 0x0A, 1, byte(t)} }
