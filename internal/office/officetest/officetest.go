// Package officetest is test support for what every office has (庁の備え): an audit log with a key of its own, and a store
// on a real database.
package officetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/office/officedb"
)

// Opener is the Open of a …db package.
type Opener[T any] func(context.Context, *db.DB, *auditdb.Log) (*officedb.Store[T], error)

// LogIn returns the audit log whose key is in a folder, and its verifier. The first time it makes the key.
func LogIn(dir string) (*auditdb.Log, note.Verifiers, error) {
	file := filepath.Join(dir, "audit.key")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		private, public, errKey := note.GenerateKey(nil, "office.jpki-test.invalid/audit")
		text = []byte(private + "\n" + public)
		err = errors.Join(errKey, durable.Replace(file, text, 0o600))
	}
	var private, public string
	if err == nil {
		_, err = fmt.Sscan(string(text), &private, &public)
	}
	if err != nil {
		return nil, nil, err
	}
	key, errKey := note.NewSigner(private)
	verifier, errVerifier := note.NewVerifier(public)
	if err := errors.Join(errKey, errVerifier); err != nil {
		return nil, nil, err
	}
	keys := note.VerifierList(verifier)
	log, err := auditdb.New(key, keys)
	return log, keys, err
}

// Log returns an audit log with a new key.
func Log(t testing.TB) *auditdb.Log {
	t.Helper()
	log, _, err := LogIn(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// Open opens the store of an office in the database of a URL, with a new audit log. It is closed after the test.
func Open[T any](t testing.TB, url string, now func() time.Time, open Opener[T]) *officedb.Store[T] {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: url, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	store, err := open(t.Context(), d, Log(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Tables returns what makes the tables of an office in a database.
func Tables[T any](t testing.TB, open Opener[T]) func(context.Context, *db.DB) error {
	log := Log(t)
	return func(ctx context.Context, d *db.DB) error {
		_, err := open(ctx, d, log)
		return err
	}
}

// Audited verifies the audit log in a database and fails the test if it is not whole.
func Audited(t testing.TB, d *db.DB, keys note.Verifiers) audit.Report {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // it may be called in a cleanup
	var report audit.Report
	err := d.View(ctx, func(tx *db.Tx) (err error) {
		report, err = auditdb.Verify(ctx, tx, keys)
		return err
	})
	if err != nil || report.Break != nil {
		t.Fatalf("audit log: %+v, %v, want it whole", report, err)
	}
	return report
}
