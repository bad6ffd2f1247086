package verifyweb_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"html"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/verifyweb"
	"github.com/openjpki/jpki/verify/verifytest"
)

var document = []byte("見本市長　様\r\n住民票の写しの交付を申請します。\n")

// nation has a CA for signatures and one for log-ins, a holder of both certificates, the pages, and what their log says.
type nation struct {
	t           *testing.T
	sign, login *verifytest.CA
	holder      verifytest.Holder
	other       verifytest.Holder // the certificate for log-ins
	revoked     []x509.RevocationListEntry
	asked       [][]byte // certificates that evidence was asked for
	silent      error    // why there is no evidence
	during      func()   // called while a file is judged
	url         string
	log         bytes.Buffer
}

func newNation(t *testing.T) *nation {
	t.Helper()
	n := &nation{t: t, sign: verifytest.NewCA(t, jpki.SigningCA, 1), login: verifytest.NewCA(t, jpki.AuthenticationCA, 2)}
	n.during = func() {}
	n.holder, n.other = n.sign.Issue(t, 0x067C6A80, verifytest.Mihon), n.login.Issue(t, 0x067C6A81, verifytest.Mihon)
	pages, err := verifyweb.New(verifyweb.Config{
		Anchors: func(context.Context) ([][]byte, error) {
			n.during()
			return [][]byte{n.sign.DER, n.login.DER}, nil
		},
		Evidence: n.evidence,
		Now:      func() time.Time { return verifytest.Now },
	})
	if err != nil {
		t.Fatal(err)
	}
	site, err := page.NewSite(page.Config{
		Name: page.Say("verify.site"), Home: "/verify", MaxBody: verifyweb.MaxBody, Log: slog.New(slog.NewTextHandler(&n.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	pages.Mount(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	n.url = server.URL
	return n
}

func (n *nation) evidence(_ context.Context, certificate []byte) (crls, ocsps [][]byte, err error) {
	n.asked = append(n.asked, certificate)
	if n.silent != nil {
		return nil, nil, n.silent
	}
	return [][]byte{n.sign.CRL(n.t, verifytest.Mihon, n.revoked), n.login.CRL(n.t, verifytest.Mihon, n.revoked)}, nil, nil
}

// signed is a signature of a holder over the document.
func (n *nation) signed(h verifytest.Holder, attached bool) []byte {
	n.t.Helper()
	s, err := cms.New(cms.Config{Key: h.Key, Certificate: h.DER})
	var p7s []byte
	if err == nil && attached {
		p7s, err = s.SignAttached(document, verifytest.Now)
	} else if err == nil {
		p7s, err = s.SignDetached(bytes.NewReader(document), verifytest.Now)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return p7s
}

// upload is a file for an input of the form.
type upload struct {
	input string
	data  []byte
}

var tokenInput = regexp.MustCompile(`name="token" value="([^"]+)"`)

// check sends files as a browser without scripts and returns what a person reads, with tags.
func (n *nation) check(lang string, files ...upload) (status int, text string) {
	n.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		n.t.Fatal(err)
	}
	visitor := &http.Client{Jar: jar}
	_, form := n.do(visitor, http.MethodGet, "", nil, lang)
	token := tokenInput.FindStringSubmatch(form)
	if token == nil {
		n.t.Fatalf("the form has no token:\n%s", form)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("token", token[1]); err != nil {
		n.t.Fatal(err)
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.input, "file")
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			n.t.Fatal(err)
		}
	}
	w.Close()
	return n.do(visitor, http.MethodPost, w.FormDataContentType(), &body, lang)
}

func (n *nation) do(visitor *http.Client, method, contentType string, body io.Reader, lang string) (int, string) {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.url+"/verify", body)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept-Language", lang)
	response, err := visitor.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return response.StatusCode, html.UnescapeString(string(text))
}

// reads fails the test unless a page says all.
func reads(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

func toPEM(certificate []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
}
