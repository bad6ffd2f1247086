package cadb_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Scenario{"issue": issue, "renew": renew})
}

var (
	sandbox = authz.Actor{Office: authz.Sandbox}
	counter = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	nonce   = []byte("sixteen bytes...")
)

// process is one process of the CA. Several may have one folder, which holds the keys, and one database.
type process struct {
	*ca.Service
	db    *db.DB
	keys  note.Verifiers
	clock *time.Time
}

// start starts a process of the office in a folder, whose file "url" names the database.
func start(ctx context.Context, dir string, at func(string)) (*process, error) {
	url, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return nil, err
	}
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, db.Config{URL: string(url), Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	store, err := cadb.Open(ctx, d, log)
	if err != nil {
		return nil, err
	}
	clock := now
	c := ca.Config{
		Store: store, Profile: jpki.Sandbox("http://127.0.0.1:8080/ocsp"), Now: func() time.Time { return clock },
		Keys: &signer.Software{Dir: filepath.Join(dir, "keys"), Passphrase: []byte("test"), Iterations: 1000},
		Step: at,
	}
	c.Profile.Suite = jpki.P384
	service, err := ca.New(c)
	return &process{service, d, keys, &clock}, err
}

// newFolder prepares the folder of an office with the request of one person.
func newFolder(t *testing.T, e dbtest.Engine) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if _, _, err := officetest.LogIn(dir); err != nil { // now, since processes begin at once
		t.Fatal(err)
	}
	files := map[string][]byte{"url": []byte(e.New(t)), "proof": proof(t)}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func startIn(t *testing.T, dir string) *process {
	t.Helper()
	p, err := start(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.db.Close() })
	return p
}

func proof(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	subject := pkix.Name{SerialNumber: "TEST000000000001", CommonName: hex.EncodeToString(nonce)}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// request asks for a signing certificate for 見本　花子.
func request(id string, proof []byte) message.IssueRequest {
	address := "架空県見本市例示町１丁目２番地３"
	return message.IssueRequest{
		ID: id, Kind: jpki.Signing, Holder: "hanako",
		Municipality: jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"},
		Person: jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
			Address: address, AddressMarks: jpki.NoMarks(address),
		},
		Registered: message.Attributes{
			Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: address,
		},
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
		Proof:   message.Proof{CardSerial: "TEST000000000001", Nonce: nonce, PKCS10: proof},
	}
}

// Several processes of one CA are asked for a certificate for one person at once, by different requests. One is issued.
//
// Law: 公的個人認証法 §6
func TestNobodyGetsTwo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		dir := newFolder(t, e)
		if _, err := startIn(t, dir).Found(t.Context(), sandbox, jpki.SigningCA, ""); err != nil {
			t.Fatal(err)
		}
		const processes, requests = 4, 3
		results := make(chan error, processes*requests)
		var wait sync.WaitGroup
		for i := range processes {
			p := startIn(t, dir)
			for j := range requests {
				r := request(strings.Repeat("a", i+1)+strings.Repeat("b", j+1), proof(t))
				wait.Go(func() {
					_, err := p.Issue(t.Context(), counter, r)
					results <- err
				})
			}
		}
		wait.Wait()
		close(results)
		issued := 0
		for err := range results {
			if err == nil {
				issued++
			} else if fault.KeyOf(err) != "ca.double_issue" {
				t.Errorf("Issue = %v, want ca.double_issue", err)
			}
		}
		if issued != 1 {
			t.Errorf("%d certificates in force for one person, want 1", issued)
		}
		checkOffice(t, dir)
	})
}

// issue is a CA that founds its issuer, issues one certificate and may be killed meanwhile.
func issue(dir string, at func(string)) error {
	p, err := start(context.Background(), dir, at)
	if err != nil {
		return err
	}
	defer p.db.Close()
	return p.issue(dir)
}

func (p *process) issue(dir string) error {
	ctx := context.Background()
	proof, err := os.ReadFile(filepath.Join(dir, "proof"))
	if err != nil {
		return err
	}
	if err := p.Resume(ctx); err != nil {
		return err
	}
	issuers, err := p.Issuers(ctx)
	if err != nil {
		return err
	}
	if len(issuers) == 0 {
		if _, err := p.Found(ctx, sandbox, jpki.SigningCA, ""); err != nil {
			return err
		}
	}
	_, err = p.Issue(ctx, counter, request("first", proof))
	return err
}

