package kiosk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/kiosk"
)

// What the process of the kiosk gets from its environment.
const (
	envSocket = "KIOSK_TEST_SOCKET" // of the smart card service
	envMaster = "KIOSK_TEST_MASTER" // the master key, hexadecimal
)

// process is a kiosk that runs as its own process, with its card beyond the socket of a smart card service.
type process struct {
	*testing.T
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

// start starts the kiosk with the chip in its reader.
func start(t *testing.T, chip *cardtest.Chip) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcess$")
	cmd.Env = append(os.Environ(), envSocket+"="+serve(t, chip), envMaster+"="+hex.EncodeToString(chip.Master.Secret[:]))
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill() // fails if it has ended, which is fine
		cmd.Wait()
	})
	return &process{T: t, cmd: cmd, in: in, out: bufio.NewScanner(out)}
}

// serve puts the chip into the reader of a smart card service and returns its socket.
func serve(t *testing.T, chip *cardtest.Chip) (socket string) {
	t.Helper()
	server, err := pcsc.NewServer(pcsc.Config{})
	must(t, err)
	must(t, server.Insert(t.Context(), pcsc.ReaderName(0), chip.Card))
	socket = filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return socket
}

// until lets the kiosk go on until it announces a step, where it waits.
func (p *process) until(step string) {
	p.Helper()
	for p.out.Scan() {
		if p.out.Text() == step {
			return
		}
		if _, err := fmt.Fprintln(p.in); err != nil {
			break
		}
	}
	p.Fatalf("the kiosk does not come to %q", step)
}

// goOn ends the wait at a step.
func (p *process) goOn() {
	p.Helper()
	_, err := fmt.Fprintln(p.in)
	must(p.T, err)
}

// memory returns what the process has in its memory now, without pages of zeros.
func (p *process) memory() []byte {
	p.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.cmd.Process.Pid))
	must(p.T, err)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.cmd.Process.Pid))
	must(p.T, err)
	defer mem.Close()
	const page = 4096
	buffer, zeros := make([]byte, page), make([]byte, page)
	var all []byte
	for line := range bytes.Lines(maps) {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(string(line), "%x-%x %s", &from, &to, &mode); err != nil {
			p.Fatalf("reading %q: %v", line, err)
		}
		for at := from; mode[0] == 'r' && at < to; at += page {
			if _, err := mem.ReadAt(buffer, int64(at)); err != nil {
				break // a page of the kernel, such as [vvar]
			}
			if !bytes.Equal(buffer, zeros) {
				all = append(all, buffer...)
			}
		}
	}
	return all
}

// TestProcess is the body of the kiosk's process; by itself it does nothing.
func TestProcess(t *testing.T) {
	socket := os.Getenv(envSocket)
	if socket == "" {
		return
	}
	secret, err := hex.DecodeString(os.Getenv(envMaster))
	must(t, err)
	in := bufio.NewReader(os.Stdin)
	wait := func(step string) {
		fmt.Println(step)
		in.ReadString('\n') // the parent has died if it fails
	}
	client, err := pcsc.Dial(t.Context(), socket)
	must(t, err)
	reader, err := client.Connect(t.Context(), pcsc.ReaderName(0), pcsc.Exclusive)
	must(t, err)
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{{Version: 1, Secret: card.Secret(secret)}}, Step: wait})
	must(t, err)
	must(t, makeKey(t.Context(), k, reader))
	wait("returned")
}

// visitWatched has a kiosk make a key, and says of which of its numbers there are runs in the memory of the kiosk: when
// the key has just gone to the card, and after Return.
func visitWatched(t *testing.T) (before, after []string) {
	t.Helper()
	chip := prepared(t)
	p := start(t, chip)
	p.until("Generate 3")
	secret := numbers(loaded(t, chip.Path, card.Authentication))
	before = found(p.memory(), secret)
	p.goOn()
	p.until("returned")
	memory := p.memory()
	if len(found(memory, map[string][]byte{"master key": chip.Master.Secret[:]})) == 0 {
		t.Error("the master key is not in the memory: it is not the whole memory")
	}
	after = found(memory, secret)
	p.goOn()
	return before, after
}
