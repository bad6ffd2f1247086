package verify_test

import (
	"testing"

	"github.com/openjpki/jpki/verify"
)

// Every cure has a name and every name one cure, so that a report can be told in another language. That reports hold no others is
// looked at for every report of these tests, in guard.
func TestCures(t *testing.T) {
	names := map[string]string{}
	for name, text := range verify.Cures() {
		if name == "problem." || text == "" {
			t.Errorf("cure %q has the name %q", text, name)
		}
		if other, twice := names[text]; twice {
			t.Errorf("%s and %s have the same cure", name, other)
		}
		names[text] = name
	}
}
