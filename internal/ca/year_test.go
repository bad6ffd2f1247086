package ca_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/signer/signertest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// people of the scenario; each gets both certificates. The first asks in the CA's own process, the others by letter, and
// the last renews his.
var people = []string{"p1", "p2", "p3"}

// later is when the last one renews: in the last three months of what was issued now.
var later = time.Date(2030, 12, 1, 3, 0, 0, 0, time.UTC)

// year is the life of a CA in short: found all issuers, certify an office, issue two certificates for each person, renew
// two. Whatever its keys sign is written to a file before.
func year(dir string, at func(string)) error {
	ctx := context.Background()
	clock := now
	o, err := openWitnessed(ctx, dir, &clock, at)
	if err != nil {
		return err
	}
	defer o.db.Close()
	if err := o.Resume(ctx); err != nil {
		return err
	}
	if err := foundAll(ctx, o); err != nil {
		return err
	}
	for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
		r, err := readRequest(requestFile(dir, people[0], kind, false))
		if err != nil {
			return err
		}
		if _, err := o.Issue(ctx, counter, r); err != nil {
			return err
		}
	}
	var asked []message.IssueRequest
	for _, file := range requestFiles(dir)[2:] {
		r, err := readRequest(file)
		if err != nil {
			return err
		}
		asked = append(asked, r)
	}
	first := len(asked) - 2
	if err := ask(ctx, o, 0, asked[:first]); err != nil {
		return err
	}
	clock = later
	return ask(ctx, o, first, asked[first:])
}

func foundAll(ctx context.Context, o *office) error {
	issuers, err := o.Issuers(ctx)
	if err != nil {
		return err
	}
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		if !slices.ContainsFunc(issuers, func(i ca.Issuer) bool { return i.ID.Kind == kind }) {
			if _, err := o.Found(ctx, sandbox, kind, ""); err != nil {
				return err
			}
		}
	}
	if _, err := o.FoundOffices(ctx, sandbox); err != nil {
		return err
	}
	key, err := jpki.P384.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return err
	}
	_, err = o.CertifyOffice(ctx, sandbox, ca.OfficeRequest{Address: mihonCounter, PKCS10: request})
	return err
}

// ask sends requests as the counter's letters that follow those before.
func ask(ctx context.Context, o *office, before int, requests []message.IssueRequest) error {
	var batch []post.Message
	for i, r := range requests {
		l, err := message.IssueRequestLetter.Letter(message.AtCA, message.TopicIssue, r)
		if err != nil {
			return err
		}
		seq := int64(before + i + 1)
		batch = append(batch, post.Message{Letter: l, Seq: seq, After: seq - 1, Written: now})
	}
	receipts, err := o.Receive(ctx, mihonCounter, batch)
	for _, r := range receipts {
		if r.Outcome != post.Accepted {
			return fmt.Errorf("letter %d: %s, %s", r.Seq, r.Outcome, r.Reason)
		}
	}
	return err
}

// openWitnessed opens the office of a folder with a clock that is moved by hand and with keys that leave a trace of every
// signature.
func openWitnessed(ctx context.Context, dir string, clock *time.Time, at func(string)) (*office, error) {
	return open(ctx, dir, func(c *ca.Config) {
		c.Keys = signertest.Witness{Keys: c.Keys, File: filepath.Join(dir, "signed")}
		c.Now = func() time.Time { return *clock }
		c.Step = at
	})
}

func requestFile(dir, person string, kind jpki.Kind, again bool) string {
	name := person + "-" + kind.String()
	if again {
		name += "-again"
	}
	return filepath.Join(dir, name+".csr")
}

// requestFiles returns the files of all requests, the renewals at the end.
func requestFiles(dir string) []string {
	var files []string
	for i := range len(people) + 1 {
		for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
			files = append(files, requestFile(dir, people[min(i, len(people)-1)], kind, i == len(people)))
		}
	}
	return files
}

// readRequest makes the request of a file name: the proof of possession is the file.
func readRequest(file string) (message.IssueRequest, error) {
	proof, err := os.ReadFile(file)
	name, again := strings.CutSuffix(strings.TrimSuffix(filepath.Base(file), ".csr"), "-again")
	holder, kindName, _ := strings.Cut(name, "-")
	kind, _ := jpki.ParseKind(kindName)
	r := request(holder, kind, proof)
	if again {
		r.ID, r.Renewal = r.ID+"-again", true
	}
	return r, err
}

// newYear prepares the folder of a scenario.
func newYear(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	files := map[string][]byte{}
	for _, file := range requestFiles(dir) {
		files[filepath.Base(file)] = newApplicant(t, "").request(jpki.Signing).Proof.PKCS10
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
