package ca_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"golang.org/x/mod/sumdb/note"
)

var (
	now     = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	mihon   = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	counter = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	sandbox = authz.Actor{Office: authz.Sandbox}
)

// office is a CA on real files, with a profile whose keys are quick to make.
type office struct {
	*ca.Service
	db   *db.DB
	keys note.Verifiers // of the audit log
}

// open opens the office in a folder, which holds its audit key.
func open(ctx context.Context, dir string, change func(*ca.Config)) (*office, error) {
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "ca.db"), Now: func() time.Time { return now }})
	if err != nil {
		return nil, err
	}
	store, err := cadb.Open(ctx, d, log)
	if err != nil {
		return nil, err
	}
	c := ca.Config{
		Store: store, Profile: jpki.Sandbox("http://127.0.0.1:8080/ocsp"), Now: func() time.Time { return now },
		Keys: &signer.Software{Dir: filepath.Join(dir, "keys"), Passphrase: []byte("test"), Iterations: 1000},
	}
	c.Profile.Suite = jpki.P384
	if change != nil {
		change(&c)
	}
	service, err := ca.New(c)
	return &office{service, d, keys}, err
}

func newOffice(t *testing.T, change func(*ca.Config)) *office {
	t.Helper()
	o, err := open(t.Context(), t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.db.Close() })
	return o
}

// founded is an office with both CAs.
func founded(t *testing.T, change func(*ca.Config)) *office {
	t.Helper()
	o := newOffice(t, change)
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		if _, err := o.Found(t.Context(), sandbox, kind, ""); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// applicant is a resident with a card whose keys are here instead of in a chip.
type applicant struct {
	holder string
	key    crypto.Signer
}

func newApplicant(t testing.TB, holder string) applicant {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return applicant{holder, key}
}

// nonce is what the counter wrote to every card here, and cardSerial the serial number of each.
const (
	nonce      = "sixteen bytes..."
	cardSerial = "TEST000000000001"
)

func (a applicant) request(kind jpki.Kind) message.IssueRequest {
	proof, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{SerialNumber: cardSerial, CommonName: hex.EncodeToString([]byte(nonce))},
	}, a.key)
	if err != nil {
		panic(err)
	}
	return request(a.holder, kind, proof)
}

// request is what the counter sends for 見本　花子, under the pseudonym of a holder.
func request(holder string, kind jpki.Kind, proof []byte) message.IssueRequest {
	address := "架空県見本市例示町１丁目２番地３"
	return message.IssueRequest{
		ID: holder + "-" + kind.String(), Kind: kind, Holder: message.Holder(holder), Municipality: mihon,
		Person: jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
			Address: address, AddressMarks: jpki.NoMarks(address),
		},
		Registered: message.Attributes{
			Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: address,
		},
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
		Proof:   message.Proof{CardSerial: cardSerial, Nonce: []byte(nonce), PKCS10: proof},
	}
}

// Req: R-ISS-16, R-CRT-01, R-CRT-05
func TestIssueBothKinds(t *testing.T) {
	o := founded(t, nil)
	hanako := newApplicant(t, "hanako")
	for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
		issued, err := o.Issue(t.Context(), counter, hanako.request(kind))
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpki.Parse(issued.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		issuer, err := jpki.Parse(issued.CA)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SignedBy(issuer); err != nil || c.Kind != kind {
			t.Errorf("kind %s, signed by its CA: %v; want %s", c.Kind, err, kind)
		}
		if want := time.Date(2031, 2, 17, 14, 59, 59, 0, time.UTC); !c.NotAfter.Equal(want) {
			t.Errorf("%s: NotAfter = %v, want %v", kind, c.NotAfter, want)
		}
		if c.Serial != 2 || issuer.Serial != 1 {
			t.Errorf("%s: serial numbers of CA and holder = %s, %s, want one sequence 01, 02", kind, issuer.Serial, c.Serial)
		}
	}
	report := verifyAudit(t, o)
	if want := int64(8); report.Head.Count != want { // found and sign, issue and sign, twice each
		t.Errorf("audit log has %d entries, want %d", report.Head.Count, want)
	}
}

