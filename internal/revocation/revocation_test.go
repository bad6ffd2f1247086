package revocation_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

var update = flag.Bool("update", false, "rewrite the table in docs/revocation.md")

// fixed is a key store with one key.
type fixed struct{ key crypto.Signer }

func (f fixed) Create(context.Context, string, jpki.Suite) (crypto.Signer, error) { return f.key, nil }
func (f fixed) Open(context.Context, string) (crypto.Signer, error)               { return f.key, nil }

func testKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile("../../testdata/keys/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// The same keys, records and times make the same lists and the same answers, byte for byte.
func TestSameRecordsSameBytes(t *testing.T) {
	life := func() (list, response []byte) {
		r := newRig(t, config{
			suite: jpki.RSA2048, kinds: []jpki.Kind{jpki.SigningCA}, keys: func(ca.Keys) ca.Keys { return fixed{testKey(t, "rsa2048-ca")} },
			change: func(c *revocation.Config) { c.Keys = fixed{testKey(t, "rsa2048-holder")} },
		})
		var certificates []*jpki.Certificate
		var authority *jpki.Certificate
		for i := range 5 {
			var c *jpki.Certificate
			c, authority = r.known(t, fmt.Sprintf("holder-%d", i), jpki.Signing, mihon)
			certificates = append(certificates, c)
		}
		slices.Reverse(certificates)
		for i, c := range certificates[1:] {
			r.clock.advance(time.Minute)
			r.revoke(t, c, fmt.Sprintf("o-%d", i), []message.Ground{message.Suspicion, message.Change}[i%2])
		}
		r.tick(t)
		r.clock.advance(24 * time.Hour)
		r.tick(t)
		r.publish(t)
		l, _ := r.latest(t, certificates[0], authority)
		list, err := os.ReadFile(r.File(l))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := r.Answer(t.Context(), revocation.Caller{}, marshal(t, certIDs(t, crypto.SHA256, authority, 2, 3, 4, 99)))
		if err != nil {
			t.Fatal(err)
		}
		return list, reply.DER
	}
	list, response := life()
	otherList, otherResponse := life()
	if !bytes.Equal(list, otherList) || len(list) < 800 {
		t.Errorf("two lists of the same records differ, or are short: %d and %d bytes", len(list), len(otherList))
	}
	if !bytes.Equal(response, otherResponse) || len(response) < 800 {
		t.Errorf("two responses of the same records differ, or are short: %d and %d bytes", len(response), len(otherResponse))
	}
}

// Orders, ticks, publications and questions at the same time, by two processes over one database.
func TestConcurrently(t *testing.T) {
	r := newRig(t, config{})
	settings := r.Config
	second, err := revocation.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.tick(t)
	request := marshal(t, certIDs(t, crypto.SHA1, authority, c.Serial))
	order := r.order(c, "o-1", message.Change)
	var wg sync.WaitGroup
	for i := range 6 {
		service := []*revocation.Service{r.Service, second}[i%2]
		wg.Go(func() {
			if answer, err := service.Revoke(t.Context(), sandbox, order); err != nil || answer.Outcome != message.OutcomeRevoked {
				t.Errorf("Revoke = %+v, %v", answer, err)
			}
			at := r.clock.advance(5 * time.Minute)
			if err := errors.Join(service.Tick(t.Context(), at), service.Publish(t.Context(), at)); err != nil {
				t.Error(err)
			}
			if reply, err := service.Answer(t.Context(), revocation.Caller{}, request); err != nil || len(reply.DER) < 100 {
				t.Errorf("Answer = %X, %v", reply.DER, err)
			}
		})
	}
	wg.Wait()
	r.tick(t)
	for _, service := range []*revocation.Service{r.Service, second} {
		reply, err := service.Answer(t.Context(), revocation.Caller{}, request)
		if err != nil || check(t, reply.DER, authority, c.Serial).Status != judge.Revoked {
			t.Errorf("Answer: %v, want revoked", err)
		}
	}
	if _, list := r.latest(t, c, authority); len(list.RevokedCertificateEntries) != 1 {
		t.Errorf("list has %d entries, want 1", len(list.RevokedCertificateEntries))
	}
	r.verifyAudit(t)
}

// No audit, no change.
func TestNothingWithoutAudit(t *testing.T) {
	r := newRig(t, config{})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	late, _ := r.issue(t, "taro", jpki.Signing, mihon)
	notice, err := ca.NoticeOf(encoded(t, late))
	if err != nil {
		t.Fatal(err)
	}
	r.exec(t, `CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	for name, act := range map[string]func() error{
		"Revoke":  func() error { _, err := r.Revoke(t.Context(), sandbox, r.order(c, "o-1", message.Change)); return err },
		"Issued":  func() error { return r.Issued(t.Context(), caItself, notice) },
		"Tick":    func() error { return r.Tick(t.Context(), r.clock.Now()) },
		"Publish": func() error { return r.Publish(t.Context(), r.clock.Now()) },
	} {
		if err := act(); fault.KeyOf(err) != "audit.unrecorded" {
			t.Errorf("%s: %v, want audit.unrecorded", name, err)
		}
	}
	for _, table := range []string{"revocation_order", "revocation_record", "list", "tick", "responder"} {
		if n := r.count(t, table); n != 0 {
			t.Errorf("%d rows in %s, want none", n, table)
		}
	}
	if n := r.count(t, "issued"); n != 3 {
		t.Errorf("%d certificates in the register, want the three of before", n)
	}
}

func (r *rig) exec(t *testing.T, statement string) {
	t.Helper()
	err := r.db.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (r *rig) count(t *testing.T, table string) (n int) {
	t.Helper()
	err := r.db.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Each order is in the audit log under the article of its ground, whether it was taken or not.
//
// Req: R-GEN-06
func TestAuditNamesTheArticle(t *testing.T) {
	r := newRig(t, config{})
	c, _ := r.known(t, "hanako", jpki.Signing, mihon)
	r.revoke(t, c, "o-1", message.Compromise)
	if _, err := r.Revoke(t.Context(), authz.Actor{Office: authz.Kiosk}, r.order(c, "o-2", message.Compromise)); err == nil {
		t.Error("the kiosk may order")
	}
	var outcomes []audit.Outcome
	err := r.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{Law: "公的個人認証法第10条"}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			if e.Act == revocation.ActRevoke {
				outcomes = append(outcomes, e.Outcome)
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(outcomes, []audit.Outcome{audit.Allowed, audit.Denied}) {
		t.Errorf("entries under article 10: %v, %v, want allowed and denied", outcomes, err)
	}
}

func TestNewRefuses(t *testing.T) {
	if s, err := revocation.New(revocation.Config{}); err == nil {
		t.Errorf("New without anything = %v, want an error", s)
	}
}

// The table of grounds is the one that docs/revocation.md shows.
func TestWorkflowIsDrawn(t *testing.T) {
	var b strings.Builder
	b.WriteString("| from | ground | to | reason | certificates | who orders | article |\n|---|---|---|---|---|---|---|\n")
	seen := map[message.Ground]bool{}
	for _, tt := range revocation.Workflow() {
		if seen[tt.Ground] {
			t.Errorf("ground %s stands twice", tt.Ground)
		}
		seen[tt.Ground] = true
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s |\n", join(tt.From), tt.Ground, tt.To, tt.Reason, join(tt.Kinds), join(tt.Who), tt.Law)
	}
	const file, head, tail = "../../docs/revocation.md", "<!-- workflow -->\n", "<!-- end of workflow -->"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), head)
	drawn, after, ends := strings.Cut(rest, tail)
	if !ok || !ends {
		t.Fatalf("%s has no place for the table", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+head+b.String()+tail+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if drawn != b.String() {
		t.Errorf("%s shows another table; -update writes this one:\n%s", file, b.String())
	}
}

func join[T any](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}
