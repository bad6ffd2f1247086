package pkix_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

var message = []byte("signed part")

func storedRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "keys", "rsa2048-holder.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey)
}

// publicKey reads a key out of a certificate that is made for it.
func publicKey(t testing.TB, key crypto.Signer) pkix.PublicKey {
	t.Helper()
	return parse(t, selfSigned(t, key)).Key
}

func sign(t testing.TB, key crypto.Signer, opts crypto.SignerOpts) []byte {
	t.Helper()
	h := opts.HashFunc().New()
	h.Write(message)
	signature, err := key.Sign(rand.Reader, h.Sum(nil), opts)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func algorithm(id, parameters string) der.Algorithm {
	return der.Algorithm{ID: der.MustOID(id), Parameters: parameters}
}

const (
	sha256WithRSA   = "1.2.840.113549.1.1.11"
	ecdsaWithSHA256 = "1.2.840.10045.4.3.2"
	rsaPSS          = "1.2.840.113549.1.1.10"
	// SHA-256, MGF1 with SHA-256, salt of 32 bytes
	pssSHA256 = "\x30\x34\xA0\x0F\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xA1\x1C\x30\x1A\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xA2\x03\x02\x01\x20"
)

func TestCheck(t *testing.T) {
	rsaKey := storedRSA(t)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pss := func(hash crypto.Hash, salt int) crypto.SignerOpts {
		return &rsa.PSSOptions{Hash: hash, SaltLength: salt}
	}
	tests := []struct {
		name      string
		key       crypto.Signer
		opts      crypto.SignerOpts
		algorithm der.Algorithm
		want      error
	}{
		{"RSA", rsaKey, crypto.SHA256, algorithm(sha256WithRSA, der.Null), nil},
		{"RSA without parameters", rsaKey, crypto.SHA256, algorithm(sha256WithRSA, ""), nil},
		{"RSA, SHA-1", rsaKey, crypto.SHA1, algorithm("1.2.840.113549.1.1.5", der.Null), nil},
		{"RSA, SHA-512", rsaKey, crypto.SHA512, algorithm("1.2.840.113549.1.1.13", der.Null), nil},
		{"RSA, other hash", rsaKey, crypto.SHA512, algorithm(sha256WithRSA, der.Null), pkix.ErrSignature},
		{"RSA, odd parameters", rsaKey, crypto.SHA256, algorithm(sha256WithRSA, "\x30\x00"), pkix.ErrAlgorithm},
		{"RSA, no hash named", rsaKey, crypto.SHA256, algorithm("1.2.840.113549.1.1.1", der.Null), pkix.ErrAlgorithm},
		{"MD5", rsaKey, crypto.SHA256, algorithm("1.2.840.113549.1.1.4", der.Null), pkix.ErrAlgorithm},
		{"PSS", rsaKey, pss(crypto.SHA256, 32), algorithm(rsaPSS, pssSHA256), nil},
		{"PSS, defaults", rsaKey, pss(crypto.SHA1, 20), algorithm(rsaPSS, "\x30\x00"), nil},
		{"PSS, other salt", rsaKey, pss(crypto.SHA256, 20), algorithm(rsaPSS, pssSHA256), pkix.ErrSignature},
		{"PSS, other hash", rsaKey, pss(crypto.SHA512, 32), algorithm(rsaPSS, pssSHA256), pkix.ErrSignature},
		{"PSS without parameters", rsaKey, pss(crypto.SHA1, 20), algorithm(rsaPSS, ""), pkix.ErrAlgorithm},
		{"PSS, hash of the mask left at its default", rsaKey, pss(crypto.SHA256, 20), algorithm(rsaPSS, "\x30\x11"+pssSHA256[2:19]), pkix.ErrAlgorithm},
		{"PSS for PKCS #1", rsaKey, crypto.SHA256, algorithm(rsaPSS, pssSHA256), pkix.ErrSignature},
		{"P-256", p256, crypto.SHA256, algorithm(ecdsaWithSHA256, ""), nil},
		{"P-521, SHA-512", p521, crypto.SHA512, algorithm("1.2.840.10045.4.3.4", ""), nil},
		{"ECDSA with parameters", p256, crypto.SHA256, algorithm(ecdsaWithSHA256, der.Null), pkix.ErrAlgorithm},
		{"ECDSA key, RSA algorithm", p256, crypto.SHA256, algorithm(sha256WithRSA, der.Null), pkix.ErrAlgorithm},
		{"RSA key, ECDSA algorithm", rsaKey, crypto.SHA256, algorithm(ecdsaWithSHA256, ""), pkix.ErrAlgorithm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed := pkix.Signed{TBS: message, Algorithm: tt.algorithm, Signature: sign(t, tt.key, tt.opts)}
			key := publicKey(t, tt.key)
			if err := key.Check(signed); !errors.Is(err, tt.want) {
				t.Errorf("Check = %v, want %v", err, tt.want)
			}
			signed.TBS = []byte("another part")
			if err := key.Check(signed); err == nil {
				t.Error("Check = nil for another message")
			}
		})
	}
}

// A key that is for PSS alone makes no other signatures.
//
// Spec: RFC 4055 §1.2
func TestKeyForPSS(t *testing.T) {
	key := storedRSA(t)
	public := publicKey(t, key)
	public.Algorithm = der.MustOID(rsaPSS)
	plain := pkix.Signed{TBS: message, Algorithm: algorithm(sha256WithRSA, der.Null), Signature: sign(t, key, crypto.SHA256)}
	if err := public.Check(plain); !errors.Is(err, pkix.ErrAlgorithm) {
		t.Errorf("Check = %v for PKCS #1, want %v", err, pkix.ErrAlgorithm)
	}
	pss := pkix.Signed{TBS: message, Algorithm: algorithm(rsaPSS, pssSHA256), Signature: sign(t, key, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 32})}
	if err := public.Check(pss); err != nil {
		t.Errorf("Check = %v for PSS", err)
	}
}

// A DSA key without parameters takes those of its issuer; without them it verifies nothing.
func TestInherit(t *testing.T) {
	certificates := pkitsCertificates(t)
	ca := parse(t, certificates["DSACACert.crt"])
	below := parse(t, certificates["DSAParametersInheritedCACert.crt"])
	target := parse(t, certificates["ValidDSAParameterInheritanceTest5EE.crt"])
	if err := ca.Key.Check(below.Signed); err != nil {
		t.Errorf("Check = %v for a signature of the CA", err)
	}
	if err := below.Key.Check(target.Signed); !errors.Is(err, pkix.ErrAlgorithm) {
		t.Errorf("Check = %v without parameters, want %v", err, pkix.ErrAlgorithm)
	}
	if err := below.Key.Inherit(ca.Key).Check(target.Signed); err != nil {
		t.Errorf("Check = %v with inherited parameters", err)
	}
}
