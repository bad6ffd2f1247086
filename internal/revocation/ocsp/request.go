package ocsp

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of a request.
const (
	MaxRequest = 16 << 10 // bytes; a signed request brings certificates
	MaxQueries = 64
	MaxNonce   = 32 // bytes
)

// Request asks for the status of certificates.
type Request struct {
	Requestor  []byte // DER of a GeneralName, nil if not given
	Queries    []Query
	Extensions []der.Extension
	Signature  []byte // DER of the Signature, unchecked; nil in an unsigned request
}

// Query asks for one certificate.
type Query struct {
	ID         CertID
	Extensions []der.Extension
}

// CertID names a certificate by its issuer's name and key, both hashed, and its serial number. It is comparable.
//
// Spec: RFC 6960 §4.1.1
type CertID struct {
	Issuer IssuerHash
	Serial string // the content of the INTEGER
}

// IssuerHash is the part of a [CertID] that names the issuer.
type IssuerHash struct {
	Algorithm der.Algorithm
	Name      string // hash of the DER of the issuer's name
	Key       string // hash of the bits of its public key
}

var (
	oidNonce = der.MustOID("1.3.6.1.5.5.7.48.1.2")
	sha1     = der.MustOID("1.3.14.3.2.26")
	sha256   = der.MustOID("2.16.840.1.101.3.4.2.1")
)

// HashesOf returns all hashes by which a request can name a CA: SHA-1 and SHA-256, each with NULL for parameters and with
// none, since both are in use.
func HashesOf(ca *jpki.Certificate) ([]IssuerHash, error) {
	var b cryptobyte.Builder
	b.AddValue(ca.Subject)
	name, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encoding name of issuer: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(ca.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("encoding key of issuer: %w", err)
	}
	s := cryptobyte.String(spki)
	var content cryptobyte.String
	var key []byte
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.SkipASN1(asn1.SEQUENCE) || !content.ReadASN1BitStringAsBytes(&key) {
		return nil, errors.New("key of issuer without key bits")
	}
	var hashes []IssuerHash
	for oid, hash := range map[der.OID]crypto.Hash{sha1: crypto.SHA1, sha256: crypto.SHA256} {
		for _, parameters := range []string{der.Null, ""} {
			hashes = append(hashes, IssuerHash{der.Algorithm{ID: oid, Parameters: parameters}, digest(hash, name), digest(hash, key)})
		}
	}
	return hashes, nil
}

func digest(hash crypto.Hash, data []byte) string {
	h := hash.New()
	h.Write(data)
	return string(h.Sum(nil))
}

// Number returns the serial number; ok is false if it is none that a CA of JPKI gives.
func (id CertID) Number() (serial jpki.Serial, ok bool) {
	content := id.Serial
	if len(content) == 0 || len(content) > 8 || content[0] >= 0x80 {
		return 0, false
	}
	for i := range len(content) {
		serial = serial<<8 | jpki.Serial(content[i])
	}
	return serial, serial > 0
}

// ParseRequest reads one DER OCSPRequest. Extensions that are not understood are kept, unless they are critical.
//
//	OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
//	TBSRequest ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
//	    requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
//
// Spec: RFC 6960 §4.1.1, §4.4; RFC 8954 §2.1
func ParseRequest(encoded []byte) (*Request, error) {
	if len(encoded) > MaxRequest {
		return nil, fmt.Errorf("OCSP request of %d bytes, more than %d", len(encoded), MaxRequest)
	}
	input := cryptobyte.String(encoded)
	var outer, tbs cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1(&tbs, asn1.SEQUENCE) {
		return nil, errors.New("not a DER OCSP request")
	}
	r := new(Request)
	if err := r.readTBS(tbs); err != nil {
		return nil, err
	}
	return r, r.readSignature(outer)
}

func (r *Request) readTBS(s cryptobyte.String) (err error) {
	var explicit, list cryptobyte.String
	var named bool
	if !s.ReadOptionalASN1(&explicit, &named, constructed(1)) {
		return errors.New("malformed name of the requestor")
	}
	if named {
		r.Requestor = explicit
		if _, err := der.ReadGeneralName(&explicit); err != nil || !explicit.Empty() {
			return errors.New("malformed name of the requestor")
		}
	}
	if !s.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() {
		return errors.New("list of certificates expected") // also where a version is written out, or is not 1
	}
	for !list.Empty() {
		q, err := readQuery(&list)
		if err != nil {
			return fmt.Errorf("certificate %d: %w", len(r.Queries)+1, err)
		}
		if r.Queries = append(r.Queries, q); len(r.Queries) > MaxQueries {
			return fmt.Errorf("more than %d certificates", MaxQueries)
		}
	}
	if r.Extensions, err = readExtensions(&s, constructed(2)); err != nil {
		return err
	}
	if !s.Empty() {
		return errors.New("trailing data in the request")
	}
	return r.checkNonce()
}

// Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
func readQuery(s *cryptobyte.String) (q Query, err error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return q, errors.New("sequence expected")
	}
	if q.ID, err = readCertID(&content); err != nil {
		return q, err
	}
	if q.Extensions, err = readExtensions(&content, constructed(0)); err != nil {
		return q, err
	}
	if !content.Empty() {
		return q, errors.New("trailing data")
	}
	return q, nil
}

// CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING,
// serialNumber INTEGER }
func readCertID(s *cryptobyte.String) (id CertID, err error) {
	var content, name, key, serial cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return id, errors.New("certificate id expected")
	}
	if id.Issuer.Algorithm, err = der.ReadAlgorithm(&content); err != nil {
		return id, err
	}
	if !content.ReadASN1(&name, asn1.OCTET_STRING) || !content.ReadASN1(&key, asn1.OCTET_STRING) ||
		!content.ReadASN1(&serial, asn1.INTEGER) || !content.Empty() {
		return id, errors.New("malformed certificate id")
	}
	if len(serial) == 0 || len(serial) > 1 && (serial[0] == 0 && serial[1] < 0x80 || serial[0] == 0xFF && serial[1] >= 0x80) {
		return id, errors.New("malformed serial number")
	}
	id.Issuer.Name, id.Issuer.Key, id.Serial = string(name), string(key), string(serial)
	return id, nil
}

// readExtensions reads optional Extensions under an explicit tag.
func readExtensions(s *cryptobyte.String, tag asn1.Tag) ([]der.Extension, error) {
	var explicit, list cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, tag) ||
		present && (!explicit.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() || !explicit.Empty()) {
		return nil, errors.New("malformed extensions")
	}
	var extensions []der.Extension
	seen := map[der.OID]bool{}
	for !list.Empty() {
		e, err := der.ReadExtension(&list)
		if err != nil {
			return nil, err
		}
		if seen[e.ID] || e.Critical && e.ID != oidNonce {
			return nil, fmt.Errorf("extension %s stands twice, or is critical and not understood", e.ID)
		}
		seen[e.ID] = true
		extensions = append(extensions, e)
	}
	return extensions, nil
}

// readSignature keeps the signature and looks at its form alone.
//
//	Signature ::= SEQUENCE { signatureAlgorithm AlgorithmIdentifier, signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF
//	    Certificate OPTIONAL }
func (r *Request) readSignature(s cryptobyte.String) error {
	if s.Empty() {
		return nil
	}
	var explicit, content, certificates cryptobyte.String
	if !s.ReadASN1(&explicit, constructed(0)) || !s.Empty() {
		return errors.New("trailing data after the request")
	}
	r.Signature = explicit
	if !explicit.ReadASN1(&content, asn1.SEQUENCE) || !explicit.Empty() {
		return errors.New("malformed signature")
	}
	if _, err := der.ReadAlgorithm(&content); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if !content.SkipASN1(asn1.BIT_STRING) || !content.ReadOptionalASN1(&certificates, nil, constructed(0)) || !content.Empty() {
		return errors.New("malformed signature")
	}
	return nil
}

// Nonce returns the nonce of the request, nil if it has none.
func (r *Request) Nonce() []byte {
	for _, e := range r.Extensions {
		s := cryptobyte.String(e.Value)
		var nonce cryptobyte.String
		if e.ID == oidNonce && s.ReadASN1(&nonce, asn1.OCTET_STRING) && s.Empty() {
			return nonce
		}
	}
	return nil
}

// Nonce ::= OCTET STRING (SIZE (1..32))
func (r *Request) checkNonce() error {
	for _, e := range r.Extensions {
		if n := len(r.Nonce()); e.ID == oidNonce && (n < 1 || n > MaxNonce) {
			return fmt.Errorf("nonce is not an octet string of 1 to %d bytes", MaxNonce)
		}
	}
	return nil
}

func context(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific() }

func constructed(n uint8) asn1.Tag { return context(n).Constructed() }
