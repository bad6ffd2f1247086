//go:build judges

package verify_test

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
)

// OpenSSL as responder: named by name or key, with a nonce, for several certificates at once, with both hash functions.
func TestOpenSSLResponds(t *testing.T) {
	real := time.Now() // OpenSSL answers by the clock of the machine
	w := workshop{dir: t.TempDir()}
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	current := func(c *jpki.Certificate) {
		c.NotBefore, c.NotAfter = real.Add(-time.Hour).UTC(), real.Add(time.Hour).UTC()
	}
	good, bad := ca.Issue(t, serial, verifytest.Mihon, current), ca.Issue(t, serial+1, verifytest.Mihon, current)
	responder := ca.Appoint(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = real.Add(-time.Hour), real.Add(time.Hour) })
	key, err := x509.MarshalPKCS8PrivateKey(responder.Key)
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "ca.pem", "CERTIFICATE", ca.DER)
	w.write(t, "responder.pem", "CERTIFICATE", responder.Certificate.Raw)
	w.write(t, "responder.key", "PRIVATE KEY", key)
	w.write(t, "index", "", fmt.Appendf(nil, "V\t341231235959Z\t\t%s\tunknown\t/CN=good\nR\t341231235959Z\t260101000000Z,affiliationChanged\t%s\tunknown\t/CN=bad\n",
		good.Serial, bad.Serial))
	for name, options := range map[string]struct{ ask, answer []string }{
		"by name":    {nil, nil},
		"by key":     {nil, []string{"-resp_key_id"}},
		"no nonce":   {[]string{"-no_nonce"}, nil},
		"SHA-256":    {[]string{"-sha256"}, nil},
		"no certs":   {nil, []string{"-resp_no_certs"}},
		"one minute": {nil, []string{"-nmin", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			ask := append([]string{"ocsp", "-reqout", "request"}, options.ask...)
			ask = append(ask, "-issuer", "ca.pem", "-serial", "0x"+good.Serial.String(), "-serial", "0x"+bad.Serial.String())
			if out, ok := w.openssl(t, ask...); !ok {
				t.Fatalf("openssl ocsp: %s", out)
			}
			answer := append([]string{"ocsp", "-index", "index", "-CA", "ca.pem", "-rsigner", "responder.pem", "-rkey", "responder.key",
				"-reqin", "request", "-respout", "response", "-ndays", "1"}, options.answer...)
			if out, ok := w.openssl(t, answer...); !ok {
				t.Fatalf("openssl ocsp: %s", out)
			}
			response := w.read(t, "response")
			r, err := pkix.ParseOCSP(response)
			if err != nil || len(r.Answers) != 2 || (r.Nonce == nil) != (name == "no nonce") {
				t.Fatalf("ParseOCSP = %+v, %v", r, err)
			}
			v := newVerifier(t, verify.Config{
				At: real, Anchors: [][]byte{ca.DER}, OCSP: [][]byte{response}, Certificates: [][]byte{responder.Certificate.Raw},
			})
			if byKey := r.ResponderKey != "" && r.ResponderName == ""; byKey != (name == "by key") {
				t.Errorf("responder named by key %t", byKey)
			}
			expect(t, v.Certificate(good.DER), passed, "", "revocation.ocsp", verify.Passed)
			expect(t, v.Certificate(bad.DER), failed, verify.Revoked, "revocation.status", verify.Failed)
		})
	}
}

// The vectors of Debian's python3-cryptography-vectors are read, or refused for what they are.
func TestForeignResponses(t *testing.T) {
	const dir = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/ocsp"
	files, err := filepath.Glob(filepath.Join(dir, "*resp*.der"))
	if err != nil || len(files) == 0 {
		t.Fatal("OCSP vectors are missing: apt-get install python3-cryptography-vectors")
	}
	refused := map[string]bool{"resp-response-type-unknown-oid.der": true, "resp-successful-no-response-bytes.der": true}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pkix.ParseOCSP(content); (err != nil) != refused[filepath.Base(file)] {
			t.Errorf("ParseOCSP(%s) = %v, want refused %t", filepath.Base(file), err, refused[filepath.Base(file)])
		}
	}
}
