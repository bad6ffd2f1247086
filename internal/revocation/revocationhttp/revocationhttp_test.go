package revocationhttp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// request asks for a serial number.
func (r *rig) request(t testing.TB, hash crypto.Hash, serial uint64) []byte {
	t.Helper()
	ca := must(x509.ParseCertificate(must(r.authority.Marshal())(t)))(t)
	return must(judge.CreateRequest(&x509.Certificate{SerialNumber: new(big.Int).SetUint64(serial)}, ca, &judge.RequestOptions{Hash: hash}))(t)
}

// status checks a response and returns the status it gives.
func (r *rig) status(t testing.TB, response []byte, serial uint64) int {
	t.Helper()
	ca := must(x509.ParseCertificate(must(r.authority.Marshal())(t)))(t)
	answer, err := judge.ParseResponseForCert(response, &x509.Certificate{SerialNumber: new(big.Int).SetUint64(serial)}, ca)
	if err != nil {
		t.Fatalf("response %.60X: %v", response, err)
	}
	return answer.Status
}

// do sends a request and returns the response with its body.
func do(t testing.TB, method, address string, body []byte, header ...string) (*http.Response, []byte) {
	t.Helper()
	q := must(http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body)))(t)
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response := must(client.Do(q))(t)
	defer response.Body.Close()
	return response, must(io.ReadAll(response.Body))(t)
}

// The two ways to send a request, and the client that chooses.
//
// Req: R-SYS-23
func TestOCSP(t *testing.T) {
	r := newRig(t, nil)
	serial := uint64(r.certificates[0].Serial)
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		request := r.request(t, hash, serial)
		text := base64.StdEncoding.EncodeToString(request)
		for name, send := range map[string]func() (*http.Response, []byte){
			"POST": func() (*http.Response, []byte) {
				return do(t, "POST", r.url+"/ocsp", request, "Content-Type", "application/ocsp-request")
			},
			"GET, encoded":       func() (*http.Response, []byte) { return do(t, "GET", r.url+"/ocsp/"+url.QueryEscape(text), nil) },
			"GET, plain":         func() (*http.Response, []byte) { return do(t, "GET", r.url+"/ocsp/"+text, nil) },
			"GET, another slash": func() (*http.Response, []byte) { return do(t, "GET", r.url+"/ocsp//"+text, nil) },
		} {
			response, body := send()
			if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/ocsp-response" || r.status(t, body, serial) != judge.Good {
				t.Errorf("%v, %s: %s, %q", hash, name, response.Status, response.Header)
			}
		}
		body, err := revocationhttp.Client{}.Ask(t.Context(), r.url+"/ocsp", request)
		if err != nil || r.status(t, body, serial) != judge.Good {
			t.Errorf("%v: Ask: %v", hash, err)
		}
	}
	many := must(ocsp.ParseRequest(r.request(t, crypto.SHA256, serial)))(t)
	for len(many.Queries) < ocsp.MaxQueries { // too long for a path
		many.Queries = append(many.Queries, many.Queries[0])
	}
	if body, err := (revocationhttp.Client{}).Ask(t.Context(), r.url+"/ocsp/", must(many.Marshal())(t)); err != nil || r.status(t, body, serial) != judge.Good {
		t.Errorf("Ask for many: %v", err)
	}
	if _, body := do(t, "HEAD", r.url+"/ocsp/"+base64.StdEncoding.EncodeToString(r.request(t, crypto.SHA1, serial)), nil); len(body) != 0 {
		t.Errorf("HEAD has a body of %d bytes", len(body))
	}
}

// Two slashes in a row in the base64 of a request reach the responder as they are, and the mux behind it still cleans
// the paths of others.
//
// Spec: RFC 5019 §5
func TestGetWithSlashes(t *testing.T) {
	r := newRig(t, nil)
	found := 0
	for serial := uint64(1); found < 3; serial++ {
		text := base64.StdEncoding.EncodeToString(r.request(t, crypto.SHA1, serial*0x3FFF&0x7FFFFFFF))
		if !strings.Contains(text, "//") {
			continue
		}
		found++
		for _, path := range []string{text, strings.ReplaceAll(text, "/", "%2F"), strings.ReplaceAll(text, "/", "%2f")} {
			response, body := do(t, "GET", r.url+"/ocsp/"+path, nil)
			if response.StatusCode != http.StatusOK || r.status(t, body, serial*0x3FFF&0x7FFFFFFF) != judge.Unknown {
				t.Errorf("GET %s: %s", path, response.Status)
			}
		}
	}
	if response, _ := do(t, "GET", r.url+"/other//page", nil); response.StatusCode != http.StatusMovedPermanently && response.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("GET of another office: %s, want its mux to clean the path", response.Status)
	}
	if response, body := do(t, "GET", r.url+"/other/page", nil); response.StatusCode != http.StatusOK || string(body) != "/other/page" {
		t.Errorf("GET of another office: %s, %q", response.Status, body)
	}
}

