//go:build judges

package app_test

import (
	"testing"

	"github.com/openjpki/jpki/internal/crashtest"
)

// Killed in any numbered step of any office, a renewal leaves one certificate of each kind in force: never two, and none
// only while a case says so. Each step has a storm of its own.
//
// Req: R-STM-01, R-STM-02
func TestRenewalKilledInEveryStep(t *testing.T) {
	from := renewing(t)
	for i, step := range renewalSteps(t) {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			killRenewal(t, from, i, func(dir string, nth int) bool {
				killed := crashtest.Kill(t, "renew", dir, step, nth)
				if !killed && nth == 1 {
					t.Errorf("the renewal never came to step %q", step)
				}
				return killed
			})
		})
	}
}
