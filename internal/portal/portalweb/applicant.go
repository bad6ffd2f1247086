package portalweb

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
)

// front is the first page.
type front struct {
	Sample page.Notice
	Number page.Field
}

func newFront() front {
	return front{
		Sample: page.Notice{Kind: page.Warning, Title: page.Say("portal.sample"), Body: page.Say("portal.sample_body")},
		Number: page.Field{Name: "number", Label: page.Say("portal.number"), Hint: page.Say("portal.number_hint"), Autocomplete: "off", MaxLength: 20},
	}
}

func (p *Pages) getFront(w http.ResponseWriter, r *http.Request) error {
	return p.front.Show(w, r, newFront())
}

// postFind leads to the result of a number, however it is written.
func (p *Pages) postFind(w http.ResponseWriter, r *http.Request) error {
	f := newFront()
	f.Number.Value = r.PostFormValue("number")
	number := strings.ToUpper(strings.TrimSpace(f.Number.Value))
	if _, err := p.Desk.Receipt(r.Context(), number); fault.KindOf(err) == fault.NotFound {
		f.Number.Error = err
		return p.front.ShowAgain(w, r, f)
	} else if err != nil {
		return err
	}
	return page.Redirect(w, r, "/agency/receipts/"+number, nil)
}

// stage shows how far an applicant is.
func stage(current int) page.Steps {
	return page.Steps{Current: current, Labels: []page.Text{
		page.Say("portal.step_form"), page.Say("portal.step_sign"), page.Say("portal.step_send"), page.Say("portal.step_receipt"),
	}}
}

// apply is the page of the form.
type apply struct {
	Steps                        page.Steps
	Name, Birth, Address, Copies page.Field
}

func newApply(f portal.Form) apply {
	birth := ""
	if f.Birth.Valid() {
		birth = f.Birth.String()
	}
	return apply{
		Steps: stage(0),
		Name: page.Field{Name: string(portal.FieldName), Label: page.Say("portal.name"), Hint: page.Say("portal.name_hint"), Value: f.Name,
			Autocomplete: "name", MaxLength: portal.MaxText},
		Birth: page.Field{Name: string(portal.FieldBirth), Label: page.Say("portal.birth"), Hint: page.Say("portal.birth_hint"), Value: birth,
			Autocomplete: "bday", MaxLength: 20},
		Address: page.Field{Name: string(portal.FieldAddress), Label: page.Say("portal.address"), Hint: page.Say("portal.address_hint"),
			Value: f.Address, Autocomplete: "street-address", MaxLength: portal.MaxText},
		Copies: page.Field{Name: string(portal.FieldCopies), Label: page.Say("portal.copies"), Hint: page.Say("portal.copies_hint", portal.MaxCopies),
			Value: strconv.Itoa(max(f.Copies, 1)), InputMode: "numeric", MaxLength: 1},
	}
}

// getApply shows the form.
//
// Req: R-APP-02
func (p *Pages) getApply(w http.ResponseWriter, r *http.Request) error {
	var f portal.Form
	if p.Known != nil {
		f, _ = p.Known(r)
	}
	return p.apply.Show(w, r, newApply(f))
}

// postApply shows the document that is to be signed, or what is wrong with the form.
//
// Req: R-APP-03
func (p *Pages) postApply(w http.ResponseWriter, r *http.Request) error {
	f := portal.Form{Name: strings.TrimSpace(r.PostFormValue("name")), Address: strings.TrimSpace(r.PostFormValue("address"))}
	f.Copies, _ = strconv.Atoi(strings.TrimSpace(r.PostFormValue("copies")))
	var errBirth error
	f.Birth, errBirth = locale.ParseDate(strings.TrimSpace(r.PostFormValue("birth")))
	wrong := f.Check()
	if errBirth != nil {
		wrong[portal.FieldBirth] = errBirth
	}
	again := newApply(f)
	again.Birth.Value, again.Copies.Value = r.PostFormValue("birth"), r.PostFormValue("copies")
	again.Name.Error, again.Birth.Error = wrong[portal.FieldName], wrong[portal.FieldBirth]
	again.Address.Error, again.Copies.Error = wrong[portal.FieldAddress], wrong[portal.FieldCopies]
	for _, err := range wrong {
		if err != nil {
			return p.apply.ShowAgain(w, r, again)
		}
	}
	return p.sign.Show(w, r, newSign(f, f.Document()))
}

// sign is the page on which the card signs.
type sign struct {
	Steps    page.Steps
	Rows     []page.Row
	Document string // text
	Encoded  string // the same for the form
	PIN      page.Field
}

func newSign(f portal.Form, document []byte) sign {
	return sign{
		Steps: stage(1), Rows: rows(f), Document: string(document), Encoded: encode(document),
		PIN: page.Field{Name: "pin", Label: page.Say("portal.pin"), Hint: page.Say("portal.pin_hint"), Type: "password", Autocomplete: "off",
			MaxLength: 16},
	}
}

