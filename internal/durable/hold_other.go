//go:build !unix

package durable

import (
	"errors"
	"fmt"
	"io"
)

// Hold refuses: without a lock of the system two processes could hold one file.
func Hold(name string) (io.Closer, error) {
	return nil, fmt.Errorf("holding %s: %w", name, errors.ErrUnsupported)
}
