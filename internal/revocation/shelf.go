package revocation

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// shelf is the folder of the lists of one partition: NUMBER.crl for a list, NUMBER.entries for one on its way. No number
// is used twice, so no file is ever written again; which list is the published one stands in the database.
type shelf struct{ root, dir string }

func shelfOf(root string, p Partition) shelf {
	return shelf{root, filepath.Join(root, string(p.Issuer), p.ID())}
}

func (s shelf) list(number uint64) string  { return s.file(number, ".crl") }
func (s shelf) draft(number uint64) string { return s.file(number, ".entries") }

func (s shelf) file(number uint64, suffix string) string {
	return filepath.Join(s.dir, strconv.FormatUint(number, 10)+suffix)
}

// create opens a new file.
func (s shelf) create(name string) (*os.File, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// sync makes the names of new files last, and those of the folders they are in.
func (s shelf) sync() error {
	var errs []error
	for _, dir := range []string{s.dir, filepath.Dir(s.dir), s.root} {
		f, err := os.Open(dir)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, f.Sync(), f.Close())
	}
	return errors.Join(errs...)
}

// clear removes all files but the lists with the numbers to keep, and what has a greater number than these.
func (s shelf) clear(keep ...uint64) error {
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	greatest := uint64(0)
	for _, number := range keep {
		names[filepath.Base(s.list(number))], greatest = true, max(greatest, number)
	}
	var errs []error
	for _, f := range files {
		stem, _, _ := strings.Cut(f.Name(), ".")
		number, err := strconv.ParseUint(stem, 10, 64)
		if err != nil || number > greatest || names[f.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, f.Name())); !errors.Is(err, fs.ErrNotExist) { // another run may clear too
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
