//go:build goexperiment.runtimesecret && linux && (amd64 || arm64)

package kiosk_test

import (
	"slices"
	"testing"

	"github.com/openjpki/jpki/internal/kiosk"
)

// After Return no number of the private key is in the memory of the kiosk; while the key was there, the same search
// found it.
//
// Req: R-SYS-06
func TestImmediateErasure(t *testing.T) {
	before, after := visitWatched(t)
	for _, name := range []string{"p", "q", "d", "dp", "dq", "qinv"} {
		if !slices.Contains(before, name) && !slices.Contains(before, name+" reversed") {
			t.Errorf("before the erasure the search finds %v, want %s too", before, name)
		}
	}
	if len(after) != 0 {
		t.Errorf("after Return the memory holds %v", after)
	}
	if kiosk.Erasure != kiosk.Complete {
		t.Errorf("Erasure = %s, want complete", kiosk.Erasure)
	}
}
