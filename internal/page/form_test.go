package page_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

func TestFormIsAccepted(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	body := url.Values{"token": {v.token()}, "name": {"ok"}}.Encode()
	response, text := v.do(http.MethodPost, "/form", body, "Sec-Fetch-Site", "same-origin", "Origin", v.s.url)
	if response.StatusCode != http.StatusOK || response.Request.Method != http.MethodGet {
		t.Errorf("status %d by %s, want 200 by GET", response.StatusCode, response.Request.Method)
	}
	has(t, text, "notice-success", "受付済み")
	if _, text = v.get("/form"); strings.Contains(text, "受付済み") {
		t.Error("the notice is shown twice")
	}
}

func TestFormIsShownAgain(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	body := url.Values{"token": {v.token()}, "name": {`"><script>alert(1)</script>`}}.Encode()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, v.s.url+"/form", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := v.c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, error %v", response.StatusCode, err)
	}
	has(t, string(raw), `value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, `aria-invalid="true"`, `aria-describedby=" name-error"`,
		`<a href="#name">氏名</a>`, "【入力の誤り】", "autofocus")
}

func TestForeignFormsAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		header []string
		body   func(own, other string) url.Values
		key    string
	}{
		{"no token", nil, func(_, _ string) url.Values { return url.Values{"name": {"ok"}} }, "page.form_expired"},
		{"token of another session", nil, func(_, other string) url.Values { return url.Values{"token": {other}} }, "page.form_expired"},
		{"from another site", []string{"Sec-Fetch-Site", "cross-site"}, func(own, _ string) url.Values { return url.Values{"token": {own}} }, "page.foreign"},
		{"from a neighbour", []string{"Sec-Fetch-Site", "same-site"}, func(own, _ string) url.Values { return url.Values{"token": {own}} }, "page.foreign"},
		{"another origin", []string{"Origin", "https://evil.example"}, func(own, _ string) url.Values { return url.Values{"token": {own}} }, "page.foreign"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, page.Config{})
			v := s.visitor(t)
			response, text := v.do(http.MethodPost, "/form", tt.body(v.token(), s.visitor(t).token()).Encode(), tt.header...)
			if response.StatusCode != http.StatusForbidden || !strings.Contains(s.log.String(), "key="+tt.key) {
				t.Errorf("status %d, log %s; want 403 and %s", response.StatusCode, s.log.String(), tt.key)
			}
			has(t, text, locale.Explain(locale.Japanese, fault.New(fault.Denied, tt.key)).Next)
		})
	}
}

func TestTokenInTheAddressDoesNotCount(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	if response, _ := v.do(http.MethodPost, "/form?token="+v.token(), "name=ok"); response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", response.StatusCode)
	}
}

func TestFormWithAFile(t *testing.T) {
	s := newSite(t, page.Config{})
	s.Handle("POST /file", func(w http.ResponseWriter, r *http.Request) error {
		file, _, err := r.FormFile("file")
		if err != nil {
			return err
		}
		defer file.Close()
		if _, onDisk := file.(*os.File); onDisk {
			t.Error("what a person sends is on the disk")
		}
		_, err = io.Copy(w, file)
		return err
	})
	v := s.visitor(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("%PDF-1.7 ", 100<<10)
	_, err = io.WriteString(part, content)
	if err := errors.Join(err, form.WriteField("token", v.token()), form.Close()); err != nil {
		t.Fatal(err)
	}
	response, text := v.do(http.MethodPost, "/file", body.String(), "Content-Type", form.FormDataContentType())
	if response.StatusCode != http.StatusOK || text != content {
		t.Errorf("status %d, %d bytes; want the file back", response.StatusCode, len(text))
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := newSite(t, page.Config{MaxBody: 4 << 10})
	v := s.visitor(t)
	token := v.token()
	response, text := v.do(http.MethodPost, "/form", "token="+token+"&name="+strings.Repeat("x", 5<<10))
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", response.StatusCode)
	}
	has(t, text, "4 KB")
	response, _ = v.do(http.MethodPost, "/form", "--x\r\nbroken", "Content-Type", "multipart/form-data; boundary=x")
	if response.StatusCode != http.StatusBadRequest || !strings.Contains(s.log.String(), "page.form_invalid") {
		t.Errorf("status %d, want 400 and page.form_invalid", response.StatusCode)
	}
}

func TestRedirectStaysHere(t *testing.T) {
	for _, path := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "relative", "", "javascript:alert(1)", "/%zz"} {
		w := httptest.NewRecorder()
		if err := page.Redirect(w, httptest.NewRequest(http.MethodPost, "/form", nil), path, nil); err == nil {
			t.Errorf("Redirect(%q) leads to %q", path, w.Header().Get("Location"))
		}
	}
}

func TestForgedNoticeIsNotShown(t *testing.T) {
	v := newSite(t, page.Config{}).visitor(t)
	v.token()
	for _, value := range []string{"5YG944Gu", "5YG944Gu.", "5YG944Gu.AAAA", ".", "%"} {
		if _, text := v.get("/form", "Cookie", "jpki-notice="+value); strings.Contains(text, "notice-success") {
			t.Errorf("a notice that others wrote is shown: %q", value)
		}
	}
}
