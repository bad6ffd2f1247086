package durable_test

import (
	"errors"
	"io"
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
	broken := errors.New("broken")
	err := durable.ReplaceWith(name, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("ReplaceWith = %v, want %v", err, broken)
	}
	check(t, name, "third", 0o644)
	err = durable.ReplaceWith(name, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, "fourth")
		return err
	})
	if err != nil {
		t.Error(err)
	}
	check(t, name, "fourth", 0o600)
	if err := durable.Replace(filepath.Join(name, "below a file"), nil, 0o600); err == nil {
		t.Error("Replace below a file: no error")
	}
}

// One process holds a file, and everybody else is told so until it lets go.
func TestHold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	held, err := durable.Hold(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := durable.Hold(name); !errors.Is(err, durable.ErrHeld) {
		t.Errorf("second Hold = %v, want %v", err, durable.ErrHeld)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := durable.Hold(name)
	if err != nil {
		t.Fatalf("Hold after the first let go: %v", err)
	}
	again.Close()
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
