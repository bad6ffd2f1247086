package sim_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
	"github.com/openjpki/jpki/internal/sim"
	"github.com/openjpki/jpki/verify/pkix"
)

// running is a nation that runs.
type running struct {
	t       *testing.T
	dir     string
	address string // http://127.0.0.1:8080
	end     func()
}

// run runs the nation of a folder until the test ends or end is called.
func run(t *testing.T, dir string) running {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- app.Up(ctx, config(dir, "127.0.0.1:0", func(address string) { ready <- address })) }()
	r := running{t: t, dir: dir}
	select {
	case page := <-ready:
		r.address = strings.TrimSuffix(page, "/story")
	case err := <-ended:
		t.Fatalf("the nation ended before it was ready: %v", err)
	}
	r.end = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the nation ended with %v", err)
		}
	})
	t.Cleanup(r.end)
	return r
}

func config(dir, listen string, ready func(string)) app.UpConfig {
	return app.UpConfig{
		Dir: dir, Listen: listen, Ready: ready,
		People: func() (app.People, error) { return sim.Open(sim.Config{Dir: dir, Residents: 20}) },
	}
}

// ask sends a request and returns the status and what came.
func (r running) ask(method, path, body string, headers ...string) (int, []byte) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.address+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, content
}

func (r running) describe() (d app.Description) {
	r.t.Helper()
	status, content := r.ask(http.MethodGet, "/sandbox.json", "")
	if err := json.Unmarshal(content, &d); status != http.StatusOK || err != nil {
		r.t.Fatalf("/sandbox.json: %d, %v", status, err)
	}
	return d
}

func (r running) advance(by string) (c app.ClockState) {
	r.t.Helper()
	status, content := r.ask(http.MethodPost, "/clock", `{"advance":"`+by+`"}`)
	if err := json.Unmarshal(content, &c); status != http.StatusOK || err != nil {
		r.t.Fatalf("/clock: %d, %v, %s", status, err, content)
	}
	return c
}

// A nation that runs tells what there is, and what it tells is so: the addresses answer, the CAs are those of the lists, and of
// each person a verifier finds what is expected by what it gets over HTTP alone. Two who move the clock at once both
// move it; a day later there are new lists and nothing is left undone. Opened again, it goes on from there.
func TestUp(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir())
	if status, _ := r.ask(http.MethodGet, "/healthz", ""); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	d := r.describe()
	if d.Clock.Set || len(d.Persons) != 12 || len(d.CA) != 4 || len(d.CRL) != 8 || len(d.OCSP) != 4 || d.Sites["story"] != r.address+"/story" {
		t.Errorf("description: clock %+v, %d persons, %d CAs, %d lists, %d responders, sites %v", d.Clock, len(d.Persons), len(d.CA), len(d.CRL), len(d.OCSP), d.Sites)
	}
	if _, page := r.ask(http.MethodGet, "/story", ""); !strings.Contains(string(page), "見本　花子") || !strings.Contains(string(page), "TEST") {
		t.Error("the page does not name the persons, or does not say TEST")
	}
	r.checkPersons(d)
	before := d.Clock.Now
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { r.advance("12h") })
	}
	both.Wait()
	after := r.describe()
	if moved := after.Clock.Now.Sub(before); moved < 24*time.Hour || moved > 25*time.Hour || !after.Clock.Set {
		t.Errorf("twice twelve hours moved the clock by %s, %+v", moved, after.Clock)
	}
	for _, l := range after.CRL {
		if list := r.list(l); !list.ThisUpdate.After(before) {
			t.Errorf("the list of %s %q is of %v, before the day", l.Issuer, l.Municipality, list.ThisUpdate)
		}
	}
	r.checkIdle()
	r.checkPersons(after)
	r.end()
	again := run(t, r.dir)
	if d := again.describe(); d.Clock.Now.Before(after.Clock.Now) || d.Clock.OffsetSeconds != after.Clock.OffsetSeconds || len(d.Persons) != 12 {
		t.Errorf("opened again: %+v, %d persons, want the clock to go on from %+v", d.Clock, len(d.Persons), after.Clock)
	}
	again.checkPersons(again.describe())
}

