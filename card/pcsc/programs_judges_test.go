//go:build judges

package pcsc_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/pcsc"
)

// run runs a PC/SC program that uses the service at socket, and returns what it prints.
func run(t *testing.T, socket, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; install it: apt-get install --no-install-recommends opensc pcsc-tools", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "PCSCLITE_CSOCK_NAME="+socket)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// wantLines fails unless out has all the lines, leading and trailing spaces aside.
func wantLines(t *testing.T, out string, lines ...string) {
	t.Helper()
	have := make(map[string]bool)
	for line := range strings.Lines(out) {
		have[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, line := range lines {
		if !have[line] {
			t.Errorf("no line %q in:\n%s", line, out)
		}
	}
}

// TestOpenSCTool: opensc-tool takes our server for pcscd.
func TestOpenSCTool(t *testing.T) {
	s, socket := serve(t, pcsc.Config{Readers: []string{pcsc.ReaderName(0), pcsc.ReaderName(1)}})
	insert(t, s, pcsc.ReaderName(1), newCard(0x5A))
	wantLines(t, run(t, socket, "opensc-tool", "--list-readers"),
		"0 No "+pcsc.ReaderName(0),
		"1 Yes "+pcsc.ReaderName(1))
	wantLines(t, run(t, socket, "opensc-tool", "--reader", "1", "--atr"), "3b:e0:00:ff:81:31:fe:45:14")
	out := run(t, socket, "opensc-tool", "--reader", "1", "--card-driver", "default", "--send-apdu", "00140000")
	wantLines(t, out, "Received (SW1=0x90, SW2=0x00):", "5A Z")
	remove(t, s, pcsc.ReaderName(1))
	wantLines(t, run(t, socket, "opensc-tool", "--list-readers"), "1 No "+pcsc.ReaderName(1))
}

// TestPcscScan: pcsc_scan lists our readers and sees a card come and go.
func TestPcscScan(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	wantLines(t, run(t, socket, "pcsc_scan", "-r"), "0: "+pcsc.ReaderName(0))

	cmd := exec.CommandContext(t.Context(), "pcsc_scan", "-n")
	cmd.Env = append(os.Environ(), "PCSCLITE_CSOCK_NAME="+socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	await(t, out, "Card removed")
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	await(t, out, "Card inserted")
	await(t, out, "3B E0 00 FF 81 31 FE 45 14")
	remove(t, s, pcsc.ReaderName(0))
	await(t, out, "Card removed")
}

// await reads r until it has said text.
func await(t *testing.T, r io.Reader, text string) {
	t.Helper()
	var said strings.Builder
	b := make([]byte, 1)
	for !strings.HasSuffix(said.String(), text) {
		if _, err := r.Read(b); err != nil {
			t.Fatalf("waiting for %q: %v after:\n%s", text, err, said.String())
		}
		said.Write(b)
	}
}

// TestLibpcscliteBlocksInBegin: a program that waits for a transaction is let in when the one before ends.
func TestLibpcscliteBlocksInBegin(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	connect := libClient(compileProgram(t), socket)
	var handles []handle
	for range 4 {
		h, err := connect(t.Context(), pcsc.ReaderName(0), pcsc.Shared)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close(context.Background(), pcsc.Leave)
		handles = append(handles, h)
	}
	done := make(chan error)
	for i, h := range handles {
		go func() { done <- useAlone(t.Context(), h, byte(i+1)) }()
	}
	for range handles {
		want(t, "transaction", <-done, nil)
	}
}

// useAlone writes and reads the register within a transaction, where nobody else may come between.
func useAlone(ctx context.Context, h handle, mine byte) error {
	if err := h.Begin(ctx); err != nil {
		return err
	}
	for range 5 {
		if _, err := h.Transmit(ctx, []byte{0x00, setRegister[1], 0x00, mine}); err != nil {
			return err
		}
		got, err := h.Transmit(ctx, getRegister)
		if err != nil {
			return err
		}
		if got[0] != mine {
			return fmt.Errorf("register = %d within the transaction of %d", got[0], mine)
		}
	}
	return h.End(ctx, pcsc.Leave)
}
