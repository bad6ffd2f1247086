package auditdb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
)

// crashKey names the environment variable that makes the test program act as an
// office that works until it is killed; it holds the audit key.
const crashKey = "AUDITDB_TEST_KEY"

func TestMain(m *testing.M) {
	private := os.Getenv(crashKey)
	if private == "" {
		os.Exit(m.Run())
	}
	err := work(context.Background(), os.Args[1], private, os.Args[2])
	fmt.Fprintln(os.Stderr, err) // it ends only by an error
	os.Exit(1)
}

// stamp is the schema of the office's own table.
var stamp = fstest.MapFS{"schema/sqlite/0001_stamp.sql": &fstest.MapFile{
	Data: []byte("-- +goose Up\nCREATE TABLE stamp (id INTEGER PRIMARY KEY) STRICT;")}}

// work does one act after the other, each a row and its entry in a transaction,
// and prints a line after every commit.
func work(ctx context.Context, path, private, public string) error {
	log, err := logOf(private, public)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + path})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := auditdb.Migrate(ctx, d); err != nil {
		return err
	}
	if err := d.Migrate(ctx, "office", stamp); err != nil {
		return err
	}
	for i := 1; ; i++ {
		err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO stamp DEFAULT VALUES`); err != nil {
				return err
			}
			return log.Append(ctx, tx, issue(i))
		})
		if err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func logOf(private, public string) (*auditdb.Log, error) {
	key, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return auditdb.New(key, note.VerifierList(verifier))
}

// TestKilledOffice kills an office again and again while it works: every act
// that it reported is there, every act has its entry, and the log holds.
func TestKilledOffice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.db")
	private, public, err := note.GenerateKey(nil, "ca.jpki-test.invalid/audit")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	l := &logFile{path: path, keys: note.VerifierList(verifier)}
	reported := int64(0)
	for round := range 8 {
		reported += killAfter(t, 1+5*round, path, private, public)
		l.db = open(t, path)
		report := l.verify(t)
		if report.Break != nil || report.Count < reported {
			t.Fatalf("round %d: Verify = %v, want at least the %d entries reported", round, report, reported)
		}
		if got := stamps(t, l.db); got != report.Count {
			t.Fatalf("round %d: %d acts and %d entries, want as many", round, got, report.Count)
		}
		reported = report.Count
		l.db.Close()
	}
}

// killAfter lets an office work and kills it after it has reported some acts.
// It returns how many it reported in all.
func killAfter(t *testing.T, acts int, path, private, public string) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0], path, public)
	cmd.Env = append(os.Environ(), crashKey+"="+private)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reported := int64(0)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if reported++; reported == int64(acts) {
			if err := cmd.Process.Kill(); err != nil { // SIGKILL; lines on their way are still read
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the office ended by itself")
	}
	if reported < int64(acts) {
		t.Fatalf("the office reported %d acts, want at least %d", reported, acts)
	}
	return reported
}

func stamps(t *testing.T, d *db.DB) int64 {
	t.Helper()
	var n int64
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM stamp`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
