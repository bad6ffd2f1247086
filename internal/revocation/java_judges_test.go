//go:build judges

package revocation_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// javaCase is a certificate that Java judges by lists, all of the first generation's anchor unless it says otherwise.
type javaCase struct {
	name, certificate, anchor string
	lists                     []string
	sun, bouncyCastle         string // how the answers begin
}

// SUN PKIX and Bouncy Castle judge certificates by our lists. SUN takes the first list with the CA's name and the distribution
// point, whatever key signed it, so it is given the list of the issuing key alone.
//
// Req: R-VAL-03, R-VAL-04, R-SYS-24
func TestJavaTakesLists(t *testing.T) {
	j := newJudged(t)
	j.lists(t)
	const (
		revoked, unknown = "REVOKED: Certificate has been revoked", "UNDETERMINED_REVOCATION_STATUS"
		since            = "UNSPECIFIED: Certificate revocation after "
		otherKey         = "UNSPECIFIED: Cannot verify CRL."
	)
	date := j.clock.Now().UTC().Format("2006-01-02 15:04:05 +0000, reason: ")
	cases := []javaCase{
		{"good", "good", "first", []string{"mihon"}, "good", "good"},
		{"moved away", "moved", "first", []string{"mihon"}, revoked, since + date + "affiliationChanged"},
		{"on hold", "lost", "first", []string{"mihon"}, revoked, since + date + "certificateHold"},
		{"discarded", "spoilt", "first", []string{"mihon"}, revoked, since + date + "unspecified"},
		{"authentication certificate", "login", "auth", []string{"login"}, revoked, since + date + "keyCompromise"},
		{"younger generation", "younger", "second", []string{"mihon-2"}, "good", "good"},
		{"other municipality", "other", "first", []string{"reiji"}, "good", "good"},
		{"list of another municipality", "moved", "first", []string{"reiji"}, unknown, "UNSPECIFIED: No match for certificate CRL issuing distribution point name"},
		{"list of the CA certificates", "moved", "first", []string{"authority"}, unknown, "UNSPECIFIED: End CRL only contains CA certificates."},
		{"no list", "moved", "first", nil, unknown, "UNSPECIFIED: No CRLs found for issuer"},
		{"list altered", "good", "first", []string{"mihon-altered"}, unknown, otherKey},
		{"list of another generation", "moved", "first", []string{"mihon-2"}, "", otherKey},
		{"lists of both generations", "moved", "first", []string{"mihon-2", "mihon"}, "", since + date + "affiliationChanged"},
		{"lists of both generations, good", "good", "first", []string{"mihon-2", "mihon"}, "", "good"},
	}
	const library = "/usr/share/java/bcprov.jar"
	if _, err := os.Stat(library); err != nil {
		t.Fatalf("%s is missing: apt-get install -y libbcprov-java", library)
	}
	for _, provider := range []string{"SUN", "BC"} {
		t.Run(provider, func(t *testing.T) {
			args := []string{"-cp", library, "testdata/StatusJudge.java", provider}
			var asked []javaCase
			for _, c := range cases {
				if provider == "SUN" && c.sun == "" {
					continue
				}
				var files []string
				for _, list := range c.lists {
					files = append(files, j.file(list+".crl"))
				}
				if files == nil {
					files = []string{"-"}
				}
				asked = append(asked, c)
				args = append(args, time.Now().UTC().Format(time.RFC3339), j.file(c.anchor+".pem"), j.file(c.certificate+".pem"), strings.Join(files, ","))
			}
			out, code := run(t, "openjdk-17-jdk-headless", "java", args...)
			answers := strings.Split(strings.TrimSpace(out), "\n")
			if code != 0 || len(answers) != len(asked) {
				t.Fatalf("exit code %d, %d answers to %d questions:\n%s", code, len(answers), len(asked), out)
			}
			for i, c := range asked {
				want := map[string]string{"SUN": c.sun, "BC": c.bouncyCastle}[provider]
				if !strings.HasPrefix(answers[i], want) {
					t.Errorf("%s: %s, want %s", c.name, answers[i], want)
				}
			}
		})
	}
}
