package revocation_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/signer/signertest"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"golang.org/x/mod/sumdb/note"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"week": week}) }

// The certificates of the scenario.
var holders = []string{"hanako", "taro"}

// deed is one order of the scenario; its place is its ID. The first is for a certificate of which the service was not told.
type deed struct {
	holder string
	ground message.Ground
}

var deeds = []deed{{"taro", message.Change}, {"hanako", message.Suspicion}, {"hanako", message.Compromise}}

// week is a short life of both offices: certificates, orders, ticks and lists over twelve days, in which the responder gets
// new keys. Whatever the CA's keys sign is written to a file before.
func week(dir string, at func(string)) error {
	ctx := context.Background()
	r, err := openWitnessed(ctx, dir, at)
	if err != nil {
		return err
	}
	defer r.close()
	issued, err := r.certificates(ctx)
	if err != nil {
		return err
	}
	if err := r.obey(ctx, 0, issued); err != nil {
		return err
	}
	if err := r.Issued(ctx, caItself, notices(issued)...); err != nil {
		return err
	}
	for day, then := range []func() error{
		func() error { return r.obey(ctx, 1, issued) },
		func() error { return r.obey(ctx, 2, issued) },
		func() error { return nil },
	} {
		if err := r.Tick(ctx, r.clock.Now()); err != nil {
			return err
		}
		if err := r.Publish(ctx, r.clock.Now()); err != nil {
			return err
		}
		if err := then(); err != nil {
			return err
		}
		r.clock.advance(time.Duration(day+1) * 48 * time.Hour)
	}
	return r.Tick(ctx, r.clock.Now())
}

// certificates founds a CA and issues what the holders get, as far as that is not done. The CA comes first.
func (r *rig) certificates(ctx context.Context) ([][]byte, error) {
	issuers, err := r.ca.Issuers(ctx)
	if err != nil {
		return nil, err
	}
	if len(issuers) == 0 {
		issuer, err := r.ca.Found(ctx, sandbox, jpki.SigningCA, "")
		if err != nil {
			return nil, err
		}
		issuers = append(issuers, issuer)
	}
	all := [][]byte{issuers[0].Certificate}
	for _, holder := range holders {
		request, err := issueRequest(holder, jpki.Signing, mihon, r.holder)
		if err != nil {
			return nil, err
		}
		if request.Proof.PKCS10, err = os.ReadFile(filepath.Join(r.dir, holder+".csr")); err != nil {
			return nil, err
		}
		issued, err := r.ca.Issue(ctx, counter, request)
		if err != nil {
			return nil, err
		}
		all = append(all, issued.Certificate)
	}
	return all, nil
}

func notices(certificates [][]byte) []message.IssuedNotice {
	var all []message.IssuedNotice
	for _, c := range certificates {
		n, _ := ca.NoticeOf(c) // what is wrong with it shows in the register
		all = append(all, n)
	}
	return all
}

// obey takes one order.
func (r *rig) obey(ctx context.Context, i int, issued [][]byte) error {
	n := notices(issued)[1+slices.Index(holders, deeds[i].holder)]
	_, err := r.Revoke(ctx, sandbox, message.RevocationOrder{
		ID: fmt.Sprintf("o-%d", i), Issuer: n.Issuer, Serial: n.Serial, Ground: deeds[i].ground, RecordedAt: r.clock.Now(),
	})
	return err
}

// openWitnessed opens the offices with the audit key of the folder and with CA keys that leave a trace of every signature.
func openWitnessed(ctx context.Context, dir string, at func(string)) (*rig, error) {
	private, err := os.ReadFile(filepath.Join(dir, "audit.key"))
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(filepath.Join(dir, "audit.pub"))
	if err != nil {
		return nil, err
	}
	return openRig(ctx, dir, string(private), string(public), config{
		step: at, keys: func(k ca.Keys) ca.Keys { return signertest.Witness{Keys: k, File: filepath.Join(dir, "signed")} },
	})
}

// newWeek prepares the folder of a scenario.
func newWeek(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	private, public, err := note.GenerateKey(rand.Reader, "jpki-test.invalid")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"audit.key": []byte(private), "audit.pub": []byte(public)}
	for _, holder := range holders {
		key, err := jpki.P384.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		request, err := issueRequest(holder, jpki.Signing, mihon, key)
		if err != nil {
			t.Fatal(err)
		}
		files[holder+".csr"] = request.Proof.PKCS10
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func steps(t *testing.T) []string {
	var all []string
	for _, f := range []struct{ file, function string }{
		{"order.go", "Revoke"}, {"register.go", "Issued"}, {"publish.go", "publish"}, {"tick.go", "Tick"}, {"responder.go", "renew"},
		{"../ca/list.go", "SignList"}, {"../ca/responder.go", "CertifyResponder"},
	} {
		all = append(all, crashtest.Steps(t, f.file, f.function)...)
	}
	return all
}

// A validity service that is killed at the beginning of any step, its own or the CA's, and again, loses no order, never
// shows a broken list, has nothing signed that is not recorded, and goes on.
func TestKilledInEveryStep(t *testing.T) {
	for _, step := range steps(t) {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := newWeek(t)
			if !crashtest.Kill(t, "week", dir, step, 1) {
				t.Fatalf("the scenario never came to step %q", step)
			}
			checkWeek(t, dir, false)
			crashtest.Kill(t, "week", dir, step, 2)
			checkWeek(t, dir, false)
			crashtest.Finish(t, "week", dir)
			checkWeek(t, dir, true)
		})
	}
}

