package kioskhttp_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/pcsc"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/kiosk/kioskhttp"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
)

// rig is a kiosk with its panel, and a card in a reader behind a real smart card service.
type rig struct {
	chip   *cardtest.Chip
	reader *pcsc.Server
	url    string
	step   func(string) // told of the steps of Generate
	now    time.Time    // of the panel's clock

	mu   sync.Mutex
	said bytes.Buffer // every answer, and the log of the server
}

func newRig(t *testing.T, chip *cardtest.Chip) *rig {
	t.Helper()
	r := &rig{chip: chip, step: func(string) {}, now: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)}
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{chip.Master}, Step: func(s string) { r.step(s) }})
	must(t, err)
	panel, err := kioskhttp.New(kioskhttp.Config{Kiosk: k, Open: kioskhttp.PCSC(r.serve(t)), Now: func() time.Time { return r.now }})
	must(t, err)
	r.url = "http://" + linetest.Run(t, line.Server{Handler: panel, Log: slog.New(slog.NewTextHandler(r, nil))})
	return r
}

// serve puts the chip into the reader of a smart card service and returns its socket.
func (r *rig) serve(t *testing.T) (socket string) {
	t.Helper()
	var err error
	r.reader, err = pcsc.NewServer(pcsc.Config{})
	must(t, err)
	r.insert(t)
	socket = filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.reader.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return socket
}

func (r *rig) insert(t *testing.T) {
	t.Helper()
	must(t, r.reader.Insert(t.Context(), pcsc.ReaderName(0), r.chip.Card))
}

func (r *rig) pull(t *testing.T) {
	t.Helper()
	must(t, r.reader.Remove(t.Context(), pcsc.ReaderName(0)))
}

// window opens a window of the panel.
func (r *rig) window() *kioskhttp.Client {
	return &kioskhttp.Client{URL: r.url, HTTP: &http.Client{Transport: r}}
}

// Write takes what the server logs.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(b)
}

// RoundTrip notes where a request goes, and its answer.
func (r *rig) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	answer, err := httputil.DumpResponse(response, true)
	r.Write([]byte(request.URL.String() + "\n" + string(answer) + "\n"))
	return response, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prepared returns a card that comes from the counter for the first time.
func prepared(t *testing.T) *cardtest.Chip {
	t.Helper()
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	return chip
}

// renewing returns a complete card that comes from the counter again.
func renewing(t *testing.T) *cardtest.Chip {
	t.Helper()
	chip := cardtest.New(t)
	chip.Prepare(t)
	return chip
}

// checks compares states and faults.
type checks struct{ *testing.T }

func (c checks) is(act string, want kioskhttp.State) func(kioskhttp.State, error) {
	return func(got kioskhttp.State, err error) {
		c.Helper()
		got.Session = ""
		if err != nil || got != want {
			c.Fatalf("%s = %+v, %v, want %+v", act, got, err, want)
		}
	}
}

func (c checks) fails(act, key string) func(kioskhttp.State, error) {
	return func(_ kioskhttp.State, err error) {
		c.Helper()
		if fault.KeyOf(err) != key {
			c.Fatalf("%s: %v, want %s", act, err, key)
		}
	}
}

// at is the state of who has the session.
func at(screen kiosk.Screen, chosen ...string) kioskhttp.State {
	s := kioskhttp.State{Screen: screen}
	for i, to := range []*string{&s.Work, &s.Key, &s.Entry} {
		if i < len(chosen) {
			*to = chosen[i]
		}
	}
	return s
}
