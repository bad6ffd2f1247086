//go:build judges

package revocation_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
)

// judged is a rig of today, with files as foreign programs take them: certificates in PEM by name, with the two
// generations of the signing CA.
type judged struct {
	*rig
	dir                 string
	good, moved, other  *jpki.Certificate // of Mihon, of Mihon and revoked, of Reiji: all of the first generation
	younger             *jpki.Certificate // of Mihon, of the second generation
	lost, spoilt        *jpki.Certificate // on hold, discarded
	login               *jpki.Certificate // an authentication certificate, revoked
	first, second, auth *jpki.Certificate // CAs
}

func newJudged(t *testing.T) *judged {
	t.Helper()
	r := newRig(t, config{suite: jpki.RSA2048, now: time.Now().Truncate(15 * time.Minute)})
	j := &judged{rig: r, dir: t.TempDir()}
	j.good, j.first = r.known(t, "hanako", jpki.Signing, mihon)
	j.moved, _ = r.known(t, "taro", jpki.Signing, mihon)
	j.lost, _ = r.known(t, "goro", jpki.Signing, mihon)
	j.spoilt, _ = r.known(t, "rokuro", jpki.Signing, mihon)
	j.other, _ = r.known(t, "jiro", jpki.Signing, reiji)
	j.login, j.auth = r.known(t, "taro", jpki.Authentication, mihon)
	j.second = r.found(t, jpki.SigningCA)
	j.younger, _ = r.known(t, "saburo", jpki.Signing, mihon)
	r.revoke(t, j.moved, "o-1", message.Change)
	r.revoke(t, j.lost, "o-2", message.Suspicion)
	r.revoke(t, j.spoilt, "o-3", message.Discard)
	r.revoke(t, j.login, "o-4", message.Compromise)
	r.tick(t)
	r.publish(t)
	j.writePEM(t, map[string]*jpki.Certificate{
		"good": j.good, "moved": j.moved, "lost": j.lost, "spoilt": j.spoilt, "other": j.other, "younger": j.younger, "login": j.login,
		"first": j.first, "second": j.second, "auth": j.auth,
	})
	j.write(t, "generations.pem", append(pemOf(t, j.first), pemOf(t, j.second)...))
	return j
}

func pemOf(t *testing.T, c *jpki.Certificate) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: encoded(t, c)})
}

func (j *judged) writePEM(t *testing.T, certificates map[string]*jpki.Certificate) {
	t.Helper()
	for name, c := range certificates {
		j.write(t, name+".pem", pemOf(t, c))
	}
}

