//go:build judges

package judges_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
)

// engineKey is the URI by which OpenSSL's engine uses the key of the card, with a PIN.
func (k keyPair) engineKey(pin string) string {
	label := strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29").Replace(k.token)
	return "pkcs11:token=" + label + ";id=%" + k.id + ";type=private?pin-value=" + pin
}

// loginCase is an attempt to log in to a TLS server.
type loginCase struct {
	name    string
	key     keyPair // whose certificate is shown; no certificate if zero
	pin     string
	trusted [][]byte // the CAs the server trusts
	policy  bool     // the server wants the policy of authentication certificates
	in      bool     // the server lets the client in
	refusal string   // why not, in the server's words, if it comes to a decision
	openssl string   // what the client says
	curl    string
}

// loginCases shows what a relying party must check. The TLS of OpenSSL and of others looks at the purpose only if the
// certificate names one, and a signature certificate names none: who trusts the signing CA as well lets it in, unless the
// server asks for the policy.
func (n *nation) loginCases() []loginCase {
	const (
		noPIN      = "ERR_CKR_error:PIN incorrect"
		noKey      = "failed to load private key from crypto engine"
		in         = "CONNECTION ESTABLISHED\n"
		page       = "Client certificate\n"
		unknownCA  = "alert unknown ca"
		noApproval = "alert certificate unknown"
		handshake  = "alert handshake failure"
	)
	auth, signing := [][]byte{n.authCA}, [][]byte{n.signCA}
	both := slices.Concat(auth, signing)
	return []loginCase{
		{"authentication certificate", authKey, authPIN, auth, false, true, "", in, page},
		{"authentication certificate, policy wanted", authKey, authPIN, both, true, true, "", in, page},
		{"signing CA trusted alone", authKey, authPIN, signing, false, false, "num=20:unable to get local issuer certificate", unknownCA, unknownCA},
		{"signature certificate", signKey, signPIN, auth, false, false, "num=20:unable to get local issuer certificate", unknownCA, unknownCA},
		{"signature certificate, both CAs trusted", signKey, signPIN, both, false, true, "", in, page},
		{"signature certificate, policy wanted", signKey, signPIN, both, true, false, "num=43:no explicit policy", noApproval, noApproval},
		{"wrong PIN", authKey, "9999", auth, false, false, "", noPIN, noKey},
		{"no certificate", keyPair{}, "", auth, false, false, "", handshake, handshake},
	}
}

// A card logs in at a TLS server, with OpenSSL and curl as clients and OpenSSL as server, which then knows the holder's
// certificate. It is TLS 1.2: the card makes no signature that TLS 1.3 takes.
//
// Req: R-CRT-04
func TestLogin(t *testing.T) {
	n := newNation(t)
	site := newSite(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		h := n.newHolder(t)
		s := startWith(t, start, h)
		for _, tt := range n.loginCases() {
			t.Run(tt.name, func(t *testing.T) { tt.check(t, s, site, h) })
		}
		s.wantTries(t, "1 5") // two programs had a wrong PIN
	})
}

// site is what a TLS server is known by.
type site struct{ certificate, key string } // files

