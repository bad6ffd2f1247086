package cms

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	// ErrAttributes says that the signed attributes are not as the standard wants them.
	ErrAttributes = errors.New("signed attributes break the rules")
	// ErrDigest says that the content is not the one that was signed.
	ErrDigest = errors.New("digest of the content is not the signed one")
)

// SignerInfo is one signature of a file. It names its certificate by issuer and serial number or by key identifier.
//
// Spec: RFC 5652 §5.3
type SignerInfo struct {
	Issuer             pkix.Name   // with Serial, or
	Serial             pkix.Serial //
	KeyID              string
	DigestAlgorithm    der.Algorithm
	SignatureAlgorithm der.Algorithm
	Signature          []byte
	Signed             []Attribute // nil if the signature is over the content itself
	Unsigned           []Attribute
	Ordered            bool // the signed attributes stand in the order of DER

	set []byte // Signed as DER SET OF, what the signature is over
}

// Attribute is an attribute with its values, each an element.
type Attribute struct {
	ID     der.OID
	Values [][]byte
}

// SignerInfo ::= SEQUENCE { version INTEGER, sid SignerIdentifier, digestAlgorithm AlgorithmIdentifier,
// signedAttrs [0] IMPLICIT SET OF Attribute OPTIONAL, signatureAlgorithm AlgorithmIdentifier, signature OCTET STRING,
// unsignedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }
func readSignerInfo(s *cryptobyte.String) (*SignerInfo, error) {
	var in, signed, unsigned, signature cryptobyte.String
	var version int
	var hasSigned bool
	if !s.ReadASN1(&in, asn1.SEQUENCE) || !in.ReadASN1Integer(&version) || version != 1 && version != 3 {
		return nil, errors.New("version 1 or 3 expected")
	}
	info := new(SignerInfo)
	err := info.readIdentifier(&in)
	if err != nil {
		return nil, err
	}
	if info.DigestAlgorithm, err = der.ReadAlgorithm(&in); err != nil {
		return nil, err
	}
	if !in.ReadOptionalASN1(&signed, &hasSigned, constructed(0)) {
		return nil, errors.New("malformed signed attributes")
	}
	if info.SignatureAlgorithm, err = der.ReadAlgorithm(&in); err != nil {
		return nil, err
	}
	if !in.ReadASN1(&signature, asn1.OCTET_STRING) || !in.ReadOptionalASN1(&unsigned, nil, constructed(1)) || !in.Empty() {
		return nil, errors.New("signature expected")
	}
	info.Signature = signature
	if info.Unsigned, _, err = readAttributes(unsigned); err != nil || !hasSigned {
		return info, err
	}
	return info, info.readSigned(signed)
}

// SignerIdentifier ::= CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, subjectKeyIdentifier [0] OCTET STRING }
func (i *SignerInfo) readIdentifier(s *cryptobyte.String) error {
	var content, issuer, serial, keyID cryptobyte.String
	if tag := asn1.Tag(0).ContextSpecific(); s.PeekASN1Tag(tag) {
		s.ReadASN1(&keyID, tag)
		i.KeyID = string(keyID)
		return nil
	}
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.ReadASN1Element(&issuer, asn1.SEQUENCE) ||
		!content.ReadASN1(&serial, asn1.INTEGER) || !content.Empty() {
		return errors.New("signer identifier expected")
	}
	i.Issuer, i.Serial = pkix.Name(issuer), pkix.Serial(serial)
	return nil
}

// Names reports whether the signer's identifier is that of a certificate.
func (i *SignerInfo) Names(c *pkix.Certificate) bool {
	if i.Issuer == "" {
		return i.KeyID == string(c.KeyID)
	}
	return i.Serial == c.Serial && i.Issuer.Matches(c.Issuer)
}

// readSigned reads the signed attributes and encodes them as what was signed.
//
// Spec: RFC 5652 §5.4
func (i *SignerInfo) readSigned(s cryptobyte.String) error {
	attributes, elements, err := readAttributes(s)
	if err != nil {
		return err
	}
	if attributes == nil {
		return errors.New("signed attributes without an attribute")
	}
	i.Signed, i.Ordered = attributes, slices.IsSortedFunc(elements, bytes.Compare)
	slices.SortFunc(elements, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(slices.Concat(elements...)) })
	i.set, err = b.Bytes()
	return err
}

// Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF ANY }
func readAttributes(s cryptobyte.String) (attributes []Attribute, elements [][]byte, err error) {
	for !s.Empty() {
		var element, content, values cryptobyte.String
		if !s.ReadASN1Element(&element, asn1.SEQUENCE) {
			return nil, nil, errors.New("attribute expected")
		}
		elements = append(elements, element)
		element.ReadASN1(&content, asn1.SEQUENCE)
		id, err := der.ReadOID(&content)
		if err != nil || !content.ReadASN1(&values, asn1.SET) || !content.Empty() {
			return nil, nil, errors.New("malformed attribute")
		}
		a := Attribute{ID: id}
		for !values.Empty() {
			var value cryptobyte.String
			if !values.ReadAnyASN1Element(&value, nil) {
				return nil, nil, fmt.Errorf("malformed value of attribute %s", id)
			}
			a.Values = append(a.Values, value)
		}
		attributes = append(attributes, a)
	}
	return attributes, elements, nil
}

