package pcsc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
)

// recorded returns the files of a folder below testdata: what programs said to pcscd 1.9.9 (requests; the number of the context
// is CTXT, that of the handle HAND) and what it said to our client (answers), in the byte order of a PC.
func recorded(f *testing.F, folder string) [][]byte {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no recordings in testdata/%s: %v", folder, err)
	}
	var all [][]byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// split cuts a stream into messages; the last piece may be no message.
func split(stream []byte) [][]byte {
	var messages [][]byte
	for len(stream) > 0 {
		r := bytes.NewReader(stream)
		if _, err := pcsc.RewriteRequest(r); err != nil {
			return append(messages, stream)
		}
		n := len(stream) - r.Len()
		messages = append(messages, stream[:n])
		stream = stream[n:]
	}
	return messages
}

// FuzzRequest: a message that is accepted has one spelling.
func FuzzRequest(f *testing.F) {
	for _, stream := range recorded(f, "requests") {
		for _, m := range split(stream) {
			f.Add(m)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		got, err := pcsc.RewriteRequest(r)
		if err != nil {
			return
		}
		if want := in[:len(in)-r.Len()]; !bytes.Equal(got, want) {
			t.Errorf("RewriteRequest = %x, read from %x", got, want)
		}
	})
}

// TestRecordedRequests: the recordings are whole streams of messages.
func TestRecordedRequests(t *testing.T) {
	for _, name := range []string{"libpcsclite", "libpcsclite-cancel", "opensc-tool", "pcsc_scan"} {
		stream, err := os.ReadFile(filepath.Join("testdata", "requests", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range split(stream) {
			if got, err := pcsc.RewriteRequest(bytes.NewReader(m)); err != nil || !bytes.Equal(got, m) {
				t.Errorf("%s: RewriteRequest(%x) = %x, %v", name, m, got, err)
			}
		}
	}
}

// FuzzServer: whatever a client with a handle says, the server goes on, and the card is free and fresh for the next one.
func FuzzServer(f *testing.F) {
	for _, stream := range recorded(f, "requests") {
		f.Add(stream)
	}
	c := newCard(1)
	close(c.goOn)
	s, err := pcsc.NewServer(pcsc.Config{LockWait: time.Microsecond})
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Insert(context.Background(), pcsc.ReaderName(0), c); err != nil {
		f.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(f.TempDir(), "s"))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.Cleanup(cancel)
	go s.Serve(ctx, l)
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := dialRaw(t, l.Addr().String())
		context := r.establish()
		card := r.connect(context, pcsc.ReaderName(0))
		stream = bytes.ReplaceAll(stream, []byte("CTXT"), binary.NativeEndian.AppendUint32(nil, context))
		stream = bytes.ReplaceAll(stream, []byte("HAND"), binary.NativeEndian.AppendUint32(nil, card))
		converse(r, split(stream))

		h, err := connectFree(t, l.Addr().String())
		if err != nil {
			t.Fatalf("Connect afterwards = %v", err)
		}
		wantResponse(t, h, getRegister, forgotten)
		want(t, "Close", h.Close(t.Context(), pcsc.Leave), nil)
		c.checkAlone(t)
	})
}

// connectFree connects when a client that just died in exclusive use is cleaned up.
func connectFree(t *testing.T, socket string) (*pcsc.Conn, error) {
	client := dialClient(t, socket)
	for {
		h, err := client.Connect(t.Context(), pcsc.ReaderName(0), pcsc.Exclusive)
		if !errors.Is(err, pcsc.ErrSharing) {
			return h, err
		}
	}
}

// converse sends the messages, each after something came back for the one before, and hangs up.
func converse(r *raw, messages [][]byte) {
	defer r.conn.Close()
	answer := make([]byte, 1<<17)
	for _, m := range messages {
		if _, err := r.conn.Write(m); err != nil {
			return
		}
		if len(m) >= 8 && word(m, 4) == cmdStopWaiting {
			continue // answered only if the client was waiting
		}
		if _, err := pcsc.RewriteRequest(bytes.NewReader(m)); err != nil {
			break // the rest is no message; the server may wait for more of it
		}
		if _, err := r.conn.Read(answer); err != nil {
			return
		}
	}
	r.conn.(*net.UnixConn).CloseWrite()
	io.Copy(io.Discard, r.conn)
}

