//go:build judges

package revocation_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// serve puts the service behind a web server with another office's mux, and returns the address of the responder.
func (j *judged) serve(t *testing.T) string {
	t.Helper()
	handler, err := revocationhttp.New(revocationhttp.Config{Service: j.Service})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler.Before(http.NewServeMux()))
	t.Cleanup(server.Close)
	return server.URL + "/ocsp"
}

// openssl asks as a relying party that trusts one CA. The options begin with the hash, if it is not SHA-1, since OpenSSL
// applies it to the certificates that follow.
func (j *judged) openssl(t *testing.T, anchors, issuer string, options ...string) (string, int) {
	t.Helper()
	args := append([]string{"ocsp", "-no-CApath", "-no-CAstore", "-CAfile", j.file(anchors + ".pem"), "-issuer", j.file(issuer + ".pem")}, options...)
	return run(t, "openssl", "openssl", args...)
}

// OpenSSL asks and judges the answers. It ends with 0 for good and for revoked: the text decides.
//
// Req: R-SYS-23, R-REV-09
func TestOpenSSLAsks(t *testing.T) {
	j := newJudged(t)
	url := j.serve(t)
	date := j.clock.Now().UTC().Format("Jan _2 15:04:05 2006 GMT")
	revoked := func(reason string) string {
		return ": revoked\n\tThis Update: " + date + "\n\tNext Update: " + j.clock.Now().Add(30*time.Minute).UTC().Format("Jan _2 15:04:05 2006 GMT") +
			"\n" + reason + "\tRevocation Time: " + date + "\n"
	}
	for _, tt := range []struct {
		name, anchors, issuer string
		options               []string
		want                  []string
		code                  int
	}{
		{"good", "first", "first", []string{"-cert", j.file("good.pem")}, []string{"Response verify OK", "good.pem: good"}, 0},
		{"revoked", "first", "first", []string{"-cert", j.file("moved.pem")}, []string{"Response verify OK", "moved.pem" + revoked("\tReason: affiliationChanged\n")}, 0},
		{"on hold", "first", "first", []string{"-cert", j.file("lost.pem")}, []string{"Response verify OK", "lost.pem" + revoked("\tReason: certificateHold\n")}, 0},
		{"without a reason", "first", "first", []string{"-cert", j.file("spoilt.pem")}, []string{"Response verify OK", "spoilt.pem" + revoked("")}, 0},
		{"SHA-256", "first", "first", []string{"-sha256", "-cert", j.file("moved.pem")}, []string{"Response verify OK", "moved.pem" + revoked("\tReason: affiliationChanged\n")}, 0},
		{"several", "first", "first", []string{"-cert", j.file("good.pem"), "-sha256", "-cert", j.file("moved.pem"), "-serial", "0x7FFFFF"},
			[]string{"Response verify OK", "good.pem: good", "moved.pem: revoked", "0x7FFFFF: unknown"}, 0},
		{"second generation", "second", "second", []string{"-cert", j.file("younger.pem")}, []string{"Response verify OK", "younger.pem: good"}, 0},
		{"asked of the wrong generation", "second", "second", []string{"-cert", j.file("good.pem")}, []string{"Response verify OK", "good.pem: unknown"}, 0},
		{"authentication", "auth", "auth", []string{"-cert", j.file("login.pem")}, []string{"Response verify OK", "login.pem" + revoked("\tReason: keyCompromise\n")}, 0},
		{"only the first generation trusted", "first", "second", []string{"-cert", j.file("younger.pem")}, []string{"Response Verify Failure", "certificate verify error"}, 1},
		{"signed request", "first", "first", []string{"-cert", j.file("good.pem"), "-signer", j.file("good.pem"), "-signkey", j.holderFile(t)},
			[]string{"Response verify OK", "good.pem: good"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, code := j.openssl(t, tt.anchors, tt.issuer, append(tt.options, "-url", url)...)
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("exit code %d, want %q\n%s", code, want, out)
				}
			}
			if code != tt.code || strings.Contains(out, "no nonce") || strings.Contains(out, "WARNING") { // it sends a nonce and misses it
				t.Errorf("exit code %d, want %d and no warning\n%s", code, tt.code, out)
			}
		})
	}
}

