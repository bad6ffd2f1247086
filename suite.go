package jpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha1" // hashes that signatures name
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"io"

	"github.com/openjpki/jpki/der"
)

// Suite is a signature algorithm with its key size and hash: data of a [Profile].
type Suite struct {
	Name      string // "rsa2048-sha256"
	Algorithm der.Algorithm
	Hash      crypto.Hash
	RSABits   int            // 0 for elliptic curves
	Curve     elliptic.Curve // nil for RSA
}

var (
	oidSHA1RSA     = der.MustOID("1.2.840.113549.1.1.5")
	oidSHA256RSA   = der.MustOID("1.2.840.113549.1.1.11")
	oidSHA384RSA   = der.MustOID("1.2.840.113549.1.1.12")
	oidSHA512RSA   = der.MustOID("1.2.840.113549.1.1.13")
	oidSHA256ECDSA = der.MustOID("1.2.840.10045.4.3.2")
	oidSHA384ECDSA = der.MustOID("1.2.840.10045.4.3.3")
)

var (
	// RSA2048 is what today's CAs and cards use.
	RSA2048 = Suite{"rsa2048-sha256", der.Algorithm{ID: oidSHA256RSA, Parameters: der.Null}, crypto.SHA256, 2048, nil}
	// P384 is announced for the next card (次期個人番号カード).
	P384 = Suite{"p384-sha384", der.Algorithm{ID: oidSHA384ECDSA}, crypto.SHA384, 0, elliptic.P384()}
)

// Suites lists the suites a CA can use.
var Suites = [...]Suite{RSA2048, P384}

// GenerateKey makes a key of the suite.
func (s Suite) GenerateKey(random io.Reader) (crypto.Signer, error) {
	if s.Curve != nil {
		return ecdsa.GenerateKey(s.Curve, random)
	}
	return rsa.GenerateKey(random, s.RSABits)
}

// Fits says why pub is not a key of the suite, or nil.
func (s Suite) Fits(pub crypto.PublicKey) error {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if s.Curve == nil && key.N.BitLen() == s.RSABits {
			return nil
		}
	case *ecdsa.PublicKey:
		if s.Curve != nil && key.Curve == s.Curve {
			return nil
		}
	}
	return fmt.Errorf("public key is not one of suite %s", s.Name)
}

// SuiteOf returns the suite that a key belongs to.
func SuiteOf(pub crypto.PublicKey) (Suite, error) {
	for _, s := range Suites {
		if s.Fits(pub) == nil {
			return s, nil
		}
	}
	return Suite{}, errors.New("public key belongs to no suite")
}

// Sign signs the message tbs. RSA is PKCS #1 v1.5; an ECDSA signature is its DER form.
func (s Suite) Sign(random io.Reader, key crypto.Signer, tbs []byte) ([]byte, error) {
	if err := s.Fits(key.Public()); err != nil {
		return nil, err
	}
	h := s.Hash.New()
	h.Write(tbs)
	return key.Sign(random, h.Sum(nil), s.Hash)
}

// signatureHashes are the signature algorithms that [Certificate.SignedBy] can check.
var signatureHashes = map[der.Algorithm]crypto.Hash{
	{ID: oidSHA1RSA, Parameters: der.Null}:   crypto.SHA1, // Juki cards (住基カード) of the first years
	{ID: oidSHA256RSA, Parameters: der.Null}: crypto.SHA256,
	{ID: oidSHA384RSA, Parameters: der.Null}: crypto.SHA384,
	{ID: oidSHA512RSA, Parameters: der.Null}: crypto.SHA512,
	{ID: oidSHA256ECDSA}:                     crypto.SHA256,
	{ID: oidSHA384ECDSA}:                     crypto.SHA384,
}

// checkSignature verifies a signature over message with a public key.
func checkSignature(algorithm der.Algorithm, pub crypto.PublicKey, message, signature []byte) error {
	hash, ok := signatureHashes[algorithm]
	if !ok {
		return fmt.Errorf("signature algorithm %s is not supported", algorithm.ID)
	}
	h := hash.New()
	h.Write(message)
	digest := h.Sum(nil)
	isRSA := algorithm.Parameters == der.Null
	switch key := pub.(type) {
	case *rsa.PublicKey:
		if isRSA {
			return rsa.VerifyPKCS1v15(key, hash, digest, signature)
		}
	case *ecdsa.PublicKey:
		if !isRSA && ecdsa.VerifyASN1(key, digest, signature) {
			return nil
		}
	}
	return errors.New("signature does not verify with the issuer's key")
}
