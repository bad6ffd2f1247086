//go:build judges

package pcsc_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/pcsc"
)

// compileProgram compiles testdata/scard.c against libpcsclite.
func compileProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "scard")
	gcc := exec.Command("gcc", "-Wall", "-O1", "-o", program, "testdata/scard.c", "-l:libpcsclite.so.1", "-lpthread")
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("compiling testdata/scard.c: %v; install gcc, libc6-dev and libpcsclite1 with apt-get\n%s", err, out)
	}
	return program
}

// program is a running testdata/scard.c.
type program struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func startProgram(path, socket string) (*program, error) {
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "PCSCLITE_CSOCK_NAME="+socket)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &program{cmd: cmd, in: in, lines: make(chan string)}
	go func() {
		defer close(p.lines)
		s := bufio.NewScanner(out)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			p.lines <- s.Text()
		}
	}()
	return p, p.result(context.Background(), nil)
}

// stop kills the program and waits for its end.
func (p *program) stop() {
	p.cmd.Process.Kill()
	for range p.lines {
	}
	p.cmd.Wait()
}

// line reads one line of the program. When ctx ends first, the program is killed.
func (p *program) line(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", io.ErrUnexpectedEOF
		}
		return line, nil
	case <-ctx.Done():
		p.stop()
		return "", context.Cause(ctx)
	}
}

// result reads the result code of a call and, into fields, what it returned.
func (p *program) result(ctx context.Context, fields *[]string) error {
	line, err := p.line(ctx)
	if err != nil {
		return err
	}
	all := strings.SplitN(line, " ", 3)
	code, err := strconv.ParseUint(all[0], 16, 32)
	if err != nil {
		return err
	}
	if fields != nil {
		*fields = append(all[1:], "", "")
	}
	if code != 0 {
		return pcsc.Error(code)
	}
	return nil
}

// call makes one call and returns its fields.
func (p *program) call(ctx context.Context, format string, args ...any) ([]string, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return nil, err
	}
	var fields []string
	err := p.result(ctx, &fields)
	return fields, err
}

// libHandle is a handle of a program of its own.
type libHandle struct {
	*program
	card string
	mode pcsc.Mode
}

// libClient connects with libpcsclite, a process for each handle.
func libClient(path, socket string) func(context.Context, string, pcsc.Mode) (handle, error) {
	return func(ctx context.Context, reader string, mode pcsc.Mode) (handle, error) {
		p, err := startProgram(path, socket)
		if err != nil {
			return nil, err
		}
		fields, err := p.call(ctx, "connect %x %s", mode, reader)
		if err != nil {
			p.stop()
			return nil, err
		}
		return &libHandle{program: p, card: fields[1], mode: mode}, nil
	}
}

func (h *libHandle) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	fields, err := h.call(ctx, "transmit %s %x", h.card, command)
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(fields[0])
}

func (h *libHandle) Begin(ctx context.Context) error {
	_, err := h.call(ctx, "begin %s", h.card)
	return err
}

func (h *libHandle) End(ctx context.Context, d pcsc.Disposition) error {
	_, err := h.call(ctx, "end %s %x", h.card, d)
	return err
}

func (h *libHandle) Reset(ctx context.Context) error { return h.Reconnect(ctx, h.mode, pcsc.Reset) }

func (h *libHandle) Reconnect(ctx context.Context, mode pcsc.Mode, d pcsc.Disposition) error {
	_, err := h.call(ctx, "reconnect %s %x %x", h.card, mode, d)
	return err
}

func (h *libHandle) Status(ctx context.Context) (pcsc.Reader, error) {
	fields, err := h.call(ctx, "status %s", h.card)
	if err != nil {
		return pcsc.Reader{}, err
	}
	atr, err := hex.DecodeString(fields[0])
	return pcsc.Reader{Name: fields[1], Present: len(atr) > 0, ATR: atr}, err
}

func (h *libHandle) Close(ctx context.Context, d pcsc.Disposition) error {
	defer h.stop()
	_, err := h.call(ctx, "disconnect %s %x", h.card, d)
	return err
}