// The same request gets the same certificate; another under its name is refused.
func TestIssueAgain(t *testing.T) {
	o := founded(t, nil)
	request := newApplicant(t, "hanako").request(jpki.Signing)
	first, err := o.Issue(t.Context(), counter, request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Issue(t.Context(), counter, request)
	if err != nil || string(again.Certificate) != string(first.Certificate) {
		t.Errorf("second Issue = serial %s, %v, want the certificate of the first, %s", again.Serial, err, first.Serial)
	}
	request.Person.Address = "架空県例示市見本町１丁目２番地３"
	if _, err := o.Issue(t.Context(), counter, request); fault.KeyOf(err) != "ca.request_reused" {
		t.Errorf("another request under the same name: %v, want ca.request_reused", err)
	}
}

func TestIssueRefuses(t *testing.T) {
	o := founded(t, nil)
	hanako := newApplicant(t, "hanako")
	if _, err := o.Issue(t.Context(), counter, hanako.request(jpki.Signing)); err != nil {
		t.Fatal(err)
	}
	other := newApplicant(t, "taro")
	tests := []struct {
		name   string
		actor  authz.Actor
		change func(*message.IssueRequest)
		want   string
	}{
		{"the kiosk asks", authz.Actor{Office: authz.Kiosk}, func(*message.IssueRequest) {}, "authz.denied"},
		{"no name of the request", counter, func(r *message.IssueRequest) { r.ID = "" }, "ca.request_invalid"},
		{"a CA certificate", counter, func(r *message.IssueRequest) { r.Kind = jpki.SigningCA }, "ca.request_invalid"},
		{"no holder", counter, func(r *message.IssueRequest) { r.Holder = "" }, "ca.request_invalid"},
		{"marks do not fit the name", counter, func(r *message.IssueRequest) { r.Person.NameMarks = "0" }, "ca.request_invalid"},
		{"card has ended", counter, func(r *message.IssueRequest) { r.CardEnd = now }, "ca.request_invalid"},
		{"no registered attributes", counter, func(r *message.IssueRequest) { r.Registered = message.Attributes{} }, "ca.request_invalid"},
		{"registered attributes of somebody else", counter, func(r *message.IssueRequest) { r.Registered.Sex = jpki.Male }, "ca.request_invalid"},
		{"proof of another nonce", counter, func(r *message.IssueRequest) { r.Proof.Nonce = []byte("another 16 bytes") }, "ca.proof_invalid"},
		{"proof of another card", counter, func(r *message.IssueRequest) { r.Proof.CardSerial = "TEST000000000002" }, "ca.proof_invalid"},
		{"proof altered", counter, func(r *message.IssueRequest) { r.Proof.PKCS10[len(r.Proof.PKCS10)-1] ^= 1 }, "ca.proof_invalid"},
		{"no proof", counter, func(r *message.IssueRequest) { r.Proof.PKCS10 = nil }, "ca.proof_invalid"},
		{"under fifteen", counter, func(r *message.IssueRequest) {
			r.Person.Birth = jpki.Birth{Era: jpki.Heisei, Year: 2011, Month: 4, Day: 2}
			r.Registered.Birth = r.Person.Birth
		}, "ca.too_young"},
		{"romaji without capital", counter, func(r *message.IssueRequest) { r.Municipality.Name = "mihon" }, "ca.lint"},
		// Law: 公的個人認証法 §6
		{"a second one in force", counter, func(r *message.IssueRequest) { r.ID, r.Holder = "again", "hanako" }, "ca.double_issue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			request := other.request(jpki.Signing)
			tt.change(&request)
			if _, err := o.Issue(t.Context(), tt.actor, request); fault.KeyOf(err) != tt.want {
				t.Errorf("Issue: %v, want %s", err, tt.want)
			}
		})
	}
	request := other.request(jpki.Signing)
	issued, err := o.Issue(t.Context(), counter, request)
	if err != nil || issued.Serial != 3 {
		t.Errorf("after the refusals: serial %s, %v, want 03: a refusal uses up no number", issued.Serial, err)
	}
	report := verifyAudit(t, o)
	if want := int64(4 + 2 + len(tests) + 2); report.Head.Count != want {
		t.Errorf("audit log has %d entries, want %d: every refusal is recorded", report.Head.Count, want)
	}
}

// Req: R-CRT-01
func TestValidityOfTheCompanion(t *testing.T) {
	o := founded(t, nil)
	hanako := newApplicant(t, "hanako")
	auth := hanako.request(jpki.Authentication)
	auth.CardEnd = time.Date(2028, 6, 30, 14, 59, 59, 0, time.UTC)
	if _, err := o.Issue(t.Context(), counter, auth); err != nil {
		t.Fatal(err)
	}
	issued, err := o.Issue(t.Context(), counter, hanako.request(jpki.Signing))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpki.Parse(issued.Certificate); err != nil || !c.NotAfter.Equal(auth.CardEnd) {
		t.Errorf("NotAfter = %v, want that of the authentication certificate, %v", c.NotAfter, auth.CardEnd)
	}
}

