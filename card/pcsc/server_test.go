package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/pcsc"
)

// serve starts a server and returns it with the path of its socket.
func serve(t *testing.T, c pcsc.Config) (*pcsc.Server, string) {
	t.Helper()
	s, err := pcsc.NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pcsc") // a path short enough for the address of a unix socket
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "pcscd.comm")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
		os.RemoveAll(dir)
	})
	return s, socket
}

func insert(t *testing.T, s *pcsc.Server, reader string, c pcsc.Card) {
	t.Helper()
	if err := s.Insert(t.Context(), reader, c); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, s *pcsc.Server, reader string) {
	t.Helper()
	if err := s.Remove(t.Context(), reader); err != nil {
		t.Fatal(err)
	}
}

// newServerStack is a server of ours for the suite; connect says by which program it is used.
func newServerStack(t *testing.T, connect func(socket string) func(context.Context, string, pcsc.Mode) (handle, error)) *stack {
	s, socket := serve(t, pcsc.Config{})
	reader := pcsc.ReaderName(0)
	return &stack{
		reader: reader, connect: connect(socket),
		insert: func(t *testing.T, c *card) { insert(t, s, reader, c) },
		remove: func(t *testing.T) { remove(t, s, reader) },
	}
}

func TestServerWithClient(t *testing.T) {
	testSuite(t, func(t *testing.T) *stack { return newServerStack(t, goClient) })
}

func TestNewServer(t *testing.T) {
	long := strings.Repeat("x", 127)
	for _, test := range []struct {
		name    string
		readers []string
		ok      bool
	}{
		{"default", nil, true},
		{"longest name", []string{long}, true},
		{"name too long", []string{long + "x"}, false},
		{"no name", []string{"a", ""}, false},
		{"zero in a name", []string{"a\x00b"}, false},
		{"twins", []string{"a", "a"}, false},
		{"sixteen", strings.Split("abcdefghijklmnop", ""), true},
		{"seventeen", strings.Split("abcdefghijklmnopq", ""), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := pcsc.NewServer(pcsc.Config{Readers: test.readers}); (err == nil) != test.ok {
				t.Errorf("NewServer = %v, want ok %v", err, test.ok)
			}
		})
	}
}

func TestInsertAndRemoveErrors(t *testing.T) {
	readers := []string{pcsc.ReaderName(0), pcsc.ReaderName(1)}
	s, socket := serve(t, pcsc.Config{Readers: readers})
	c, mute, odd := newCard(1), newCard(2), newCard(3)
	mute.mute = true
	odd.atr = make([]byte, 34)
	insert(t, s, readers[0], c)
	for _, test := range []struct {
		name   string
		reader string
		card   pcsc.Card
		want   error
	}{
		{"unknown reader", "nowhere", newCard(4), pcsc.ErrUnknownReader},
		{"reader in use", readers[0], newCard(4), pcsc.ErrOccupied},
		{"card in use", readers[1], c, pcsc.ErrInserted},
		{"ATR too long", readers[1], odd, pcsc.ErrUnusableATR},
	} {
		want(t, "Insert: "+test.name, s.Insert(t.Context(), test.reader, test.card), test.want)
	}
	if err := s.Insert(t.Context(), readers[1], mute); err == nil {
		t.Error("Insert(mute card) = nil, want an error")
	}
	want(t, "Remove(unknown)", s.Remove(t.Context(), "nowhere"), pcsc.ErrUnknownReader)
	want(t, "Remove(empty)", s.Remove(t.Context(), readers[1]), pcsc.ErrNoCard)
	if got := readersOf(t, socket); !got[0].Present || got[1].Present || got[1].Events != 0 {
		t.Errorf("readers = %+v, want one card", got)
	}
}

func readersOf(t *testing.T, socket string) []pcsc.Reader {
	t.Helper()
	readers, err := dialClient(t, socket).Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return readers
}

func dialClient(t *testing.T, socket string) *pcsc.Client {
	t.Helper()
	c, err := pcsc.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func connect(t *testing.T, socket string, mode pcsc.Mode) *pcsc.Conn {
	t.Helper()
	c, err := dialClient(t, socket).Connect(t.Context(), pcsc.ReaderName(0), mode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background(), pcsc.Leave) })
	return c
}

// TestRemoveInterrupts: pulling the card out ends the command under way; the card is free and has lost its volatile state when
// Remove returns.
func TestRemoveInterrupts(t *testing.T) {
	readers := []string{pcsc.ReaderName(0), pcsc.ReaderName(1)}
	s, socket := serve(t, pcsc.Config{Readers: readers})
	c := newCard(1)
	insert(t, s, readers[0], c)
	h := connect(t, socket, pcsc.Shared)
	wantResponse(t, h, setRegister, ok)
	done := make(chan error)
	go func() {
		_, err := h.Transmit(t.Context(), hold)
		done <- err
	}()
	<-c.started
	remove(t, s, readers[0])
	want(t, "Transmit", <-done, pcsc.ErrRemovedCard)
	if got := c.get(); got != 0 {
		t.Errorf("register of the removed card = %#x, want 0", got)
	}
	insert(t, s, readers[1], c)
	c.checkAlone(t)
}

// stubborn is a card that cannot be interrupted.
type stubborn struct{ *card }

func (c stubborn) Transmit(_ context.Context, command []byte) ([]byte, error) {
	return c.card.Transmit(context.Background(), command)
}

