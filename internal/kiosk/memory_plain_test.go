//go:build linux && !(goexperiment.runtimesecret && (amd64 || arm64))

package kiosk_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/kiosk"
)

// A build without the erasing runtime works, and says that it does not erase all.
func TestPartialErasure(t *testing.T) {
	before, after := visitWatched(t)
	if len(before) < 6 {
		t.Errorf("before the erasure the search finds %v, want all six numbers", before)
	}
	t.Logf("after Return the memory holds %v", after)
	if kiosk.Erasure != kiosk.Partial {
		t.Errorf("Erasure = %s, want partial", kiosk.Erasure)
	}
}
