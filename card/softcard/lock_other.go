//go:build !unix

package softcard

import (
	"errors"
	"fmt"
	"io"
)

// lock refuses: without a lock two programs could double the tries of a PIN.
func lock(string) (io.Closer, error) {
	return nil, fmt.Errorf("locking: %w", errors.ErrUnsupported)
}
