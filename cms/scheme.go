package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // hashes of the schemes
	_ "crypto/sha512"
	"errors"

	"github.com/openjpki/jpki/der"
)

// scheme is how signatures of one key are made, named and checked.
type scheme struct {
	hash      crypto.Hash
	digest    der.Algorithm
	signature der.Algorithm
	equal     func(crypto.PublicKey) bool // is it the same key?
	verify    func(digest, signature []byte) bool
}

// schemeOf returns the scheme of a public key. Hash functions are named without parameters.
//
// An RSA signature is named rsaEncryption, which leaves the hash to the digest algorithm beside it: every reader of CMS
// must know that name, while it only may know sha256WithRSAEncryption; and clients of JPKI cards write the former.
//
// Spec: RFC 5754 §2, §3.2, §3.3
func schemeOf(pub crypto.PublicKey) (scheme, error) {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		return scheme{
			hash: crypto.SHA256, digest: der.Algorithm{ID: oidSHA256}, signature: der.Algorithm{ID: oidRSA, Parameters: der.Null},
			equal: key.Equal,
			verify: func(digest, signature []byte) bool {
				return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
			},
		}, nil
	case *ecdsa.PublicKey:
		s := scheme{equal: key.Equal, verify: func(digest, signature []byte) bool { return ecdsa.VerifyASN1(key, digest, signature) }}
		switch key.Curve {
		case elliptic.P256():
			s.hash, s.digest.ID, s.signature.ID = crypto.SHA256, oidSHA256, oidECDSASHA256
			return s, nil
		case elliptic.P384():
			s.hash, s.digest.ID, s.signature.ID = crypto.SHA384, oidSHA384, oidECDSASHA384
			return s, nil
		}
	}
	return scheme{}, errors.New("public key is neither RSA nor on the curve P-256 or P-384")
}
