package counterweb

import (
	"context"
	"net/http"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/page"
)

// identity is the identity check as it is asked for and, of a form that was sent, answered.
//
// Req: R-ISS-09, R-ISS-10, R-ISS-11
type identity struct {
	Document      page.Choices
	Name          page.Field
	Agrees, Looks page.Choices

	found      counter.Identity
	incomplete error // an answer is missing
}

// readIdentity returns the questions of the identity check with the answers of a request.
func readIdentity(r *http.Request) identity {
	document, method := r.PostFormValue("document"), counter.Document(r.PostFormValue("document")) == counter.MayorsMethod
	i := identity{
		Document: page.Choices{Name: "document", Label: page.Say("counter.field_document")},
		Name: page.Field{Name: "document_name", Label: page.Say("counter.field_method"), Hint: page.Say("counterweb.method_hint"),
			Value: r.PostFormValue("document_name"), Optional: true},
		Agrees: yesOrNo(r, "agrees", page.Say("counterweb.agrees"), page.Say("counterweb.no_ends")),
		Looks:  yesOrNo(r, "looks", page.Say("counterweb.looks"), page.Say("counterweb.looks_hint")),
		found: counter.Identity{
			Document: counter.Document(document), Name: r.PostFormValue("document_name"),
			Agrees: r.PostFormValue("agrees") == "yes", Looks: r.PostFormValue("looks") == "yes",
		},
	}
	i.Looks.Optional = true
	for _, o := range []struct {
		value counter.Document
		label page.Text
	}{
		{counter.DrivingLicence, page.Say("counterweb.driving_licence")}, {counter.Passport, page.Say("counterweb.passport")},
		{counter.ResidentCard, page.Say("counterweb.resident_card")}, {counter.MyNumberCard, page.Say("counterweb.my_number_card")},
		{counter.OtherPhoto, page.Say("counterweb.other_photo")}, {counter.MayorsMethod, page.Say("counterweb.mayors_method")},
	} {
		i.Document.Options = append(i.Document.Options, page.Option{Value: string(o.value), Label: o.label, Chosen: string(o.value) == document})
	}
	if document == "" || r.PostFormValue("agrees") == "" || r.PostFormValue("looks") == "" && !method {
		i.incomplete = fault.New(fault.Invalid, "counterweb.identity_incomplete")
	}
	return i
}

// yesOrNo is a question without an answer at first, since a wrong one ends a case.
func yesOrNo(r *http.Request, name string, label, hint page.Text) page.Choices {
	answer := r.PostFormValue(name)
	return page.Choices{Name: name, Label: label, Hint: hint, Options: []page.Option{
		{Value: "yes", Label: page.Say("counterweb.yes"), Chosen: answer == "yes"},
		{Value: "no", Label: page.Say("counterweb.no"), Chosen: answer == "no"},
	}}
}

// procedurePage is a page on which a notice is taken: on certificates to be revoked, or on a PIN.
type procedurePage struct {
	Number   page.Field
	What     page.Choices // grounds, or works
	Kinds    page.Choices
	Since    page.DayField // of a compromise
	Identity identity
	Failed   error
}

func newProcedure(r *http.Request, what page.Choices) procedurePage {
	p := procedurePage{
		Number: page.Field{Name: "number", Label: page.Say("counter.field_number"), Hint: page.Say("counterweb.number_hint"), Value: r.PostFormValue("number")},
		What:   what, Kinds: kinds(r), Identity: readIdentity(r),
		Since: page.DayField{Name: "since", Label: page.Say("counter.field_since"), Hint: page.Say("counterweb.since_hint"), Optional: true},
	}
	if p.Number.Value == "" {
		p.Number.Value = newNumber()
	}
	for i, o := range p.What.Options {
		p.What.Options[i].Chosen = o.Value == r.PostFormValue(p.What.Name)
	}
	return p
}

