package pagetest

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Visitor is a browser without scripts that prefers Japanese. It knows the last page that it saw.
type Visitor struct {
	At     *url.URL // of the page, after redirections
	Status int
	Text   string // of the page, with tags

	t      testing.TB
	site   string
	client *http.Client
}

// NewVisitor returns a visitor of the site at an address such as http://127.0.0.1:8080, who has seen nothing yet.
func NewVisitor(t testing.TB, site string) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t: t, site: site, client: &http.Client{Jar: jar}}
}

// Get opens a page.
func (v *Visitor) Get(path string) {
	v.t.Helper()
	v.do(http.MethodGet, path, nil)
}

// Post sends a form of the page: names and values in turn.
func (v *Visitor) Post(path string, pairs ...string) {
	v.t.Helper()
	form := url.Values{"token": {v.Hidden("token")}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	v.do(http.MethodPost, path, form)
}

// Hidden is the value of the first hidden input of this name. It fails the test if the page has none.
func (v *Visitor) Hidden(name string) string {
	v.t.Helper()
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `" value="([^"]+)"`).FindStringSubmatch(v.Text)
	if m == nil {
		v.t.Fatalf("%s has no input %s:\n%s", v.At, name, v.Text)
	}
	return m[1]
}

func (v *Visitor) do(method, path string, form url.Values) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.site+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "ja")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.At, v.Status, v.Text = response.Request.URL, response.StatusCode, html.UnescapeString(string(text))
}

// Shows fails the test if the page has another status or lacks something.
func (v *Visitor) Shows(status int, wants ...string) {
	v.t.Helper()
	if v.Status != status {
		v.t.Errorf("%s has status %d, want %d:\n%s", v.At.Path, v.Status, status, v.Text)
	}
	for _, want := range wants {
		if !strings.Contains(v.Text, want) {
			v.t.Errorf("%s lacks %q:\n%s", v.At.Path, want, v.Text)
		}
	}
}

// Hides fails the test if the page has one of the words.
func (v *Visitor) Hides(words ...string) {
	v.t.Helper()
	for _, word := range words {
		if strings.Contains(v.Text, word) {
			v.t.Errorf("%s has %q", v.At.Path, word)
		}
	}
}
