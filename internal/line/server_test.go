package line_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/post"
)

// Who is slow at any point is cut off. A read that ends is the proof.
func TestSlowPeers(t *testing.T) {
	a := linetest.New(t)
	mux := http.NewServeMux()
	echo.Handle(mux, neverEchoed(t))
	address := linetest.Run(t, line.Server{Handler: mux, TLS: line.ServerTLS(a.Office(t, ca), a.Roots), Limit: 100 * time.Millisecond})
	for name, said := range map[string]string{
		"nothing": "", "half a head": "POST /echo HTTP/1.1\r\nHost: ca\r\n",
		"half a body": "POST /echo HTTP/1.1\r\nHost: ca\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
	} {
		conn, err := tls.Dial("tcp", address, &tls.Config{Certificates: []tls.Certificate{a.Office(t, counter)}, RootCAs: a.Roots})
		must(t, err)
		_, err = io.WriteString(conn, said)
		must(t, err)
		answer, _ := io.ReadAll(conn)
		if bytes.Contains(answer, []byte("200 OK")) {
			t.Errorf("%s is answered with %.80s", name, answer)
		}
		conn.Close()
	}
	conn, err := net.Dial("tcp", address) // no TLS at all
	must(t, err)
	defer conn.Close()
	_, _ = io.ReadAll(conn)
}

// A head that is too large is refused.
func TestLargeHead(t *testing.T) {
	a := linetest.New(t)
	server := answering(t, a, neverEchoed(t))
	err := raw(t, a, server+string(echo), func(r *http.Request) { r.Header.Set("More", strings.Repeat("a", 64<<10)) }, strings.NewReader("{}"))
	wantFault(t, "asking with a large head", err, "line.peer")
}

// watched is a listener that tells when it is closed.
type watched struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func (w *watched) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Listener.Close()
}

// serving starts a server that ends with ctx and returns its address, when it takes no more, and how it ended.
func serving(t *testing.T, ctx context.Context, s line.Server) (address string, closed chan struct{}, ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &watched{Listener: l, closed: make(chan struct{})}
	ended = make(chan error, 1)
	go func() { ended <- s.Serve(ctx, w) }()
	return l.Addr().String(), w.closed, ended
}

// A server that ends takes no more and answers what it has begun.
func TestShutdown(t *testing.T) {
	a := linetest.New(t)
	begun, release := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	echo.Handle(mux, func(ctx context.Context, actor authz.Actor, from post.Address, q asked) (echoed, error) {
		close(begun)
		<-release
		return echoed{Text: q.Text}, ctx.Err()
	})
	ctx, end := context.WithCancel(t.Context())
	address, closed, ended := serving(t, ctx, line.Server{Handler: mux, TLS: line.ServerTLS(a.Office(t, ca), a.Roots)})
	client := a.Client(t, counter, ca, "https://"+address)
	answered := make(chan error, 1)
	go func() {
		got, err := echo.Ask(t.Context(), client, "", asked{"begun"})
		if err == nil && got.Text != "begun" {
			err = errors.New("another answer")
		}
		answered <- err
	}()
	<-begun
	end()
	<-closed
	_, err := echo.Ask(t.Context(), a.Client(t, "registry", ca, "https://"+address), "", asked{"late"})
	wantFault(t, "Ask after the end", err, "line.unreachable")
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("what was begun: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// A request that does not end is cut off when the server must end.
func TestShutdownCutsOff(t *testing.T) {
	begun := make(chan struct{})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	ctx, end := context.WithCancel(t.Context())
	address, _, ended := serving(t, ctx, line.Server{Handler: handler, Limit: 50 * time.Millisecond})
	go http.Get("http://" + address) // fails
	<-begun
	end()
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want that requests were cut off", err)
	}
}

// told is where a log goes.
type told chan string

func (c told) Write(b []byte) (int, error) {
	c <- string(b)
	return len(b), nil
}

// The log tells of connections that fail.
func TestServerTells(t *testing.T) {
	a := linetest.New(t)
	said := make(told, 8)
	address := linetest.Run(t, line.Server{
		Handler: nobody(t), TLS: line.ServerTLS(a.Office(t, ca), a.Roots), Log: slog.New(slog.NewTextHandler(said, nil)),
	})
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: a.Roots})
	must(t, err)
	defer conn.Close()
	if line := <-said; !strings.Contains(line, "client didn't provide a certificate") {
		t.Errorf("the log says %s", line)
	}
}

// A listener that fails ends the server.
func TestServeFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	if err := (line.Server{Handler: nobody(t)}).Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve at a closed listener = %v", err)
	}
}