// value returns the one value of a signed attribute; ok is false if there is none. The error is [ErrAttributes] for an
// attribute that stands twice or has not exactly one value.
func (i *SignerInfo) value(id der.OID) (value cryptobyte.String, ok bool, err error) {
	for _, a := range i.Signed {
		if a.ID != id {
			continue
		}
		if ok || len(a.Values) != 1 {
			return nil, false, fmt.Errorf("attribute %s: %w", id, ErrAttributes)
		}
		value, ok = a.Values[0], true
	}
	return value, ok, nil
}

// CheckAttributes applies the rules for signed attributes: content type and message digest are there, each once with one
// value, and the type is that of the content; without attributes the content is plain data. The error wraps
// [ErrAttributes].
//
// Spec: RFC 5652 §5.3, §11.1, §11.2, §11.3
func (i *SignerInfo) CheckAttributes(contentType der.OID) error {
	if i.Signed == nil {
		if contentType != Data {
			return fmt.Errorf("no signed attributes over content of type %s: %w", contentType, ErrAttributes)
		}
		return nil
	}
	value, ok, err := i.value(oidContentType)
	if err != nil {
		return err
	}
	signed, err := der.ReadOID(&value)
	if !ok || err != nil || !value.Empty() || signed != contentType {
		return fmt.Errorf("content type: %w", ErrAttributes)
	}
	if _, err := i.messageDigest(); err != nil {
		return err
	}
	_, _, err = i.SigningTime()
	return err
}

func (i *SignerInfo) messageDigest() ([]byte, error) {
	value, ok, err := i.value(oidMessageDigest)
	if err != nil {
		return nil, err
	}
	var digest cryptobyte.String
	if !ok || !value.ReadASN1(&digest, asn1.OCTET_STRING) || !value.Empty() {
		return nil, fmt.Errorf("message digest: %w", ErrAttributes)
	}
	return digest, nil
}

// SigningTime returns the time that the signer claims; ok is false if there is none. Nothing proves it.
//
// Spec: RFC 5652 §11.3
func (i *SignerInfo) SigningTime() (claimed time.Time, ok bool, err error) {
	value, ok, err := i.value(oidSigningTime)
	if !ok || err != nil {
		return time.Time{}, false, err
	}
	claimed, err = pkix.ReadTime(&value)
	if err != nil || !value.Empty() {
		return time.Time{}, false, fmt.Errorf("signing time: %w", ErrAttributes)
	}
	return claimed, true, nil
}

// scheme returns how the signature is made. Its hash function must be that of the digest algorithm.
func (i *SignerInfo) scheme() (pkix.Scheme, error) {
	hash, err := pkix.HashOf(i.DigestAlgorithm)
	if err != nil {
		return pkix.Scheme{}, err
	}
	s, err := pkix.SchemeOf(i.SignatureAlgorithm, hash)
	if err == nil && s.Hash != hash {
		err = fmt.Errorf("signature and content with different hash functions: %w", pkix.ErrAlgorithm)
	}
	return s, err
}

// Hash returns the hash function of the signature. The error wraps [pkix.ErrAlgorithm].
func (i *SignerInfo) Hash() (crypto.Hash, error) {
	s, err := i.scheme()
	return s.Hash, err
}

// CheckDigest compares the digest of the content with the signed attribute. The error is [ErrDigest], or wraps
// [ErrAttributes] or [pkix.ErrAlgorithm]. Without signed attributes only the signature can tell.
//
// Spec: RFC 5652 §5.6
func (i *SignerInfo) CheckDigest(digests Digests) error {
	hash, err := pkix.HashOf(i.DigestAlgorithm)
	if err != nil || i.Signed == nil {
		return err
	}
	signed, err := i.messageDigest()
	if err == nil && !bytes.Equal(signed, digests[hash]) {
		err = ErrDigest
	}
	return err
}

// CheckSignature verifies the signature over the signed attributes, or over the content if there are none. The error
// wraps [pkix.ErrSignature] or [pkix.ErrAlgorithm].
//
// Spec: RFC 5652 §5.4, §5.6
func (i *SignerInfo) CheckSignature(key pkix.PublicKey, digests Digests) error {
	s, err := i.scheme()
	if err != nil {
		return err
	}
	digest := digests[s.Hash]
	if i.Signed != nil {
		h := s.Hash.New()
		h.Write(i.set)
		digest = h.Sum(nil)
	}
	return key.CheckDigest(s, digest, i.Signature)
}
