package line_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/post"
)

// The offices of the tests.
const (
	counter   post.Address = "counter-99201"
	terminal1 post.Address = "terminal-99201-1"
	terminal2 post.Address = "terminal-99201-2"
	ca        post.Address = "ca"
)

// nobody is the handler of a server that nobody may reach.
func nobody(t *testing.T) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived, want none") })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, act string, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("%s: %v, want %q", act, err, key)
	}
}

// Only an office with a certificate of its own gets in, whatever it writes.
func TestServerRefuses(t *testing.T) {
	a, other := linetest.New(t), linetest.New(t)
	server := a.Serve(t, ca, nobody(t))
	name := line.URI(counter)
	tests := []struct {
		name string
		own  tls.Certificate
	}{
		{"no certificate", tls.Certificate{}},
		{"certificate of another CA", other.Office(t, counter)},
		{"certificate that names no office", a.Issue(t, nil)},
		{"certificate that names something else", a.Issue(t, nil, &url.URL{Scheme: "https", Host: "office", Path: "/ca"})},
		{"certificate that names something besides", a.Issue(t, nil, name, &url.URL{Scheme: "https", Host: "ca.example"})},
		{"certificate that names two offices", a.Issue(t, nil, name, line.URI("ca"))},
		{"certificate that names no address", a.Issue(t, nil, line.URI("../ca"))},
		{"certificate with a query", a.Issue(t, nil, &url.URL{Scheme: "jpki", Host: "office", Path: "/ca", RawQuery: "x"})},
		{"certificate with a user", a.Issue(t, nil, &url.URL{Scheme: "jpki", User: url.User("x"), Host: "office", Path: "/ca"})},
		{"certificate for servers", a.Issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[:1] }, name)},
		{"certificate that has ended", a.Issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, name)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := linetest.Client(t, line.ClientConfig{Office: ca, URL: server, Own: tt.own, Roots: a.Roots})
			_, err := client.Post(t.Context(), "/echo", "", []byte("{}"))
			wantFault(t, "Post", err, "line.unreachable")
		})
	}
}

// Old TLS is not spoken, by neither side.
//
// Req: R-NET-02
func TestOldTLS(t *testing.T) {
	a := linetest.New(t)
	server := a.Serve(t, ca, nobody(t))
	old := &tls.Config{Certificates: []tls.Certificate{a.Office(t, counter)}, RootCAs: a.Roots, MaxVersion: tls.VersionTLS12}
	if conn, err := tls.Dial("tcp", strings.TrimPrefix(server, "https://"), old); err == nil {
		conn.Close()
		t.Error("the server speaks TLS 1.2")
	}
	oldServer := httptest.NewUnstartedServer(nobody(t))
	oldServer.TLS = line.ServerTLS(a.Office(t, ca), a.Roots)
	oldServer.TLS.MinVersion, oldServer.TLS.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	oldServer.Config.ErrorLog = discard
	oldServer.StartTLS()
	t.Cleanup(oldServer.Close)
	_, err := a.Client(t, counter, ca, oldServer.URL).Post(t.Context(), "/echo", "", []byte("{}"))
	wantFault(t, "Post over TLS 1.2", err, "line.unreachable")
}

// A link without encryption carries nothing, in neither direction.
//
// Req: R-NET-02
func TestEncryptedOnly(t *testing.T) {
	mux := http.NewServeMux()
	echo.Handle(mux, neverEchoed(t))
	plain := "http://" + linetest.Run(t, line.Server{Handler: mux})
	response, err := http.Post(plain+string(echo), "application/json", strings.NewReader(`{"text":"a"}`))
	must(t, err)
	defer response.Body.Close()
	wantFault(t, "a question without encryption", line.Refusal(response, ca), "line.no_office")
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d without encryption, want %d", response.StatusCode, http.StatusForbidden)
	}
	a := linetest.New(t)
	_, err = line.NewClient(line.ClientConfig{Office: ca, URL: plain, Own: a.Office(t, counter), Roots: a.Roots})
	wantFault(t, "NewClient for "+plain, err, "line.url")
}

// Who asks tells nothing to a server that is not the office it wants.
func TestClientRefuses(t *testing.T) {
	a, other := linetest.New(t), linetest.New(t)
	for name, server := range map[string]string{
		"another office":          a.Serve(t, "counter-99202", nobody(t)),
		"an office of another CA": other.Serve(t, ca, nobody(t)),
		"a server that is no office": func() string {
			s := httptest.NewUnstartedServer(nobody(t))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{a.Issue(t, nil)}}
			s.Config.ErrorLog = discard
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}(),
	} {
		client := a.Client(t, counter, ca, server)
		_, err := client.Post(t.Context(), "/echo", "", []byte("{}"))
		wantFault(t, name+": Post", err, "line.unreachable")
		wantFault(t, name+": Lend", line.Lend(t.Context(), client, "/reader", nil), "line.unreachable")
	}
}

func TestNewClientRefuses(t *testing.T) {
	a := linetest.New(t)
	for name, change := range map[string]func(*line.ClientConfig){
		"no URL":     func(c *line.ClientConfig) { c.URL = "" },
		"no scheme":  func(c *line.ClientConfig) { c.URL = "ca.example:8443" },
		"no host":    func(c *line.ClientConfig) { c.URL = "https:///x" },
		"not a URL":  func(c *line.ClientConfig) { c.URL = "https://%" },
		"no roots":   func(c *line.ClientConfig) { c.Roots = nil },
		"no address": func(c *line.ClientConfig) { c.Office = "CA" },
	} {
		config := line.ClientConfig{Office: ca, URL: "https://ca.example", Own: a.Office(t, counter), Roots: a.Roots}
		change(&config)
		_, err := line.NewClient(config)
		wantFault(t, name, err, "line.url")
	}
}
