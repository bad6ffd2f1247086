//go:build judges

package judges_test

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/der"
)

// question is what a relying party asks: is the certificate good for my purpose, if I trust these CAs?
type question struct {
	path    [][]byte // the certificate, then whatever stands between it and a CA: in JPKI nothing
	anchors [][]byte // CA certificates
	purpose purpose
	policy  der.OID   // the policy that must be in force, "" for any
	at      time.Time // now if zero
}

// purpose is what a certificate is used for, in the words of each judge. PKIX in Java knows no purposes.
type purpose struct{ openssl, gnutls, nss string }

var (
	signDocument = purpose{"smimesign", "1.3.6.1.5.5.7.3.4", "4"}
	logIn        = purpose{"sslclient", "1.3.6.1.5.5.7.3.2", "0"}
	runServer    = purpose{"sslserver", "1.3.6.1.5.5.7.3.1", "1"}
)

// judge answers questions, in their order.
type judge func(t testing.TB, questions []question) (answers []string)

// The answers of a judge, if not its reason for a refusal.
const (
	accepted = "accepted"
	unable   = "has no option to ask this"
)

// each makes a judge of one that is asked one question at a time.
func each(ask func(testing.TB, question) string) judge {
	return func(t testing.TB, questions []question) (answers []string) {
		for _, q := range questions {
			answers = append(answers, ask(t, q))
		}
		return answers
	}
}

// ask makes the usual question: a certificate alone, and the CAs that are trusted.
func ask(p purpose, certificate []byte, trusted ...*authority) question {
	q := question{path: [][]byte{certificate}, purpose: p}
	for _, a := range trusted {
		q.anchors = append(q.anchors, a.der)
	}
	return q
}

// answer reads what a judge printed: yes is what it says when it accepts, and the group of no is why it refuses.
func answer(t testing.TB, output string, code int, yes string, no *regexp.Regexp) string {
	t.Helper()
	var reasons []string
	for _, match := range no.FindAllStringSubmatch(output, -1) {
		reasons = append(reasons, match[1])
	}
	if good := code == 0; good != strings.Contains(output, yes) || good != (reasons == nil) {
		t.Fatalf("exit code %d does not fit the text:\n%s", code, output)
	}
	if reasons == nil {
		return accepted
	}
	return strings.Join(reasons, "; ")
}

var opensslRefusal = regexp.MustCompile(`(?m)^error (\d+ at \d+ depth lookup: .+)$`)

func askOpenSSL(t testing.TB, q question) string {
	t.Helper()
	args := []string{"verify", "-x509_strict", "-check_ss_sig", "-policy_check", "-purpose", q.purpose.openssl,
		"-no-CApath", "-no-CAstore", "-CAfile", pemFile(t, q.anchors...)}
	if q.policy != "" {
		args = append(args, "-explicit_policy", "-policy", q.policy.String())
	}
	if !q.at.IsZero() {
		args = append(args, "-attime", strconv.FormatInt(q.at.Unix(), 10))
	}
	if len(q.path) > 1 {
		args = append(args, "-untrusted", pemFile(t, q.path[1:]...))
	}
	output, code := run(t, "openssl", append(args, pemFile(t, q.path[0]))...)
	return answer(t, output, code, ".pem: OK\n", opensslRefusal)
}

var gnutlsRefusal = regexp.MustCompile(`Chain verification output: Not verified\. The certificate is NOT trusted\. (.+?) *\n`)

func askGnuTLS(t testing.TB, q question) string {
	t.Helper()
	if q.policy != "" || !q.at.IsZero() {
		return unable
	}
	output, code := run(t, "certtool", "--verify", "--verify-profile", "medium", "--verify-purpose", q.purpose.gnutls,
		"--load-ca-certificate", pemFile(t, q.anchors...), "--infile", pemFile(t, q.path...))
	return answer(t, output, code, "Chain verification output: Verified. The certificate is trusted.", gnutlsRefusal)
}

var nssRefusal = regexp.MustCompile(`(?m)^ *ERROR (-\d+: .+)$`)

// nss trusts CAs by a database, as a browser does. The option "-pp" chooses libpkix; without it the older code judges.
func nss(options ...string) judge {
	return each(func(t testing.TB, q question) string {
		t.Helper()
		database := "sql:" + t.TempDir()
		mustRun(t, "certutil", "-N", "-d", database, "--empty-password")
		for i, anchor := range q.anchors {
			mustRun(t, "certutil", "-A", "-d", database, "-n", "CA "+strconv.Itoa(i), "-t", "CT,C,C", "-a", "-i", pemFile(t, anchor))
		}
		args := append([]string{"-d", database, "-u", q.purpose.nss}, options...)
		if q.policy != "" {
			args = append(args, "-o", "OID."+q.policy.String())
		}
		if !q.at.IsZero() {
			args = append(args, "-b", q.at.UTC().Format("0601021504Z"))
		}
		for _, certificate := range q.path {
			args = append(args, "-a", pemFile(t, certificate))
		}
		output, code := run(t, "vfychain", args...)
		return answer(t, output, code, "Chain is good!\n", nssRefusal)
	})
}

// java asks all questions of one run of testdata/PathJudge.java. Provider is SUN, the JDK's own, or BC, Bouncy Castle.
// Qualifiers is what becomes of qualifiers in critical policies: "reject", Java's default, or "pass".
func java(provider, qualifiers string) judge {
	return func(t testing.TB, questions []question) []string {
		t.Helper()
		find(t, "javac") // with it, java compiles a program by itself
		program, err := filepath.Abs("testdata/PathJudge.java")
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"-cp", find(t, "/usr/share/java/bcprov.jar"), program, provider, qualifiers}
		for _, q := range questions {
			at, policy := q.at, "any"
			if at.IsZero() {
				at = time.Now()
			}
			if q.policy != "" {
				policy = q.policy.String()
			}
			args = append(args, at.UTC().Format(time.RFC3339), policy, pemFile(t, q.anchors...), pemFile(t, q.path...))
		}
		answers := strings.Split(strings.TrimSpace(mustRun(t, "java", args...)), "\n")
		if len(answers) != len(questions) {
			t.Fatalf("%d answers to %d questions:\n%s", len(answers), len(questions), strings.Join(answers, "\n"))
		}
		return answers
	}
}
