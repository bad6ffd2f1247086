package posthttp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/posthttp"
	"github.com/openjpki/jpki/internal/post/posttest"
)

// authority is a CA for offices, made for one test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	roots       *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Organization: []string{"JPKI-TEST"}}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &authority{certificate, key, roots}
}

// issue issues a certificate for this machine with the given URIs; change may alter it.
func (a *authority) issue(t *testing.T, change func(*x509.Certificate), uris ...*url.URL) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, URIs: uris,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) office(t *testing.T, office post.Address) tls.Certificate {
	t.Helper()
	return a.issue(t, nil, line.URI(office))
}

// serve starts the server of an office.
func serve(t *testing.T, a *authority, office post.Address, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = line.ServerTLS(a.office(t, office), a.roots)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of those it refuses
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func client(t *testing.T, a *authority, own tls.Certificate, serverURL string) *posthttp.Client {
	t.Helper()
	c, err := posthttp.NewClient(posthttp.ClientConfig{Office: posttest.Receiver, URL: serverURL, Own: own, Roots: a.roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestCarrier(t *testing.T) {
	a := newAuthority(t)
	posttest.RunCarrier(t, func(t *testing.T, receive post.Receiver) posttest.Link {
		server := serve(t, a, posttest.Receiver, posthttp.Handler{Office: posttest.Receiver, Receive: receive})
		return posttest.Link{Carry: client(t, a, a.office(t, posttest.Sender), server.URL).Carry}
	})
}

// nothing is a receiver to which nothing may come.
func nothing(t *testing.T) post.Receiver {
	return func(_ context.Context, from post.Address, _ []post.Message) ([]post.Receipt, error) {
		t.Errorf("a batch arrived from %q, want none", from)
		return nil, nil
	}
}

// Only an office with a certificate of its own gets in, whatever it writes.
func TestServerRefuses(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	server := serve(t, a, posttest.Receiver, posthttp.Handler{Office: posttest.Receiver, Receive: nothing(t)})
	name := line.URI(posttest.Sender)
	tests := []struct {
		name string
		own  tls.Certificate
	}{
		{"no certificate", tls.Certificate{}},
		{"certificate of another CA", other.office(t, posttest.Sender)},
		{"certificate that names no office", a.issue(t, nil)},
		{"certificate that names something else", a.issue(t, nil, &url.URL{Scheme: "https", Host: "office", Path: "/ca"})},
		{"certificate that names two offices", a.issue(t, nil, name, line.URI("ca"))},
		{"certificate that names no address", a.issue(t, nil, line.URI("../ca"))},
		{"certificate for servers", a.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[:1] }, name)},
		{"certificate that has ended", a.issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, name)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			receipts, err := client(t, a, tt.own, server.URL).Carry(t.Context(), posttest.Receiver, posttest.Batch(1, 1))
			if fault.KeyOf(err) != "post.unreachable" {
				t.Errorf("Carry = %v, %v, want post.unreachable", receipts, err)
			}
		})
	}
}

// A link without encryption carries nothing, in neither direction.
//
// Req: R-NET-02
func TestEncryptedOnly(t *testing.T) {
	plain := httptest.NewServer(posthttp.Handler{Office: posttest.Receiver, Receive: nothing(t)})
	defer plain.Close()
	data, err := post.EncodeBatch(posttest.Batch(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(plain.URL+posthttp.Path, "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d without encryption, want %d", response.StatusCode, http.StatusForbidden)
	}
	a := newAuthority(t)
	_, err = posthttp.NewClient(posthttp.ClientConfig{Office: posttest.Receiver, URL: plain.URL, Own: a.office(t, posttest.Sender), Roots: a.roots})
	if fault.KeyOf(err) != "post.url" {
		t.Errorf("NewClient for %s = %v, want post.url", plain.URL, err)
	}
}

// The sender tells nothing to a server that is not the office it wants.
func TestClientRefuses(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	spy := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived, want none") })
	for name, server := range map[string]*httptest.Server{
		"another office":          serve(t, a, "counter-99202", spy),
		"an office of another CA": serve(t, other, posttest.Receiver, spy),
		"a server that is no office": func() *httptest.Server {
			s := httptest.NewUnstartedServer(spy)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}}
			s.StartTLS()
			t.Cleanup(s.Close)
			return s
		}(),
	} {
		_, err := client(t, a, a.office(t, posttest.Sender), server.URL).Carry(t.Context(), posttest.Receiver, posttest.Batch(1, 1))
		if fault.KeyOf(err) != "post.unreachable" {
			t.Errorf("%s: Carry = %v, want post.unreachable", name, err)
		}
	}
}

// What is no batch is refused by its status alone.
func TestRequests(t *testing.T) {
	a := newAuthority(t)
	server := serve(t, a, posttest.Receiver, posthttp.Handler{Office: posttest.Receiver, Receive: nothing(t)})
	own := a.office(t, posttest.Sender)
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: a.roots}}}
	defer web.CloseIdleConnections()
	tests := []struct {
		name, method, path, contentType, body string
		want                                  int
	}{
		{"other method", http.MethodPut, posthttp.Path, "application/json", `{"v":1,"messages":[]}`, http.StatusNotFound},
		{"other path", http.MethodPost, "/", "application/json", `{"v":1,"messages":[]}`, http.StatusNotFound},
		{"other type", http.MethodPost, posthttp.Path, "text/plain", `{"v":1,"messages":[]}`, http.StatusNotFound},
		{"no batch", http.MethodPost, posthttp.Path, "application/json", `slip`, http.StatusBadRequest},
		{"a sender in the batch", http.MethodPost, posthttp.Path, "application/json", `{"v":1,"from":"ca","messages":[]}`, http.StatusBadRequest},
		{"too large", http.MethodPost, posthttp.Path, "application/json", strings.Repeat(" ", post.MaxEncoded+1), http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", tt.contentType)
			response, err := web.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != tt.want {
				t.Errorf("status %d, want %d", response.StatusCode, tt.want)
			}
		})
	}
}

// What is no receipt is taken for none.
func TestAnswers(t *testing.T) {
	a := newAuthority(t)
	elsewhere := serve(t, a, posttest.Receiver, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"status": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, "post.peer"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, "post.peer"},
		"garbage": {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) }, "post.receipt_invalid"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, post.MaxEncoded+2)) }, "post.receipt_invalid"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("{"))
		}, "post.unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, a, posttest.Receiver, tt.answer)
			receipts, err := client(t, a, a.office(t, posttest.Sender), server.URL).Carry(t.Context(), posttest.Receiver, posttest.Batch(1, 1))
			if fault.KeyOf(err) != tt.want {
				t.Errorf("Carry = %v, %v, want %s", receipts, err, tt.want)
			}
		})
	}
}
