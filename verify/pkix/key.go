package pkix

import (
	"crypto"
	//lint:ignore SA1019 old certificates have DSA keys, those of NIST PKITS among them
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxRSA is the largest RSA modulus that is accepted, in bits; it bounds the time of a check.
const MaxRSA = 8192

// maxDSA bounds the prime of a DSA key, in bits.
const maxDSA = 3072

var (
	oidRSA = der.MustOID("1.2.840.113549.1.1.1")
	oidPSS = der.MustOID("1.2.840.113549.1.1.10")
	oidEC  = der.MustOID("1.2.840.10045.2.1")
	oidDSA = der.MustOID("1.2.840.10040.4.1")
)

var curves = map[string]elliptic.Curve{
	encodeOID("1.3.132.0.33"):        elliptic.P224(),
	encodeOID("1.2.840.10045.3.1.7"): elliptic.P256(),
	encodeOID("1.3.132.0.34"):        elliptic.P384(),
	encodeOID("1.3.132.0.35"):        elliptic.P521(),
}

func encodeOID(dotted string) string {
	var b cryptobyte.Builder
	b.AddValue(der.MustOID(dotted))
	return string(b.BytesOrPanic())
}

// PublicKey is a subject's public key. Key is *rsa.PublicKey, *ecdsa.PublicKey or *dsa.PublicKey, and nil if the key is
// of a kind we do not know: a certificate with such a key can be read, but nothing it signed is believed. A DSA key
// without parameters takes those of its issuer, see [PublicKey.Inherit].
//
//	SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
//
// Spec: RFC 5280 §4.1.2.7
type PublicKey struct {
	Algorithm der.OID
	Key       crypto.PublicKey
	Bits      string // the key without its algorithm, as OCSP and key identifiers hash it
}

// Equal reports whether both are the same key of a kind we know.
func (k PublicKey) Equal(l PublicKey) bool {
	a, ok := k.Key.(interface{ Equal(crypto.PublicKey) bool })
	if ok {
		return l.Key != nil && a.Equal(l.Key)
	}
	x, okX := k.Key.(*dsa.PublicKey)
	y, okY := l.Key.(*dsa.PublicKey)
	return okX && okY && x.Y.Cmp(y.Y) == 0 && sameParameters(x.Parameters, y.Parameters)
}

func sameParameters(x, y dsa.Parameters) bool {
	if x.P == nil || y.P == nil {
		return x.P == y.P
	}
	return x.P.Cmp(y.P) == 0 && x.Q.Cmp(y.Q) == 0 && x.G.Cmp(y.G) == 0
}

// Inherit returns the key with the DSA parameters of its issuer's key if it has none of its own.
//
// Spec: RFC 5280 §6.1.4
func (k PublicKey) Inherit(issuer PublicKey) PublicKey {
	own, ok := k.Key.(*dsa.PublicKey)
	from, okFrom := issuer.Key.(*dsa.PublicKey)
	if ok && okFrom && own.P == nil {
		k.Key = &dsa.PublicKey{Parameters: from.Parameters, Y: own.Y}
	}
	return k
}

func readPublicKey(s *cryptobyte.String) (PublicKey, error) {
	var info cryptobyte.String
	var bits []byte
	if !s.ReadASN1(&info, asn1.SEQUENCE) {
		return PublicKey{}, errors.New("public key expected")
	}
	algorithm, err := der.ReadAlgorithm(&info)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key: %w", err)
	}
	if !info.ReadASN1BitStringAsBytes(&bits) || !info.Empty() {
		return PublicKey{}, errors.New("public key of whole bytes expected")
	}
	k := PublicKey{Algorithm: algorithm.ID, Bits: string(bits)}
	switch algorithm.ID {
	case oidRSA, oidPSS:
		k.Key, err = readRSA(bits)
	case oidEC:
		k.Key, err = readEC(algorithm.Parameters, bits)
	case oidDSA:
		k.Key, err = readDSA(algorithm.Parameters, bits)
	}
	return k, err
}

// RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
func readRSA(bits cryptobyte.String) (crypto.PublicKey, error) {
	var content cryptobyte.String
	key := &rsa.PublicKey{N: new(big.Int)}
	if !bits.ReadASN1(&content, asn1.SEQUENCE) || !bits.Empty() || !content.ReadASN1Integer(key.N) ||
		!content.ReadASN1Integer(&key.E) || !content.Empty() {
		return nil, errors.New("malformed RSA key")
	}
	if key.N.Sign() <= 0 || key.N.BitLen() > MaxRSA || key.E < 3 || key.E > 1<<31-1 {
		return nil, errors.New("RSA key out of bounds")
	}
	return key, nil
}

// readEC leaves a key on a curve we do not know unread.
func readEC(parameters string, bits []byte) (crypto.PublicKey, error) {
	curve, known := curves[parameters]
	if !known {
		return nil, nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, bits)
	if err != nil {
		return nil, errors.New("malformed elliptic curve key")
	}
	return key, nil
}

// Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }, absent where inherited; DSAPublicKey ::= INTEGER
func readDSA(parameters string, bits cryptobyte.String) (crypto.PublicKey, error) {
	key := &dsa.PublicKey{Y: new(big.Int)}
	if !bits.ReadASN1Integer(key.Y) || !bits.Empty() || key.Y.Sign() <= 0 || key.Y.BitLen() > maxDSA {
		return nil, errors.New("malformed DSA key")
	}
	if parameters == "" || parameters == der.Null {
		return key, nil
	}
	s := cryptobyte.String(parameters)
	var content cryptobyte.String
	key.P, key.Q, key.G = new(big.Int), new(big.Int), new(big.Int)
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.ReadASN1Integer(key.P) || !content.ReadASN1Integer(key.Q) ||
		!content.ReadASN1Integer(key.G) || !content.Empty() {
		return nil, errors.New("malformed DSA parameters")
	}
	if key.P.Sign() <= 0 || key.Q.Sign() <= 0 || key.G.Sign() <= 0 || key.P.BitLen() > maxDSA || key.Q.BitLen() > 256 || key.G.Cmp(key.P) >= 0 {
		return nil, errors.New("DSA parameters out of bounds")
	}
	return key, nil
}
