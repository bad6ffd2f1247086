// Package signertest is the one suite that every keeper of CA keys must pass.
package signertest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca/signer"
)

// Keys is a keeper of keys, as package ca wants it.
type Keys interface {
	Create(ctx context.Context, label string, suite jpki.Suite) (crypto.Signer, error)
	Open(ctx context.Context, label string) (crypto.Signer, error)
}

// Run checks a keeper. open returns the same keeper each time it is called, as after a restart.
func Run(t *testing.T, open func(t *testing.T) Keys) {
	for _, suite := range jpki.Suites {
		t.Run(suite.Name, func(t *testing.T) { checkSuite(t, open, suite) })
	}
	t.Run("no key", func(t *testing.T) {
		if _, err := open(t).Open(t.Context(), "absent"); !errors.Is(err, signer.ErrNotFound) {
			t.Errorf("Open = %v, want %v", err, signer.ErrNotFound)
		}
	})
	t.Run("labels", func(t *testing.T) {
		for _, label := range []string{"", "../evil", "A", "a/b", "a b", strings.Repeat("a", 65)} {
			if _, err := open(t).Create(t.Context(), label, jpki.P384); !errors.Is(err, signer.ErrLabel) {
				t.Errorf("Create(%q) = %v, want %v", label, err, signer.ErrLabel)
			}
		}
	})
}

func checkSuite(t *testing.T, open func(t *testing.T) Keys, suite jpki.Suite) {
	made, err := open(t).Create(t.Context(), suite.Name, suite)
	if err != nil {
		t.Fatal(err)
	}
	if err := suite.Fits(made.Public()); err != nil {
		t.Error(err)
	}
	if _, err := open(t).Create(t.Context(), suite.Name, suite); !errors.Is(err, signer.ErrExists) {
		t.Errorf("second Create = %v, want %v", err, signer.ErrExists)
	}
	opened, err := open(t).Open(t.Context(), suite.Name)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("signed after a restart")
	signature, err := suite.Sign(rand.Reader, opened, message)
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(suite, made.Public(), message, signature) {
		t.Error("signature of the key opened again does not verify with the key that was made")
	}
}

func verifies(suite jpki.Suite, pub crypto.PublicKey, message, signature []byte) bool {
	h := suite.Hash.New()
	h.Write(message)
	switch key := pub.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, suite.Hash, h.Sum(nil), signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, h.Sum(nil), signature)
	}
	return false
}
