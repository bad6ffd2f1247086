package app_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// world is a nation in which stories are told. Its methods do what the people of a story do, or ask what a verifier asks.
type world struct {
	*app.Sandbox
	t      *testing.T
	people *int
}

// in is the same nation in a part of a test.
func (w *world) in(t *testing.T) *world { return &world{w.Sandbox, t, w.people} }

func newWorld(t *testing.T, changes ...func(*app.Config)) *world {
	t.Helper()
	c := app.Config{Dir: t.TempDir(), Start: start}
	for _, change := range changes {
		change(&c)
	}
	s, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &world{s, t, new(int)}
}

// resident is somebody whom a story is about, with his card in his hand.
type resident struct {
	app.Person
	chip   *softcard.Card
	visits int
	events int
}

// settle makes a resident with a record and a blank card. Nobody else has his attributes.
func (w *world) settle(id string, changes ...func(*app.Person)) *resident {
	w.t.Helper()
	*w.people++
	p := app.Person{
		ID: id, Attributes: app.Invent(id), PINs: app.PINs{Auth: "1234", Sign: "ABC123"}, Municipality: app.Mihon,
		Code: registry.ResidentCode(fmt.Sprintf("%011d", *w.people)), CardSerial: fmt.Sprintf("TEST%012X", *w.people),
		Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing},
	}
	p.Attributes.Address = "架空県見本市例示町" + strconv.Itoa(*w.people) + "番地"
	p.CardEnd = ca.Birthday(p.Attributes.Birth, 10, w.Now())
	for _, change := range changes {
		change(&p)
	}
	r := registry.Resident{Code: p.Code, Attributes: p.Attributes, Municipality: p.Municipality.Code}
	if err := w.Registry.Enter(w.t.Context(), sandbox, r); err != nil {
		w.t.Fatal(err)
	}
	chip, err := w.Manufacture(w.t.Context(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { chip.Close() })
	return &resident{Person: p, chip: chip}
}

// holder makes a resident with both certificates.
func (w *world) holder(id string, changes ...func(*app.Person)) (*resident, counter.Case) {
	w.t.Helper()
	r := w.settle(id, changes...)
	return r, w.issue(r, counter.First, r.Kinds...)
}

// apply is a visit to the counter: it returns the case as it stands in the end, and what stopped it.
func (w *world) apply(r *resident, occasion counter.Occasion, kinds []jpki.Kind, changes ...func(*app.Errand)) (counter.Case, error) {
	w.t.Helper()
	r.visits++
	r.Reception, r.Kinds = r.ID+strconv.Itoa(r.visits), kinds
	e := app.Errand{Offices: w.Offices(r.Municipality), Actor: sandbox, Person: r.Person, Chip: r.chip}
	for _, change := range changes {
		change(&e)
	}
	stopped := e.Run(w.t.Context(), occasion)
	if err := w.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	c, err := w.desk(r).Case(w.t.Context(), sandbox, r.Municipality.Code+"-"+r.Reception)
	if err != nil && stopped == nil {
		w.t.Fatal(err)
	}
	return c, stopped
}

// issue is a visit to the counter that succeeds.
func (w *world) issue(r *resident, occasion counter.Occasion, kinds ...jpki.Kind) counter.Case {
	w.t.Helper()
	c, err := w.apply(r, occasion, kinds)
	if err != nil {
		w.t.Fatalf("%s applies (%s): %v", r.ID, occasion, err)
	}
	return c
}

// refused is a visit to the counter that ends with the CA's refusal of a kind.
func (w *world) refused(r *resident, occasion counter.Occasion, kind jpki.Kind, why string) {
	w.t.Helper()
	c, _ := w.apply(r, occasion, []jpki.Kind{kind})
	if c.State != counter.Refused || c.Certificates[0].Refusal != why {
		w.t.Errorf("%s applies for a %s certificate: case is %s, want it refused: %s", r.ID, kind, c.State, why)
	}
}

// desk is the counter of the municipality where somebody lives.
func (w *world) desk(r *resident) *counter.Service {
	return w.Offices(r.Municipality).Counter.(*counter.Service)
}

// amend is an event in somebody's life, which the register notes now.
func (w *world) amend(r *resident, kind registry.EventKind, change func(*app.Person)) registry.Event {
	w.t.Helper()
	r.events++
	e := registry.Event{ID: r.ID + "-" + strconv.Itoa(r.events), Kind: kind, Code: r.Code, At: w.Now()}
	if kind != registry.Death {
		change(&r.Person)
		e.After, e.Municipality = r.Attributes, r.Municipality.Code
	}
	if err := w.Registry.Amend(w.t.Context(), sandbox, e); err != nil {
		w.t.Fatalf("event %s of %s: %v", kind, r.ID, err)
	}
	if err := w.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return e
}

func movedTo(m jpki.Municipality, address string) func(*app.Person) {
	return func(p *app.Person) { p.Municipality, p.Attributes.Address = m, address }
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.until(w.Now().Add(d))
}

func (w *world) until(at time.Time) {
	w.t.Helper()
	if err := w.Advance(w.t.Context(), at); err != nil {
		w.t.Fatal(err)
	}
}

// nextDay is four in the next night: the holder list and the lists of that night are made.
func (w *world) nextDay() {
	w.t.Helper()
	now := w.Now().In(jpki.Japan)
	w.until(time.Date(now.Year(), now.Month(), now.Day()+1, 4, 0, 0, 0, jpki.Japan))
}

// of returns the certificate of a kind of a case.
func of(c counter.Case, kind jpki.Kind) counter.Certificate {
	for _, certificate := range c.Certificates {
		if certificate.Kind == kind {
			return certificate
		}
	}
	return counter.Certificate{}
}

// reception is an operator at a counter.
func reception(name string) authz.Actor { return authz.Actor{Office: authz.Terminal, Operator: name} }

// proven is an identity check that was passed.
var proven = counter.Identity{Document: counter.DrivingLicence, Agrees: true, Looks: true}

// both are the kinds of certificate that a grown-up may have.
var both = []jpki.Kind{jpki.Authentication, jpki.Signing}

// yoshida spells a name whose first character no certificate can carry: 𠮷田 as 吉田, with its mark.
func yoshida(p *app.Person) {
	p.Attributes.Name = "𠮷田　見本"
	p.Substitutes = &counter.Spelling{
		Name: "吉田　見本", NameMarks: "10000", Address: p.Attributes.Address, AddressMarks: jpki.NoMarks(p.Attributes.Address),
	}
}

// revoke is a voluntary revocation at the counter, unless the notice says otherwise.
func (w *world) revoke(r *resident, notice counter.RevocationNotice) []counter.Order {
	w.t.Helper()
	r.visits++
	notice.Number, notice.Identity = r.ID+strconv.Itoa(r.visits), proven
	if notice.Ground == "" {
		notice.Ground = message.Voluntary
	}
	orders, err := w.desk(r).Revoke(w.t.Context(), reception("r-1"), notice, r.chip)
	if err != nil {
		w.t.Fatalf("revoking for %s: %v", r.ID, err)
	}
	if err := w.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return orders
}
