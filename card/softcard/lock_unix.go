//go:build unix

package softcard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lock takes the lock of the card at path without waiting. It belongs to a file
// of its own, since the state file is replaced at each change; the system frees
// it when the process dies.
func lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking: %w", err), f.Close())
	}
	return f, nil
}
