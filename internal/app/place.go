package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
	"golang.org/x/mod/sumdb/note"
)

// place is where one office keeps its things: a folder that only its owner can read, and a database.
//
//	audit.key   signs the head of the audit log        audit.pub   verifies it
//	passphrase  opens the keys in keys/                keys/       private keys, encrypted
type place struct {
	office   post.Address
	dir      string
	database string // URL; a SQLite file in dir if empty
	now      func() time.Time
}

func (p place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

// origin names the audit log of the office.
func (p place) origin() string { return string(p.office) + ".jpki-test.invalid" }

// open opens the office's database and audit log, making both on first use.
func (p place) open(ctx context.Context) (*db.DB, *auditdb.Log, error) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	log, err := p.log()
	if err != nil {
		return nil, nil, err
	}
	d, err := db.Open(ctx, db.Config{URL: p.url(), Now: p.now})
	return d, log, err
}

func (p place) url() string {
	if p.database != "" {
		return p.database
	}
	return "sqlite:" + p.path(string(p.office)+".db")
}

// log reads the key of the audit log, or makes it.
func (p place) log() (*auditdb.Log, error) {
	private, err := p.secret("audit.key", func() (string, error) {
		private, public, err := note.GenerateKey(rand.Reader, p.origin())
		if err != nil {
			return "", err
		}
		return private, durable.Replace(p.path("audit.pub"), []byte(public+"\n"), 0o600)
	})
	if err != nil {
		return nil, err
	}
	key, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("reading audit key: %w", err)
	}
	keys, err := p.verifiers("")
	if err != nil {
		return nil, err
	}
	return auditdb.New(key, keys)
}

// verifiers returns the verifier of a public audit key, of the one in the folder if none is given.
func (p place) verifiers(publicKey string) (note.Verifiers, error) {
	if publicKey == "" {
		text, err := os.ReadFile(p.path("audit.pub"))
		if err != nil {
			return nil, fault.Wrap(err, fault.NotFound, "app.no_sandbox")
		}
		publicKey = string(text)
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(publicKey))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "audit.key")
	}
	return note.VerifierList(verifier), nil
}

// keys returns the store of the office's private keys.
func (p place) keys() (*signer.Software, error) {
	passphrase, err := p.secret("passphrase", func() (string, error) { return hex.EncodeToString(random(32)), nil })
	if err != nil {
		return nil, err
	}
	// The passphrase is a random key itself: stretching it would only cost time.
	return &signer.Software{Dir: p.path("keys"), Passphrase: []byte(passphrase), Iterations: 1000}, nil
}

// key returns a random key of 32 bytes, made on first use.
func (p place) key(name string) ([]byte, error) {
	text, err := p.secret(name, func() (string, error) { return hex.EncodeToString(random(32)), nil })
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("reading %s of %s: the file is damaged", name, p.office)
	}
	return key, nil
}

// secret reads a secret from a file of the folder, making it on first use.
func (p place) secret(name string, make func() (string, error)) (string, error) {
	text, err := os.ReadFile(p.path(name))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(bytes.TrimSpace(text)), err
	}
	fresh, err := make()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(p.path(name)), 0o700)
	}
	if err != nil {
		return "", err
	}
	return fresh, durable.Replace(p.path(name), []byte(fresh+"\n"), 0o600)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
