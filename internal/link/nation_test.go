package link_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
)

var (
	start    = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) // nine in the morning in Japan
	counter  = authz.Actor{Office: authz.Counter, Operator: "op-7"}
	ca       = authz.Actor{Office: authz.CA}
	itself   = authz.Actor{Office: authz.Link}
	register = authz.Actor{Office: authz.Registry}
)

const mihon = "99201"

// nation is a register and a link server, each on a file of its own, with one clock. What they send is collected; the
// test carries it.
type nation struct {
	t        *testing.T
	now      time.Time
	registry *registry.Service
	link     *link.Service
	lists    []message.HolderList
	notices  []message.ChangeNotice
	orders   []link.RevocationOrder
}

// newKey makes an audit key and returns its texts.
func newKey(t *testing.T) (private, public string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "nation.jpki-test.invalid")
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

func logOf(private, public string) (*auditdb.Log, error) {
	key, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return auditdb.New(key, note.VerifierList(verifier))
}

func newNation(t *testing.T) *nation {
	t.Helper()
	n := &nation{t: t, now: start}
	log, err := logOf(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return n.now }
	database := func(name string) *db.DB {
		d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), name), Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	rs, err := registrydb.Open(t.Context(), database("registry.db"), log)
	n.must(err)
	ls, err := linkdb.Open(t.Context(), database("link.db"), log)
	n.must(err)
	n.registry, err = registry.New(registry.Config{Store: rs, Now: now, Send: func(_ context.Context, m message.ChangeNotice) error {
		n.notices = append(n.notices, m)
		return nil
	}})
	n.must(err)
	n.link, err = link.New(link.Config{
		Store: ls, Now: now,
		SendList:  func(_ context.Context, l message.HolderList) error { n.lists = append(n.lists, l); return nil },
		SendOrder: func(_ context.Context, o link.RevocationOrder) error { n.orders = append(n.orders, o); return nil },
	})
	n.must(err)
	return n
}

func (n *nation) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// hour sets the clock to some hours after the start.
func (n *nation) hour(h int) { n.now = start.Add(time.Duration(h) * time.Hour) }

func person(name, house string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町" + house,
	}
}

const hanako registry.ResidentCode = "00000000001"

func (n *nation) enter(code registry.ResidentCode, a message.Attributes) {
	n.t.Helper()
	n.must(n.registry.Enter(n.t.Context(), counter, registry.Resident{Code: code, Attributes: a, Municipality: mihon}))
}

// certificate is the record of one issued now.
func (n *nation) certificate(kind jpki.Kind, serial jpki.Serial, a message.Attributes) message.HolderRecord {
	return message.HolderRecord{
		ID: fmt.Sprintf("%s-%s", kind, serial), Attributes: a, Issuer: message.IssuerID("TEST-" + kind.CA().String()), Serial: serial,
		Kind: kind, IssuedAt: n.now, NotAfter: n.now.AddDate(5, 0, 0),
	}
}

// issue records a certificate of both kinds with one serial number.
func (n *nation) issue(serial jpki.Serial, a message.Attributes) {
	n.t.Helper()
	for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
		n.must(n.link.Record(n.t.Context(), ca, n.certificate(kind, serial, a)))
	}
}

// event happens now.
func (n *nation) event(kind registry.EventKind, after message.Attributes) {
	n.t.Helper()
	e := registry.Event{ID: fmt.Sprintf("e-%d", n.now.Unix()), Kind: kind, Code: hanako, At: n.now, After: after, Municipality: mihon}
	if kind == registry.Death {
		e.After, e.Municipality = message.Attributes{}, ""
	}
	n.must(n.registry.Amend(n.t.Context(), counter, e))
}

// list makes the list of today.
func (n *nation) list() {
	n.t.Helper()
	_, err := n.link.MakeList(n.t.Context(), itself)
	n.must(err)
}

// carry brings everything over until nothing moves, and keeps what it carried.
func (n *nation) carry() {
	n.t.Helper()
	for lists, notices := 0, 0; ; {
		n.must(n.link.Deliver(n.t.Context()))
		n.must(n.registry.Deliver(n.t.Context()))
		if lists == len(n.lists) && notices == len(n.notices) {
			return
		}
		for ; lists < len(n.lists); lists++ {
			n.must(n.registry.Match(n.t.Context(), itself, n.lists[lists]))
		}
		for ; notices < len(n.notices); notices++ {
			n.must(n.link.TakeNotice(n.t.Context(), register, n.notices[notices]))
		}
	}
}

// revoked carries everything and returns what was ordered, such as "sign 02", sorted and each once.
func (n *nation) revoked() []string {
	n.t.Helper()
	n.carry()
	return names(n.orders)
}

func names(orders []link.RevocationOrder) []string {
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

// read returns the content of a file of a folder.
func read(dir, name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	return string(data), err
}
