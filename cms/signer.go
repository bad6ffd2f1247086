package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	// ErrOtherKey says that the certificate was issued for another key than the one that is to sign.
	ErrOtherKey = errors.New("certificate belongs to another key")
	// ErrBadSignature says that the key answered with something that is not its signature.
	ErrBadSignature = errors.New("signature does not verify with the certificate's key")
)

// Config says who signs. Key and Certificate must be set.
type Config struct {
	// Key makes the signatures. It is asked once for each, with a digest and its hash function.
	Key crypto.Signer
	// Certificate is the X.509 certificate of Key in DER.
	Certificate []byte
	// Chain holds further DER certificates that go into the file, in any order. Optional.
	Chain [][]byte
	// ContentType says what is signed. Optional; [Data] if empty, as CAdES baseline signatures have it.
	ContentType der.OID
	// Untimed leaves the signing time out. That of a signature in a PDF stands in the PDF.
	Untimed bool
}

// Signer makes signatures with one key and certificate. It may be used from several goroutines if the key may.
type Signer struct {
	key         crypto.Signer
	scheme      scheme
	certificate certificate
	embedded    []byte // all certificates, as the content of a SET OF
	contentType der.OID
	untimed     bool
}

// New checks that key and certificate belong together. The error wraps [ErrOtherKey] if they do not.
func New(c Config) (*Signer, error) {
	if c.Key == nil {
		return nil, errors.New("no key to sign with")
	}
	own, err := readCertificate(bytes.Clone(c.Certificate))
	if err != nil {
		return nil, fmt.Errorf("reading signing certificate: %w", err)
	}
	chosen, err := schemeOf(own.publicKey)
	if err != nil {
		return nil, fmt.Errorf("reading signing certificate: %w", err)
	}
	if !chosen.equal(c.Key.Public()) {
		return nil, ErrOtherKey
	}
	embedded := [][]byte{own.encoded}
	for i, further := range c.Chain {
		if _, err := openCertificate(further); err != nil {
			return nil, fmt.Errorf("reading certificate %d of the chain: %w", i+1, err)
		}
		embedded = append(embedded, further)
	}
	if c.ContentType == "" {
		c.ContentType = Data
	}
	return &Signer{
		key: c.Key, scheme: chosen, certificate: own, embedded: setOf(embedded), contentType: c.ContentType, untimed: c.Untimed,
	}, nil
}

// SignDetached signs the bytes of content up to its end and returns the DER ContentInfo without them. The signing time
// is cut to whole seconds and must lie in the years 1950 to 9999; an untimed signer does not look at it. Errors of
// content and key are wrapped; a wrong answer of the key gives [ErrBadSignature].
//
// Spec: RFC 5652 §5.2
func (s *Signer) SignDetached(content io.Reader, signingTime time.Time) ([]byte, error) {
	return s.sign(content, signingTime, func(*cryptobyte.Builder) {})
}

// SignAttached signs content and returns the DER ContentInfo that holds it. For time and errors see
// [Signer.SignDetached].
//
// Spec: RFC 5652 §5.2
func (s *Signer) SignAttached(content []byte, signingTime time.Time) ([]byte, error) {
	return s.sign(bytes.NewReader(content), signingTime, func(b *cryptobyte.Builder) {
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
	})
}

// sign makes the signature; encapsulate adds the content, or nothing, behind its type.
func (s *Signer) sign(content io.Reader, at time.Time, encapsulate cryptobyte.BuilderContinuation) ([]byte, error) {
	h := s.scheme.hash.New()
	if _, err := io.Copy(h, content); err != nil {
		return nil, fmt.Errorf("reading content: %w", err)
	}
	attributes, err := s.signedAttributes(h.Sum(nil), at)
	if err != nil {
		return nil, fmt.Errorf("encoding signed attributes: %w", err)
	}
	signature, err := s.signature(attributes)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return s.signedData(encapsulate, attributes, signature)
}

// signature has the key sign the attributes. What is signed is the SET OF they are, not the [0] they stand under.
//
// Spec: RFC 5652 §5.4
func (s *Signer) signature(attributes []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
	set, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	h := s.scheme.hash.New()
	h.Write(set)
	digest := h.Sum(nil)
	signature, err := s.key.Sign(rand.Reader, digest, s.scheme.hash)
	if err != nil {
		return nil, err
	}
	if !s.scheme.verify(digest, signature) {
		return nil, ErrBadSignature
	}
	return signature, nil
}
