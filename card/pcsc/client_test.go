package pcsc_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/pcsc"
)

func TestDialWithoutService(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, err := pcsc.Dial(t.Context(), path)
	want(t, "Dial", err, pcsc.ErrNoService)
	if !strings.Contains(err.Error(), path) {
		t.Errorf("Dial = %v, want the path %s in it", err, path)
	}
}

func TestSocketPath(t *testing.T) {
	t.Setenv("PCSCLITE_CSOCK_NAME", "")
	if got := pcsc.SocketPath(); got != pcsc.DefaultSocket {
		t.Errorf("SocketPath() = %q, want %q", got, pcsc.DefaultSocket)
	}
	t.Setenv("PCSCLITE_CSOCK_NAME", "/tmp/s")
	if got := pcsc.SocketPath(); got != "/tmp/s" {
		t.Errorf("SocketPath() = %q, want /tmp/s", got)
	}
}

func TestError(t *testing.T) {
	err := error(pcsc.ErrResetCard)
	if got, want := err.Error(), "the card was reset by another program (SCARD_W_RESET_CARD, 0x80100068)"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := pcsc.Error(0x80100042).Name(), "SCARD_UNKNOWN"; got != want {
		t.Errorf("Name() = %q, want %q", got, want)
	}
}

// TestDialOtherVersion: a service that refuses our protocol is told from one that is not there.
func TestDialOtherVersion(t *testing.T) {
	socket := answerWith(t, message(0, []any{int32(5), int32(1), uint32(resultStopped)})[8:])
	_, err := pcsc.Dial(t.Context(), socket)
	want(t, "Dial", err, pcsc.ErrServiceStopped)
	if !strings.Contains(err.Error(), "5.1") {
		t.Errorf("Dial = %v, want the version 5.1 in it", err)
	}
}

// TestEmptyResponse: a service that tells of a response without a status word tells of none.
func TestEmptyResponse(t *testing.T) {
	version := message(0, []any{int32(4), int32(4), uint32(0)})[8:]
	establish := message(0, []any{[3]uint32{2, 1, 0}})[8:]
	connect := message(0, []any{[38]uint32{}})[8:]
	transmit := message(0, []any{[8]uint32{}})[8:]
	h, err := dialClient(t, answerWith(t, slices.Concat(version, establish, connect, transmit))).
		Connect(t.Context(), pcsc.ReaderName(0), pcsc.Shared)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Transmit(t.Context(), getID)
	want(t, "Transmit", err, pcsc.ErrNotTransacted)
}

// answerWith is a service that sends each client the same bytes, whatever it asks, and hangs up when the client does.
func answerWith(t *testing.T, bytes []byte) (socket string) {
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
				conn.Write(bytes)
				drain(conn)
			}()
		}
	}()
	return socket
}

func drain(conn net.Conn) {
	b := make([]byte, 4096)
	for err := error(nil); err == nil; {
		_, err = conn.Read(b)
	}
}

// TestWaitChange: an insertion and a removal each wake every waiter, and what happened before the call ends it at once.
func TestWaitChange(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := dialClient(t, socket)
	known, err := c.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const waiters = 5
	woken := make(chan []pcsc.Reader, waiters)
	await := func(known []pcsc.Reader) {
		readers, err := c.WaitChange(t.Context(), known)
		if err != nil {
			t.Errorf("WaitChange = %v", err)
		}
		woken <- readers
	}
	for i, step := range []func(){
		func() { insert(t, s, pcsc.ReaderName(0), newCard(1)) },
		func() { remove(t, s, pcsc.ReaderName(0)) },
	} {
		for range waiters {
			go await(known)
		}
		step()
		for range waiters {
			readers := <-woken
			if len(readers) != 1 || readers[0].Events != uint32(i+1) || readers[0].Present != (i == 0) {
				t.Errorf("WaitChange = %+v after step %d", readers, i)
			}
		}
		before := known
		await(before) // what happened before the call
		known = <-woken
	}
}

// TestWaitChangeIgnoresUse: that programs come and go does not end the wait.
func TestWaitChangeIgnoresUse(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	c := dialClient(t, socket)
	known, err := c.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := c.WaitChange(ctx, known)
		ended <- err
	}()
	for range 10 {
		want(t, "Close", connect(t, socket, pcsc.Shared).Close(t.Context(), pcsc.Leave), nil)
	}
	cancel()
	want(t, "WaitChange", <-ended, context.Canceled)
}

// TestCancel: every call ends when its context does, although the service never answers.
func TestCancel(t *testing.T) {
	silent := answerWith(t, nil)
	_, err := pcsc.Dial(briefly(t), silent)
	want(t, "Dial", err, context.DeadlineExceeded)

	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	blocker := connect(t, socket, pcsc.Shared)
	done := make(chan error)
	go func() {
		_, err := blocker.Transmit(t.Context(), hold)
		done <- err
	}()
	<-c.started // from now on, whoever needs the card waits
	client := dialClient(t, socket)
	readers, err := client.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Connect(briefly(t), pcsc.ReaderName(0), pcsc.Shared)
	want(t, "Connect", err, context.DeadlineExceeded)
	_, err = client.WaitChange(briefly(t), readers)
	want(t, "WaitChange", err, context.DeadlineExceeded)
	close(c.goOn)
	want(t, "Transmit", <-done, nil)
}

// TestLostConn: after a call that was cancelled on its way, the handle is gone; the next one is good.
func TestLostConn(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	h := connect(t, socket, pcsc.Shared)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-c.started
		cancel()
		close(c.goOn)
	}()
	_, err := h.Transmit(ctx, hold)
	want(t, "Transmit", err, context.Canceled)
	_, err = h.Transmit(t.Context(), getID)
	want(t, "Transmit after a cancelled call", err, pcsc.ErrCommunication)
	want(t, "Close after a cancelled call", h.Close(t.Context(), pcsc.Leave), nil)
	wantResponse(t, connect(t, socket, pcsc.Shared), getID, []byte{1, 0x90, 0x00})
}

// TestCancelledBefore: a call whose context has ended does nothing, and the handle stays good.
func TestCancelledBefore(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	h := connect(t, socket, pcsc.Shared)
	cause := errors.New("the user went home")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, err := h.Transmit(ctx, setRegister)
	want(t, "Transmit", err, cause)
	wantResponse(t, h, getRegister, forgotten)
}

func TestTransmitBounds(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	h := connect(t, socket, pcsc.Shared)
	for _, n := range []int{0, 3, 65549} {
		_, err := h.Transmit(t.Context(), zeros(n))
		want(t, "Transmit", err, pcsc.ErrInvalidParameter)
	}
	longest := zeros(65548)
	copy(longest, getID)
	wantResponse(t, h, longest, []byte{1, 0x90, 0x00})
}

func TestConnectLongName(t *testing.T) {
	_, socket := serve(t, pcsc.Config{})
	_, err := dialClient(t, socket).Connect(t.Context(), strings.Repeat("x", 128), pcsc.Shared)
	want(t, "Connect", err, pcsc.ErrUnknownReader)
}
