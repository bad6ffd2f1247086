//go:build unix

package durable

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Hold takes a file for this process alone, without waiting, until it is closed; the system lets it go when the process dies.
// The file is made if it is not there, and stays. The error wraps [ErrHeld] if somebody else has it.
func Hold(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrHeld
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("holding %s: %w", name, err), f.Close())
	}
	return f, nil
}
