package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
)

// handle is a program's connection to a card: *pcsc.Conn, or libpcsclite in a process of its own.
type handle interface {
	Transmit(ctx context.Context, command []byte) ([]byte, error)
	Begin(ctx context.Context) error
	End(ctx context.Context, d pcsc.Disposition) error
	Reset(ctx context.Context) error
	Reconnect(ctx context.Context, mode pcsc.Mode, d pcsc.Disposition) error
	Status(ctx context.Context) (pcsc.Reader, error)
	Close(ctx context.Context, d pcsc.Disposition) error
}

// stack is a smart card service with one reader under test and a way for programs to use it.
type stack struct {
	reader  string
	connect func(ctx context.Context, reader string, mode pcsc.Mode) (handle, error)
	insert  func(t *testing.T, c *card) // returns when programs see the card
	remove  func(t *testing.T)          // returns when programs see that it is gone
}

// goClient connects with this package to the service at socket.
func goClient(socket string) func(context.Context, string, pcsc.Mode) (handle, error) {
	return func(ctx context.Context, reader string, mode pcsc.Mode) (handle, error) {
		c, err := pcsc.Dial(ctx, socket)
		if err != nil {
			return nil, err
		}
		h, err := c.Connect(ctx, reader, mode)
		if err != nil {
			return nil, err
		}
		return h, nil
	}
}

// open connects and closes the handle when the test ends.
func (s *stack) open(t *testing.T, mode pcsc.Mode) handle {
	t.Helper()
	h, err := s.connect(t.Context(), s.reader, mode)
	if err != nil {
		t.Fatalf("Connect(%q, %d) = %v", s.reader, mode, err)
	}
	t.Cleanup(func() { h.Close(context.Background(), pcsc.Leave) })
	return h
}

// wantRefused fails unless connecting is refused with that error.
func (s *stack) wantRefused(t *testing.T, reader string, mode pcsc.Mode, want error) {
	t.Helper()
	if h, err := s.connect(t.Context(), reader, mode); !errors.Is(err, want) {
		t.Errorf("Connect(%q, %d) = %v, %v, want %v", reader, mode, h, err, want)
	}
}

func want(t *testing.T, call string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s = %v, want %v", call, got, want)
	}
}

func wantResponse(t *testing.T, h handle, command, want []byte) {
	t.Helper()
	if got, err := h.Transmit(t.Context(), command); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Transmit(%x) = %.20x, %v, want %.20x", command[:4], got, err, want)
	}
}

// briefly is a context for a call that must not succeed, however long it waits.
func briefly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

var (
	ok         = []byte{0x90, 0x00}
	registered = []byte{0x2A, 0x90, 0x00}
	forgotten  = []byte{0x00, 0x90, 0x00}
)

// testSuite says what every smart card service does for its programs. It runs on this package's server and on the real pcscd,
// with this package's client and with libpcsclite. newStack returns a service whose reader is empty.
func testSuite(t *testing.T, newStack func(t *testing.T) *stack) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *stack, c *card)
	}{
		{"empty reader", testEmpty},
		{"exchange", testExchange},
		{"idle card", testIdle},
		{"reset", testReset},
		{"reset on close", testResetOnClose},
		{"unpower on close", testUnpowerOnClose},
		{"removal", testRemoval},
		{"exclusive", testExclusive},
		{"reconnect exclusive", testReconnectExclusive},
		{"direct", testDirect},
		{"transaction", testTransaction},
		{"nested transaction", testNestedTransaction},
		{"reset at end of transaction", testEndReset},
		{"removal ends transaction", testRemovalEndsTransaction},
		{"client lost in transaction", testLostInTransaction},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCard(1)
			test.run(t, newStack(t), c)
			c.checkAlone(t)
		})
	}
}

func testEmpty(t *testing.T, s *stack, c *card) {
	s.wantRefused(t, s.reader, pcsc.Shared, pcsc.ErrNoCard)
	s.wantRefused(t, s.reader, pcsc.Exclusive, pcsc.ErrNoCard)
	s.wantRefused(t, "Nobody's Reader 00 00", pcsc.Shared, pcsc.ErrUnknownReader)
	s.wantRefused(t, s.reader, 7, pcsc.ErrInvalidValue)
	s.insert(t, c)
	s.open(t, pcsc.Shared)
}

