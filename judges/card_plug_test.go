//go:build judges

package judges_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
)

// Our program plugs a card into a running pcscd, and pulls it out when it ends.
func TestProgramPlugsIntoPcscd(t *testing.T) {
	program, n := build(t), newNation(t)
	h := n.newHolder(t)
	d := pcscdtest.Start(t, pcscdtest.Config{Poll: 10 * time.Millisecond})
	s := newService(t, d.Socket(), []string{d.ReaderName(0)}, nil)
	named, stop := launch(t, regexp.MustCompile(`^(.+)\n`),
		environment{}.command(t, program, "vcard", "run", "-data", n.Dir, "-person", h.id, "-pcscd", "-vpcd", d.Addr(0)))
	if want := "Virtual PCD 00 00"; named != want { // what Debian's configuration calls it
		t.Errorf("the program names the reader %q, want %q", named, want)
	}
	s.await(t, 0, true)
	s.says(t, "jpki", "opensc-tool", "--reader", s.readers[0], "--name")
	doctor := func() (output string, code int) {
		return finish(t, s.command(t, program, "doctor", "-reader", s.readers[0]))
	}
	if output, code := doctor(); code != 0 || !strings.Contains(output, "✓ PINs") {
		t.Errorf("doctor: exit code %d, want a whole chain\n%s", code, output)
	}
	stop()
	s.await(t, 0, false)
	if output, code := doctor(); code != 1 || !strings.Contains(output, "✗ card: There is no card") {
		t.Errorf("doctor: exit code %d, want 1 and the card missing\n%s", code, output)
	}
}
