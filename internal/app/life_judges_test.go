//go:build judges

package app_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/openjpki/jpki/internal/crashtest"
)

// Killed in any numbered step of any office, the life ends as if nothing had happened. Each step has a storm of its own.
//
// Req: R-STM-01, R-STM-02, R-STM-03
func TestLifeKilledInEveryStep(t *testing.T) {
	for i, step := range steps(t) {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "seed"), []byte(strconv.Itoa(i)), 0o600); err != nil {
				t.Fatal(err)
			}
			if !crashtest.Kill(t, "life", dir, step, 1) {
				t.Fatalf("the life never came to step %q", step)
			}
			crashtest.Kill(t, "life", dir, step, 2)
			crashtest.Finish(t, "life", dir)
			checkLife(t, dir)
		})
	}
}
