package kioskweb_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
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

// visitor is a browser without scripts.
type visitor struct {
	*rig
	t      *testing.T
	c      *http.Client
	status int
	text   string
}

func (r *rig) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	v := &visitor{rig: r, t: t, c: &http.Client{Jar: jar}}
	v.look()
	v.look()
	return v
}

func (v *visitor) look() { v.t.Helper(); v.do(http.MethodGet, "", nil) }

var tokenInput = regexp.MustCompile(`name="token" value="([^"]+)"`)

// post sends a form: pairs of names and values.
func (v *visitor) post(act string, pairs ...string) {
	v.t.Helper()
	form := url.Values{"token": {tokenInput.FindStringSubmatch(v.text)[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	v.do(http.MethodPost, "/"+act, form)
}

// press presses keys of the pad.
func (v *visitor) press(keys ...string) {
	v.t.Helper()
	for _, key := range keys {
		v.post("pin", "press", key)
		v.shows(200)
	}
}

func (v *visitor) do(method, path string, form url.Values) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+"/kiosk"+path, strings.NewReader(form.Encode()))
	must(v.t, err)
	r.Header.Set("Accept-Language", "ja")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := v.c.Do(r)
	must(v.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(v.t, err)
	v.status, v.text = response.StatusCode, html.UnescapeString(string(text))
	v.Write([]byte(response.Request.URL.String() + "\n" + v.text))
}

// shows fails the test if the page has another status or lacks something.
func (v *visitor) shows(status int, wants ...string) {
	v.t.Helper()
	if v.status != status {
		v.t.Errorf("status %d, want %d:\n%s", v.status, status, v.text)
	}
	for _, want := range wants {
		if !strings.Contains(v.text, want) {
			v.t.Errorf("the page lacks %q:\n%s", want, v.text)
		}
	}
}

func (v *visitor) hides(words ...string) {
	v.t.Helper()
	for _, word := range words {
		if strings.Contains(v.text, word) {
			v.t.Errorf("the page has %q:\n%s", word, v.text)
		}
	}
}
