package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

// person is a schema with one table.
var person = fstest.MapFS{
	"schema/sqlite/0001_person.sql": &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE person (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE card (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id)) STRICT;
INSERT INTO person (id, word) VALUES (1, 'first');
`)},
}

// open opens a database in a file and closes it after the test.
func open(t *testing.T, path string, c db.Config) *db.DB {
	t.Helper()
	c.URL = "sqlite:" + path
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatalf("Open(%s) = %v", path, err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// newDB opens a new database with the tables of person.
func newDB(t *testing.T, c db.Config) *db.DB {
	t.Helper()
	d := open(t, filepath.Join(t.TempDir(), "office.db"), c)
	if err := d.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	return d
}

// count returns the number of rows in table person.
func count(t *testing.T, d *db.DB) int {
	t.Helper()
	var n int
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM person`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenKeepsFilesPrivate(t *testing.T) {
	tests := []struct {
		name   string
		before func(path string) error
	}{
		{"new file", func(string) error { return nil }},
		{"file that others could read", func(path string) error { return os.WriteFile(path, nil, 0o644) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "office.db")
			if err := tt.before(path); err != nil {
				t.Fatal(err)
			}
			d := open(t, path, db.Config{})
			if err := d.Migrate(t.Context(), "person", person); err != nil {
				t.Fatal(err)
			}
			for _, suffix := range []string{"", "-wal", "-shm", "-lock"} {
				info, err := os.Stat(path + suffix)
				if err != nil {
					t.Fatal(err)
				}
				if mode := info.Mode().Perm(); mode != 0o600 {
					t.Errorf("mode of office.db%s = %o, want 600", suffix, mode)
				}
			}
		})
	}
}

func TestOpenSettings(t *testing.T) {
	d := newDB(t, db.Config{})
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
	for name, value := range want {
		var got string
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "PRAGMA "+name).Scan(&got)
		})
		if err != nil || got != value {
			t.Errorf("%s = %q, %v, want %s", name, got, err, value)
		}
	}
}

func TestOpenAnyFileName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?mode=memory#c%20d:認証局.db")
	d := open(t, path, db.Config{})
	if err := d.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if got := count(t, open(t, path, db.Config{ReadOnly: true})); got != 1 {
		t.Errorf("reopened %s: %d rows, want 1", path, got)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config db.Config
		key    string
		kind   fault.Kind
	}{
		{"nothing", db.Config{}, "db.url", fault.Invalid},
		{"no path", db.Config{URL: "sqlite:"}, "db.url", fault.Invalid},
		{"no scheme", db.Config{URL: filepath.Join(dir, "x.db")}, "db.url", fault.Invalid},
		{"PostgreSQL", db.Config{URL: "postgres://ca:pass@127.0.0.1/ca"}, "db.url", fault.Invalid},
		{"read only and missing", db.Config{URL: "sqlite:" + filepath.Join(dir, "x.db"), ReadOnly: true}, "db.missing", fault.NotFound},
		{"missing folder", db.Config{URL: "sqlite:" + filepath.Join(dir, "no", "x.db")}, "", fault.Internal},
		{"not a database", db.Config{URL: "sqlite:" + garbage}, "", fault.Internal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := db.Open(t.Context(), tt.config)
			if err == nil {
				d.Close()
				t.Fatalf("Open = nil, want a refusal")
			}
			if fault.KeyOf(err) != tt.key || fault.KindOf(err) != tt.kind {
				t.Errorf("Open = %v, kind %v, want %s, kind %v", err, fault.KindOf(err), tt.key, tt.kind)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "x.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused Open left a file behind: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.db")
	if err := open(t, path, db.Config{}).Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	d := open(t, path, db.Config{ReadOnly: true})
	if got := count(t, d); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
	nothing := func(*db.Tx) error { return nil }
	if err := d.Update(t.Context(), nothing); fault.KeyOf(err) != "db.read_only" {
		t.Errorf("Update = %v, want db.read_only", err)
	}
	if err := d.Migrate(t.Context(), "person", person); fault.KeyOf(err) != "db.read_only" {
		t.Errorf("Migrate = %v, want db.read_only", err)
	}
}

func TestNowStandsStill(t *testing.T) {
	clock := time.Date(2026, 4, 1, 9, 0, 0, 999, time.FixedZone("JST", 9*3600))
	now := func() time.Time {
		clock = clock.Add(time.Second)
		return clock
	}
	d := newDB(t, db.Config{Now: now})
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		want := time.Date(2026, 4, 1, 0, 0, 1, 0, time.UTC)
		if tx.Now != want {
			t.Errorf("Now = %v, want %v", tx.Now, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