func newSite(t testing.TB) site {
	t.Helper()
	s := site{newFile(t, nil), newFile(t, nil)}
	mustRun(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost", "-keyout", s.key, "-out", s.certificate)
	return s
}

var accepting = regexp.MustCompile(`(?m)^ACCEPT .*:(\d+)$`)

// serve starts OpenSSL's server, which answers with a page about the client. stop ends it and returns its log.
func (s site) serve(t testing.TB, c loginCase) (port string, stop func() string) {
	t.Helper()
	args := []string{"s_server", "-accept", "127.0.0.1:0", "-cert", s.certificate, "-key", s.key, "-www", "-x509_strict",
		"-CAfile", pemFile(t, c.trusted...), "-Verify", "1", "-verify_return_error", "-no_tls1_3", "-client_sigalgs", "RSA+SHA256"}
	if c.policy {
		args = append(args, "-explicit_policy", "-policy", jpki.PolicyTestAuthentication.String())
	}
	return launch(t, accepting, environment{}.command(t, find(t, "openssl"), args...))
}

// check has both clients log in and compares what they and the server say.
func (c loginCase) check(t *testing.T, s *service, site site, h *holder) {
	port, stop := site.serve(t, c)
	client := []string{"s_client", "-brief", "-connect", "localhost:" + port, "-CAfile", site.certificate, "-verify_return_error",
		"-sigalgs", "RSA+SHA256"}
	curl := []string{"--silent", "--show-error", "--cacert", site.certificate}
	if c.key != (keyPair{}) {
		certificate, key := pemFile(t, h.certificate(c.key)), c.key.engineKey(c.pin)
		client = append(client, "-cert", certificate, "-engine", "pkcs11", "-keyform", "engine", "-key", key)
		curl = append(curl, "--cert", certificate, "--engine", "pkcs11", "--key-type", "ENG", "--key", key)
	}
	for _, try := range []struct {
		program string
		args    []string
		want    string
	}{
		{"openssl", client, c.openssl},
		{"curl", append(curl, "https://localhost:"+port+"/"), c.curl},
	} {
		output, code := s.run(t, try.program, try.args...)
		if !strings.Contains(output, try.want) || (code == 0) != c.in {
			t.Errorf("%s: exit code %d, want the client let in = %t, and %q\n%s", try.program, code, c.in, try.want, output)
		}
		if try.program == "curl" && c.in {
			if block, _ := pem.Decode([]byte(output)); block == nil || !bytes.Equal(block.Bytes, h.certificate(c.key)) {
				t.Errorf("the server let another certificate in:\n%s", output)
			}
		}
	}
	said := stop()
	if got := strings.Count(said, c.refusal); c.refusal != "" && got != 2 {
		t.Errorf("the server said %q %d times, want twice\n%s", c.refusal, got, said)
	}
}

// A relying party written in Go lets in the holder of an authentication certificate, and nobody with a signature
// certificate.
func TestLoginAtGo(t *testing.T) {
	n := newNation(t)
	server := n.newRelyingParty(t)
	conf, err := filepath.Abs("testdata/rsa-sha256.cnf")
	if err != nil {
		t.Fatal(err)
	}
	onEachService(t, func(t *testing.T, start func(int) *service) {
		h := n.newHolder(t)
		s := startWith(t, start, h)
		client := append(slices.Clone(s.environment), "OPENSSL_CONF="+conf)
		visit := func(key keyPair) []string {
			return []string{"--silent", "--show-error", "--output", "-", "--cacert", pemFile(t, server.Certificate().Raw),
				"--cert", pemFile(t, h.certificate(key)), "--engine", "pkcs11", "--key-type", "ENG", "--key", key.engineKey(key.pin), server.URL}
		}
		if page := client.mustRun(t, "curl", visit(authKey)...); page != string(h.auth) {
			t.Errorf("the server met another certificate than was shown:\n%s", page)
		}
		client.refuses(t, "alert bad certificate", "curl", visit(signKey)...)
	})
}

// newRelyingParty starts a server that trusts both CAs and answers with the client's certificate. It looks at the kind of
// the certificate itself: crypto/tls, too, takes one that names no purpose for any.
func (n *nation) newRelyingParty(t testing.TB) *httptest.Server {
	t.Helper()
	cas := x509.NewCertPool()
	for _, encoded := range [][]byte{n.authCA, n.signCA} {
		ca, err := x509.ParseCertificate(encoded)
		if err != nil {
			t.Fatal(err)
		}
		cas.AddCert(ca)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(r.TLS.PeerCertificates[0].Raw)
	}))
	server.TLS = &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: cas, MaxVersion: tls.VersionTLS12,
		VerifyConnection: func(s tls.ConnectionState) error {
			c, err := jpki.Parse(s.PeerCertificates[0].Raw)
			if err == nil && c.Kind != jpki.Authentication {
				err = errors.New("not an authentication certificate")
			}
			return err
		},
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
