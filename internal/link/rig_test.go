package link_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/registry"
)

// rig is a nation in a test. What fails ends the test.
type rig struct {
	*nation
	t *testing.T
}

// newRig opens a nation; seed makes its weather. In the end no letter may be dead, and every audit log holds.
func newRig(t *testing.T, e dbtest.Engine, seed uint64) *rig {
	t.Helper()
	n, err := openNation(t.Context(), nationConfig{
		dir: t.TempDir(), url: func(post.Address) string { return e.New(t) }, at: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.weather.begin(t, seed)
	t.Cleanup(func() {
		checkLogs(t, n, 0)
		n.close()
	})
	return &rig{n, t}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// hour sets the clock to some hours after the start, and lets what fell due by then happen.
func (r *rig) hour(h int) {
	r.t.Helper()
	r.now = start.Add(time.Duration(h) * time.Hour)
	r.must(r.days(r.t.Context()))
}

// night lets the list of the next day come, which is made at hour 17, 41, …, and arrive.
func (r *rig) night() {
	r.t.Helper()
	r.must(r.carry(r.t.Context()))
	day := r.now.Add(7 * time.Hour).Truncate(24 * time.Hour) // days that begin at hour 17
	r.now = day.Add(18 * time.Hour)
	r.must(r.days(r.t.Context()))
	r.must(r.carry(r.t.Context()))
}

func person(name, house string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町" + house,
	}
}

func (r *rig) enter(code registry.ResidentCode, a message.Attributes) {
	r.t.Helper()
	r.must(r.registry.Enter(r.t.Context(), municipality, registry.Resident{Code: code, Attributes: a, Municipality: mihon}))
}

// certificate is the record of one issued at a time.
func certificate(at time.Time, kind jpki.Kind, serial jpki.Serial, a message.Attributes) message.HolderRecord {
	return message.HolderRecord{
		ID: fmt.Sprintf("%s-%s", kind, serial), Attributes: a, Issuer: message.IssuerID("TEST-" + kind.CA().String()), Serial: serial,
		Kind: kind, IssuedAt: at, NotAfter: at.AddDate(5, 0, 0),
	}
}

// issue has the CA tell of a certificate issued now.
func (r *rig) issue(kind jpki.Kind, serial jpki.Serial, a message.Attributes) {
	r.t.Helper()
	r.must(r.ca.tell(r.t.Context(), certificate(r.now, kind, serial, a)))
}

// issueBoth issues a certificate of both kinds with one serial number.
func (r *rig) issueBoth(serial jpki.Serial, a message.Attributes) {
	r.t.Helper()
	r.issue(jpki.Authentication, serial, a)
	r.issue(jpki.Signing, serial, a)
}

// event happens to 花子 now.
func (r *rig) event(kind registry.EventKind, after message.Attributes) {
	r.t.Helper()
	e := registry.Event{ID: fmt.Sprintf("e-%d", r.now.Unix()), Kind: kind, Code: hanako, At: r.now, After: after, Municipality: mihon}
	if kind == registry.Death {
		e.After, e.Municipality = message.Attributes{}, ""
	}
	r.must(r.registry.Amend(r.t.Context(), municipality, e))
}

// revoked carries everything and returns what the validity service was ordered, such as "sign 02", sorted and each once.
func (r *rig) revoked() []string {
	r.t.Helper()
	r.must(r.carry(r.t.Context()))
	orders, err := r.validity.orders(r.t.Context())
	r.must(err)
	return names(orders)
}

func names(orders []message.RevocationOrder) []string {
	var all []string
	for _, o := range orders {
		kind := "auth"
		if o.Issuer == "TEST-sign-ca" {
			kind = "sign"
		}
		all = append(all, kind+" "+o.Serial.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkLogs looks into the audit logs, and for dead letters: at most so many may be refused.
func checkLogs(t *testing.T, n *nation, dead int) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var abandoned, refused []postdb.DeadLetter
	for _, d := range n.dbs {
		officetest.Audited(t, d, n.keys)
		err := d.View(ctx, func(tx *db.Tx) error {
			sent, errSent := postdb.In(tx).Abandoned(ctx)
			received, errReceived := postdb.In(tx).Refused(ctx)
			abandoned, refused = append(abandoned, sent...), append(refused, received...)
			return errors.Join(errSent, errReceived)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(abandoned) > dead || len(refused) > dead {
		t.Errorf("letters given up: %v, refused: %v, want at most %d", abandoned, refused, dead)
	}
}

// notices returns the change notices that crossed, each once.
func (r *rig) notices() (notices []message.ChangeNotice) {
	r.t.Helper()
	for _, m := range r.weather.seen {
		if m.Kind != post.Kind(message.ChangeNoticeLetter) {
			continue
		}
		n, err := message.ChangeNoticeLetter.Read(m)
		r.must(err)
		if !slices.Contains(notices, n) {
			notices = append(notices, n)
		}
	}
	return notices
}

// outcomes counts what came of the orders that the validity service was given, as the link server knows it.
func (r *rig) outcomes() map[message.Outcome]int {
	r.t.Helper()
	orders, err := r.validity.orders(r.t.Context())
	r.must(err)
	count := map[message.Outcome]int{}
	r.must(r.link.Store.View(r.t.Context(), func(tx link.Tx) error {
		for _, o := range orders {
			kept, outcome, found, err := tx.Order(r.t.Context(), o.ID)
			if err != nil || !found || kept != o {
				return errors.Join(err, fmt.Errorf("the link server keeps %v of the order %v", kept, o))
			}
			count[outcome]++
		}
		return nil
	}))
	return count
}

// audited returns the entries of an office's audit log.
func (r *rig) audited(office post.Address) (entries []audit.Entry) {
	r.t.Helper()
	r.must(r.dbs[office].View(r.t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(r.t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		return nil
	}))
	return entries
}
