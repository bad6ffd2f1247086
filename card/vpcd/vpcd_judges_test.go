//go:build judges

package vpcd_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
	"github.com/openjpki/jpki/card/vpcd"
)

// TestPcscd: a program finds the card in a real pcscd, exchanges a command with it, and sees it go.
func TestPcscd(t *testing.T) {
	d := pcscdtest.Start(t, pcscdtest.Config{Poll: 10 * time.Millisecond})
	client, err := pcsc.Dial(t.Context(), d.Socket())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- vpcd.Run(ctx, d.Addr(1), newCard()) }()
	readers := await(t, client, nil, true)

	cmd := exec.CommandContext(t.Context(), "opensc-tool", "--reader", "1", "--card-driver", "default", "--send-apdu", "00A4040C")
	cmd.Env = d.Env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("opensc-tool: %v; it comes with: apt-get install --no-install-recommends opensc\n%s", err, out)
	}
	if said := string(out); !strings.Contains(said, "SW1=0x90, SW2=0x00") || !strings.Contains(said, "00 A4 04 0C") {
		t.Errorf("opensc-tool says:\n%s", said)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	await(t, client, readers, false)
}

// await waits until slot 1 holds a card, or none.
func await(t *testing.T, c *pcsc.Client, readers []pcsc.Reader, present bool) []pcsc.Reader {
	t.Helper()
	for len(readers) < 2 || readers[1].Present != present {
		var err error
		if readers, err = c.WaitChange(t.Context(), readers); err != nil {
			t.Fatal(err)
		}
	}
	return readers
}
