package line_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/post"
)

// Who asks for what is not his, or not in the form of a lend, lends nothing.
func TestLendRefused(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	for _, office := range []post.Address{"kiosk-99201", ca, counter} {
		err := line.Lend(t.Context(), d.Client(t, office, counter, d.url), "/reader", nil)
		wantFault(t, "Lend by "+string(office), err, "line.not_terminal")
	}
	own := d.Office(t, terminal1)
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: d.Roots}}}
	defer web.CloseIdleConnections()
	for name, header := range map[string]map[string]string{
		"no upgrade": {}, "another protocol": {"Connection": "Upgrade", "Upgrade": "websocket"},
		"an operator without form": {"Connection": "Upgrade", "Upgrade": "jpki-reader/1", "Jpki-Operator": "op 7"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/reader", nil)
		must(t, err)
		for k, v := range header {
			request.Header.Set(k, v)
		}
		response, err := web.Do(request)
		must(t, err)
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, response.StatusCode)
		}
		response.Body.Close()
	}
	elsewhere := d.Serve(t, counter, http.NotFoundHandler())
	wantFault(t, "Lend where nobody takes readers", line.Lend(t.Context(), d.Client(t, terminal1, counter, elsewhere), "/reader", nil), "line.peer")
}

// terminal speaks the protocol by hand.
func (d *desk) terminal(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := tls.Dial("tcp", strings.TrimPrefix(d.url, "https://"), &tls.Config{Certificates: []tls.Certificate{d.Office(t, terminal1)}, RootCAs: d.Roots})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "GET /reader HTTP/1.1\r\nHost: counter\r\nConnection: Upgrade\r\nUpgrade: jpki-reader/1\r\n\r\n")
	must(t, err)
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	must(t, err)
	if response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", response.StatusCode)
	}
	return conn, in
}

// wait returns the reader of terminal1 as soon as the counter has it.
func (d *desk) wait(t *testing.T) card.Transmitter {
	t.Helper()
	for {
		if reader, err := d.readers.Of(terminal1); err == nil {
			return reader
		}
		if t.Context().Err() != nil {
			t.Fatal("no reader")
		}
		runtime.Gosched()
	}
}

// A terminal that breaks the protocol, or is silent, loses its lend; no command hangs.
func TestBadTerminal(t *testing.T) {
	for name, say := range map[string]string{
		"a command": "C\x00\x00\x00\x04\x00\x01\x02\x03", "an unknown frame": "X\x00\x00\x00\x00", "a monstrous frame": "R\xff\xff\xff\xff",
		"a ping for an answer": "P\x00\x00\x00\x00", "half a frame, then nothing": "R\x00\x00\x00\x02\x90", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, &line.Readers{Patience: 50 * time.Millisecond})
			conn, in := d.terminal(t)
			go func() {
				io.ReadFull(in, make([]byte, 9)) // the command
				io.WriteString(conn, say)
			}()
			_, err := d.wait(t).Transmit(t.Context(), []byte{0, 1, 2, 3})
			wantFault(t, "Transmit", err, "line.reader_lost")
			<-d.over
		})
	}
	t.Run("an answer that nobody waits for", func(t *testing.T) {
		d := newDesk(t, &line.Readers{Beat: time.Hour})
		conn, _ := d.terminal(t)
		io.WriteString(conn, "R\x00\x00\x00\x02\x90\x00")
		<-d.over
	})
	t.Run("no answer to a ping", func(t *testing.T) {
		d := newDesk(t, &line.Readers{Beat: time.Millisecond, Patience: 50 * time.Millisecond})
		d.terminal(t)
		<-d.over
	})
}

// A counter that is silent, or breaks the protocol, does not hold the terminal.
func TestBadCounter(t *testing.T) {
	a := linetest.New(t)
	for name, say := range map[string]string{"nothing": "", "a response": "R\x00\x00\x00\x02\x90\x00", "half a frame": "C\x00\x00", "an empty command": "C\x00\x00\x00\x00"} {
		ended := make(chan struct{})
		url := a.Serve(t, counter, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			must(t, err)
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: jpki-reader/1\r\n\r\n"+say)
			<-ended
		}))
		err := line.LendWithin(t.Context(), a.Client(t, terminal1, counter, url), "/reader", nil, 50*time.Millisecond)
		wantFault(t, name, err, "line.reader_lost")
		close(ended)
	}
}

// A counter that ends lets go of the readers, after the requests that use them.
func TestCounterEnds(t *testing.T) {
	a := linetest.New(t)
	readers := &line.Readers{Beat: time.Hour}
	mux := http.NewServeMux()
	mux.Handle("/reader", readers)
	begun, release := make(chan struct{}), make(chan struct{})
	echo.Handle(mux, func(ctx context.Context, _ authz.Actor, from post.Address, q asked) (echoed, error) {
		close(begun)
		<-release
		reader, err := readers.Of(from)
		if err == nil {
			_, err = card.Open(ctx, reader)
		}
		return echoed{Text: q.Text}, err
	})
	ctx, end := context.WithCancel(t.Context())
	address, closed, served := serving(t, ctx, line.Server{Handler: mux, TLS: line.ServerTLS(a.Office(t, counter), a.Roots)})
	d := &desk{Authority: a, readers: readers, url: "https://" + address}
	_, ended := d.lend(t, terminal1, cardtest.Blank(t).Card)
	asking := make(chan error, 1)
	go func() {
		_, err := echo.Ask(t.Context(), a.Client(t, terminal1, counter, d.url), "", asked{})
		asking <- err
	}()
	<-begun
	end()
	<-closed
	close(release)
	if err := <-asking; err != nil {
		t.Errorf("a request with the card: %v", err)
	}
	wantFault(t, "Lend", <-ended, "line.reader_lost")
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
