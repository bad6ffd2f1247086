package verify_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// rsaScene is a scene with the keys of today's cards and CAs.
func rsaScene(b *testing.B) scene {
	b.Helper()
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	var s scene
	s.ca = verifytest.NewCAWith(b, profile, verifytest.NewKey(b, profile.Suite), jpki.SigningCA, 1)
	s.login = s.ca
	s.sign = s.ca.Issue(b, serial, verifytest.Mihon)
	s.p7s = detached(b, s.sign, s.ca)
	return s
}

// BenchmarkCMS judges a signature with its certificate and a CRL: two RSA signatures are verified each time, that on the
// CRL once.
func BenchmarkCMS(b *testing.B) {
	s := rsaScene(b)
	v := newVerifier(b, s.config(b))
	content := bytes.NewReader(document)
	for b.Loop() {
		content.Reset(document)
		if r, err := v.CMS(s.p7s, content); err != nil || r.Indication != passed {
			b.Fatal(r, err)
		}
	}
}

// BenchmarkCertificate judges a certificate and a CRL: one RSA signature is verified each time.
func BenchmarkCertificate(b *testing.B) {
	s := rsaScene(b)
	v := newVerifier(b, s.config(b))
	for b.Loop() {
		if r := v.Certificate(s.sign.DER); r.Indication != passed {
			b.Fatal(r)
		}
	}
}

// BenchmarkNewVerifier reads the anchor and 1,741 CRLs, one for each municipality.
func BenchmarkNewVerifier(b *testing.B) {
	s := rsaScene(b)
	c := s.config(b)
	for len(c.CRLs) < 1741 {
		c.CRLs = append(c.CRLs, c.CRLs[0])
	}
	for b.Loop() {
		if _, err := verify.New(c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRSA verifies one bare signature, as a measure for the others.
func BenchmarkRSA(b *testing.B) {
	s := rsaScene(b)
	digest := sha256.Sum256(document)
	signature, err := s.sign.Key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	key := s.sign.Key.Public().(*rsa.PublicKey)
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}
