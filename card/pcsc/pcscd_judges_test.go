//go:build judges

package pcsc_test

import (
	"context"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/card/pcsc/pcscdtest"
	"github.com/openjpki/jpki/card/vpcd"
)

// slot is a slot of a real pcscd.
type slot struct {
	daemon *pcscdtest.Daemon
	number int
	eject  func() // takes the card out; nil if there is none
}

// insert puts a card in and waits until programs see it.
func (s *slot) insert(t *testing.T, c *card) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- vpcd.Run(ctx, s.daemon.Addr(s.number), c) }()
	s.eject = func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("vpcd.Run = %v", err)
		}
	}
	t.Cleanup(func() { s.remove(t) })
	s.await(t, true)
}

// remove takes the card out and waits until programs see that.
func (s *slot) remove(t *testing.T) {
	if s.eject == nil {
		return
	}
	s.eject()
	s.eject = nil
	s.await(t, false)
}

// await waits until programs see that the slot holds a card, or none.
func (s *slot) await(t *testing.T, present bool) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also when the test has ended
	c, err := pcsc.Dial(ctx, s.daemon.Socket())
	if err != nil {
		t.Fatal(err)
	}
	readers, err := c.Readers(ctx)
	for err == nil && find(t, readers, s.daemon.ReaderName(s.number)).Present != present {
		readers, err = c.WaitChange(ctx, readers)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, readers []pcsc.Reader, name string) pcsc.Reader {
	t.Helper()
	for _, r := range readers {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no reader %q in %+v", name, readers)
	return pcsc.Reader{}
}

// newDaemonStack is a real pcscd for the suite.
func newDaemonStack(t *testing.T, connect func(socket string) func(context.Context, string, pcsc.Mode) (handle, error)) *stack {
	d := pcscdtest.Start(t, pcscdtest.Config{Poll: 10 * time.Millisecond})
	s := &slot{daemon: d}
	return &stack{reader: d.ReaderName(0), connect: connect(d.Socket()), insert: s.insert, remove: s.remove}
}

func TestPcscdWithClient(t *testing.T) {
	testSuite(t, func(t *testing.T) *stack { return newDaemonStack(t, goClient) })
}

// TestPcscdWithLibpcsclite judges the suite itself: it demands what the originals do.
func TestPcscdWithLibpcsclite(t *testing.T) {
	path := compileProgram(t)
	testSuite(t, func(t *testing.T) *stack {
		return newDaemonStack(t, func(socket string) func(context.Context, string, pcsc.Mode) (handle, error) {
			return libClient(path, socket)
		})
	})
}

// TestPcscdEightCards: eight cards in one pcscd, each seen to come and go, each answering for itself.
func TestPcscdEightCards(t *testing.T) {
	d := pcscdtest.Start(t, pcscdtest.Config{Readers: 4, Poll: 10 * time.Millisecond})
	slots := make([]*slot, d.Slots())
	for i := range slots {
		slots[i] = &slot{daemon: d, number: i}
		slots[i].insert(t, newCard(byte(i)))
	}
	done := make(chan error)
	for i := range slots {
		go func() {
			h, err := goClient(d.Socket())(t.Context(), d.ReaderName(i), pcsc.Exclusive)
			if err == nil {
				for range 20 {
					wantResponse(t, h, getID, []byte{byte(i), 0x90, 0x00})
				}
				err = h.Close(t.Context(), pcsc.Leave)
			}
			done <- err
		}()
	}
	for range slots {
		want(t, "session", <-done, nil)
	}
	slots[5].remove(t)
	readers := readersOf(t, d.Socket())
	for i := range slots {
		r := find(t, readers, d.ReaderName(i))
		if r.Present != (i != 5) || (r.Events == 2) != (i == 5) {
			t.Errorf("reader = %+v", r)
		}
	}
}

// TestPcscdPulledWithinCommand: a card that leaves pcscd within a command has not answered.
func TestPcscdPulledWithinCommand(t *testing.T) {
	d := pcscdtest.Start(t, pcscdtest.Config{Poll: 10 * time.Millisecond})
	s := &slot{daemon: d}
	c := newCard(1)
	s.insert(t, c)
	h, err := goClient(d.Socket())(t.Context(), d.ReaderName(0), pcsc.Shared)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := h.Transmit(t.Context(), hold)
		done <- err
	}()
	<-c.started
	s.remove(t)
	want(t, "Transmit", <-done, pcsc.ErrNotTransacted)
	_, err = h.Status(t.Context())
	want(t, "Status", err, pcsc.ErrRemovedCard)
}
