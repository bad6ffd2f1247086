package registry_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
)

var (
	start   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	counter = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	clerk   = authz.Actor{Office: authz.Municipality, Operator: "op-9"}
)

// pseudonymKey is no secret.
var pseudonymKey = []byte("thirty-two bytes, known to tests")

// office is a register on a real file.
type office struct {
	*registry.Service
	db    *db.DB
	store *registrydb.Store
	keys  note.Verifiers         // of the audit log
	last  int64                  // of the letters that the link server wrote
	sent  []message.ChangeNotice // what the courier took away
}

// open opens the office in a folder, which holds its audit key.
func open(ctx context.Context, dir string, change func(*registry.Config)) (*office, error) {
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return start.AddDate(1, 0, 0) }
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "registry.db"), Now: now})
	if err != nil {
		return nil, err
	}
	store, err := registrydb.Open(ctx, d, log)
	if err != nil {
		return nil, err
	}
	o := &office{db: d, store: store, keys: keys}
	c := registry.Config{Store: store, PseudonymKey: pseudonymKey, Now: func() time.Time { return start.Add(-time.Hour) }}
	if change != nil {
		change(&c)
	}
	o.Service, err = registry.New(c)
	return o, err
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o, err := open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.db.Close() })
	return o
}

// later is the office a year on, when every event of a test has happened.
func (o *office) later() *office {
	o.Now = func() time.Time { return start.AddDate(1, 0, 0) }
	return o
}

// person is a resident with a name at a house of 例示町.
func person(name, house string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町" + house,
	}
}

const mihon = "99201"

func (o *office) enter(t *testing.T, code registry.ResidentCode, a message.Attributes) {
	t.Helper()
	if err := o.Enter(t.Context(), clerk, registry.Resident{Code: code, Attributes: a, Municipality: mihon}); err != nil {
		t.Fatal(err)
	}
}

// event is one at an hour after the start.
func event(id string, kind registry.EventKind, code registry.ResidentCode, hour int, after message.Attributes) registry.Event {
	e := registry.Event{ID: id, Kind: kind, Code: code, At: start.Add(time.Duration(hour) * time.Hour), After: after, Municipality: mihon}
	if kind == registry.Death {
		e.After, e.Municipality = message.Attributes{}, ""
	}
	return e
}

func (o *office) amend(t *testing.T, e registry.Event) {
	t.Helper()
	if err := o.Amend(t.Context(), clerk, e); err != nil {
		t.Fatal(err)
	}
}

// list is a holder list from one hour after the start to another, with holders issued at the first. Its date is that of the
// day on which it ends.
func list(since, through int, holders ...message.Attributes) message.HolderList {
	l := message.HolderList{
		Since: start.Add(time.Duration(since) * time.Hour), Through: start.Add(time.Duration(through) * time.Hour), Part: 1, Parts: 1,
	}
	if since == 0 {
		l.Since = time.Unix(0, 0).UTC()
	}
	l.Date = l.Through.Format(time.DateOnly)
	for _, a := range holders {
		l.Entries = append(l.Entries, message.HolderEntry{Attributes: a, IssuedAt: start.Add(time.Duration(since) * time.Hour)})
	}
	l.Count, l.Total = len(l.Entries), len(l.Entries)
	return l
}

// receive hands a list over as a letter from an office and returns why it is refused, "" if it is not.
func (o *office) receive(t *testing.T, from post.Address, l message.HolderList) string {
	t.Helper()
	letter, err := message.HolderListLetter.Letter(message.AtRegistry, message.TopicHolders, l)
	if err != nil {
		t.Fatal(err)
	}
	o.last++
	receipts, err := o.Receive(t.Context(), from, []post.Message{{Letter: letter, Seq: o.last, Written: start}})
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0].Reason
}

func (o *office) match(t *testing.T, l message.HolderList) {
	t.Helper()
	if why := o.receive(t, message.AtLink, l); why != "" {
		t.Fatalf("the list of %s, part %d, was refused: %s", l.Date, l.Part, why)
	}
}

// courier is that of the register, to the link server at whose end a witness stands.
func (o *office) courier(witness func(n message.ChangeNotice) error) *post.Courier {
	return &post.Courier{
		Office: message.AtRegistry, Outbox: o.store.Outbox(), Now: func() time.Time { return start.AddDate(1, 0, 0) },
		Carriers: map[post.Address]post.Carrier{message.AtLink: func(_ context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
			var receipts []post.Receipt
			for _, m := range batch {
				n, err := message.ChangeNoticeLetter.Read(m)
				if err := errors.Join(err, witness(n)); err != nil {
					return nil, err
				}
				receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
			}
			return receipts, nil
		}},
	}
}

// notices lets the courier come and returns the listed attributes of all notices so far.
func (o *office) notices(t *testing.T) []message.Attributes {
	t.Helper()
	err := o.courier(func(n message.ChangeNotice) error {
		o.sent = append(o.sent, n)
		return nil
	}).Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var listed []message.Attributes
	for _, n := range o.sent {
		listed = append(listed, n.Attributes)
	}
	return listed
}

func (o *office) outcome(t *testing.T, id string) registry.Outcome {
	t.Helper()
	var outcome registry.Outcome
	err := o.Store.View(t.Context(), func(tx registry.Tx) error {
		r, _, err := tx.Event(t.Context(), id)
		outcome = r.Outcome
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}