// renew issues a certificate and renews it by letter years later.
func renew(dir string, at func(string)) error {
	p, err := start(context.Background(), dir, at)
	if err != nil {
		return err
	}
	defer p.db.Close()
	if err := p.issue(dir); err != nil {
		return err
	}
	*p.clock = time.Date(2030, 12, 1, 3, 0, 0, 0, time.UTC)
	proof, err := os.ReadFile(filepath.Join(dir, "proof"))
	if err != nil {
		return err
	}
	r := request("second", proof)
	r.Renewal = true
	l, err := message.IssueRequestLetter.Letter(message.AtCA, message.TopicIssue, r)
	if err != nil {
		return err
	}
	receipts, err := p.Receive(context.Background(), "counter-99201", []post.Message{{Letter: l, Seq: 1, Written: now}})
	if err == nil && receipts[0].Outcome != post.Accepted {
		err = errors.New(receipts[0].Reason)
	}
	return err
}

// Killed at any step of a renewal, the office has one certificate in force for the person, and orders the end of the other
// once.
//
// Law: 公的個人認証法 §6
func TestKilledInRenewal(t *testing.T) {
	steps := crashtest.Steps(t, "../issue.go", "Issue")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, step := range steps[:6] { // the seventh is none of a letter
			t.Run(step, func(t *testing.T) {
				dir := newFolder(t, e)
				if !crashtest.Kill(t, "renew", dir, step, 2) {
					t.Fatalf("the scenario never came to step %q twice", step)
				}
				checkRenewal(t, dir)
				crashtest.Finish(t, "renew", dir)
				if records := checkRenewal(t, dir); records != 2 {
					t.Errorf("%d records in the end, want both", records)
				}
			})
		}
	})
}

func checkRenewal(t *testing.T, dir string) (records int) {
	t.Helper()
	var inForce, orders int
	err := startIn(t, dir).db.View(t.Context(), func(tx *db.Tx) error {
		return errors.Join(
			tx.QueryRow(t.Context(), `SELECT count(*) FROM record`).Scan(&records),
			tx.QueryRow(t.Context(), `SELECT count(*) FROM record WHERE ended_at IS NULL`).Scan(&inForce),
			tx.QueryRow(t.Context(), `SELECT count(*) FROM post_out WHERE kind = 'revocation_order'`).Scan(&orders))
	})
	if err != nil {
		t.Fatal(err)
	}
	if inForce != 1 || orders != records-1 {
		t.Errorf("of %d records %d are in force, with %d orders; want one, and an order for each other", records, inForce, orders)
	}
	return records
}

// Killed at any step, the office leaves its turn to write and a log that holds, and goes on.
func TestKilledInEveryStep(t *testing.T) {
	steps := append(crashtest.Steps(t, "../found.go", "Found"), crashtest.Steps(t, "../issue.go", "Issue")...)
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, step := range steps {
			t.Run(step, func(t *testing.T) {
				dir := newFolder(t, e)
				if !crashtest.Kill(t, "issue", dir, step, 1) {
					t.Fatalf("the scenario never came to step %q", step)
				}
				checkOffice(t, dir)
				crashtest.Finish(t, "issue", dir)
				checkOffice(t, dir)
				issued, err := startIn(t, dir).Issue(t.Context(), counter, request("first", readProof(t, dir)))
				if err != nil || issued.Serial != 2 {
					t.Errorf("the same request = serial %s, %v, want 02", issued.Serial, err)
				}
			})
		}
	})
}

func readProof(t *testing.T, dir string) []byte {
	t.Helper()
	proof, err := os.ReadFile(filepath.Join(dir, "proof"))
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// checkOffice: at most one record, and the audit log holds.
func checkOffice(t *testing.T, dir string) {
	t.Helper()
	p := startIn(t, dir)
	officetest.Audited(t, p.db, p.keys)
	err := p.db.View(t.Context(), func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM record`).Scan(&n); err != nil || n > 1 {
			t.Errorf("%d records, %v, want one", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
