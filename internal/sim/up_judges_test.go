//go:build judges

package sim_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
)

// openssl returns what OpenSSL says.
func openssl(t *testing.T, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is missing: apt-get install -y openssl")
	}
	out, _ := exec.CommandContext(t.Context(), program, args...).CombinedOutput() // the text decides
	return string(out)
}

func writePEM(t *testing.T, kind string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// OpenSSL, with what the nation gives over HTTP, finds of each person what is expected. The nation's clock is real time.
//
// Req: R-VAL-03, R-VAL-05, R-REV-09, R-SYS-23
func TestOpenSSLFindsWhatIsExpected(t *testing.T) {
	r := run(t, t.TempDir())
	d := r.describe()
	s, err := app.Open(t.Context(), app.Config{Dir: r.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, k := range d.Persons {
		for _, c := range caseOf(t, s, k.ID).Certificates {
			want := k.Expect.Sign
			if c.Kind == jpki.Authentication {
				want = k.Expect.Auth
			}
			r.judge(d, k, c, want)
		}
	}
}

func (r running) judge(d app.Description, k app.Known, c counter.Certificate, want app.Verdict) {
	t := r.t
	t.Helper()
	own, list := writePEM(t, "CERTIFICATE", c.Certificate), ""
	ca := writePEM(t, "CERTIFICATE", c.CA)
	for _, l := range d.CRL {
		if l.Issuer == string(c.Issuer) && l.Municipality == app.Mihon.Name {
			list = writePEM(t, "X509 CRL", r.list(l).Raw)
		}
	}
	verdict, answer := map[app.Verdict]string{
		app.Good: own + ": OK", app.Revoked: "certificate revoked", app.OnHold: "certificate revoked", app.Expired: "certificate has expired",
	}[want], map[app.Verdict]string{
		app.Good: own + ": good", app.Revoked: own + ": revoked", app.OnHold: own + ": revoked", app.Expired: own + ": ",
	}[want]
	said := openssl(t, "verify", "-x509_strict", "-crl_check", "-no-CApath", "-no-CAstore", "-CAfile", ca, "-CRLfile", list, own)
	if !strings.Contains(said, verdict) {
		t.Errorf("%s, %s, expected is %s: %s", k.ID, c.Kind, want, said)
	}
	asked := ""
	for _, o := range d.OCSP {
		if o.Issuer == string(c.Issuer) {
			asked = o.URL
		}
	}
	if parsed, err := x509.ParseCertificate(c.Certificate); c.Kind == jpki.Authentication && (err != nil || len(parsed.OCSPServer) != 1 || parsed.OCSPServer[0] != asked) {
		t.Errorf("%s: the certificate names %v as responder, %v, want %s", k.ID, parsed.OCSPServer, err, asked)
	}
	said = openssl(t, "ocsp", "-no-CApath", "-no-CAstore", "-CAfile", ca, "-issuer", ca, "-cert", own, "-url", asked)
	reason := ""
	if want == app.Revoked || want == app.OnHold {
		reason = "Reason: " + k.Expect.Reason
	}
	if !strings.Contains(said, "Response verify OK") || !strings.Contains(said, answer) || !strings.Contains(said, reason) {
		t.Errorf("%s, %s, expected is %s %s: %s", k.ID, c.Kind, want, reason, said)
	}
}
