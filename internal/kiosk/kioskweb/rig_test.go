package kioskweb_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/kiosk/kioskweb"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/page/pagetest"
)

// rig is a kiosk with its pages, and a card that any visitor finds in its reader.
type rig struct {
	chip *cardtest.Chip
	url  string
	now  time.Time

	mu     sync.Mutex
	pulled bool
	said   strings.Builder // the log, and every address and page
}

func newRig(t *testing.T, chip *cardtest.Chip) *rig {
	t.Helper()
	r := &rig{chip: chip, now: time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)}
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{chip.Master}})
	must(t, err)
	panel, err := kioskweb.New(kioskweb.Config{Kiosk: k, Visitor: visitorOf, Reader: r.reader, Now: func() time.Time { return r.now }})
	must(t, err)
	site, err := page.NewSite(page.Config{Name: page.Say("office.kiosk"), Home: "/kiosk", Log: slog.New(slog.NewTextHandler(r, nil))})
	must(t, err)
	panel.Mount(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// visitorOf takes the session of the browser for the visitor.
func visitorOf(r *http.Request) (string, error) {
	c, err := r.Cookie("jpki-session")
	if err != nil {
		return "nobody yet", nil
	}
	return c.Value, nil
}

func (r *rig) reader(*http.Request) (card.Transmitter, error) {
	if r.pulled {
		return nil, fault.New(fault.NotFound, "kiosk.no_card")
	}
	return r.chip.Card, nil
}

// Write takes what the site logs.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(b)
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a browser without scripts. What it saw is added to what was said.
type visitor struct {
	*rig
	*pagetest.Visitor
	t *testing.T
}

func (r *rig) visitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{r, pagetest.NewVisitor(t, r.url), t}
	v.look()
	v.look()
	return v
}

func (v *visitor) look() { v.t.Helper(); v.Get("/kiosk"); v.keep() }

// post sends a form: pairs of names and values.
func (v *visitor) post(act string, pairs ...string) {
	v.t.Helper()
	v.Post("/kiosk/"+act, pairs...)
	v.keep()
}

func (v *visitor) keep() { fmt.Fprintln(v, v.At, v.Text) }

// press presses keys of the pad.
func (v *visitor) press(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.post("pin", "press", key)
		v.Shows(200)
	}
}
