package signer_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/ca/signer/signertest"
)

func software(dir, passphrase string) *signer.Software {
	return &signer.Software{Dir: dir, Passphrase: []byte(passphrase), Iterations: 1000}
}

func TestSoftware(t *testing.T) {
	dir := t.TempDir()
	signertest.Run(t, func(*testing.T) signertest.Keys { return software(dir, "correct horse") })
}

func TestSoftwareEncryptsAtRest(t *testing.T) {
	dir := t.TempDir()
	if _, err := software(dir, "correct horse").Create(t.Context(), "sign-ca-1", jpki.P384); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sign-ca-1.pem")
	text, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(text), "-----BEGIN ENCRYPTED PRIVATE KEY-----") {
		t.Errorf("key file begins %.40q (error %v), want an encrypted PKCS #8 key", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %v, want 0600", info.Mode())
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files beside the key, want none", len(files)-1)
	}
	for name, keys := range map[string]*signer.Software{"wrong": software(dir, "wrong"), "empty": software(dir, "")} {
		if _, err := keys.Open(t.Context(), "sign-ca-1"); !errors.Is(err, signer.ErrPassphrase) {
			t.Errorf("%s passphrase: Open = %v, want %v", name, err, signer.ErrPassphrase)
		}
	}
	if err := os.WriteFile(file, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := software(dir, "correct horse").Open(t.Context(), "sign-ca-1"); !errors.Is(err, signer.ErrPassphrase) {
		t.Errorf("damaged file: Open = %v, want %v", err, signer.ErrPassphrase)
	}
}
