package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/sumdb/note"
)

// auditOrigin names the audit log of the sandbox's CA.
const auditOrigin = "ca.jpki-test.invalid"

// operator is who acts in a sandbox that has no clerks yet.
var operator = authz.Actor{Office: authz.Sandbox}

// Config says which sandbox to open.
type Config struct {
	Dir string
	// OCSP is the address of the OCSP responder written into new authentication certificates. Optional.
	OCSP string
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called with each numbered step of an act as it begins, such as "NewCard 3". Optional.
	Step func(string)
}

// defaultOCSP is the address at which the sandbox's OCSP responder is to answer.
const defaultOCSP = "http://127.0.0.1:8080/ocsp"

// Sandbox is an open data folder with its CA.
type Sandbox struct {
	Config
	CA  *ca.Service
	db  *db.DB
	log *auditdb.Log
}

// Open opens a data folder, making keys and founding both CAs in a new one, and completes what an earlier process left
// undone. Processes open the same folder one after the other and may then work side by side.
func Open(ctx context.Context, c Config) (*Sandbox, error) {
	if c.OCSP == "" {
		c.OCSP = defaultOCSP
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	if err := os.MkdirAll(filepath.Join(c.Dir, "ca"), 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(c.Dir, "lock")).Lock()
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	defer unlock()
	s := &Sandbox{Config: c}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("opening sandbox: %w", err)
	}
	return s, nil
}

func (s *Sandbox) open(ctx context.Context) error {
	passphrase, err := s.secret("ca/passphrase", func() (string, error) {
		return hex.EncodeToString(random(32)), nil
	})
	if err != nil {
		return err
	}
	if err := s.openAudit(); err != nil {
		return err
	}
	if s.db, err = db.Open(ctx, db.Config{URL: "sqlite:" + s.path("ca/ca.db"), Now: s.Now}); err != nil {
		return err
	}
	store, err := cadb.Open(ctx, s.db, s.log)
	if err != nil {
		return err
	}
	s.CA, err = ca.New(ca.Config{
		Store: store, Profile: jpki.Sandbox(s.OCSP), Now: s.Now, Step: func(step ca.Step) { s.Step(step.String()) },
		// The passphrase is a random key itself: stretching it would only cost time.
		Keys: &signer.Software{Dir: s.path("ca/keys"), Passphrase: []byte(passphrase), Iterations: 1000},
	})
	if err != nil {
		return err
	}
	if err := s.CA.Resume(ctx); err != nil {
		return err
	}
	return s.found(ctx)
}

// openAudit reads the key of the audit log, or makes it.
func (s *Sandbox) openAudit() error {
	private, err := s.secret("ca/audit.key", func() (string, error) {
		private, public, err := note.GenerateKey(rand.Reader, auditOrigin)
		if err != nil {
			return "", err
		}
		return private, durable.Replace(s.path("ca/audit.pub"), []byte(public+"\n"), 0o600)
	})
	if err != nil {
		return err
	}
	key, err := note.NewSigner(private)
	if err != nil {
		return fmt.Errorf("reading audit key: %w", err)
	}
	keys, err := auditKeys(s.Dir, "")
	if err != nil {
		return err
	}
	s.log, err = auditdb.New(key, keys)
	return err
}

// auditKeys returns the verifier of a public audit key, of the one in the folder if none is given.
func auditKeys(dir, publicKey string) (note.Verifiers, error) {
	if publicKey == "" {
		text, err := os.ReadFile(filepath.Join(dir, "ca", "audit.pub"))
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

// found founds the CAs that a new folder lacks and writes out the certificates of the newest generation.
func (s *Sandbox) found(ctx context.Context) error {
	newest, err := s.newest(ctx)
	if err != nil {
		return err
	}
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		issuer, ok := newest[kind]
		if !ok {
			if issuer, err = s.CA.Found(ctx, operator, kind, ""); err != nil {
				return err
			}
		}
		if err := durable.Replace(s.CAFile(kind), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.Certificate}), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sandbox) newest(ctx context.Context) (map[jpki.Kind]ca.Issuer, error) {
	issuers, err := s.CA.Issuers(ctx)
	newest := map[jpki.Kind]ca.Issuer{}
	for _, i := range issuers { // by generation
		newest[i.ID.Kind] = i
	}
	return newest, err
}

// CAFile is the PEM file of the newest certificate of a CA; kind may be that of a certificate it signs.
func (s *Sandbox) CAFile(kind jpki.Kind) string {
	return s.path("ca/" + strings.TrimSuffix(kind.CA().String(), "-ca") + ".pem")
}

// Close closes the sandbox.
func (s *Sandbox) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// VerifyAudit checks the audit log of the CA of a sandbox, without changing anything. publicKey is the audit key as the
// auditor kept it, "" to take the one in the folder; older are checkpoints that he kept.
func VerifyAudit(ctx context.Context, dir, publicKey string, older ...string) (report audit.Report, checkpoint string, err error) {
	keys, err := auditKeys(dir, publicKey)
	if err != nil {
		return audit.Report{}, "", err
	}
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "ca", "ca.db"), ReadOnly: true})
	if err != nil {
		return audit.Report{}, "", err
	}
	defer d.Close()
	err = d.View(ctx, func(tx *db.Tx) (err error) {
		if report, err = auditdb.Verify(ctx, tx, keys, older...); err != nil {
			return err
		}
		checkpoint, err = auditdb.Checkpoint(ctx, tx)
		return err
	})
	return report, checkpoint, err
}

func (s *Sandbox) path(name string) string { return filepath.Join(s.Dir, filepath.FromSlash(name)) }

// secret returns the content of a file, made on first use.
func (s *Sandbox) secret(name string, make func() (string, error)) (string, error) {
	text, err := os.ReadFile(s.path(name))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return string(bytes.TrimSpace(text)), err
	}
	fresh, err := make()
	if err != nil {
		return "", err
	}
	return fresh, durable.Replace(s.path(name), []byte(fresh+"\n"), 0o600)
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
