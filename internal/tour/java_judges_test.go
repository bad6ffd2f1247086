//go:build judges

package tour_test

import (
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// javaQuestion is whether a certificate of the folder is good by one list or answer, at a time.
type javaQuestion struct {
	when, certificate, known string
	sun, bouncyCastle        string // how the answers begin
}

const (
	sunRevoked = "REVOKED: Certificate has been revoked, reason: AFFILIATION_CHANGED"
	sunUnknown = "UNDETERMINED_REVOCATION_STATUS: Could not determine revocation status"
	bcRevoked  = "UNSPECIFIED: Certificate revocation after "
	bcNoList   = "UNSPECIFIED: No CRLs found for issuer"
)

// Bouncy Castle is blind where it says "good" and SUN refuses: a revoked certificate passes with the answer about another.
var javaQuestions = []javaQuestion{
	{"before", "sign", "before/sign.crl", "good", "good"},
	{"before", "auth", "before/auth.crl", "good", "good"},
	{"after", "sign", "after/sign.crl", sunRevoked, bcRevoked},
	{"after", "auth", "after/auth.crl", "good", "good"},
	{"after", "again", "after/again.crl", "good", "good"},
	{"after", "sign", "after/again.crl", sunUnknown, "UNSPECIFIED: No match for certificate CRL issuing distribution point name"},
	{"after", "sign", "after/auth.crl", sunUnknown, bcNoList},
	{"after", "sign", "before/sign.crl", sunUnknown, bcNoList},
	{"after", "sign", "-", sunUnknown, bcNoList},
	{"before", "sign", "before/sign.ocsp.der", "good", "good"},
	{"before", "auth", "before/auth.ocsp.der", "good", "good"},
	{"after", "sign", "after/sign.ocsp.der", sunRevoked, "UNSPECIFIED: certificate revoked, reason=(CRLReason: affiliationChanged)"},
	{"after", "auth", "after/auth.ocsp.der", "good", "good"},
	{"after", "again", "after/again.ocsp.der", "good", "good"},
	{"after", "sign", "before/sign.ocsp.der", "UNSPECIFIED: Response is unreliable: its validity interval is out-of-date", "UNSPECIFIED: OCSP response expired"},
	{"after", "sign", "after/again.ocsp.der", "UNSPECIFIED: OCSP response does not include a response for a certificate supplied", "good"},
	{"after", "sign", "after/usurper.ocsp.der", "UNSPECIFIED: Responder's certificate not valid for signing OCSP responses", "UNSPECIFIED: responder certificate not valid for signing"},
	{"after", "sign", "after/stranger.ocsp.der", "UNSPECIFIED: Responder's certificate is not authorized to sign OCSP responses", "UNSPECIFIED: OCSP response failure: certificate does not verify with supplied key"},
}

// SUN PKIX, which passes over the qualifiers of critical policies only when it is told to, and Bouncy Castle judge the
// certificates of the folder: accepted before the move, refused after it as revoked, and refused by what is not theirs.
//
// Req: R-VAL-03, R-VAL-04, R-VAL-05, R-REV-02
func TestJava(t *testing.T) {
	const library, program = "/usr/share/java/bcprov.jar", "../revocation/testdata/StatusJudge.java"
	if _, err := os.Stat(library); err != nil {
		t.Fatalf("%s is missing: apt-get install -y openjdk-17-jdk-headless libbcprov-java", library)
	}
	f := newForger(t, theTour(t))
	usurper := responder(t, f.sign, f.after, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	f.write(t, "after/usurper.ocsp.der", answer(t, usurper, f.serial, f.after))
	f.write(t, "after/stranger.ocsp.der", answer(t, responder(t, f.auth, f.after).For(f.sign), f.serial, f.after))
	for _, provider := range []string{"SUN", "BC"} {
		t.Run(provider, func(t *testing.T) {
			args := []string{"-cp", library, program, provider}
			for _, q := range javaQuestions {
				known := q.known
				if known != "-" {
					known = filepath.Join(f.dir, q.known)
				}
				ca := map[string]string{"sign": "sign", "again": "sign", "auth": "auth"}[q.certificate]
				args = append(args, f.at(q.when).Format(time.RFC3339), filepath.Join(f.dir, "ca", ca+".pem"), filepath.Join(f.dir, "person", q.certificate+".pem"), known)
			}
			cmd := exec.CommandContext(t.Context(), "java", args...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "TZ=UTC"}
			out, err := cmd.CombinedOutput()
			answers := strings.Split(strings.TrimSpace(string(out)), "\n")
			if err != nil || len(answers) != len(javaQuestions) {
				t.Fatalf("java: %v, %d answers to %d questions; apt-get install -y openjdk-17-jdk-headless\n%s", err, len(answers), len(javaQuestions), out)
			}
			for i, q := range javaQuestions {
				want := map[string]string{"SUN": q.sun, "BC": q.bouncyCastle}[provider]
				if !strings.HasPrefix(answers[i], want) {
					t.Errorf("%s certificate %s by %s: %s, want %s", q.certificate, q.when, q.known, answers[i], want)
				}
			}
		})
	}
}