func testExchange(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a := s.open(t, pcsc.Shared)
	wantResponse(t, a, getID, []byte{1, 0x90, 0x00})
	wantResponse(t, a, []byte{0x00, 0xF0, 0x00, 0x00}, []byte{0x6D, 0x00})
	long := append(bytes.Clone(echo), make([]byte, 65000)...)
	wantResponse(t, a, long, append(bytes.Clone(long), ok...))
	if r, err := a.Status(t.Context()); err != nil || r.Name != s.reader || !r.Present || !bytes.Equal(r.ATR, c.atr) {
		t.Errorf("Status = %+v, %v, want reader %q with ATR %x", r, err, s.reader, c.atr)
	}
}

// testIdle: the card loses its power, hence its volatile state, after the last handle is closed, and not before.
func testIdle(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	wantResponse(t, a, setRegister, ok)
	want(t, "Close", a.Close(t.Context(), pcsc.Leave), nil)
	wantResponse(t, b, getRegister, registered)
	want(t, "Close", b.Close(t.Context(), pcsc.Leave), nil)
	c.awaitReset(t)
	wantResponse(t, s.open(t, pcsc.Shared), getRegister, forgotten)
}

func testReset(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	wantResponse(t, a, setRegister, ok)
	want(t, "Reset", a.Reset(t.Context()), nil)
	wantResponse(t, a, getRegister, forgotten)
	wantReset(t, b)
	wantResponse(t, b, getRegister, forgotten)
}

// wantReset fails unless h says that the card was reset until it reconnects.
func wantReset(t *testing.T, h handle) {
	t.Helper()
	_, err := h.Transmit(t.Context(), getRegister)
	want(t, "Transmit after a reset", err, pcsc.ErrResetCard)
	_, err = h.Status(t.Context())
	want(t, "Status after a reset", err, pcsc.ErrResetCard)
	want(t, "Begin after a reset", h.Begin(t.Context()), pcsc.ErrResetCard)
	want(t, "Reconnect", h.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), nil)
}

func testResetOnClose(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	wantResponse(t, a, setRegister, ok)
	want(t, "Close", a.Close(t.Context(), pcsc.Reset), nil)
	wantReset(t, b)
	wantResponse(t, b, getRegister, forgotten)
}

func testUnpowerOnClose(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	wantResponse(t, a, setRegister, ok)
	want(t, "Close", a.Close(t.Context(), pcsc.Unpower), nil)
	wantResponse(t, s.open(t, pcsc.Shared), getRegister, forgotten)
	wantReset(t, b)
}

func testRemoval(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	wantResponse(t, a, setRegister, ok)
	s.remove(t)
	_, err := a.Transmit(t.Context(), getRegister)
	want(t, "Transmit after removal", err, pcsc.ErrRemovedCard)
	_, err = b.Status(t.Context())
	want(t, "Status after removal", err, pcsc.ErrRemovedCard)
	want(t, "Begin after removal", b.Begin(t.Context()), pcsc.ErrRemovedCard)
	want(t, "Reconnect without a card", b.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), pcsc.ErrNoCard)

	s.insert(t, c)
	_, err = a.Transmit(t.Context(), getRegister)
	want(t, "Transmit to the next card", err, pcsc.ErrRemovedCard)
	want(t, "Reconnect", a.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), nil)
	wantResponse(t, a, getRegister, forgotten)
}

func testExclusive(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a := s.open(t, pcsc.Exclusive)
	wantResponse(t, a, getID, []byte{1, 0x90, 0x00})
	s.wantRefused(t, s.reader, pcsc.Shared, pcsc.ErrSharing)
	s.wantRefused(t, s.reader, pcsc.Exclusive, pcsc.ErrSharing)
	want(t, "Close", a.Close(t.Context(), pcsc.Leave), nil)
	s.open(t, pcsc.Shared)
	s.wantRefused(t, s.reader, pcsc.Exclusive, pcsc.ErrSharing)
}

