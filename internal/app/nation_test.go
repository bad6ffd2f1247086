package app_test

import (
	"net/http"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/cahttp"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterhttp"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkhttp"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registryhttp"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// nation is one in which everything is seen: all letters, all questions over the line, all errors.
type nation struct {
	*app.Sandbox
	*lines
	t       *testing.T
	urls    map[post.Address]string
	person  app.Person
	holder  message.Holder
	serials []jpki.Serial   // of her certificates
	asked   map[string]bool // the ways on which somebody said what belongs nowhere

	town     registryhttp.Client // of the municipality to which she moves
	terminal counterhttp.Client  // of the counter there
	calls    linkhttp.Client     // of the call centre
}

// The offices that ask over the line.
const (
	town       post.Address = "municipality-99202"
	terminal   post.Address = "terminal-99202"
	callCentre post.Address = "helpdesk"
)

var clerk = authz.Actor{Operator: "op-7"}

func newNation(t *testing.T, dir string, urls map[post.Address]string) *nation {
	t.Helper()
	w := newWitness()
	s, err := app.Open(t.Context(), app.Config{
		Dir: dir, Start: start, Step: w.step, Observe: w.observe, Carry: w.carry,
		Database: func(office post.Address) string { return urls[office] },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	n := &nation{Sandbox: s, t: t, urls: urls, asked: map[string]bool{}, lines: &lines{linetest.New(t), w, map[post.Address]string{}}}
	mux := http.NewServeMux()
	registryhttp.Handle(mux, s.Registry)
	n.serve(t, message.AtRegistry, mux)
	mux = http.NewServeMux()
	linkhttp.Handle(mux, s.Link)
	n.serve(t, message.AtLink, mux)
	mux = http.NewServeMux()
	cahttp.Handle(mux, s.CA)
	n.serve(t, message.AtCA, mux)
	mux = http.NewServeMux()
	counterhttp.Handle(mux, n.desk(app.Rinri), func(post.Address) (card.Transmitter, error) {
		return nil, fault.New(fault.Unavailable, "counter.card_gone")
	})
	n.serve(t, message.AtCounter(app.Rinri.Code), mux)
	h, err := revocationhttp.New(revocationhttp.Config{Service: s.Revocation, Log: n.log()})
	n.must(err)
	n.serve(t, message.AtRevocation, h)
	n.town.Line = n.client(t, town, message.AtRegistry)
	n.terminal.Line = n.client(t, terminal, message.AtCounter(app.Rinri.Code))
	n.calls.Line = n.client(t, callCentre, message.AtLink)
	n.desk(app.Rinri).Register = registryhttp.Client{Line: n.client(t, message.AtCounter(app.Rinri.Code), message.AtRegistry)}
	plantSerials(t, urls[message.AtCA])
	return n
}

func (n *nation) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *nation) desk(m jpki.Municipality) *counter.Service {
	return n.Offices(m).Counter.(*counter.Service)
}

// days lets time pass, so that lists and notices come where they should.
func (n *nation) days(days int) {
	n.t.Helper()
	n.must(n.Advance(n.t.Context(), n.Now().AddDate(0, 0, days)))
}

// her is who she is, at one of her addresses.
func her(address string) message.Attributes {
	return message.Attributes{Name: herName, Birth: herBirth, Sex: jpki.Female, Address: address}
}

// live is the life: a card, a signature, a move, a new certificate, a second move, a lost card, the death of another.
func (n *nation) live() {
	ctx := n.t.Context()
	a := app.Application{
		ID: "kanojo", Attributes: her(address1), PINs: app.PINs{Auth: authPIN, Sign: signPIN},
		Substitutes: &counter.Spelling{Name: certified, NameMarks: "10010", Address: address1, AddressMarks: jpki.NoMarks(address1)},
	}
	var err error
	n.person, err = n.NewCard(ctx, a)
	n.must(err)
	other, err := n.NewCard(ctx, application("jiro"))
	n.must(err)
	n.days(2)
	n.must(n.town.Amend(ctx, clerk, registry.Event{
		ID: "e-1", Kind: registry.MoveIn, Code: n.person.Code, At: n.Now(), After: her(address2), Municipality: app.Rinri.Code,
	}))
	n.days(2)
	n.renew()
	n.withdrawn()
	n.remember()
	n.must(n.Registry.Amend(ctx, sandbox, registry.Event{ID: "e-2", Kind: registry.Death, Code: other.Code, At: n.Now()}))
	n.days(2)
	for _, e := range []registry.Event{
		{ID: "e-3", Kind: registry.MinorCorrection, After: her(address3)}, // of which nobody is told
		{ID: "e-4", Kind: registry.Move, After: her(address4)},
	} {
		e.Code, e.At, e.Municipality = n.person.Code, n.Now(), app.Rinri.Code
		n.must(n.town.Amend(ctx, clerk, e))
		n.days(2)
	}
	_, err = n.calls.Hold(ctx, clerk, link.HoldRequest{ID: "call-1", Attributes: her(address2)})
	n.must(err)
	n.days(2)
	n.goWrong()
	n.must(n.Settle(ctx))
}

// renew is her new signing certificate at her new home, and what else she does there with her card.
func (n *nation) renew() {
	ctx := n.t.Context()
	p := n.person
	p.Municipality, p.Attributes, p.Reception, p.Kinds = app.Rinri, her(address2), "again", []jpki.Kind{jpki.Signing}
	p.Substitutes = &counter.Spelling{Name: certified, NameMarks: "10010", Address: address2, AddressMarks: jpki.NoMarks(address2)}
	chip, err := app.OpenCard(n.Dir, p.ID)
	n.must(err)
	defer chip.Close()
	offices := n.Offices(app.Rinri)
	offices.Municipality = n.town
	e := app.Errand{Offices: offices, Actor: sandbox, Person: p, Chip: chip}
	n.must(e.Run(ctx, counter.Reissue))
	licence := counter.Identity{Document: counter.DrivingLicence, Agrees: true, Looks: true}
	_, err = n.desk(app.Rinri).ServePIN(ctx, sandbox, counter.PINNotice{Number: "pin1", Work: counter.UnlockPIN, Kind: jpki.Signing, Identity: licence}, chip)
	n.must(err)
	_, err = n.desk(app.Rinri).Revoke(ctx, sandbox, counter.RevocationNotice{
		Number: "revoke1", Ground: message.Voluntary, Kinds: []jpki.Kind{jpki.Signing}, Identity: licence,
	}, chip)
	n.must(err)
	c, err := card.Open(ctx, chip)
	n.must(err)
	n.fails(n.t, "a wrong PIN", c.Verify(ctx, card.Signature, wrongPIN))
	n.fails(n.t, "a PIN of no form", c.Verify(ctx, card.Authentication, wrongPIN))
	n.fails(n.t, "a wrong PIN at the kiosk", n.Offices(app.Rinri).MakeKey(ctx, chip, card.Signature, wrongPIN))
	n.must(c.Verify(ctx, card.Signature, signPIN))
}

// withdrawn are two applications that she withdraws: the register certifies one over the line, the other by letter.
func (n *nation) withdrawn() {
	ctx, desk := n.t.Context(), message.AtCounter(app.Rinri.Code)
	for reception, certify := range map[string]func(id string) error{
		"line1": func(id string) error {
			if err := n.town.CallUp(ctx, clerk, n.person.Code, desk, id); err != nil {
				return err
			}
			_, err := n.terminal.Certify(ctx, clerk, id)
			return err
		},
		"medium1": func(id string) error {
			if err := n.town.ExportByMedium(ctx, clerk, n.person.Code, desk, id); err != nil {
				return err
			}
			return n.Settle(ctx)
		},
	} {
		opened, err := n.terminal.Open(ctx, clerk, reception, n.form(address2))
		n.must(err)
		n.must(certify(opened.ID))
		c, err := n.terminal.Case(ctx, clerk, opened.ID)
		if err != nil || c.State != counter.Existing {
			n.t.Fatalf("the case %s is %s, %v, want it certified", reception, c.State, err)
		}
		_, err = n.terminal.Withdraw(ctx, clerk, opened.ID)
		n.must(err)
	}
}

func (n *nation) form(address string) counter.Form {
	return counter.Form{
		Attributes: her(address), Reading: "よしだ　ひみつ", Kinds: []jpki.Kind{jpki.Authentication}, Occasion: counter.First,
		CardEnd:     n.person.CardEnd,
		Substitutes: &counter.Spelling{Name: certified, NameMarks: "10010", Address: address, AddressMarks: jpki.NoMarks(address)},
	}
}

// remember notes pseudonym and serial numbers of her certificates.
func (n *nation) remember() {
	for m, id := range map[jpki.Municipality]string{app.Mihon: n.person.Reception, app.Rinri: "again"} {
		c, err := n.desk(m).Case(n.t.Context(), sandbox, m.Code+"-"+id)
		n.must(err)
		n.holder = c.Holder
		for _, certificate := range c.Certificates {
			n.serials = append(n.serials, certificate.Serial)
		}
	}
}
