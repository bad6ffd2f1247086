package page_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

func TestPageInBothLanguages(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	_, ja := v.get("/form")
	has(t, ja, `<html lang="ja">`, "<h1>氏名</h1>", "<title>氏名 | 受付窓口 | 試験環境 TEST</title>", "必須",
		`<time datetime="2018-04-01">平成30年4月1日</time>`, `<time datetime="1970-01-01T00:00:00Z">昭和45年1月1日 09:00</time>`,
		"署名用電子証明書", "<ruby>署名<rp>(</rp><rt>しょめい</rt><rp>)</rp></ruby>する")
	_, en := v.get("/form?lang=en")
	has(t, en, `<html lang="en">`, "<h1>name</h1>", "required", "1 April 2018", "1 January 1970 09:00 JST", "signing certificate")
}

func TestLanguage(t *testing.T) {
	tests := []struct {
		name, path, accept, want string
	}{
		{"nothing said", "/form", "", "ja"},
		{"asked for", "/form?lang=en", "ja", "en"},
		{"no such language", "/form?lang=fr", "ja", "ja"},
		{"browser prefers English", "/form", "en-GB,en;q=0.9,ja;q=0.8", "en"},
		{"browser prefers Japanese", "/form", "en;q=0.5, ja-JP;q=0.7", "ja"},
		{"browser knows neither", "/form", "fr-FR,fr;q=0.9", "en"},
		{"anything", "/form", "*", "ja"},
		{"a weight that is none", "/form", "ja;q=x,en;q=0.1", "en"},
	}
	s := newSite(t, page.Config{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, text := s.visitor(t).get(tt.path, "Accept-Language", tt.accept)
			has(t, text, `<html lang="`+tt.want+`">`)
		})
	}
	v := s.visitor(t)
	v.get("/form?lang=en&a=1")
	if _, text := v.get("/form?a=1", "Accept-Language", "ja"); !strings.Contains(text, `<html lang="en">`) || !strings.Contains(text, `href="?a=1&lang=ja"`) {
		t.Errorf("the language is not kept, or the way to the other loses the query:\n%s", text)
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, page.Config{})
	for _, path := range []string{"/form", "/nowhere"} {
		response, text := s.visitor(t).get(path)
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		} {
			if got := response.Header.Get(header); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		has(t, response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
		if strings.Contains(text, "<script") || strings.Contains(text, "<style") || strings.Contains(text, " style=") {
			t.Errorf("%s has an inline script or style", path)
		}
	}
}

func TestCookies(t *testing.T) {
	response, _ := newSite(t, page.Config{}).visitor(t).get("/form")
	if got := response.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "jpki-session=") || !strings.HasSuffix(got, "; Path=/; HttpOnly; SameSite=Strict") {
		t.Errorf("cookie %q", got)
	}
	response, _ = newSite(t, page.Config{Secure: true}).visitor(t).get("/form?lang=en")
	for _, got := range response.Header.Values("Set-Cookie") {
		if !strings.HasPrefix(got, "__Host-jpki-") || !strings.HasSuffix(got, "; HttpOnly; Secure; SameSite=Strict") {
			t.Errorf("cookie %q", got)
		}
	}
}

func TestTestMark(t *testing.T) {
	for _, path := range []string{"/form", "/nowhere"} {
		_, text := newSite(t, page.Config{}).visitor(t).get(path)
		has(t, text, `<div class="test-mark">`, `<div class="test-print"`)
		if _, text = newSite(t, page.Config{Production: true}).visitor(t).get(path); strings.Contains(text, "TEST") {
			t.Errorf("production has the mark of a test:\n%s", text)
		}
	}
}

func TestFaults(t *testing.T) {
	secret := errors.New("opening /srv/secret")
	tests := []struct {
		name   string
		err    error
		status int
		want   string
	}{
		{"invalid", fault.New(fault.Invalid, "date.form"), 400, locale.Explain(locale.English, fault.New(fault.Invalid, "date.form")).What},
		{"denied", fault.New(fault.Denied, "x.y"), 403, "This is not permitted."},
		{"not found", fault.New(fault.NotFound, "x.y"), 404, "Nothing was found."},
		{"conflict", fault.New(fault.Conflict, "x.y"), 409, "no longer in the state"},
		{"unavailable", fault.Wrap(secret, fault.Unavailable, "x.y"), 503, "What you can do"},
		{"an error without a key", secret, 500, "Something in the system is broken."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, page.Config{})
			s.Handle("GET /fails", func(http.ResponseWriter, *http.Request) error { return tt.err })
			response, text := s.visitor(t).get("/fails?lang=en")
			if response.StatusCode != tt.status {
				t.Errorf("status %d, want %d", response.StatusCode, tt.status)
			}
			has(t, text, tt.want, "Where", "Why", "What you can do")
			if strings.Contains(text, "secret") || !strings.Contains(s.log.String(), `route="GET /fails"`) {
				t.Errorf("the page tells of the inside, or the log does not tell the route:\n%s\n%s", text, s.log.String())
			}
		})
	}
}

