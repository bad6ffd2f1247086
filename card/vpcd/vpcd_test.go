package vpcd_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/vpcd"
)

// card answers a command with its first 100 bytes and counts its resets. Commands that begin with "fail" break it, "mute" gets an
// empty answer, "hold" none until the context ends.
type card struct {
	atr     []byte
	resets  int
	broken  error         // what Reset says
	holding chan struct{} // closed by a hold command
}

func newCard() *card {
	return &card{atr: []byte{0x3B, 0x80, 0x80, 0x01, 0x01}, holding: make(chan struct{})}
}

func (c *card) ATR() []byte { return c.atr }

func (c *card) Reset() error {
	c.resets++
	return c.broken
}

var errBroken = errors.New("the test card is broken")

func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(command, []byte("fail")):
		return nil, errBroken
	case bytes.HasPrefix(command, []byte("mute")):
		return nil, nil
	case bytes.HasPrefix(command, []byte("hold")):
		close(c.holding)
		<-ctx.Done()
		return nil, ctx.Err()
	default:
		return response(command), nil
	}
}

func response(command []byte) []byte {
	return append(bytes.Clone(command[:min(100, len(command))]), 0x90, 0x00)
}

// driver is the reader's side: what vpcd does with the one card that connects.
type driver struct {
	t    testing.TB
	l    net.Listener
	conn net.Conn
}

func newDriver(t testing.TB) *driver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &driver{t: t, l: l}
}

func (d *driver) addr() string { return d.l.Addr().String() }

func (d *driver) accept() {
	d.t.Helper()
	conn, err := d.l.Accept()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	d.conn = conn
}

// send sends length and message apart, as vpcd 3.3 does.
func (d *driver) send(message ...byte) {
	d.t.Helper()
	for _, piece := range [][]byte{binary.BigEndian.AppendUint16(nil, uint16(len(message))), message} {
		if _, err := d.conn.Write(piece); err != nil {
			d.t.Fatal(err)
		}
	}
}

// want fails unless the card's next message is that.
func (d *driver) want(message ...byte) {
	d.t.Helper()
	want := append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(d.conn, got); err != nil || !bytes.Equal(got, want) {
		d.t.Fatalf("the card sends %x, %v, want %x", got, err, want)
	}
}

// insert runs the card and returns a channel with what Run says.
func (d *driver) insert(ctx context.Context, c vpcd.Card) <-chan error {
	d.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- vpcd.Run(ctx, d.addr(), c) }()
	d.accept()
	return ended
}

func TestRun(t *testing.T) {
	d, c := newDriver(t), newCard()
	ctx, cancel := context.WithCancel(t.Context())
	ended := d.insert(ctx, c)
	d.send(4)
	d.want(c.atr...)
	d.send(1)
	d.send(0x00, 0xA4, 0x04, 0x0C)
	d.want(0x00, 0xA4, 0x04, 0x0C, 0x90, 0x00)
	d.send(2)
	d.send(0)
	d.send(3) // no control byte of the driver: a command, if a strange one
	d.want(3, 0x90, 0x00)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if _, err := d.conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("reading after Run: %v, want EOF", err)
	}
	if c.resets != 5 { // insertion, power on, reset, power off, removal
		t.Errorf("%d resets, want 5", c.resets)
	}
}

func TestLongestCommand(t *testing.T) {
	d := newDriver(t)
	d.insert(t.Context(), newCard())
	long := bytes.Repeat([]byte{0xAA}, 65535)
	d.send(long...)
	d.want(response(long)...)
}

func TestRunErrors(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(d *driver)
		card *card
		want error
	}{
		{"pcscd ends", func(d *driver) { d.conn.Close() }, newCard(), vpcd.ErrClosed},
		{"pcscd ends within a message", func(d *driver) {
			d.conn.Write([]byte{0, 9, 1})
			d.conn.Close()
		}, newCard(), vpcd.ErrClosed},
		{"the card fails", func(d *driver) { d.send([]byte("fail")...) }, newCard(), errBroken},
		{"the card does not start", func(*driver) {}, &card{broken: errBroken}, errBroken},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDriver(t)
			ended := d.insert(t.Context(), test.card)
			test.do(d)
			if err := <-ended; !errors.Is(err, test.want) {
				t.Errorf("Run = %v, want %v", err, test.want)
			}
		})
	}
}

