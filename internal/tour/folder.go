package tour

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"

	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
)

// folder is what a tour leaves behind. Files have names with slashes, relative to it.
type folder struct{ dir string }

// make makes the folder, which must be empty or absent.
func (f folder) make() error {
	entries, err := os.ReadDir(f.dir)
	if err == nil && len(entries) > 0 {
		return fault.New(fault.Conflict, "tour.not_empty", f.dir)
	}
	return os.MkdirAll(f.dir, 0o700)
}

func (f folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f folder) write(name string, content []byte) error {
	file := f.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return durable.Replace(file, content, 0o600)
}

func (f folder) writePEM(name, kind string, encoded []byte) error {
	return f.write(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: encoded}))
}

func (f folder) read(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

// readPEM returns the first block of a file.
func (f folder) readPEM(name string) ([]byte, error) {
	text, err := f.read(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("reading %s: no PEM", name)
	}
	return block.Bytes, nil
}

// writeReport writes the report, and its times for a shell.
func (f folder) writeReport(r Report) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := f.write("times", fmt.Appendf(nil, "BEFORE=%d AFTER=%d\n", r.Before, r.After)); err != nil {
		return err
	}
	return f.write("report.json", append(text, '\n'))
}