func TestServerWithLibpcsclite(t *testing.T) {
	path := compileProgram(t)
	testSuite(t, func(t *testing.T) *stack {
		return newServerStack(t, func(socket string) func(context.Context, string, pcsc.Mode) (handle, error) {
			return libClient(path, socket)
		})
	})
}

// TestLibpcscliteList: the library lists our readers by name.
func TestLibpcscliteList(t *testing.T) {
	_, socket := serve(t, pcsc.Config{Readers: []string{pcsc.ReaderName(0), "Ein anderer Leser 01 00"}})
	p, err := startProgram(compileProgram(t), socket)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if _, err := p.call(t.Context(), "list"); err != nil {
		t.Fatalf("SCardListReaders = %v", err)
	}
	for _, want := range []string{pcsc.ReaderName(0), "Ein anderer Leser 01 00", ""} {
		if got, err := p.line(t.Context()); err != nil || got != want {
			t.Errorf("reader = %q, %v, want %q", got, err, want)
		}
	}
}

// Bits of SCardGetStatusChange.
const (
	stateEmpty   = 0x10
	statePresent = 0x20
)

// TestLibpcscliteWait: the library sees insertions and removals, counts them, times out and can be cancelled.
func TestLibpcscliteWait(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	p, err := startProgram(compileProgram(t), socket)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	reader, c := pcsc.ReaderName(0), newCard(1)
	state := func(known string) (string, uint64) {
		t.Helper()
		fields, err := p.call(t.Context(), "wait ffffffff %s %s", known, reader)
		if err != nil {
			t.Fatalf("SCardGetStatusChange = %v", err)
		}
		event, err := strconv.ParseUint(fields[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return fields[0], event
	}
	if atr, event := state("0"); event&stateEmpty == 0 || event>>16 != 0 || atr != "-" {
		t.Errorf("empty reader: event %#x, ATR %s", event, atr)
	}
	if _, err := p.call(t.Context(), "wait 1 10 %s", reader); err != pcsc.ErrTimeout {
		t.Errorf("SCardGetStatusChange(1 ms) = %v, want %v", err, pcsc.ErrTimeout)
	}
	if _, err := p.call(t.Context(), "cancelled %s", reader); err != pcsc.ErrCancelled {
		t.Errorf("SCardGetStatusChange with SCardCancel = %v, want %v", err, pcsc.ErrCancelled)
	}

	inserted := make(chan error)
	go func() { inserted <- s.Insert(t.Context(), reader, c) }()
	if atr, event := state("10"); event&statePresent == 0 || event>>16 != 1 || atr != hex.EncodeToString(c.atr) {
		t.Errorf("card inserted: event %#x, ATR %s", event, atr)
	}
	want(t, "Insert", <-inserted, nil)
	removed := make(chan error)
	go func() { removed <- s.Remove(t.Context(), reader) }()
	if _, event := state("10020"); event&stateEmpty == 0 || event>>16 != 2 {
		t.Errorf("card removed: event %#x", event)
	}
	want(t, "Remove", <-removed, nil)
}

// TestLibpcscliteAttributes: the attributes programs ask for.
func TestLibpcscliteAttributes(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	h, err := libClient(compileProgram(t), socket)(t.Context(), pcsc.ReaderName(0), pcsc.Shared)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(t.Context(), pcsc.Leave)
	for _, test := range []struct {
		name string
		attr uint32
		want []byte
		err  error
	}{
		{"ATR", 0x90303, c.atr, nil},
		{"friendly name", 0x7FFF0003, []byte(pcsc.ReaderName(0) + "\x00"), nil},
		{"system name", 0x7FFF0004, []byte(pcsc.ReaderName(0) + "\x00"), nil},
		{"unknown", 0x7A0FF, nil, pcsc.ErrUnsupported},
	} {
		l := h.(*libHandle)
		fields, err := l.call(t.Context(), "attribute %s %x", l.card, test.attr)
		got, _ := hex.DecodeString(fields[0])
		if err != test.err || !bytes.Equal(got, test.want) {
			t.Errorf("SCardGetAttrib(%s) = %q, %v, want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}