// FuzzClient: whatever a service answers, the client ends, and what it returns is within its bounds.
func FuzzClient(f *testing.F) {
	for _, answers := range recorded(f, "answers") {
		f.Add(answers)
	}
	f.Fuzz(func(t *testing.T, answers []byte) {
		socket := answerAndHangUp(t, answers)
		c, err := pcsc.Dial(t.Context(), socket)
		if err != nil {
			return
		}
		readers, err := c.Readers(t.Context())
		if err == nil {
			checkReaders(t, readers)
		}
		c.WaitChange(t.Context(), nil)
		h, err := c.Connect(t.Context(), pcsc.ReaderName(0), pcsc.Exclusive)
		if err != nil {
			return
		}
		if response, err := h.Transmit(t.Context(), getID); err == nil && (len(response) < 2 || len(response) > 65548) {
			t.Errorf("Transmit = %d bytes", len(response))
		}
		h.Begin(t.Context())
		h.Status(t.Context())
		h.Close(t.Context(), pcsc.Leave)
	})
}

func checkReaders(t *testing.T, readers []pcsc.Reader) {
	t.Helper()
	if len(readers) > pcsc.MaxReaders {
		t.Errorf("%d readers", len(readers))
	}
	for _, r := range readers {
		if len(r.Name) == 0 || len(r.Name) > 127 || len(r.ATR) > 33 || r.ATR != nil && !r.Present {
			t.Errorf("reader = %+v", r)
		}
	}
}

// answerAndHangUp is a service that sends each client the same bytes and then nothing more.
func answerAndHangUp(t *testing.T, answers []byte) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Write(answers)
				conn.(*net.UnixConn).CloseWrite()
				io.Copy(io.Discard, conn)
			}()
		}
	}()
	return socket
}

// FuzzATR: any ATR offers T=0, T=1, both or neither; one without interface bytes offers T=0.
func FuzzATR(f *testing.F) {
	f.Add(newCard(1).atr)
	f.Add([]byte{0x3B, 0x80, 0x80, 0x01, 0x01})
	f.Add([]byte{0x3B, 0xDF, 0x18, 0x00, 0x81, 0x31, 0xFE})
	f.Fuzz(func(t *testing.T, atr []byte) {
		got := pcsc.ATRProtocols(atr)
		if plain := len(atr) >= 2 && atr[1]>>4 == 0; got > 3 || plain && got != 1 {
			t.Errorf("ATRProtocols(%x) = %d", atr, got)
		}
	})
}

func TestATRProtocols(t *testing.T) {
	for _, test := range []struct {
		name string
		atr  []byte
		want uint32
	}{
		{"empty", nil, 0},
		{"TS alone", []byte{0x3B}, 0},
		{"no interface bytes: T=0", []byte{0x3B, 0x00}, 1},
		{"TA1 alone: T=0", []byte{0x3B, 0x10, 0x11}, 1},
		{"T=1", newCard(1).atr, 2},
		{"T=0 and T=1", []byte{0x3B, 0x80, 0x80, 0x01, 0x01}, 3},
		{"specific mode T=1 (TA2)", []byte{0x3B, 0x80, 0x90, 0x01, 0x00}, 2},
		{"T=15 alone names none for APDUs", []byte{0x3B, 0x80, 0x0F}, 1},
		{"breaks off", []byte{0x3B, 0xF0, 0x11}, 1},
		{"breaks off after T=1", []byte{0x3B, 0x80, 0xE1, 0x00}, 2},
	} {
		if got := pcsc.ATRProtocols(test.atr); got != test.want {
			t.Errorf("%s: ATRProtocols(%x) = %d, want %d", test.name, test.atr, got, test.want)
		}
	}
}