// Caches may keep what was asked by GET and without a nonce until the next tick, and nothing else.
//
// Spec: RFC 5019 §6.2
func TestCaching(t *testing.T) {
	r := newRig(t, nil)
	request := r.request(t, crypto.SHA1, uint64(r.certificates[0].Serial))
	nonced := must(ocsp.ParseRequest(request))(t)
	nonced.Extensions = append(nonced.Extensions, nonce(t))
	get := func(request []byte) string {
		return r.url + "/ocsp/" + url.QueryEscape(base64.StdEncoding.EncodeToString(request))
	}

	response, _ := do(t, "GET", get(request), nil)
	want := map[string]string{
		"Cache-Control": "max-age=840, public, no-transform, must-revalidate", // one minute of fifteen is over
		"Last-Modified": "Mon, 01 Jun 2026 15:46:00 GMT", "Expires": "Mon, 01 Jun 2026 16:00:00 GMT",
	}
	for name, value := range want {
		if got := response.Header.Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if etag := response.Header.Get("ETag"); len(etag) != 34 {
		t.Errorf("ETag = %q, want a quoted hash", etag)
	}
	for name, send := range map[string]func() *http.Response{
		"POST": func() *http.Response {
			q, _ := do(t, "POST", r.url+"/ocsp", request, "Content-Type", "application/ocsp-request")
			return q
		},
		"GET with a nonce": func() *http.Response { q, _ := do(t, "GET", get(must(nonced.Marshal())(t)), nil); return q },
		"an error":         func() *http.Response { q, _ := do(t, "GET", get([]byte("x")), nil); return q },
	} {
		if got := send().Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control = %q, want no-store", name, got)
		}
	}
}

// What is no OCSP over HTTP gets an answer of HTTP; what is no request one of OCSP.
func TestMisuse(t *testing.T) {
	r := newRig(t, nil)
	good := r.request(t, crypto.SHA1, 1)
	large := bytes.Repeat([]byte{0x30}, ocsp.MaxRequest+1)
	malformed := string(ocsp.Failure(ocsp.MalformedRequest))
	tests := []struct {
		name, method, path string
		body               []byte
		media              string
		status             int
		want               string // the body, "" for any
	}{
		{"PUT", "PUT", "/ocsp", good, "application/ocsp-request", http.StatusMethodNotAllowed, ""},
		{"a form", "POST", "/ocsp", good, "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType, ""},
		{"no media type", "POST", "/ocsp", good, "", http.StatusUnsupportedMediaType, ""},
		{"empty", "POST", "/ocsp", nil, "application/ocsp-request", http.StatusOK, malformed},
		{"too large", "POST", "/ocsp", large, "application/ocsp-request", http.StatusOK, malformed},
		{"too large a path", "GET", "/ocsp/" + base64.StdEncoding.EncodeToString(large), nil, "", http.StatusOK, malformed},
		{"no path", "GET", "/ocsp", nil, "", http.StatusOK, malformed},
		{"no base64", "GET", "/ocsp/MEk*", nil, "", http.StatusOK, malformed},
		{"no list", "GET", "/crl/" + strings.Repeat("0", 40) + "/0.crl", nil, "", http.StatusNotFound, ""},
		{"list of nothing", "GET", "/crl/", nil, "", http.StatusNotFound, ""},
		{"POST to a list", "POST", "/crl/0/0.crl", nil, "", http.StatusMethodNotAllowed, ""},
		{"a folder", "GET", "/crl/../revocation.db", nil, "", http.StatusNotFound, ""},
		{"elsewhere", "GET", "/ocspx", nil, "", http.StatusNotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			response, body := do(t, tt.method, r.url+tt.path, tt.body, "Content-Type", tt.media)
			if response.StatusCode != tt.status || tt.want != "" && string(body) != tt.want {
				t.Errorf("%s %s: %s, %.60X; want %d", tt.method, tt.path, response.Status, body, tt.status)
			}
		})
	}
}

// A thousand broken requests each get a clear answer, and the service goes on.
func TestBrokenRequests(t *testing.T) {
	r := newRig(t, nil)
	serial := uint64(r.certificates[0].Serial)
	good := must(ocsp.ParseRequest(r.request(t, crypto.SHA256, serial)))(t)
	good.Extensions = append(good.Extensions, nonce(t))
	request := must(good.Marshal())(t)
	random := rand.New(rand.NewPCG(1, 0))
	outcomes := map[string]int{}
	for range 1000 {
		body := do1(t, r, mutate(random, request))
		switch {
		case bytes.Equal(body, ocsp.Failure(ocsp.MalformedRequest)):
			outcomes["malformed"]++
		case bytes.Equal(body, ocsp.Failure(ocsp.Unauthorized)):
			outcomes["unauthorized"]++
		default: // still a request, for this or another certificate
			if _, err := judge.ParseResponse(body, nil); err != nil {
				t.Fatalf("response %.80X: %v", body, err)
			}
			outcomes["answered"]++
		}
	}
	if outcomes["malformed"] < 500 || outcomes["unauthorized"] == 0 || outcomes["answered"] == 0 {
		t.Errorf("outcomes %v, want all three", outcomes)
	}
	if r.status(t, do1(t, r, request), serial) != judge.Good {
		t.Error("the good request is not answered any more")
	}
}