// TestRemoveStubborn: a card that goes on working keeps its reader occupied until it has finished, whoever waits for that.
func TestRemoveStubborn(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := stubborn{newCard(1)}
	insert(t, s, pcsc.ReaderName(0), c)
	h := connect(t, socket, pcsc.Shared)
	done := make(chan error)
	go func() {
		_, err := h.Transmit(t.Context(), hold)
		done <- err
	}()
	<-c.started
	want(t, "Remove", s.Remove(briefly(t), pcsc.ReaderName(0)), context.DeadlineExceeded)
	want(t, "Insert", s.Insert(briefly(t), pcsc.ReaderName(0), newCard(2)), context.DeadlineExceeded)
	if readersOf(t, socket)[0].Present {
		t.Error("clients still see the removed card")
	}
	close(c.goOn)
	want(t, "Transmit", <-done, pcsc.ErrRemovedCard)
	for err := pcsc.ErrOccupied; errors.Is(err, pcsc.ErrOccupied); {
		err = s.Insert(t.Context(), pcsc.ReaderName(0), newCard(2))
	}
}

// TestBrokenCard: a card that fails, or says too little, fails the one exchange.
func TestBrokenCard(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	h := connect(t, socket, pcsc.Shared)
	for _, command := range [][]byte{fail, silence} {
		_, err := h.Transmit(t.Context(), command)
		want(t, "Transmit", err, pcsc.ErrNotTransacted)
	}
	wantResponse(t, h, getID, []byte{1, 0x90, 0x00})
}

// TestMuteCard: a card that does not answer to a reset is shown as such, refused, and good again once it answers.
func TestMuteCard(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	h := connect(t, socket, pcsc.Shared)
	c.setMute(true)
	want(t, "Reset", h.Reset(t.Context()), pcsc.ErrUnresponsiveCard)
	want(t, "Reconnect", h.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), pcsc.ErrUnresponsiveCard)
	_, err := dialClient(t, socket).Connect(t.Context(), pcsc.ReaderName(0), pcsc.Shared)
	want(t, "Connect", err, pcsc.ErrUnpoweredCard)
	if r := readersOf(t, socket)[0]; !r.Present || r.ATR != nil {
		t.Errorf("reader = %+v, want a card without ATR", r)
	}
	c.setMute(false)
	want(t, "Reset", h.Reset(t.Context()), nil)
	wantResponse(t, h, getID, []byte{1, 0x90, 0x00})
	if r := readersOf(t, socket)[0]; !bytes.Equal(r.ATR, c.atr) {
		t.Errorf("ATR = %x, want %x", r.ATR, c.atr)
	}
}

// TestEvents: insertions and removals are counted, and nothing else is.
func TestEvents(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	events := func(want uint32) {
		t.Helper()
		if got := readersOf(t, socket)[0].Events; got != want {
			t.Errorf("Events = %d, want %d", got, want)
		}
	}
	events(0)
	insert(t, s, pcsc.ReaderName(0), c)
	events(1)
	h := connect(t, socket, pcsc.Shared)
	want(t, "Begin", h.Begin(t.Context()), nil)
	want(t, "End", h.End(t.Context(), pcsc.Leave), nil)
	want(t, "Reset", h.Reset(t.Context()), nil)
	want(t, "Reconnect", h.Reconnect(t.Context(), pcsc.Exclusive, pcsc.Unpower), nil)
	want(t, "Close", h.Close(t.Context(), pcsc.Reset), nil)
	events(1)
	remove(t, s, pcsc.ReaderName(0))
	events(2)
}

// TestExclusiveToShared: a handle that gives up its exclusive use lets others in.
func TestExclusiveToShared(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	a := connect(t, socket, pcsc.Exclusive)
	want(t, "End", a.End(t.Context(), pcsc.Leave), pcsc.ErrNotTransacted)
	want(t, "Reconnect", a.Reconnect(t.Context(), pcsc.Shared, pcsc.Leave), nil)
	wantResponse(t, connect(t, socket, pcsc.Shared), getID, []byte{1, 0x90, 0x00})
}

// TestServeStops: a command under way is interrupted, the clients lose their connections, the card its state.
func TestServeStops(t *testing.T) {
	s, err := pcsc.NewServer(pcsc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	h := connect(t, socket, pcsc.Shared)
	wantResponse(t, h, setRegister, ok)
	done := make(chan error)
	go func() {
		_, err := h.Transmit(t.Context(), hold)
		done <- err
	}()
	<-c.started
	cancel()
	want(t, "Serve", <-ended, nil)
	if err := <-done; !errors.Is(err, pcsc.ErrServiceStopped) && !errors.Is(err, pcsc.ErrCommunication) {
		t.Errorf("Transmit = %v, want %v or a closed connection", err, pcsc.ErrServiceStopped)
	}
	if got := c.get(); got != 0 {
		t.Errorf("register after Serve = %#x, want 0", got)
	}
	_, err = pcsc.Dial(t.Context(), socket)
	want(t, "Dial", err, pcsc.ErrNoService)
}

// TestTrace: the trace of a PIN verification has no PIN in it.
func TestTrace(t *testing.T) {
	var seen []pcsc.Exchange
	s, socket := serve(t, pcsc.Config{Trace: func(x pcsc.Exchange) { seen = append(seen, x) }})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	h := connect(t, socket, pcsc.Shared)
	wantResponse(t, h, []byte("\x00\x20\x00\x80\x041234"), []byte{0x6D, 0x00})
	want(t, "Close", h.Close(t.Context(), pcsc.Leave), nil)
	wanted := []pcsc.Exchange{{
		Reader: pcsc.ReaderName(0), Header: []byte{0x00, 0x20, 0x00, 0x80}, Sent: 9, Received: 2, Status: 0x6D00,
	}}
	if !reflect.DeepEqual(seen, wanted) {
		t.Errorf("trace = %+v, want %+v", seen, wanted)
	}
}