// holderFile is the key of the cards, as OpenSSL takes it.
func (j *judged) holderFile(t *testing.T) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(j.holder)
	if err != nil {
		t.Fatal(err)
	}
	return j.write(t, "holder.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

// OpenSSL judges responses in files: by GET from the service, of another hash, and altered.
func TestOpenSSLReadsResponses(t *testing.T) {
	j := newJudged(t)
	url := j.serve(t)
	request := j.file("request.der")
	if out, code := j.openssl(t, "first", "first", "-sha256", "-cert", j.file("moved.pem"), "-no_nonce", "-reqout", request); code != 0 {
		t.Fatalf("making a request: exit code %d\n%s", code, out)
	}
	encoded, err := os.ReadFile(request)
	if err != nil {
		t.Fatal(err)
	}
	out, code := run(t, "curl", "curl", "--silent", "--show-error", "--fail", "--path-as-is", "--output", j.file("get.der"),
		url+"/"+base64.StdEncoding.EncodeToString(encoded))
	if code != 0 {
		t.Fatalf("curl: exit code %d\n%s", code, out)
	}
	response, err := os.ReadFile(j.file("get.der"))
	if err != nil {
		t.Fatal(err)
	}
	altered := bytes.Clone(response)
	altered[bytes.Index(altered, []byte("Z\xA0\x03\x0A\x01\x03"))-1] ^= 1 // a second in the time of revocation
	j.write(t, "altered.der", altered)
	asked, err := revocationhttp.Client{}.Ask(t.Context(), url, encoded)
	if err != nil {
		t.Fatal(err)
	}
	j.write(t, "client.der", asked)
	for _, tt := range []struct {
		name, file string
		options    []string
		want       []string
		code       int
	}{
		{"by GET", "get.der", []string{"-sha256"}, []string{"Response verify OK", "moved.pem: revoked", "Reason: affiliationChanged"}, 0},
		{"by our client", "client.der", []string{"-sha256"}, []string{"Response verify OK", "moved.pem: revoked", "Reason: affiliationChanged"}, 0},
		{"asked with another hash", "get.der", nil, []string{"Response verify OK", "ERROR: No Status found."}, 1},
		{"altered", "altered.der", []string{"-sha256"}, []string{"Response Verify Failure", "signature failure"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			options := append(tt.options, "-cert", j.file("moved.pem"), "-respin", j.file(tt.file), "-no_nonce")
			out, code := j.openssl(t, "first", "first", options...)
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("exit code %d, want %q\n%s", code, want, out)
				}
			}
			if code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", code, tt.code, out)
			}
		})
	}
}

// A response of two hours ago is good no more; OpenSSL says so, and ends with 0.
func TestOpenSSLSeesOldResponses(t *testing.T) {
	r := newRig(t, config{suite: jpki.RSA2048, now: time.Now().Add(-2 * time.Hour)})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.tick(t)
	j := &judged{rig: r, dir: t.TempDir()}
	j.writePEM(t, map[string]*jpki.Certificate{"old": c, "ca": authority})
	reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, crypto.SHA1, authority, c.Serial)))
	if err != nil {
		t.Fatal(err)
	}
	out, code := j.openssl(t, "ca", "ca", "-cert", j.file("old.pem"), "-no_nonce", "-respin", j.write(t, "old.der", reply.DER))
	for _, want := range []string{"Response verify OK", "WARNING: Status times invalid.", "status expired", "\ngood\n"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want 0 and %q\n%s", code, want, out)
		}
	}
}

// GnuTLS judges responses, and asks by itself, with a nonce of 23 bytes.
//
// Req: R-SYS-23
func TestGnuTLSJudgesResponses(t *testing.T) {
	j := newJudged(t)
	url := j.serve(t)
	for _, tt := range []struct{ certificate, want string }{{"good", "Certificate Status: good"}, {"moved", "Certificate Status: revoked"}} {
		t.Run(tt.certificate, func(t *testing.T) {
			response := j.file(tt.certificate + ".der")
			out, code := run(t, "gnutls-bin", "ocsptool", "--ask="+url, "--nonce", "--load-cert", j.file(tt.certificate+".pem"), "--load-issuer", j.file("first.pem"),
				"--outfile", response)
			if code != 0 || !strings.Contains(out, "Verifying OCSP Response: Success.") {
				t.Fatalf("ocsptool --ask: exit code %d\n%s", code, out)
			}
			out, code = run(t, "gnutls-bin", "ocsptool", "--verify-response", "--load-response", response, "--load-trust", j.file("first.pem"))
			if code != 0 || !strings.Contains(out, tt.want) || !strings.Contains(out, "Nonce: ") || !strings.Contains(out, "Verifying OCSP Response: Success.") {
				t.Errorf("ocsptool --verify-response: exit code %d, want success, %s and a nonce\n%s", code, tt.want, out)
			}
			out, code = run(t, "gnutls-bin", "ocsptool", "--verify-response", "--load-response", response, "--load-trust", j.file("second.pem"))
			if code == 0 || !strings.Contains(out, "Verifying OCSP Response: Failure") {
				t.Errorf("ocsptool, trusting another generation: exit code %d, want failure\n%s", code, out)
			}
		})
	}
}

// What has no answer is told by OpenSSL in the words of RFC 6960.
func TestOpenSSLHearsFailures(t *testing.T) {
	j := newJudged(t)
	url := j.serve(t)
	_, stranger := newRig(t, config{}).issue(t, "hanako", jpki.Signing, mihon)
	j.writePEM(t, map[string]*jpki.Certificate{"stranger": stranger})
	if out, code := j.openssl(t, "first", "stranger", "-serial", "1", "-url", url); code != 1 || !strings.Contains(out, "Responder Error: unauthorized (6)") {
		t.Errorf("another PKI: exit code %d, want unauthorized\n%s", code, out)
	}
	j.clock.advance(time.Hour)
	if out, code := j.openssl(t, "first", "first", "-cert", j.file("good.pem"), "-url", url); code != 1 || !strings.Contains(out, "Responder Error: trylater (3)") {
		t.Errorf("data too old: exit code %d, want trylater\n%s", code, out)
	}
}
