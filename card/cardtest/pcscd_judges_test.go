//go:build judges

package cardtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
	"github.com/openjpki/jpki/card/vpcd"
)

// The suite runs through a real pcscd and its vpcd driver as on the card itself.
func TestRunThroughPcscd(t *testing.T) {
	daemon := pcscdtest.Start(t, pcscdtest.Config{Poll: 10 * time.Millisecond})
	cardtest.Run(t, func(t *testing.T) cardtest.Fixture {
		chip := cardtest.New(t)
		slot, err := vpcd.Dial(t.Context(), vpcd.Config{Addr: daemon.Addr(0)})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- slot.Serve(context.Background(), chip.Card) }()
		t.Cleanup(func() {
			slot.Close()
			<-served
			waitFor(t, daemon, false)
		})
		waitFor(t, daemon, true)
		return throughReader(t, daemon.Socket(), daemon.ReaderName(0))
	})
}

// waitFor waits until pcscd has seen that the card is there, or gone.
func waitFor(t *testing.T, daemon *pcscdtest.Daemon, present bool) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	client, err := pcsc.Dial(ctx, daemon.Socket())
	if err != nil {
		t.Fatal(err)
	}
	readers, err := client.Readers(ctx)
	for err == nil && readers[0].Present != present {
		readers, err = client.WaitChange(ctx, readers)
	}
	if err != nil {
		t.Fatal(err)
	}
}
