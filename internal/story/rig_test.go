package story_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/story"
)

// open serves the story in a nation in a folder.
func open(t *testing.T, dir string) (s *story.Story, address string) {
	t.Helper()
	recorder := story.NewRecorder()
	nation, err := app.Open(t.Context(), app.Config{Dir: dir, Carry: recorder.Carry, Observe: recorder.Observe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := nation.Close(); err != nil {
			t.Error(err)
		}
	})
	if s, err = story.New(story.Config{Nation: nation, Recorder: recorder}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

// browser is one without scripts, by whom forms are sent as they stand on the page.
type browser struct {
	t       *testing.T
	client  *http.Client
	address string
	status  int
	at      string // path of the page
	page    string
	clicks  int
}

func newBrowser(t *testing.T, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, client: &http.Client{Jar: jar}, address: address}
}

func (b *browser) take(response *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.at, b.page = response.StatusCode, response.Request.URL.Path, string(body)
	return b
}

// visit opens a page.
func (b *browser) visit(path string) *browser {
	b.t.Helper()
	return b.take(b.client.Get(b.address + path))
}

var token = regexp.MustCompile(`name="token" value="([^"]+)"`)

// press sends a form that stands on the page, by its address.
func (b *browser) press(action string, values ...string) *browser {
	b.t.Helper()
	if !strings.Contains(b.page, `action="`+strings.ReplaceAll(action, "&", "&amp;")+`"`) {
		b.t.Fatalf("%s has no form for %s:\n%s", b.at, action, b.page)
	}
	b.clicks++
	return b.post(action, values...)
}

// post sends a form, be it on the page or not.
func (b *browser) post(action string, values ...string) *browser {
	b.t.Helper()
	form := url.Values{"token": {token.FindStringSubmatch(b.page)[1]}}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return b.take(b.client.PostForm(b.address+action, form))
}

// ok fails the test if the page is none that says a text.
func (b *browser) ok(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if b.status != http.StatusOK || !strings.Contains(b.page, text) {
			b.t.Fatalf("%s: status %d, want a page with %q:\n%s", b.at, b.status, text, b.page)
		}
	}
	return b
}
