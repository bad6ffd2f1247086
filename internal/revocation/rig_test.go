package revocation_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationdb"
	"golang.org/x/mod/sumdb/note"
)

var (
	// begin is when the CAs of a rig are founded: a quarter to one in the night, Japan.
	begin    = time.Date(2026, 6, 1, 15, 45, 0, 0, time.UTC)
	mihon    = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	reiji    = jpki.Municipality{Code: "99202", Prefecture: "Kaku-ken", Name: "Reiji-shi"}
	sandbox  = authz.Actor{Office: authz.Sandbox}
	counter  = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	link     = authz.Actor{Office: authz.Link}
	caItself = authz.Actor{Office: authz.CA}
)

// clock is the time of a rig, moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// rig is a CA and a validity service on real files.
type rig struct {
	*revocation.Service
	ca       *ca.Service
	clock    *clock
	db, caDB *db.DB
	keys     note.Verifiers // of the audit logs
	holder   crypto.Signer  // the key of every card here
	dir      string
}

// config says what of a rig differs from the usual one.
type config struct {
	suite  jpki.Suite  // P384 if zero: its keys are quick to make
	kinds  []jpki.Kind // of CAs; both if nil
	keys   func(ca.Keys) ca.Keys
	change func(*revocation.Config)
	url    string // of the office's database; a file if ""
	step   func(string)
	now    time.Time
}

// openRig opens both offices in a folder, which holds the audit key of both.
func openRig(ctx context.Context, dir string, c config) (*rig, error) {
	if c.suite.Name == "" {
		c.suite = jpki.P384
	}
	if c.step == nil {
		c.step = func(string) {}
	}
	if c.now.IsZero() {
		c.now = begin
	}
	if c.url == "" {
		c.url = "sqlite:" + filepath.Join(dir, "revocation.db")
	}
	r := &rig{clock: &clock{at: c.now}, dir: dir}
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return nil, err
	}
	r.keys = keys
	if err := r.openCA(ctx, log, c); err != nil {
		return nil, err
	}
	if r.db, err = db.Open(ctx, db.Config{URL: c.url, Now: r.clock.Now}); err != nil {
		return nil, err
	}
	store, err := revocationdb.Open(ctx, r.db, log)
	if err != nil {
		return nil, err
	}
	settings := revocation.Config{
		Store: store, CA: r.ca, Suite: c.suite, Dir: filepath.Join(dir, "crl"), Now: r.clock.Now,
		Keys: &signer.Software{Dir: filepath.Join(dir, "ocsp"), Passphrase: []byte("test"), Iterations: 1000},
		Step: c.step,
	}
	if c.change != nil {
		c.change(&settings)
	}
	r.Service, err = revocation.New(settings)
	return r, err
}

func (r *rig) openCA(ctx context.Context, log *auditdb.Log, c config) (err error) {
	if r.caDB, err = db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(r.dir, "ca.db"), Now: r.clock.Now}); err != nil {
		return err
	}
	store, err := cadb.Open(ctx, r.caDB, log)
	if err != nil {
		return err
	}
	var keys ca.Keys = &signer.Software{Dir: filepath.Join(r.dir, "keys"), Passphrase: []byte("test"), Iterations: 1000}
	if c.keys != nil {
		keys = c.keys(keys)
	}
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	profile.Suite = c.suite
	if r.ca, err = ca.New(ca.Config{Store: store, Profile: profile, Now: r.clock.Now, Keys: keys, Step: c.step}); err != nil {
		return err
	}
	if r.holder, err = c.suite.GenerateKey(rand.Reader); err != nil {
		return err
	}
	return r.ca.Resume(ctx)
}

func (r *rig) close() {
	r.db.Close()
	r.caDB.Close()
}

// newRig is a rig with CAs, known to the validity service.
func newRig(t testing.TB, c config) *rig {
	t.Helper()
	r, err := openRig(t.Context(), t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	if c.kinds == nil {
		c.kinds = []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA}
	}
	for _, kind := range c.kinds {
		r.found(t, kind)
	}
	return r
}

// found makes a new generation of a CA.
func (r *rig) found(t testing.TB, kind jpki.Kind) *jpki.Certificate {
	t.Helper()
	issuer, err := r.ca.Found(t.Context(), sandbox, kind, "")
	if err != nil {
		t.Fatal(err)
	}
	r.tell(t, issuer.Certificate)
	return parse(t, issuer.Certificate)
}

// tell gives the validity service the notice of a certificate.
func (r *rig) tell(t testing.TB, certificate []byte) {
	t.Helper()
	notice, err := ca.NoticeOf(certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Issued(t.Context(), caItself, notice); err != nil {
		t.Fatal(err)
	}
}

func parse(t testing.TB, certificate []byte) *jpki.Certificate {
	t.Helper()
	c, err := jpki.Parse(certificate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue issues a certificate, without telling of it, and returns it with that of its CA.
func (r *rig) issue(t testing.TB, holder string, kind jpki.Kind, m jpki.Municipality) (certificate, authority *jpki.Certificate) {
	t.Helper()
	request, err := issueRequest(holder, kind, m, r.holder)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := r.ca.Issue(t.Context(), counter, request)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, issued.Certificate), parse(t, issued.CA)
}

// known issues a certificate of which the validity service is told.
func (r *rig) known(t testing.TB, holder string, kind jpki.Kind, m jpki.Municipality) (certificate, authority *jpki.Certificate) {
	t.Helper()
	certificate, authority = r.issue(t, holder, kind, m)
	r.tell(t, encoded(t, certificate))
	return certificate, authority
}

func encoded(t testing.TB, c *jpki.Certificate) []byte {
	t.Helper()
	der, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func issueRequest(holder string, kind jpki.Kind, m jpki.Municipality, key crypto.Signer) (message.IssueRequest, error) {
	const nonce, card = "sixteen bytes...", "TEST000000000001"
	proof, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{SerialNumber: card, CommonName: hex.EncodeToString([]byte(nonce))},
	}, key)
	address := "架空県見本市例示町１丁目２番地３"
	return message.IssueRequest{
		ID: holder + "-" + kind.String(), Kind: kind, Holder: message.Holder(holder), Municipality: m,
		Person: jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
			Address: address, AddressMarks: jpki.NoMarks(address),
		},
		Registered: message.Attributes{
			Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: address,
		},
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
		Proof:   message.Proof{CardSerial: card, Nonce: []byte(nonce), PKCS10: proof},
	}, err
}

// order is an order for a certificate, recorded now.
func (r *rig) order(c *jpki.Certificate, id string, ground message.Ground) message.RevocationOrder {
	issuer := c.IssuerKeyID()
	if c.Kind.IsCA() {
		issuer = c.KeyID()
	}
	return message.RevocationOrder{ID: id, Issuer: message.IssuerID(issuer.String()), Serial: c.Serial, Ground: ground, RecordedAt: r.clock.Now()}
}

// revoke revokes as the operator of the sandbox.
func (r *rig) revoke(t testing.TB, c *jpki.Certificate, id string, ground message.Ground) message.Revocation {
	t.Helper()
	answer, err := r.Revoke(t.Context(), sandbox, r.order(c, id, ground))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// verifyAudit checks the audit log of the validity service and returns how many entries it has.
func (r *rig) verifyAudit(t testing.TB) int64 {
	t.Helper()
	return officetest.Audited(t, r.db, r.keys).Head.Count
}