// TestMuteCard: a card that answers with nothing is pulled out, as it would be for the driver.
func TestMuteCard(t *testing.T) {
	for _, c := range []*card{newCard(), {atr: nil}} {
		d := newDriver(t)
		ended := d.insert(t.Context(), c)
		if c.atr == nil {
			d.send(4)
		} else {
			d.send([]byte("mute")...)
		}
		if err := <-ended; err == nil {
			t.Error("Run = nil, want an error")
		}
	}
}

// TestCancelWithinCommand: the end of the context ends the command under way.
func TestCancelWithinCommand(t *testing.T) {
	d, c := newDriver(t), newCard()
	ctx, cancel := context.WithCancel(t.Context())
	ended := d.insert(ctx, c)
	d.send([]byte("hold")...)
	<-c.holding
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

// TestCancelledBefore: a card that is not wanted any more before it is in is no error either.
func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := vpcd.Run(ctx, newDriver(t).addr(), newCard()); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestClose(t *testing.T) {
	d := newDriver(t)
	s, err := vpcd.Dial(t.Context(), vpcd.Config{Addr: d.addr()})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(t.Context(), newCard()) }()
	d.accept()
	s.Close()
	if err := <-ended; !errors.Is(err, vpcd.ErrClosed) {
		t.Errorf("Serve = %v, want %v", err, vpcd.ErrClosed)
	}
}

func TestDialErrors(t *testing.T) {
	d := newDriver(t)
	free := d.addr()
	d.l.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name   string
		ctx    context.Context
		config vpcd.Config
		want   error
	}{
		{"nobody listens", t.Context(), vpcd.Config{Addr: free}, vpcd.ErrNoReader},
		{"nobody listens, remote allowed", t.Context(), vpcd.Config{Addr: free, Remote: true}, vpcd.ErrNoReader},
		{"remote", t.Context(), vpcd.Config{Addr: "192.0.2.1:35963"}, vpcd.ErrRemote},
		{"remote, IPv6", t.Context(), vpcd.Config{Addr: "[2001:db8::1]:35963"}, vpcd.ErrRemote},
		{"all interfaces", t.Context(), vpcd.Config{Addr: "0.0.0.0:35963"}, vpcd.ErrRemote},
		{"ended context", ended, vpcd.Config{Addr: free}, context.Canceled},
	} {
		_, err := vpcd.Dial(test.ctx, test.config)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.config.Addr) {
			t.Errorf("%s: Dial = %v, want %v with the address", test.name, err, test.want)
		}
	}
}

// FuzzServe: the card answers each message that wants an answer, in order, and nothing else, until the stream ends or is
// broken. The seed is what vpcd 3.3 sent while a program selected an application, reset the card, read and left.
func FuzzServe(f *testing.F) {
	session, err := os.ReadFile("testdata/driver")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(session)
	f.Add([]byte{0, 1, 0, 0, 1, 2, 0, 1, 3})
	f.Add([]byte{0, 0, 0, 4, 'f', 'a', 'i', 'l', 0, 1, 4})
	f.Fuzz(func(t *testing.T, stream []byte) {
		if bytes.Contains(stream, []byte("hold")) {
			return
		}
		d, c := newDriver(t), newCard()
		ended := d.insert(t.Context(), c)
		go func() {
			d.conn.Write(stream)
			d.conn.(*net.TCPConn).CloseWrite()
		}()
		got, _ := io.ReadAll(d.conn)
		err := <-ended
		if err == nil {
			t.Error("Run = nil, want an error")
		}
		// A card that breaks hangs up with messages unread, so that its last answers may be lost.
		want := answers(c, stream)
		if complete := errors.Is(err, vpcd.ErrClosed); !bytes.HasPrefix(want, got) || complete && len(got) < len(want) {
			t.Errorf("answers = %x, want %x", got, want)
		}
	})
}

// answers is what a card must send for a stream.
func answers(c *card, stream []byte) []byte {
	var all []byte
	for len(stream) >= 2 {
		n := int(binary.BigEndian.Uint16(stream))
		if len(stream) < 2+n {
			break
		}
		message := stream[2 : 2+n]
		stream = stream[2+n:]
		var answer []byte
		switch {
		case n == 1 && message[0] <= 2:
			continue
		case n == 1 && message[0] == 4:
			answer = c.atr
		case bytes.HasPrefix(message, []byte("fail")), bytes.HasPrefix(message, []byte("mute")):
			return all
		default:
			answer = response(message)
		}
		all = append(binary.BigEndian.AppendUint16(all, uint16(len(answer))), answer...)
	}
	return all
}
