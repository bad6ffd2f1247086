// Package linetest is test support for the line between offices (庁間の回線): a CA for offices, made for one test, with
// servers and clients over real TLS on this machine.
package linetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// Authority is a CA for offices.
type Authority struct {
	Roots       *x509.CertPool
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New returns a new CA, whose certificates are good for an hour.
func New(t testing.TB) *Authority {
	t.Helper()
	key := newKey(t)
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
	return &Authority{roots, certificate, key}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Office issues the certificate of an office on this machine.
func (a *Authority) Office(t testing.TB, office post.Address) tls.Certificate {
	t.Helper()
	return a.Issue(t, nil, line.URI(office))
}

// Issue issues a certificate for this machine with the given URIs; change may alter it.
func (a *Authority) Issue(t testing.TB, change func(*x509.Certificate), uris ...*url.URL) tls.Certificate {
	t.Helper()
	key := newKey(t)
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

// Serve starts the server of an office and returns its URL. It ends with the test.
func (a *Authority) Serve(t testing.TB, office post.Address, handler http.Handler) string {
	t.Helper()
	return "https://" + Run(t, line.Server{Handler: handler, TLS: line.ServerTLS(a.Office(t, office), a.Roots)})
}

// Run starts a server on a port of this machine and returns host and port. It ends with the test.
func Run(t testing.TB, s line.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// Client returns the way from one office to another.
func (a *Authority) Client(t testing.TB, from, to post.Address, url string) *line.Client {
	t.Helper()
	return Client(t, line.ClientConfig{Office: to, URL: url, Own: a.Office(t, from), Roots: a.Roots})
}

// Client returns a client that is closed after the test.
func Client(t testing.TB, c line.ClientConfig) *line.Client {
	t.Helper()
	client, err := line.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
