package pkix

import (
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxOCSP is the largest OCSP response that is read, in bytes.
const MaxOCSP = 1 << 20

// OCSPStatus is what a responder says about a request as a whole. Only [Successful] comes with an answer.
//
// Spec: RFC 6960 §4.2.1
type OCSPStatus int

// Successful is the status of a response with an answer.
const Successful OCSPStatus = 0

var ocspStatusNames = map[OCSPStatus]string{
	0: "successful", 1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized",
}

// String returns the status' name in RFC 6960.
func (s OCSPStatus) String() string {
	if name, ok := ocspStatusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("status %d", int(s))
}

// OCSPResponse is an answer of an OCSP responder, of the basic type.
type OCSPResponse struct {
	Signed
	Status          OCSPStatus // everything else is zero unless Successful
	ResponderName   Name       // or
	ResponderKey    string     // SHA-1 of the responder's key bits
	ProducedAt      time.Time
	Answers         []Answer
	Nonce           []byte
	Certificates    []*Certificate
	UnknownCritical []der.OID
}

// ParseOCSP reads one DER OCSPResponse. The result refers to the bytes given.
//
//	OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] SEQUENCE { responseType OBJECT IDENTIFIER,
//	    response OCTET STRING } OPTIONAL }
//
// Spec: RFC 6960 §4.2.1
func ParseOCSP(encoded []byte) (*OCSPResponse, error) {
	if len(encoded) > MaxOCSP {
		return nil, fmt.Errorf("OCSP response of %d bytes, more than %d", len(encoded), MaxOCSP)
	}
	input := cryptobyte.String(encoded)
	var outer, status, explicit, bytes, response cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1(&status, asn1.ENUM) || len(status) != 1 {
		return nil, errors.New("not a DER OCSP response")
	}
	r := &OCSPResponse{Status: OCSPStatus(status[0])}
	if r.Status != Successful {
		return r, nil
	}
	if !outer.ReadASN1(&explicit, constructed(0)) || !outer.Empty() || !explicit.ReadASN1(&bytes, asn1.SEQUENCE) {
		return nil, errors.New("successful OCSP response without an answer")
	}
	kind, err := der.ReadOID(&bytes)
	if err != nil || kind != oidOCSPBasic || !bytes.ReadASN1(&response, asn1.OCTET_STRING) || !bytes.Empty() {
		return nil, errors.New("basic OCSP response expected")
	}
	return r, r.readBasic(response)
}

// BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT
// STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
func (r *OCSPResponse) readBasic(s cryptobyte.String) error {
	var content, explicit, certificates cryptobyte.String
	var present bool
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !s.Empty() {
		return errors.New("basic OCSP response expected")
	}
	tbs, err := readSignedContent(&content, &r.Signed)
	if err != nil {
		return err
	}
	if !content.ReadOptionalASN1(&explicit, &present, constructed(0)) || !content.Empty() ||
		present && (!explicit.ReadASN1(&certificates, asn1.SEQUENCE) || !explicit.Empty()) {
		return errors.New("malformed certificates of an OCSP response")
	}
	for !certificates.Empty() {
		var element cryptobyte.String
		if !certificates.ReadASN1Element(&element, asn1.SEQUENCE) {
			return errors.New("certificate expected")
		}
		c, err := ParseCertificate(element)
		if err != nil {
			return fmt.Errorf("certificate of an OCSP response: %w", err)
		}
		r.Certificates = append(r.Certificates, c)
	}
	return r.readData(tbs)
}

// ResponseData ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, responderID CHOICE { byName [1] Name, byKey [2] OCTET
// STRING }, producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions
// OPTIONAL }
func (r *OCSPResponse) readData(s cryptobyte.String) (err error) {
	var version int
	var answers cryptobyte.String
	if !s.ReadOptionalASN1Integer(&version, constructed(0), 0) || version != 0 {
		return errors.New("version 1 of an OCSP response expected")
	}
	if err := r.readResponder(&s); err != nil {
		return err
	}
	if r.ProducedAt, err = readGeneralizedTime(&s, asn1.GeneralizedTime); err != nil {
		return err
	}
	if !s.ReadASN1(&answers, asn1.SEQUENCE) {
		return errors.New("answers of an OCSP response expected")
	}
	for !answers.Empty() {
		a, err := readAnswer(&answers)
		if err != nil {
			return fmt.Errorf("answer %d: %w", len(r.Answers)+1, err)
		}
		r.Answers = append(r.Answers, a)
	}
	return readExtensions(&s, constructed(1), true, r.readExtension)
}

func (r *OCSPResponse) readResponder(s *cryptobyte.String) (err error) {
	var explicit, hash cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&explicit, &tag) {
		return errors.New("responder expected")
	}
	switch tag {
	case constructed(1):
		if r.ResponderName, err = readName(&explicit); err != nil || !explicit.Empty() {
			return errors.New("malformed name of the responder")
		}
	case constructed(2):
		if !explicit.ReadASN1(&hash, asn1.OCTET_STRING) || !explicit.Empty() {
			return errors.New("malformed key hash of the responder")
		}
		r.ResponderKey = string(hash)
	default:
		return errors.New("responder expected")
	}
	return nil
}

// readExtension reads the nonce. RFC 8954 wants it to be an OCTET STRING; older responders send bare bytes.
//
// Spec: RFC 8954 §2.1
func (r *OCSPResponse) readExtension(raw der.Extension) error {
	if raw.ID != oidOCSPNonce {
		if raw.Critical {
			r.UnknownCritical = append(r.UnknownCritical, raw.ID)
		}
		return nil
	}
	s := cryptobyte.String(raw.Value)
	var nonce cryptobyte.String
	r.Nonce = raw.Value
	if s.ReadASN1(&nonce, asn1.OCTET_STRING) && s.Empty() {
		r.Nonce = nonce
	}
	return nil
}