// rows are the form as it is read.
func rows(f portal.Form) []page.Row {
	return []page.Row{
		{Term: page.Say("portal.name"), Value: f.Name}, {Term: page.Say("portal.birth"), Value: f.Birth},
		{Term: page.Say("portal.address"), Value: f.Address}, {Term: page.Say("portal.copies"), Value: f.Copies},
	}
}

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// document reads the document that a form of ours carries. Faults: "portal.document".
func document(r *http.Request) ([]byte, portal.Form, error) {
	data, err := base64.StdEncoding.DecodeString(r.PostFormValue("document"))
	var f portal.Form
	if err == nil {
		f, err = portal.ParseDocument(data)
	}
	if err != nil {
		err = fault.New(fault.Invalid, "portal.document") // without err, which may repeat what was sent
	}
	return data, f, err
}

// postSign has the card sign, or goes back to the form.
//
// Req: R-APP-04, R-APP-05
func (p *Pages) postSign(w http.ResponseWriter, r *http.Request) error {
	data, f, err := document(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("act") == "edit" {
		return p.apply.Show(w, r, newApply(f))
	}
	again := newSign(f, data)
	signer, err := p.Signer(r)
	var cms []byte
	if err == nil {
		cms, err = signer.Sign(r.Context(), data, r.PostFormValue("pin"))
	}
	if wrong := pinFault(err); wrong != nil {
		again.PIN.Error = wrong
		return p.sign.ShowAgain(w, r, again)
	}
	if err != nil {
		return fmt.Errorf("signing an application: %w", err)
	}
	return p.send.Show(w, r, send{stage(2), rows(f), encode(data), encode(cms)})
}

// pinFault says what is wrong with a PIN, nil if the error is about something else.
func pinFault(err error) error {
	wrong, isWrong := errors.AsType[*card.PINError](err)
	switch {
	case errors.Is(err, card.ErrPINFormat):
		return fault.Wrap(err, fault.Invalid, "portal.pin_form")
	case errors.Is(err, card.ErrBlocked):
		return fault.Wrap(err, fault.Denied, "portal.pin_blocked")
	case errors.Is(err, card.ErrLastTry):
		return fault.Wrap(err, fault.Denied, "portal.pin_last_try")
	case isWrong:
		return fault.Wrap(err, fault.Denied, "portal.pin_wrong", wrong.Retries)
	}
	return nil
}

// send is the page that asks whether to send.
type send struct {
	Steps               page.Steps
	Rows                []page.Row
	Document, Signature string // encoded
}

// postSend hands the application to the desk, has it examined, and leads to the receipt. If it cannot be examined now, it
// was received all the same.
//
// Req: R-APP-06
func (p *Pages) postSend(w http.ResponseWriter, r *http.Request) error {
	data, _, err := document(r)
	if err != nil {
		return err
	}
	cms, err := base64.StdEncoding.DecodeString(r.PostFormValue("signature"))
	if err != nil {
		return fault.New(fault.Invalid, "portal.size")
	}
	number, err := p.Desk.Submit(r.Context(), desk, data, cms)
	if err != nil {
		return err
	}
	_, _ = p.Desk.Judge(r.Context(), desk, number) // else by the calendar
	return page.Redirect(w, r, "/agency/receipts/"+number, page.Say("portal.sent"))
}

// receipt is the page of a result.
type receipt struct {
	Number    string
	Outcome   string // passed, failed, indeterminate: how it looks
	Steps     page.Steps
	Word      page.Text
	Why, Next page.Text
	Rows      []page.Row
	Waits     bool
}

func (p *Pages) getReceipt(w http.ResponseWriter, r *http.Request) error {
	found, err := p.Desk.Receipt(r.Context(), r.PathValue("number"))
	if err != nil {
		return err
	}
	return p.receipt.Show(w, r, newReceipt(found))
}

// outcomes are how the states look.
var outcomes = map[portal.State]string{portal.Accepted: "passed", portal.Refused: "failed", portal.Received: "indeterminate"}

func newReceipt(found portal.Receipt) receipt {
	why, next := explain(found.Judgement)
	out := receipt{
		Number: found.Number, Outcome: outcomes[found.State], Steps: stage(4), Word: page.Say("portal.verdict_" + string(found.State)),
		Why: why, Next: next, Rows: []page.Row{{Term: page.Say("portal.number"), Value: found.Number}, {Term: page.Say("portal.received_at"), Value: found.ReceivedAt}},
	}
	if !found.DecidedAt.IsZero() {
		out.Rows = append(out.Rows, page.Row{Term: page.Say("portal.decided_at"), Value: found.DecidedAt})
	}
	return out
}

// explain says why it was decided so, and what the applicant can do.
func explain(j portal.Judgement) (why, next page.Text) {
	switch {
	case j.Reason != portal.NoReason:
		return page.Say("portal.why_" + string(j.Reason)), page.Say("portal.cure_" + string(j.Reason))
	case j.State == portal.Received:
		return page.Say("portal.why_pending"), page.Say("portal.cure_pending")
	}
	return page.Say("portal.why_none"), page.Say("portal.cure_none")
}
