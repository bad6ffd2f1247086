package registry_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
)

var (
	start   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	counter = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	clerk   = authz.Actor{Office: authz.Registry, Operator: "op-9"}
	link    = authz.Actor{Office: authz.Link}
)

// office is a register on a real file. Notices are kept as they are sent.
type office struct {
	*registry.Service
	db       *db.DB
	verifier note.Verifier
	sent     []message.ChangeNotice
}

// keyFiles are the files of an audit key in the folder of an office.
func keyFiles(t *testing.T, dir string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "registry.jpki-test.invalid")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"audit.key": private, "audit.pub": public} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// open opens the office in a folder with an audit key.
func open(ctx context.Context, dir string, change func(*registry.Config)) (*office, error) {
	private, err := os.ReadFile(filepath.Join(dir, "audit.key"))
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(filepath.Join(dir, "audit.pub"))
	if err != nil {
		return nil, err
	}
	key, err := note.NewSigner(string(private))
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(string(public))
	if err != nil {
		return nil, err
	}
	log, err := auditdb.New(key, note.VerifierList(verifier))
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
	o := &office{db: d, verifier: verifier}
	c := registry.Config{Store: store, Now: func() time.Time { return start.Add(-time.Hour) }}
	c.Send = func(_ context.Context, n message.ChangeNotice) error {
		o.sent = append(o.sent, n)
		return nil
	}
	if change != nil {
		change(&c)
	}
	o.Service, err = registry.New(c)
	return o, err
}

func newOffice(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	keyFiles(t, dir)
	o, err := open(t.Context(), dir, nil)
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
	if err := o.Enter(t.Context(), counter, registry.Resident{Code: code, Attributes: a, Municipality: mihon}); err != nil {
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
	if err := o.Amend(t.Context(), counter, e); err != nil {
		t.Fatal(err)
	}
}

// list is a holder list from one hour after the start to another, with holders issued at the first.
func list(id string, since, through int, holders ...message.Attributes) message.HolderList {
	l := message.HolderList{ID: id, Since: start.Add(time.Duration(since) * time.Hour), Through: start.Add(time.Duration(through) * time.Hour)}
	if since == 0 {
		l.Since = time.Unix(0, 0).UTC()
	}
	for _, a := range holders {
		l.Entries = append(l.Entries, message.HolderEntry{Attributes: a, IssuedAt: start.Add(time.Duration(since) * time.Hour)})
	}
	l.Count = len(l.Entries)
	return l
}

func (o *office) match(t *testing.T, l message.HolderList) {
	t.Helper()
	if err := o.Match(t.Context(), link, l); err != nil {
		t.Fatal(err)
	}
}

// notices delivers and returns the listed attributes of all notices so far.
func (o *office) notices(t *testing.T) []message.Attributes {
	t.Helper()
	if err := o.Deliver(t.Context()); err != nil {
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
