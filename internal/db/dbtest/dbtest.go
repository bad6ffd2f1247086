// Package dbtest runs the tests of an office's store on every kind of database that the office may have: on SQLite always,
// and on a real PostgreSQL too in a test program built with the tag judges.
//
// The server of PostgreSQL is made for the one test program: a new cluster in a folder of its own, reached by a socket in
// that folder and by no network. A shell watches over it, stops it when the test program ends, however it ends, and
// removes the folder.
package dbtest

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/db"
)

// Engine is a kind of database.
type Engine struct {
	Name string // "sqlite" or "postgres"
	// New makes an empty database of its own, as an office has it, and returns its URL for db.Config.
	New func(t testing.TB) string
}

// Each runs f on each kind of database, in a subtest with its name.
func Each(t *testing.T, f func(t *testing.T, e Engine)) {
	t.Helper()
	for _, e := range append([]Engine{{"sqlite", newFile}}, servers()...) {
		t.Run(e.Name, func(t *testing.T) { f(t, e) })
	}
}

func newFile(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "office.db") }

// Open opens a database and closes it after the test.
func Open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open(%s) = %v", c.URL, err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Raw opens a database with its driver and nothing of ours, as one does who goes behind the office's back. It is closed
// after the test.
func Raw(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", path
	}
	raw, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}
