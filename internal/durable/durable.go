// Package durable writes files that are on the disk, whole, when the call returns: keys, certificates, small records of
// an office beside its database. Stopped at any moment, the name holds the old content or the new one, never a part. It also
// holds a file for one process alone.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrHeld is returned by [Hold] when somebody else has the file.
var ErrHeld = errors.New("another process has it")

// Replace writes a file, in the place of one of the same name if there is one. A missing folder is made, for the owner
// alone.
func Replace(name string, content []byte, mode fs.FileMode) error {
	return write(name, whole(content), mode, os.Rename)
}

// ReplaceWith is Replace for a content that is written piece by piece. If fill fails, nothing has changed.
func ReplaceWith(name string, mode fs.FileMode, fill func(io.Writer) error) error {
	return write(name, fill, mode, os.Rename)
}

func whole(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// Create writes a file that must not exist yet. The error wraps fs.ErrExist if it does; it then stays as it is.
func Create(name string, content []byte, mode fs.FileMode) error {
	return write(name, whole(content), mode, os.Link)
}

// write fills a file under another name and then gives it its own by place.
func write(name string, fill func(io.Writer) error, mode fs.FileMode, place func(from, to string) error) error {
	folder := filepath.Dir(name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(fill(f), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := place(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes a new name in a folder last.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