// Generations share the name and the sequence of serial numbers; the newest signs.
func TestGenerations(t *testing.T) {
	o := founded(t, nil)
	second, err := o.Found(t.Context(), sandbox, jpki.SigningCA, "")
	if err != nil || second.ID.Generation != 2 || second.Serial != 2 {
		t.Fatalf("second Found = generation %d, serial %s, %v, want 2, 02", second.ID.Generation, second.Serial, err)
	}
	issued, err := o.Issue(t.Context(), counter, newApplicant(t, "hanako").request(jpki.Signing))
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpki.Parse(issued.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := jpki.Parse(second.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignedBy(newest); err != nil || issued.Serial != 3 {
		t.Errorf("serial %s, signed by the second generation: %v, want 03", issued.Serial, err)
	}
}

// In the scheme of 2003 the governor of the prefecture issues.
//
// Req: R-ACT-04
func TestGovernor(t *testing.T) {
	governors := map[string]jpki.Governor{"Kaku-ken": {English: "Governor of Kaku-ken", Japanese: "架空県知事"}}
	o := newOffice(t, func(c *ca.Config) { c.Governors = governors })
	if _, err := o.Found(t.Context(), sandbox, jpki.SigningCA, "Kaku-ken"); err != nil {
		t.Fatal(err)
	}
	issued, err := o.Issue(t.Context(), counter, newApplicant(t, "hanako").request(jpki.Signing))
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpki.Parse(issued.Certificate)
	if err != nil || !strings.Contains(c.Issuer.String(), "OU=Governor of Kaku-ken") {
		t.Errorf("issuer = %v, %v, want the governor in it", c.Issuer, err)
	}
	if _, err := o.Found(t.Context(), sandbox, jpki.SigningCA, "Nowhere-ken"); fault.KeyOf(err) != "ca.no_such_ca" {
		t.Errorf("Found for an unknown prefecture: %v, want ca.no_such_ca", err)
	}
	elsewhere := newApplicant(t, "taro").request(jpki.Signing)
	elsewhere.Municipality.Prefecture = "Betsu-ken"
	if _, err := o.Issue(t.Context(), counter, elsewhere); fault.KeyOf(err) != "ca.no_issuer" {
		t.Errorf("Issue where no governor has a CA: %v, want ca.no_issuer", err)
	}
}

// No audit, no change.
func TestNothingWithoutAudit(t *testing.T) {
	for name, sabotage := range map[string]string{
		"audit table gone":        `ALTER TABLE audit_entry RENAME TO elsewhere`,
		"audit table not written": `CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
		"audit head not written":  `CREATE TRIGGER full BEFORE UPDATE ON audit_head BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
	} {
		t.Run(name, func(t *testing.T) {
			o := founded(t, nil)
			before := count(t, o, "record")
			execute(t, o, sabotage)
			if _, err := o.Issue(t.Context(), counter, newApplicant(t, "hanako").request(jpki.Signing)); fault.KeyOf(err) != "audit.unrecorded" {
				t.Errorf("Issue: %v, want audit.unrecorded", err)
			}
			if _, err := o.Found(t.Context(), sandbox, jpki.SigningCA, ""); fault.KeyOf(err) != "audit.unrecorded" {
				t.Errorf("Found: %v, want audit.unrecorded", err)
			}
			if after := count(t, o, "record"); after != before || count(t, o, "issuer") != 2 {
				t.Errorf("%d records and %d issuers, want %d and 2", after, count(t, o, "issuer"), before)
			}
		})
	}
}

// The same request from several clerks at once makes one certificate.
func TestIssueConcurrently(t *testing.T) {
	o := founded(t, nil)
	request := newApplicant(t, "hanako").request(jpki.Signing)
	certificates := make([]string, 8)
	var wg sync.WaitGroup
	for i := range certificates {
		wg.Go(func() {
			issued, err := o.Issue(t.Context(), counter, request)
			if err != nil {
				t.Error(err)
			}
			certificates[i] = string(issued.Certificate)
		})
	}
	wg.Wait()
	for _, c := range certificates {
		if c != certificates[0] {
			t.Error("two answers to one request differ")
		}
	}
	if n := count(t, o, "record"); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func execute(t *testing.T, o *office, statement string) {
	t.Helper()
	err := o.db.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, o *office, table string) (n int) {
	t.Helper()
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func verifyAudit(t *testing.T, o *office) audit.Report {
	t.Helper()
	return officetest.Audited(t, o.db, o.keys)
}