func TestKilledAnywhere(t *testing.T) {
	all := steps(t)
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := crashtest.Random(t, seed)
			dir := newWeek(t)
			for range 4 {
				if random.IntN(2) == 0 {
					crashtest.Kill(t, "week", dir, all[random.IntN(len(all))], 1+random.IntN(5))
				} else {
					crashtest.KillAfter(t, "week", dir, time.Duration(random.IntN(200))*time.Millisecond)
				}
				checkWeek(t, dir, false)
			}
			crashtest.Finish(t, "week", dir)
			checkWeek(t, dir, true)
		})
	}
}

// checkWeek looks at what killed offices left: complete says that they have ended their work.
func checkWeek(t *testing.T, dir string, complete bool) {
	t.Helper()
	r, err := openWitnessed(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.verifyAudit(t)
	verifyLog(t, r.caDB, r.verifier)
	r.checkSigned(t)
	r.checkOrders(t)
	issuers, err := r.ca.Issuers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lists, err := r.Lists(t.Context())
	if err != nil || len(lists) > 0 && len(issuers) == 0 {
		t.Fatalf("%d lists, %v", len(lists), err)
	}
	for _, l := range lists {
		r.checkList(t, l, parse(t, issuers[0].Certificate))
	}
	if complete {
		r.checkComplete(t, lists)
	}
}

// checkSigned: every digest the CA's keys have signed is that of recorded bytes, and no number of a list has two.
func (r *rig) checkSigned(t *testing.T) {
	t.Helper()
	recorded, numbers := map[string]bool{}, map[string]string{}
	digest := func(tbs []byte) {
		h := jpki.P384.Hash.New()
		h.Write(tbs)
		recorded[hex.EncodeToString(h.Sum(nil))] = true
	}
	err := r.caDB.View(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"issuer", "record"} {
			rows, err := tx.Query(t.Context(), "SELECT tbs FROM "+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var tbs []byte
				if err := rows.Scan(&tbs); err != nil {
					return err
				}
				digest(tbs)
			}
		}
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			if e.Act != ca.ActSignList || e.Outcome != audit.Allowed {
				continue
			}
			recorded[e.Detail["digest"]] = true
			number := e.Detail["point"] + " " + e.Detail["number"]
			if other := numbers[number]; other != "" && other != e.Detail["digest"] {
				t.Errorf("two lists have the number %s", number)
			}
			numbers[number] = e.Detail["digest"]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := os.ReadFile(filepath.Join(r.dir, "signed"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, d := range strings.Fields(string(signed)) {
		if !recorded[d] {
			t.Errorf("the CA signed something that is not recorded: digest %s", d)
		}
	}
}

// checkOrders: an order that was taken is carried out if its certificate is known, and waits if it is not.
func (r *rig) checkOrders(t *testing.T) {
	t.Helper()
	err := r.Store.View(t.Context(), func(tx revocation.Tx) error {
		for i := range deeds {
			o, taken, err := tx.Order(t.Context(), fmt.Sprintf("o-%d", i))
			if err != nil {
				return err
			}
			if !taken {
				continue
			}
			_, known, err := tx.Entry(t.Context(), o.Issuer, o.Serial)
			if err != nil {
				return err
			}
			_, onRecord, err := tx.Newest(t.Context(), o.Issuer, o.Serial)
			if err != nil || known == (o.Outcome == message.OutcomeWaiting) || known != onRecord {
				t.Errorf("order %d: %s, certificate known %t, on record %t (error %v)", i, o.Outcome, known, onRecord, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkList reads a published list: whole, signed, and as it is recorded.
func (r *rig) checkList(t *testing.T, l revocation.List, authority *jpki.Certificate) {
	t.Helper()
	point, err := l.Partition.Name()
	if err != nil {
		t.Fatal(err)
	}
	c := &jpki.Certificate{Kind: jpki.SigningCA, Extensions: []jpki.Extension{
		{Value: jpki.SubjectKeyID(authority.KeyID())}, {Value: jpki.DistributionPoints{{der.DirectoryName(point)}}},
	}}
	r.latest(t, c, authority)
}

func (r *rig) checkComplete(t *testing.T, lists []revocation.List) {
	t.Helper()
	issued, err := r.certificates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	authority := parse(t, issued[0])
	r.clock.advance((2 + 4 + 6) * 24 * time.Hour) // to the end of the scenario
	if len(lists) != 2 {
		t.Errorf("%d lists, want that of Mihon and that of the CA", len(lists))
	}
	want := map[string]message.Reason{"hanako": message.KeyCompromise, "taro": message.AffiliationChanged}
	_, list := r.latest(t, parse(t, issued[1]), authority)
	if len(list.RevokedCertificateEntries) != len(want) {
		t.Errorf("list of Mihon has %d entries, want %d", len(list.RevokedCertificateEntries), len(want))
	}
	for i, holder := range holders {
		c := parse(t, issued[1+i])
		answer := r.ask(t, crypto.SHA1, authority, c.Serial)
		if answer.Status != judge.Revoked || answer.RevocationReason != int(want[holder]) {
			t.Errorf("%s: status %d, reason %d, want revoked, %s", holder, answer.Status, answer.RevocationReason, want[holder])
		}
		if e := list.RevokedCertificateEntries[i]; e.SerialNumber.Uint64() != uint64(c.Serial) || e.ReasonCode != int(want[holder]) {
			t.Errorf("%s: entry %X, reason %d", holder, e.SerialNumber, e.ReasonCode)
		}
	}
}
