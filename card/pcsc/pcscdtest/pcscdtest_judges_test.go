//go:build judges

package pcscdtest_test

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
)

func names(t *testing.T, d *pcscdtest.Daemon) []string {
	t.Helper()
	c, err := pcsc.Dial(t.Context(), d.Socket())
	if err != nil {
		t.Fatal(err)
	}
	readers, err := c.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range readers {
		names = append(names, r.Name)
	}
	return names
}

// TestStart: clients see the slots in their order, under the names told.
func TestStart(t *testing.T) {
	for _, test := range []struct{ readers, slots int }{{0, 2}, {1, 2}, {3, 6}, {8, 16}} {
		t.Run(fmt.Sprint(test.readers), func(t *testing.T) {
			t.Parallel()
			d := pcscdtest.Start(t, pcscdtest.Config{Readers: test.readers})
			var want []string
			for slot := range test.slots {
				want = append(want, d.ReaderName(slot))
			}
			if got := names(t, d); d.Slots() != test.slots || !slices.Equal(got, want) {
				t.Errorf("%d slots, readers = %q, want %q", d.Slots(), got, want)
			}
		})
	}
}

// TestLoopbackOnly: no slot can be reached through a network interface.
func TestLoopbackOnly(t *testing.T) {
	d := pcscdtest.Start(t, pcscdtest.Config{})
	for slot := range d.Slots() {
		conn, err := net.Dial("tcp", d.Addr(slot))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		_, port, err := net.SplitHostPort(d.Addr(slot))
		if err != nil {
			t.Fatal(err)
		}
		// 127.0.0.2 is this machine too, but not the address the slot is bound to.
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.2", port)); err == nil {
			conn.Close()
			t.Errorf("slot %d listens on all addresses", slot)
		}
	}
}

// TestStop: after its test, nothing of a pcscd is left.
func TestStop(t *testing.T) {
	var d *pcscdtest.Daemon
	t.Run("user", func(t *testing.T) { d = pcscdtest.Start(t, pcscdtest.Config{Poll: time.Millisecond}) })
	if _, err := pcsc.Dial(t.Context(), d.Socket()); err == nil {
		t.Error("clients are still served")
	}
	if conn, err := net.Dial("tcp", d.Addr(0)); err == nil {
		conn.Close()
		t.Error("the slot still listens")
	}
}