// list fetches a list and parses it.
func (r running) list(l app.ListState) *pkix.CRL {
	r.t.Helper()
	status, content := r.ask(http.MethodGet, strings.TrimPrefix(l.URL, r.address), "")
	if status != http.StatusOK || string(content) != string(readFile(r.t, l.File)) {
		r.t.Errorf("%s: %d, or it is another than %s", l.URL, status, l.File)
	}
	list, err := pkix.ParseCRL(content)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// checkPersons judges what is expected of all persons, by the lists and answers that the nation gives.
func (r running) checkPersons(d app.Description) {
	r.t.Helper()
	s, err := app.Open(r.t.Context(), app.Config{Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	defer s.Close()
	var lists [][]byte
	for _, l := range d.CRL {
		lists = append(lists, r.list(l).Raw)
	}
	responders := map[string]string{}
	for _, o := range d.OCSP {
		responders[o.Issuer] = o.URL
	}
	for _, k := range d.Persons {
		checkVerdict(r.t, s, lists, k, func(issuer string, request []byte) ([]byte, error) {
			return revocationhttp.Client{}.Ask(r.t.Context(), responders[issuer], request)
		})
	}
}

// checkIdle: no letter waits, and nothing is due.
func (r running) checkIdle() {
	r.t.Helper()
	s, err := app.Open(r.t.Context(), app.Config{Dir: r.dir})
	if err != nil {
		r.t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Status(r.t.Context())
	if err != nil || len(all) == 0 {
		r.t.Fatalf("%d offices, %v", len(all), err)
	}
	for _, office := range all {
		if !office.Idle() {
			r.t.Errorf("%s is not done: %+v", office.Office, office)
		}
	}
}

// Nobody but this machine moves the clock, nobody moves it back, and no page of another site moves it at all.
//
// Req: R-SYS-23
func TestUpRefuses(t *testing.T) {
	t.Parallel()
	r := run(t, t.TempDir())
	before := r.describe().Clock.OffsetSeconds
	for _, tt := range []struct {
		name, body string
		headers    []string
		want       int
		key        string
	}{
		{"back", `{"advance":"-1h"}`, nil, http.StatusBadRequest, "app.up_advance"},
		{"not at all", `{"advance":"0s"}`, nil, http.StatusBadRequest, "app.up_advance"},
		{"too far", `{"advance":"200000h"}`, nil, http.StatusBadRequest, "app.up_advance"},
		{"no time", `{"advance":"tomorrow"}`, nil, http.StatusBadRequest, "app.up_advance"},
		{"something else", `{"forward":"1h"}`, nil, http.StatusBadRequest, "app.up_advance"},
		{"another site's page", `{"advance":"1h"}`, []string{"Origin: http://evil.invalid"}, http.StatusForbidden, "line.foreign"},
		{"a name that leads here", `{"advance":"1h"}`, []string{"Host: evil.invalid"}, http.StatusForbidden, "line.foreign"},
	} {
		status, content := r.ask(http.MethodPost, "/clock", tt.body, tt.headers...)
		if status != tt.want || !strings.Contains(string(content), tt.key) {
			t.Errorf("%s: %d, %s, want %d and %s", tt.name, status, content, tt.want, tt.key)
		}
	}
	if status, _ := r.ask(http.MethodGet, "/clock", ""); status == http.StatusOK {
		t.Error("GET /clock is answered")
	}
	if after := r.describe().Clock.OffsetSeconds; after != before {
		t.Errorf("the clock is at %d, before it was at %d", after, before)
	}
	port := strings.TrimPrefix(r.address, "http://127.0.0.1:")
	for _, tt := range []struct{ name, dir, listen, want string }{
		{"the folder is in use", r.dir, "127.0.0.1:0", "app.up_held"},
		{"the port is taken", t.TempDir(), "127.0.0.1:" + port, "app.up_listen"},
		{"no address", t.TempDir(), "here", "app.up_listen"},
		{"an address that others reach", t.TempDir(), "0.0.0.0:" + port, "app.up_loopback"},
		{"every address", t.TempDir(), ":0", "app.up_loopback"},
	} {
		err := app.Up(t.Context(), config(tt.dir, tt.listen, nil))
		if fault.KeyOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if files, _ := os.ReadDir(tt.dir); tt.dir != r.dir && len(files) > 1 { // the lock
			t.Errorf("%s: %d files are in the folder", tt.name, len(files))
		}
	}
}

// A nation that was founded otherwise runs too; it has no story persons.
func TestUpOfAnotherNation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := app.Open(t.Context(), app.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	d := run(t, dir).describe()
	if d.Persons == nil || len(d.Persons) != 0 || len(d.CA) != 2 || d.Clock.Set {
		t.Errorf("description: %+v", d)
	}
}
