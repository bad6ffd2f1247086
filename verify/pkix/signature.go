package pkix

import (
	"crypto"
	//lint:ignore SA1019 old certificates have DSA keys, those of NIST PKITS among them
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" // the hash functions that signatures name
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"fmt"
	"math/big"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	// ErrSignature says that a signature is not one of the key over the data.
	ErrSignature = errors.New("signature does not verify with the key")
	// ErrAlgorithm says that an algorithm or its parameters are not supported, or do not fit the key.
	ErrAlgorithm = errors.New("signature algorithm is not supported or does not fit the key")
)

// Signed is the part of an object that a signature covers, with the signature.
type Signed struct {
	TBS       []byte // to be signed: the element with its tag
	Algorithm der.Algorithm
	Signature []byte
}

// Scheme is a signature algorithm with its hash function.
type Scheme struct {
	Hash crypto.Hash
	kind kind
	salt int // of PSS
}

type kind int

const (
	pkcs1 kind = iota
	pss
	ecdsaDER
	dsaDER
)

var schemes = map[der.OID]Scheme{
	der.MustOID("1.2.840.113549.1.1.5"):   {Hash: crypto.SHA1, kind: pkcs1},
	der.MustOID("1.2.840.113549.1.1.14"):  {Hash: crypto.SHA224, kind: pkcs1},
	der.MustOID("1.2.840.113549.1.1.11"):  {Hash: crypto.SHA256, kind: pkcs1},
	der.MustOID("1.2.840.113549.1.1.12"):  {Hash: crypto.SHA384, kind: pkcs1},
	der.MustOID("1.2.840.113549.1.1.13"):  {Hash: crypto.SHA512, kind: pkcs1},
	der.MustOID("1.2.840.10045.4.1"):      {Hash: crypto.SHA1, kind: ecdsaDER},
	der.MustOID("1.2.840.10045.4.3.1"):    {Hash: crypto.SHA224, kind: ecdsaDER},
	der.MustOID("1.2.840.10045.4.3.2"):    {Hash: crypto.SHA256, kind: ecdsaDER},
	der.MustOID("1.2.840.10045.4.3.3"):    {Hash: crypto.SHA384, kind: ecdsaDER},
	der.MustOID("1.2.840.10045.4.3.4"):    {Hash: crypto.SHA512, kind: ecdsaDER},
	der.MustOID("1.2.840.10040.4.3"):      {Hash: crypto.SHA1, kind: dsaDER},
	der.MustOID("2.16.840.1.101.3.4.3.1"): {Hash: crypto.SHA224, kind: dsaDER},
	der.MustOID("2.16.840.1.101.3.4.3.2"): {Hash: crypto.SHA256, kind: dsaDER},
}

var hashes = map[der.OID]crypto.Hash{
	der.MustOID("1.3.14.3.2.26"):          crypto.SHA1,
	der.MustOID("2.16.840.1.101.3.4.2.4"): crypto.SHA224,
	der.MustOID("2.16.840.1.101.3.4.2.1"): crypto.SHA256,
	der.MustOID("2.16.840.1.101.3.4.2.2"): crypto.SHA384,
	der.MustOID("2.16.840.1.101.3.4.2.3"): crypto.SHA512,
}

// HashOf returns the hash function an algorithm identifier names. The error is [ErrAlgorithm].
//
// Spec: RFC 5754 §2
func HashOf(a der.Algorithm) (crypto.Hash, error) {
	hash, known := hashes[a.ID]
	if !known || a.Parameters != "" && a.Parameters != der.Null {
		return 0, fmt.Errorf("hash function %s: %w", a.ID, ErrAlgorithm)
	}
	return hash, nil
}

// SchemeOf returns the scheme an algorithm identifier names. The name rsaEncryption says nothing of a hash function:
// it is taken from hash, which CMS has from the digest algorithm; where hash is 0 that name is refused. The error is
// [ErrAlgorithm].
//
// Spec: RFC 4055 §5
// Spec: RFC 5754 §3
func SchemeOf(a der.Algorithm, hash crypto.Hash) (Scheme, error) {
	plain := a.Parameters == "" || a.Parameters == der.Null
	switch {
	case a.ID == oidPSS:
		return readPSS(a.Parameters)
	case a.ID == oidRSA && hash != 0 && plain:
		return Scheme{Hash: hash, kind: pkcs1}, nil
	}
	s, known := schemes[a.ID]
	if !known || !plain || a.Parameters != "" && s.kind != pkcs1 {
		return Scheme{}, fmt.Errorf("signature algorithm %s: %w", a.ID, ErrAlgorithm)
	}
	return s, nil
}