func TestPanics(t *testing.T) {
	s := newSite(t, page.Config{})
	s.Handle("GET /value", func(http.ResponseWriter, *http.Request) error { panic("山田太郎") })
	s.Handle("GET /bug", func(_ http.ResponseWriter, r *http.Request) error {
		var none []int
		_ = none[len(r.Method)]
		return nil
	})
	for _, path := range []string{"/value", "/bug"} {
		response, text := s.visitor(t).get(path)
		if response.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: status %d, want 500", path, response.StatusCode)
		}
		has(t, text, "処理を完了できませんでした。")
	}
	if log := s.log.String(); strings.Contains(log, "山田") || !strings.Contains(log, "index out of range") || !strings.Contains(log, "page_test.go") {
		t.Errorf("the log tells a value, or not the bug and its place:\n%s", log)
	}
}

func TestAnswerThatHasBegunIsCutOff(t *testing.T) {
	s := newSite(t, page.Config{})
	s.Handle("GET /half", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Length", "10")
		_, err := io.WriteString(w, "half")
		return errors.Join(err, http.NewResponseController(w).Flush(), errors.New("broken"))
	})
	response, err := http.Get(s.url + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err == nil || string(text) != "half" {
		t.Errorf("got %q, error %v; want an answer that breaks off", text, err)
	}
}

func TestNoSuchPage(t *testing.T) {
	s := newSite(t, page.Config{})
	response, text := s.visitor(t).get("/nowhere")
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("status %d, want 404", response.StatusCode)
	}
	has(t, text, "ページが見つかりません。")
	response, text = s.visitor(t).do(http.MethodPut, "/form", "")
	if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("status %d, Allow %q; want 405 and the methods", response.StatusCode, response.Header.Get("Allow"))
	}
	has(t, text, "この方法では開けません。")
}

func TestFrame(t *testing.T) {
	v := newSite(t, page.Config{Frame: func(*http.Request) page.Frame {
		return page.Frame{
			Bar:  []page.Link{{Label: page.Say("office.counter"), URL: "/a", Current: true}, {Label: page.Say("office.kiosk"), URL: "/b"}},
			Tray: []page.Slot{{Place: page.Say("office.counter"), Content: page.Say("office.ca")}, {Place: page.Say("office.kiosk")}},
		}
	}}).visitor(t)
	_, text := v.get("/form")
	has(t, text, `<a href="/a" aria-current="page">受付窓口</a>`, `<a href="/b">鍵ペア生成装置</a>`, "<dt>鍵ペア生成装置</dt><dd>なし</dd>")
}

func TestAssets(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	_, text := v.get("/form")
	links := regexp.MustCompile(`href="(/assets/[^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(links) != 3 {
		t.Fatalf("%d assets, want 3", len(links))
	}
	for _, link := range links {
		response, _ := v.get(link[1])
		if response.StatusCode != http.StatusOK || !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %s", link[1], response.StatusCode, response.Header.Get("Cache-Control"))
		}
	}
	if response, _ := v.get("/assets/page.css"); response.StatusCode != http.StatusNotFound || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("an asset without its hash: status %d, %s", response.StatusCode, response.Header.Get("Cache-Control"))
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct{ name, html string }{
		{"no main", `{{define "title"}}{{end}}`},
		{"no title", `{{define "main"}}{{end}}`},
		{"no such function", `{{define "title"}}{{end}}{{define "main"}}{{gone}}{{end}}`},
		{"no such part", `{{define "title"}}{{end}}{{define "main"}}{{template "gone"}}{{end}}`},
		{"data where nobody can escape them", `{{define "title"}}{{end}}{{define "main"}}<a {{if .}}href="{{end}}x">{{end}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := page.New[form](fstest.MapFS{"a.html": {Data: []byte(tt.html)}}, "a.html"); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := page.New[form](fstest.MapFS{}, "a.html"); err == nil {
		t.Error("a page without a file is accepted")
	}
}

func TestPageOutsideASite(t *testing.T) {
	if err := newForm(t).Show(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), form{}); err == nil {
		t.Error("a page is shown without a site")
	}
}
