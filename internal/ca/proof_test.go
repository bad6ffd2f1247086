package ca_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"testing"

	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/verifytest"
)

// proofOf is what a card sends.
func proofOf(t testing.TB, key crypto.Signer) message.Proof {
	t.Helper()
	subject := pkix.Name{SerialNumber: cardSerial, CommonName: hex.EncodeToString([]byte(nonce))}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		t.Fatal(err)
	}
	return message.Proof{CardSerial: cardSerial, Nonce: []byte(nonce), PKCS10: request}
}

func newProofKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A thousand altered proofs, of which none is taken: every byte is signed, or is of the signature.
func TestMutatedProofs(t *testing.T) {
	proof := proofOf(t, newProofKey(t))
	if _, err := ca.CheckProof(proof); err != nil {
		t.Fatal(err)
	}
	verifytest.Bounded(t, verifytest.Mutations(8, 1000, proof.PKCS10), func(m verifytest.Mutation) {
		altered := proof
		altered.PKCS10 = m.Bytes
		if _, err := ca.CheckProof(altered); err == nil {
			t.Errorf("%s: an altered proof is taken: %X", m.How, m.Bytes)
		}
	})
}

// FuzzCheckProof: what is taken is signed by the key that comes of it, over the card and the nonce.
func FuzzCheckProof(f *testing.F) {
	key := newProofKey(f)
	proof := proofOf(f, key)
	f.Add(proof.PKCS10)
	f.Add(proof.PKCS10[:len(proof.PKCS10)-1])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, request []byte) {
		altered := proof
		altered.PKCS10 = request
		public, err := ca.CheckProof(altered)
		if err != nil {
			return
		}
		spki, err := x509.MarshalPKIXPublicKey(public)
		if err != nil || !bytes.Contains(request, spki) {
			t.Errorf("key %X (%v) is not in the proof %X", spki, err, request)
		}
		if !bytes.Contains(request, []byte(cardSerial)) {
			t.Errorf("a proof without the card is taken: %X", request)
		}
	})
}
