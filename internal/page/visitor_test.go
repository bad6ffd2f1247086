package page_test

import (
	"bytes"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

// form is the data of the page in formHTML.
type form struct {
	Name page.Field
	Day  locale.Date
	At   time.Time
	Kind jpki.Kind
}

const formHTML = `{{define "title"}}{{text "counter.field_name"}}{{end}}
{{define "main"}}{{template "problems" (problems .Data.Name)}}<form method="post" action="/form">{{template "token" $}}
{{template "field" .Data.Name}}</form>
<p>{{template "day" .Data.Day}} {{template "time" .Data.At}} {{show .Data.Kind}}</p>
{{template "ruby" (furigana "｜署名《しょめい》する")}}{{end}}`

func newForm(t *testing.T) *page.Page[form] {
	t.Helper()
	p, err := page.New[form](fstest.MapFS{"form.html": {Data: []byte(formHTML)}}, "form.html")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func filled(value string, err error) form {
	return form{
		Name: page.Field{Name: "name", Label: page.Say("counter.field_name"), Value: value, Error: err},
		Day:  locale.Date{Year: 2018, Month: 4, Day: 1}, At: time.Unix(0, 0), Kind: jpki.Signing,
	}
}

// site is a site with a form at /form, and what its log says.
type site struct {
	*page.Site
	log bytes.Buffer
	url string
}

func newSite(t *testing.T, c page.Config) *site {
	t.Helper()
	s := &site{}
	c.Name, c.Log = page.Say("office.counter"), slog.New(slog.NewTextHandler(&s.log, nil))
	var err error
	if s.Site, err = page.NewSite(c); err != nil {
		t.Fatal(err)
	}
	p := newForm(t)
	s.Handle("GET /form", func(w http.ResponseWriter, r *http.Request) error { return p.Show(w, r, filled("", nil)) })
	s.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error {
		if name := r.PostFormValue("name"); name != "ok" {
			return p.ShowAgain(w, r, filled(name, fault.New(fault.Invalid, "date.form")))
		}
		return page.Redirect(w, r, "/form", page.Say("counter.state_received"))
	})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// visitor is a browser without scripts.
type visitor struct {
	t *testing.T
	s *site
	c *http.Client
}

func (s *site) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, s, &http.Client{Jar: jar}}
}

func (v *visitor) do(method, path, body string, header ...string) (*http.Response, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.s.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := v.c.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response, html.UnescapeString(string(text))
}

func (v *visitor) get(path string, header ...string) (*http.Response, string) {
	v.t.Helper()
	return v.do(http.MethodGet, path, "", header...)
}

var tokenInput = regexp.MustCompile(`name="token" value="([^"]+)"`)

// token opens the form and returns what binds it to the session.
func (v *visitor) token() string {
	v.t.Helper()
	_, text := v.get("/form")
	m := tokenInput.FindStringSubmatch(text)
	if m == nil {
		v.t.Fatalf("the form has no token:\n%s", text)
	}
	return m[1]
}

func has(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}