// readPSS reads the parameters of a PSS signature. The mask must come from the hash function of the message.
//
//	RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] AlgorithmIdentifier DEFAULT sha1,
//	    maskGenAlgorithm [1] AlgorithmIdentifier DEFAULT mgf1SHA1, saltLength [2] INTEGER DEFAULT 20,
//	    trailerField [3] INTEGER DEFAULT 1 }
//
// Spec: RFC 4055 §3.1
func readPSS(parameters string) (Scheme, error) {
	malformed := fmt.Errorf("parameters of PSS: %w", ErrAlgorithm)
	s := cryptobyte.String(parameters)
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !s.Empty() {
		return Scheme{}, malformed
	}
	hash, ok := readOptionalHash(&content, 0, func(a der.Algorithm) (der.Algorithm, bool) { return a, true })
	mask, okMask := readOptionalHash(&content, 1, maskHash)
	if !ok || !okMask || hash != mask {
		return Scheme{}, malformed
	}
	var salt, trailer int
	if !content.ReadOptionalASN1Integer(&salt, constructed(2), 20) || !content.ReadOptionalASN1Integer(&trailer, constructed(3), 1) ||
		!content.Empty() || trailer != 1 || salt < 0 || salt > MaxRSA/8 {
		return Scheme{}, malformed
	}
	return Scheme{hash, pss, salt}, nil
}

// readOptionalHash reads an explicitly tagged algorithm from which pick takes the one of a hash function.
func readOptionalHash(s *cryptobyte.String, tag uint8, pick func(der.Algorithm) (der.Algorithm, bool)) (crypto.Hash, bool) {
	var explicit cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, constructed(tag)) {
		return 0, false
	}
	if !present {
		return crypto.SHA1, true
	}
	algorithm, err := der.ReadAlgorithm(&explicit)
	if err != nil || !explicit.Empty() {
		return 0, false
	}
	picked, ok := pick(algorithm)
	hash, err := HashOf(picked)
	return hash, ok && err == nil
}

var oidMGF1 = der.MustOID("1.2.840.113549.1.1.8")

// maskHash returns the hash function of a mask generation function.
func maskHash(a der.Algorithm) (der.Algorithm, bool) {
	parameters := cryptobyte.String(a.Parameters)
	hash, err := der.ReadAlgorithm(&parameters)
	return hash, a.ID == oidMGF1 && err == nil
}

// Check verifies a signature with the key. The error is nil, [ErrSignature] or [ErrAlgorithm].
func (k PublicKey) Check(s Signed) error {
	scheme, err := SchemeOf(s.Algorithm, 0)
	if err != nil {
		return err
	}
	h := scheme.Hash.New()
	h.Write(s.TBS)
	return k.CheckDigest(scheme, h.Sum(nil), s.Signature)
}

// CheckDigest verifies a signature over the digest of a message by the hash function of the scheme. For errors see
// [PublicKey.Check].
func (k PublicKey) CheckDigest(s Scheme, digest, signature []byte) error {
	valid := false
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		if s.kind == pkcs1 && k.Algorithm == oidRSA {
			valid = rsa.VerifyPKCS1v15(key, s.Hash, digest, signature) == nil
		} else if s.kind == pss {
			valid = rsa.VerifyPSS(key, s.Hash, digest, signature, &rsa.PSSOptions{SaltLength: s.saltLength()}) == nil
		} else {
			return ErrAlgorithm
		}
	case *ecdsa.PublicKey:
		if s.kind != ecdsaDER {
			return ErrAlgorithm
		}
		valid = ecdsa.VerifyASN1(key, digest, signature)
	case *dsa.PublicKey:
		if s.kind != dsaDER || key.P == nil {
			return ErrAlgorithm
		}
		valid = verifyDSA(key, digest, signature)
	default:
		return ErrAlgorithm
	}
	if !valid {
		return ErrSignature
	}
	return nil
}

// saltLength says the length as crypto/rsa wants it, to which 0 means any.
func (s Scheme) saltLength() int {
	if s.salt == 0 {
		return rsa.PSSSaltLengthAuto
	}
	return s.salt
}

// Dss-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
func verifyDSA(key *dsa.PublicKey, digest []byte, signature cryptobyte.String) bool {
	var content cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	if !signature.ReadASN1(&content, asn1.SEQUENCE) || !signature.Empty() ||
		!content.ReadASN1Integer(r) || !content.ReadASN1Integer(s) || !content.Empty() {
		return false
	}
	return dsa.Verify(key, digest[:min(len(digest), key.Q.BitLen()/8)], r, s)
}
