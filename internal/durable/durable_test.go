package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/internal/durable"
)

func TestReplaceAndCreate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new folder", "file")
	if err := durable.Create(name, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Create(name, []byte("second"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second Create = %v, want %v", err, fs.ErrExist)
	}
	check(t, name, "first", 0o600)
	if err := durable.Replace(name, []byte("third"), 0o644); err != nil {
		t.Fatal(err)
	}
	check(t, name, "third", 0o644)
	if err := durable.Replace(filepath.Join(name, "below a file"), nil, 0o600); err == nil {
		t.Error("Replace below a file: no error")
	}
}

func check(t *testing.T, name, want string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("content = %q, %v, want %q", got, err, want)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
		t.Errorf("mode = %v, want %v", info.Mode().Perm(), mode)
	}
	if files, _ := os.ReadDir(filepath.Dir(name)); len(files) != 1 {
		t.Errorf("%d files, want the one", len(files))
	}
}
