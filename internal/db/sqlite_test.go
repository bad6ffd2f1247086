package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

// newFile opens a new SQLite database with the tables of person.
func newFile(t *testing.T) *db.DB {
	t.Helper()
	d := open(t, "sqlite:"+filepath.Join(t.TempDir(), "office.db"), db.Config{})
	if err := d.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	return d
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
			d := open(t, "sqlite:"+path, db.Config{})
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
	d := newFile(t)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"}
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
	d := open(t, "sqlite:"+path, db.Config{})
	if err := d.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if got := count(t, open(t, "sqlite:"+path, db.Config{ReadOnly: true})); got != 1 {
		t.Errorf("reopened %s: %d rows, want 1", path, got)
	}
}

func TestOpenRefusesAFile(t *testing.T) {
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
