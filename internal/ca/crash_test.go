package ca_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
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
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/message"
	"golang.org/x/mod/sumdb/note"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"year": year}) }

// people of the scenario; each gets both certificates.
var people = []string{"p1", "p2", "p3"}

// year is a short life of a CA: found both issuers, issue two certificates for each person. Whatever its key signs is
// written to a file before.
func year(dir string, at func(string)) error {
	ctx := context.Background()
	o, err := openWitnessed(ctx, dir, at)
	if err != nil {
		return err
	}
	defer o.db.Close()
	if err := o.Resume(ctx); err != nil {
		return err
	}
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
	for _, file := range requestFiles(dir) {
		r, err := readRequest(file)
		if err != nil {
			return err
		}
		if _, err := o.Issue(ctx, counter, r); err != nil {
			return err
		}
	}
	return nil
}

// openWitnessed opens the office with the audit key of the folder and with keys that leave a trace of every signature.
func openWitnessed(ctx context.Context, dir string, at func(string)) (*office, error) {
	private, err := os.ReadFile(filepath.Join(dir, "audit.key"))
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(filepath.Join(dir, "audit.pub"))
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, string(private), string(public), func(c *ca.Config) {
		c.Keys = signertest.Witness{Keys: c.Keys, File: filepath.Join(dir, "signed")}
		c.Step = func(s ca.Step) { at(s.String()) }
	})
}

func requestFiles(dir string) []string {
	var files []string
	for _, person := range people {
		for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
			files = append(files, filepath.Join(dir, person+"-"+kind.String()+".csr"))
		}
	}
	return files
}

// readRequest makes the request of a file name: the proof of possession is the file.
func readRequest(file string) (message.IssueRequest, error) {
	proof, err := os.ReadFile(file)
	name := strings.TrimSuffix(filepath.Base(file), ".csr")
	holder, kindName, _ := strings.Cut(name, "-")
	kind, _ := jpki.ParseKind(kindName)
	return request(holder, kind, proof), err
}

// newYear prepares the folder of a scenario.
func newYear(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	private, public, err := note.GenerateKey(rand.Reader, "ca.jpki-test.invalid")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"audit.key": []byte(private), "audit.pub": []byte(public)}
	for _, person := range people {
		a := newApplicant(t, person)
		for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
			files[person+"-"+kind.String()+".csr"] = a.request(kind).Proof.PKCS10
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A CA that is killed at the beginning of any step, and again and again, signs nothing that is not recorded, gives nobody
// two certificates of a kind, and goes on.
func TestKilledInEveryStep(t *testing.T) {
	steps := append(crashtest.Steps(t, "found.go", "Found"), crashtest.Steps(t, "issue.go", "Issue")...)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := newYear(t)
			if !crashtest.Kill(t, "year", dir, step, 1) {
				t.Fatalf("the scenario never came to step %q", step)
			}
			checkYear(t, dir, false)
			crashtest.Kill(t, "year", dir, step, 2)
			checkYear(t, dir, false)
			crashtest.Finish(t, "year", dir)
			checkYear(t, dir, true)
		})
	}
}

func TestKilledAnywhere(t *testing.T) {
	steps := append(crashtest.Steps(t, "found.go", "Found"), crashtest.Steps(t, "issue.go", "Issue")...)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := crashtest.Random(t, seed)
			dir := newYear(t)
			for range 4 {
				if random.IntN(2) == 0 {
					crashtest.Kill(t, "year", dir, steps[random.IntN(len(steps))], 1+random.IntN(5))
				} else {
					crashtest.KillAfter(t, "year", dir, time.Duration(random.IntN(120))*time.Millisecond)
				}
				checkYear(t, dir, false)
			}
			crashtest.Finish(t, "year", dir)
			checkYear(t, dir, true)
		})
	}
}

// checkYear looks at what a killed CA left: complete says that it has ended its work.
func checkYear(t *testing.T, dir string, complete bool) {
	t.Helper()
	o, err := openWitnessed(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer o.db.Close()
	verifyAudit(t, o)
	var issuers []ca.Issuer
	records := map[string]ca.Record{}
	err = o.Store.View(t.Context(), func(tx ca.Tx) (err error) {
		for _, person := range people {
			for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
				if r, ok, err := tx.RecordOf(t.Context(), person+"-"+kind.String()); err != nil {
					return err
				} else if ok {
					records[r.Request] = r
				}
			}
		}
		issuers, err = tx.Issuers(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, o, "record"); n != len(records) {
		t.Errorf("%d records for %d requests: somebody has two certificates of a kind", n, len(records))
	}
	checkSigned(t, filepath.Join(dir, "signed"), issuers, records)
	if complete {
		checkComplete(t, issuers, records)
	}
}

// checkSigned: every digest the keys have signed is that of recorded bytes.
func checkSigned(t *testing.T, file string, issuers []ca.Issuer, records map[string]ca.Record) {
	t.Helper()
	recorded := map[string]bool{}
	digest := func(tbs []byte) string {
		h := jpki.P384.Hash.New()
		h.Write(tbs)
		return hex.EncodeToString(h.Sum(nil))
	}
	for _, i := range issuers {
		recorded[digest(i.TBS)] = true
	}
	for _, r := range records {
		recorded[digest(r.TBS)] = true
	}
	signed, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, d := range strings.Fields(string(signed)) {
		if !recorded[d] {
			t.Errorf("the CA signed something that is not recorded: digest %s", d)
		}
	}
}

func checkComplete(t *testing.T, issuers []ca.Issuer, records map[string]ca.Record) {
	t.Helper()
	if len(issuers) != 2 || len(records) != 2*len(people) {
		t.Fatalf("%d issuers and %d records, want 2 and %d", len(issuers), len(records), 2*len(people))
	}
	for name, r := range records {
		issuer := issuers[slices.IndexFunc(issuers, func(i ca.Issuer) bool { return i.ID == r.Issuer })]
		authority, err := jpki.Parse(issuer.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpki.Parse(r.Certificate)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := c.SignedBy(authority); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Contains(r.Certificate, r.TBS) || c.Serial != r.Serial || c.Serial < 2 || int(c.Serial) > 1+len(people) {
			t.Errorf("%s: serial %s, recorded %s; want the recorded bytes and no gap", name, c.Serial, r.Serial)
		}
	}
}