func (j *judged) write(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(j.dir, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// file is a file of the rig.
func (j *judged) file(name string) string { return filepath.Join(j.dir, name) }

// lists writes the lists that the cases name, in DER and in PEM.
func (j *judged) lists(t *testing.T) {
	t.Helper()
	for name, of := range map[string][2]*jpki.Certificate{
		"mihon": {j.good, j.first}, "reiji": {j.other, j.first}, "mihon-2": {j.younger, j.second}, "authority": {j.first, j.first}, "login": {j.login, j.auth},
	} {
		l, _ := j.latest(t, of[0], of[1])
		list, err := os.ReadFile(j.File(l))
		if err != nil {
			t.Fatal(err)
		}
		j.write(t, name+".crl", list)
		j.write(t, name+".crl.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
		altered := bytes.Clone(list)
		altered[len(altered)-1] ^= 1
		j.write(t, name+"-altered.crl", altered)
	}
}

// run returns what a program prints to both channels, and its exit code. A program that is missing ends the test.
func run(t testing.TB, debian, program string, args ...string) (string, int) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is missing: apt-get install -y %s", program, debian)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "TZ=UTC"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("running %s: %v\n%s", program, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// OpenSSL judges certificates by our lists. It knows the scope of a list and the key that signed it, so it refuses the
// list of another municipality and that of another generation.
//
// Req: R-VAL-03, R-VAL-04, R-SYS-24
func TestOpenSSLTakesLists(t *testing.T) {
	j := newJudged(t)
	j.lists(t)
	later := strconv.FormatInt(time.Now().Add(37*time.Hour).Unix(), 10)
	const notScope = "44 at 0 depth lookup: different CRL scope"
	for _, tt := range []struct {
		name, certificate, anchors string
		lists, options             []string
		want                       string // the refusal, "" if accepted
	}{
		{"good", "good", "first", []string{"mihon.crl"}, nil, ""},
		{"good, PEM", "good", "first", []string{"mihon.crl.pem"}, nil, ""},
		{"moved away", "moved", "first", []string{"mihon.crl"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"moved away, PEM", "moved", "first", []string{"mihon.crl.pem"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"on hold", "lost", "first", []string{"mihon.crl"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"discarded", "spoilt", "first", []string{"mihon.crl"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"authentication certificate", "login", "auth", []string{"login.crl"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"other municipality", "other", "first", []string{"reiji.crl"}, nil, ""},
		{"list of another municipality", "good", "first", []string{"reiji.crl"}, nil, notScope},
		{"list of the CA certificates", "good", "first", []string{"authority.crl"}, nil, notScope},
		{"list of another generation", "good", "generations", []string{"mihon-2.crl"}, nil, "3 at 0 depth lookup: unable to get certificate CRL"},
		{"lists of both generations", "moved", "generations", []string{"mihon-2.crl", "mihon.crl"}, nil, "23 at 0 depth lookup: certificate revoked"},
		{"lists of both generations, the younger", "younger", "generations", []string{"mihon.crl", "mihon-2.crl"}, nil, ""},
		{"no list", "good", "first", nil, nil, "3 at 0 depth lookup: unable to get certificate CRL"},
		{"whole path", "good", "first", []string{"mihon.crl", "authority.crl"}, []string{"-crl_check_all"}, ""},
		{"whole path without the authority list", "good", "first", []string{"mihon.crl"}, []string{"-crl_check_all"}, "44 at 1 depth lookup: different CRL scope"},
		{"list altered", "good", "first", []string{"mihon-altered.crl"}, nil, "8 at 0 depth lookup: CRL signature failure"},
		{"after the next update", "good", "first", []string{"mihon.crl"}, []string{"-attime", later}, "12 at 0 depth lookup: CRL has expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-crl_check", "-CAfile", j.file(tt.anchors + ".pem")}, tt.options...)
			for _, list := range tt.lists {
				args = append(args, "-CRLfile", j.file(list))
			}
			out, code := run(t, "openssl", "openssl", append(args, j.file(tt.certificate+".pem"))...)
			refusal := regexp.MustCompile(`(?m)^error (\d+ at .*)$`).FindStringSubmatch(out)
			switch {
			case tt.want == "" && (code != 0 || !strings.Contains(out, ".pem: OK\n")):
				t.Errorf("exit code %d, want OK\n%s", code, out)
			case tt.want != "" && (code != 2 || refusal == nil || refusal[1] != tt.want):
				t.Errorf("exit code %d, want refused: %s\n%s", code, tt.want, out)
			}
		})
	}
}

// What OpenSSL reads on a list.
//
// Req: R-REG-07, R-REV-09
func TestOpenSSLReadsLists(t *testing.T) {
	j := newJudged(t)
	j.lists(t)
	out, code := run(t, "openssl", "openssl", "crl", "-in", j.file("mihon.crl"), "-noout", "-text", "-CAfile", j.file("first.pem"))
	if code != 0 || !strings.Contains(out, "verify OK") {
		t.Errorf("exit code %d, want 0 and verify OK", code)
	}
	date := j.clock.Now().UTC().Format("Jan _2 15:04:05 2006 GMT")
	for _, want := range []string{
		"Version 2 (0x1)", "Issuer: C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = OpenJPKI Sandbox",
		"Last Update: " + date, "X509v3 Authority Key Identifier: \n", "X509v3 CRL Number: \n                1\n",
		"X509v3 Issuing Distribution Point: critical\n                Full Name:\n                  DirName:C = JP, O = JPKI-TEST, " +
			"OU = JPKI for digital signature, OU = CRL Distribution Points, OU = Kaku-ken, CN = Mihon-shi CRLDP\n",
		fmt.Sprintf("Serial Number: %s\n        Revocation Date: %s\n        CRL entry extensions:\n            X509v3 CRL Reason Code: \n                Affiliation Changed", j.moved.Serial, date),
		fmt.Sprintf("Serial Number: %s\n        Revocation Date: %s\n        CRL entry extensions:\n            X509v3 CRL Reason Code: \n                Certificate Hold", j.lost.Serial, date),
		fmt.Sprintf("Serial Number: %s\n        Revocation Date: %s\n    Signature Algorithm", j.spoilt.Serial, date), // no reason
	} {
		if !strings.Contains(out, want) {
			t.Errorf("openssl crl does not print %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "Only") {
		t.Errorf("the list of a municipality is limited to a kind:\n%s", out)
	}
	out, _ = run(t, "openssl", "openssl", "crl", "-in", j.file("authority.crl"), "-noout", "-text")
	if !strings.Contains(out, "Only CA Certificates") || !strings.Contains(out, "No Revoked Certificates") {
		t.Errorf("authority list:\n%s", out)
	}
}

// GnuTLS takes lists in PEM, and looks neither at their scope nor at the key identifier: with the list of another
// municipality it calls a revoked certificate good. Nor does it check the signature on a list, unless it is asked to by
// --verify-crl.
func TestGnuTLSTakesLists(t *testing.T) {
	j := newJudged(t)
	j.lists(t)
	for _, tt := range []struct{ name, certificate, list, want string }{
		{"good", "good", "mihon", "Chain verification output: Verified. The certificate is trusted."},
		{"moved away", "moved", "mihon", "Chain verification output: Not verified. The certificate is NOT trusted. The certificate chain is revoked."},
		{"on hold", "lost", "mihon", "Chain verification output: Not verified. The certificate is NOT trusted. The certificate chain is revoked."},
		{"list of another municipality", "moved", "reiji", "Chain verification output: Verified. The certificate is trusted."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, code := run(t, "gnutls-bin", "certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate", j.file("first.pem"),
				"--load-crl", j.file(tt.list+".crl.pem"), "--infile", j.file(tt.certificate+".pem"))
			if !strings.Contains(out, tt.want) || (code == 0) != strings.Contains(tt.want, "output: Verified") {
				t.Errorf("exit code %d, want %s\n%s", code, tt.want, out)
			}
		})
	}
	out, code := run(t, "gnutls-bin", "certtool", "--verify-crl", "--load-ca-certificate", j.file("first.pem"), "--infile", j.file("mihon.crl.pem"))
	if code != 0 || !strings.Contains(out, "Verified") {
		t.Errorf("certtool --verify-crl: exit code %d\n%s", code, out)
	}
}
