package card

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/openjpki/jpki/apdu"
)

const (
	signatureSize = 256 // bytes, RSA-2048
	maxDigestInfo = signatureSize - 11
)

var (
	// ErrPSS is returned when an RSA-PSS signature is asked for.
	ErrPSS = errors.New("card signs with PKCS#1 v1.5 padding only, not with RSA-PSS")
	// ErrHash is returned for a hash function other than SHA-1, SHA-256, SHA-384
	// and SHA-512.
	ErrHash = errors.New("hash function is not supported")
)

// PINPrompt asks the holder for the PIN of key. With retries 1 the holder must
// be told that a mistake blocks the PIN: what the prompt returns is tried. An
// error ends the operation and is wrapped.
type PINPrompt func(key Key, retries int) (pin string, err error)

// SignPKCS1 has the card pad digestInfo, 1 to 245 bytes, by PKCS#1 v1.5 (type 1)
// and apply the private key. It returns 256 bytes. The error wraps
// apdu.SecurityNotSatisfied if the PIN of key has not been verified.
func (c *Card) SignPKCS1(ctx context.Context, key Key, digestInfo []byte) ([]byte, error) {
	return c.sign(ctx, key.files().key, digestInfo)
}

func (c *Card) sign(ctx context.Context, f File, digestInfo []byte) ([]byte, error) {
	if len(digestInfo) == 0 || len(digestInfo) > maxDigestInfo {
		return nil, fmt.Errorf("signing on card: %d bytes to sign, want 1 to %d", len(digestInfo), maxDigestInfo)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	command := apdu.Command{CLA: 0x80, INS: 0x2A, P2: 0x80, Data: digestInfo, Le: signatureSize}
	signature, err := c.sendFile(ctx, f, command)
	if err == nil && len(signature) != signatureSize {
		err = fmt.Errorf("signature has %d bytes, want %d", len(signature), signatureSize)
	}
	if err != nil {
		return nil, fmt.Errorf("signing on card: %w", err)
	}
	return signature, nil
}

// DigestInfo wraps digest, made with hash, as PKCS#1 v1.5 signatures hold it. The
// error wraps ErrHash.
//
// Spec: RFC 8017 §9.2
func DigestInfo(hash crypto.Hash, digest []byte) ([]byte, error) {
	var prefix string
	switch hash {
	case crypto.SHA1:
		prefix = "\x30\x21\x30\x09\x06\x05\x2B\x0E\x03\x02\x1A\x05\x00\x04\x14"
	case crypto.SHA256:
		prefix = "\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
	case crypto.SHA384:
		prefix = "\x30\x41\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
	case crypto.SHA512:
		prefix = "\x30\x51\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
	default:
		return nil, fmt.Errorf("%v: %w", hash, ErrHash)
	}
	if len(digest) != hash.Size() {
		return nil, fmt.Errorf("digest of %v has %d bytes, want %d", hash, len(digest), hash.Size())
	}
	return append([]byte(prefix), digest...), nil
}

// Signer is a key of a card as a crypto.Signer.
type Signer struct {
	card        *Card
	ctx         context.Context // crypto.Signer has no parameter for it
	key         Key
	prompt      PINPrompt
	certificate []byte
	public      *rsa.PublicKey
}

var _ crypto.Signer = (*Signer)(nil)

// Signer returns key as a crypto.Signer. prompt is called whenever the card asks
// for the PIN: for the signature key at once, since its certificate cannot be
// read without; a nil prompt is enough after [Card.Verify]. ctx holds for every
// later signature too.
func (c *Card) Signer(ctx context.Context, key Key, prompt PINPrompt) (*Signer, error) {
	s := &Signer{card: c, ctx: ctx, key: key, prompt: prompt}
	der, err := s.withPIN(func() ([]byte, error) { return c.Certificate(ctx, key.files().certificate) })
	if err != nil {
		return nil, fmt.Errorf("opening %s key: %w", key, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("opening %s key: %w", key, err)
	}
	public, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("opening %s key: certificate is not for an RSA key", key)
	}
	s.certificate, s.public = der, public
	return s, nil
}

// Certificate returns the certificate of the key, DER.
func (s *Signer) Certificate() []byte { return s.certificate }

// Public returns the *rsa.PublicKey in the certificate.
func (s *Signer) Public() crypto.PublicKey { return s.public }

// Sign signs digest, made with opts.HashFunc(), by PKCS#1 v1.5 inside the card.
// The reader is not used. The error wraps ErrPSS or ErrHash for what the card
// cannot do; for TLS 1.2 this means the scheme tls.PKCS1WithSHA256.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	digestInfo, err := encode(digest, opts)
	if err != nil {
		return nil, fmt.Errorf("signing with %s key: %w", s.key, err)
	}
	return s.withPIN(func() ([]byte, error) { return s.card.SignPKCS1(s.ctx, s.key, digestInfo) })
}

// encode returns the DigestInfo of a digest that a crypto.Signer is given.
func encode(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if _, ok := opts.(*rsa.PSSOptions); ok {
		return nil, ErrPSS
	}
	return DigestInfo(opts.HashFunc(), digest)
}

// withPIN runs act, and again after asking for the PIN if the card wants it.
func (s *Signer) withPIN(act func() ([]byte, error)) ([]byte, error) {
	result, err := act()
	if !errors.Is(err, apdu.SecurityNotSatisfied) || s.prompt == nil {
		return result, err
	}
	retries, err := s.card.Retries(s.ctx, s.key)
	if err != nil {
		return nil, err
	}
	if retries == 0 {
		return nil, fmt.Errorf("%s key: %w", s.key, ErrBlocked)
	}
	pin, err := s.prompt(s.key, retries)
	if err != nil {
		return nil, fmt.Errorf("asking for PIN: %w", err)
	}
	// The last try is used only if the holder has been told that it is the last.
	if err := s.card.verify(s.ctx, s.key, pin, min(retries, 2)); err != nil {
		return nil, err
	}
	return act()
}