func testReconnectExclusive(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a := s.open(t, pcsc.Shared)
	want(t, "Reconnect(Exclusive)", a.Reconnect(t.Context(), pcsc.Exclusive, pcsc.Leave), nil)
	s.wantRefused(t, s.reader, pcsc.Shared, pcsc.ErrSharing)
	want(t, "Close", a.Close(t.Context(), pcsc.Leave), nil)
	s.open(t, pcsc.Shared)
}

func testDirect(t *testing.T, s *stack, c *card) {
	a := s.open(t, pcsc.Direct)
	_, err := a.Transmit(t.Context(), getID)
	want(t, "Transmit without a card", err, pcsc.ErrNoCard)
	s.insert(t, c)
	want(t, "Reconnect(Shared)", a.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), nil)
	wantResponse(t, a, getID, []byte{1, 0x90, 0x00})
}

func testTransaction(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b, d := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	want(t, "Begin", a.Begin(t.Context()), nil)
	want(t, "Begin in another's transaction", b.Begin(briefly(t)), context.DeadlineExceeded)
	_, err := d.Transmit(briefly(t), getID)
	want(t, "Transmit in another's transaction", err, context.DeadlineExceeded)
	_, err = s.connect(briefly(t), s.reader, pcsc.Shared)
	want(t, "Connect in another's transaction", err, context.DeadlineExceeded)
	wantResponse(t, a, getID, []byte{1, 0x90, 0x00})

	ended := make(chan error)
	go func() { ended <- a.End(t.Context(), pcsc.Leave) }()
	e := s.open(t, pcsc.Shared)
	want(t, "End", <-ended, nil)
	want(t, "Begin after the transaction", e.Begin(t.Context()), nil)
	want(t, "End", e.End(t.Context(), pcsc.Leave), nil)
	want(t, "End without a transaction", e.End(t.Context(), pcsc.Leave), pcsc.ErrNotTransacted)
}

func testNestedTransaction(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	want(t, "Begin", a.Begin(t.Context()), nil)
	want(t, "Begin again", a.Begin(t.Context()), nil)
	want(t, "End of the inner one", a.End(t.Context(), pcsc.Leave), nil)
	_, err := b.Transmit(briefly(t), getID)
	want(t, "Transmit in another's transaction", err, context.DeadlineExceeded)
	want(t, "End of the outer one", a.End(t.Context(), pcsc.Leave), nil)
	want(t, "End of none", a.End(t.Context(), pcsc.Leave), pcsc.ErrNotTransacted)
}

func testEndReset(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	want(t, "Begin", a.Begin(t.Context()), nil)
	wantResponse(t, a, setRegister, ok)
	want(t, "End(Reset)", a.End(t.Context(), pcsc.Reset), nil)
	wantReset(t, a)
	wantReset(t, b)
	wantResponse(t, b, getRegister, forgotten)
}

func testRemovalEndsTransaction(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a := s.open(t, pcsc.Shared)
	want(t, "Begin", a.Begin(t.Context()), nil)
	s.remove(t)
	s.insert(t, c)
	wantResponse(t, s.open(t, pcsc.Shared), getID, []byte{1, 0x90, 0x00})
	want(t, "End after removal", a.End(t.Context(), pcsc.Leave), pcsc.ErrRemovedCard)
}

// testLostInTransaction: a client that goes away within a transaction leaves a free, reset card.
func testLostInTransaction(t *testing.T, s *stack, c *card) {
	s.insert(t, c)
	a, b := s.open(t, pcsc.Shared), s.open(t, pcsc.Shared)
	want(t, "Begin", a.Begin(t.Context()), nil)
	wantResponse(t, a, setRegister, ok)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-c.started
		cancel()
		close(c.goOn)
	}()
	_, err := a.Transmit(ctx, hold)
	want(t, "Transmit", err, context.Canceled)
	c.awaitReset(t)
	wantReset(t, b)
	want(t, "Begin", b.Begin(t.Context()), nil)
}