func grounds() page.Choices {
	return page.Choices{Name: "ground", Label: page.Say("counter.field_ground"), Options: []page.Option{
		{Value: string(message.Voluntary), Label: page.Say("counterweb.ground_voluntary"), Hint: page.Say("counterweb.ground_voluntary_hint")},
		{Value: string(message.Compromise), Label: page.Say("counterweb.ground_compromise"), Hint: page.Say("counterweb.ground_compromise_hint")},
	}}
}

func (d *Desk) showRevocation(w http.ResponseWriter, r *http.Request, _ authz.Actor) error {
	return d.revocation.Show(w, r, newProcedure(r, grounds()))
}

// revoke takes a notice and orders the revocation of certificates on the card in the reader.
//
// Req: R-CNT-07, R-CNT-08, R-CNT-09
func (d *Desk) revoke(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p := newProcedure(r, grounds())
	var day locale.Date
	p.Since, day = p.Since.Read(r)
	n := counter.RevocationNotice{
		Number: p.Number.Value, Ground: message.Ground(r.PostFormValue("ground")), Kinds: chosenKinds(r), Identity: p.Identity.found,
	}
	if day.Valid() {
		n.Since = startOf(day)
	}
	if p.Since.Error != nil {
		return d.revocation.ShowAgain(w, r, p)
	}
	p.Failed = p.Identity.incomplete
	if p.Failed == nil {
		p.Failed = d.withCard(r, func(ctx context.Context, t card.Transmitter) error {
			_, err := d.Office.Revoke(ctx, actor, n, t)
			return err
		})
	}
	if p.Failed != nil {
		return d.revocation.ShowFailed(w, r, p.Failed, p)
	}
	return page.Redirect(w, r, "/counter", page.Say("counterweb.revocation_ordered", n.Number))
}

func works() page.Choices {
	return page.Choices{Name: "work", Label: page.Say("counter.field_ground"), Options: []page.Option{
		{Value: string(counter.ChangePIN), Label: page.Say("counterweb.work_change"), Hint: page.Say("counterweb.work_change_hint")},
		{Value: string(counter.UnlockPIN), Label: page.Say("counterweb.work_unlock"), Hint: page.Say("counterweb.work_unlock_hint")},
		{Value: string(counter.ResetPIN), Label: page.Say("counterweb.work_reset"), Hint: page.Say("counterweb.work_reset_hint")},
	}}
}

// onePIN is the choice of the PIN, by what it is used for.
func onePIN(r *http.Request) page.Choices {
	kind := r.PostFormValue("kind")
	return page.Choices{Name: "kind", Label: page.Say("counterweb.which_pin"), Options: []page.Option{
		{Value: jpki.Authentication.String(), Label: page.Say("counterweb.pin_authentication"), Chosen: kind == jpki.Authentication.String()},
		{Value: jpki.Signing.String(), Label: page.Say("counterweb.pin_signing"), Chosen: kind == jpki.Signing.String()},
	}}
}

func (d *Desk) showPIN(w http.ResponseWriter, r *http.Request, _ authz.Actor) error {
	p := newProcedure(r, works())
	p.Kinds = onePIN(r)
	return d.pin.Show(w, r, p)
}

// servePIN takes a notice on a PIN and does it on the card in the reader.
//
// Req: R-CNT-01, R-CNT-02, R-CNT-03
func (d *Desk) servePIN(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p := newProcedure(r, works())
	p.Kinds = onePIN(r)
	n := counter.PINNotice{Number: p.Number.Value, Work: counter.PINWork(r.PostFormValue("work")), Identity: p.Identity.found}
	if r.PostFormValue("kind") != "" {
		n.Kind = map[bool]jpki.Kind{true: jpki.Signing, false: jpki.Authentication}[r.PostFormValue("kind") == jpki.Signing.String()]
	}
	p.Failed = p.Identity.incomplete
	if p.Failed == nil {
		p.Failed = d.withCard(r, func(ctx context.Context, t card.Transmitter) error {
			_, err := d.Office.ServePIN(ctx, actor, n, t)
			return err
		})
	}
	if p.Failed != nil {
		return d.pin.ShowFailed(w, r, p.Failed, p)
	}
	return page.Redirect(w, r, "/counter", page.Say("counterweb.pin_served", n.Number))
}