func do1(t *testing.T, r *rig, request []byte) []byte {
	t.Helper()
	response, body := do(t, "POST", r.url+"/ocsp", request, "Content-Type", "application/ocsp-request")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("request %X: %s", request, response.Status)
	}
	return body
}

// mutate breaks a request in one to three places.
func mutate(random *rand.Rand, request []byte) []byte {
	broken := bytes.Clone(request)
	for range 1 + random.IntN(3) {
		at := random.IntN(len(broken))
		switch random.IntN(4) {
		case 0:
			broken[at] ^= 1 << random.IntN(8)
		case 1:
			broken = append(broken[:at:at], broken[at+1:]...)
		case 2:
			broken = append(broken[:at:at], append([]byte{byte(random.IntN(256))}, broken[at:]...)...)
		default:
			broken = broken[:max(1, at)]
		}
	}
	return broken
}

// Req: R-SYS-24, R-VAL-04
func TestList(t *testing.T) {
	r := newRig(t, nil)
	p := must(revocation.PartitionOf(r.certificates[0]))(t)
	var list bytes.Buffer
	if _, err := (revocationhttp.Client{}).List(t.Context(), r.url+"/", p, &list); err != nil {
		t.Fatal(err)
	}
	read := must(x509.ParseRevocationList(list.Bytes()))(t)
	if err := read.CheckSignatureFrom(must(x509.ParseCertificate(must(r.authority.Marshal())(t)))(t)); err != nil || !read.ThisUpdate.Equal(now) {
		t.Errorf("list of %v: %v", read.ThisUpdate, err)
	}
	address := r.url + "/crl/" + string(p.Issuer) + "/" + p.ID() + ".crl"
	response, _ := do(t, "GET", address, nil)
	if got := response.Header.Get("Content-Type"); got != "application/pkix-crl" {
		t.Errorf("Content-Type = %q", got)
	}
	if again, _ := do(t, "GET", address, nil, "If-None-Match", response.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same list again: %s, want 304", again.Status)
	}
	if part, body := do(t, "GET", address, nil, "Range", "bytes=10-19"); part.StatusCode != http.StatusPartialContent || !bytes.Equal(body, list.Bytes()[10:20]) {
		t.Errorf("a range: %s, %X", part.Status, body)
	}
	p.Point += "x"
	if n, err := (revocationhttp.Client{}).List(t.Context(), r.url, p, io.Discard); err == nil {
		t.Errorf("List of no partition = %d bytes, want an error", n)
	}
}

// The hook that says who may ask learns the address and the way.
func TestAccess(t *testing.T) {
	var asked []revocation.Way
	r := newRig(t, func(_ context.Context, who revocation.Caller, w revocation.Way, ca jpki.Kind) error {
		asked = append(asked, w)
		if who.Address != netip.MustParseAddr("127.0.0.1") || who.Certificate != nil || ca != jpki.AuthenticationCA {
			return errors.New("somebody else")
		}
		return fault.New(fault.Denied, "authz.denied", w, ca)
	})
	if body := do1(t, r, r.request(t, crypto.SHA1, 1)); !bytes.Equal(body, ocsp.Failure(ocsp.Unauthorized)) {
		t.Errorf("OCSP without a right: %X, want unauthorized", body)
	}
	p := must(revocation.PartitionOf(r.certificates[0]))(t)
	if response, _ := do(t, "GET", r.url+"/crl/"+string(p.Issuer)+"/"+p.ID()+".crl", nil); response.StatusCode != http.StatusForbidden {
		t.Errorf("list without a right: %s, want 403", response.Status)
	}
	if len(asked) != 2 || asked[0] != revocation.ByOCSP || asked[1] != revocation.ByList {
		t.Errorf("asked for %v", asked)
	}
}

// The client takes nothing for an answer that is none.
func TestClientRefuses(t *testing.T) {
	r := newRig(t, nil)
	if body, err := (revocationhttp.Client{}).Ask(t.Context(), r.url+"/other", []byte("x")); err == nil {
		t.Errorf("Ask somebody else = %X, want an error", body)
	}
	if body, err := (revocationhttp.Client{}).Ask(t.Context(), "http://127.0.0.1:1/ocsp", []byte("x")); err == nil {
		t.Errorf("Ask nobody = %X, want an error", body)
	}
}
