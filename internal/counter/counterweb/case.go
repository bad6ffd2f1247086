package counterweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

// casePage is the page of one case.
type casePage struct {
	counter.Case
	Steps      page.Steps
	Stop       *counter.Stop
	Rows       []page.Row
	Comparison []comparison
	Replaced   []replaced
	Identity   identity
	Check      []question
	Pay        page.Choices
	Failed     error
}

// May reports whether an event may follow now: it does in the workflow, and no stop forbids it.
func (p casePage) May(event counter.Event) bool {
	return slices.ContainsFunc(counter.Workflow(), func(t counter.Transition) bool {
		return t.From == p.State && t.Event == event && (p.Stop == nil || !t.Halts)
	})
}

// Over reports whether nothing follows.
func (p casePage) Over() bool {
	return !slices.ContainsFunc(counter.Workflow(), func(t counter.Transition) bool { return t.From == p.State })
}

// Halted reports whether the stop of the service is what keeps the case from going on.
func (p casePage) Halted() bool {
	if p.Stop == nil || p.Over() || p.State == counter.Waiting {
		return false
	}
	return !slices.ContainsFunc(counter.Workflow(), func(t counter.Transition) bool {
		return t.From == p.State && t.Event != counter.Withdraw && !t.Halts
	})
}

// Law is the article on which the case came to its state.
func (p casePage) Law() string {
	for _, t := range counter.Workflow() {
		if t.To == p.State && t.Event == p.Event {
			return t.Law
		}
	}
	return ""
}

// Copies reports whether there is anything to print.
func (p casePage) Copies() bool {
	return p.State == counter.Stored || p.State == counter.Paid || p.State == counter.Completed
}

// Refusals are why the CA does not issue.
func (p casePage) Refusals() []page.Row {
	var rows []page.Row
	for _, c := range p.Certificates {
		if c.Refusal != "" {
			rows = append(rows, page.Row{Term: page.Say("counterweb.it", c.Kind), Value: refusal(c.Refusal)})
		}
	}
	return rows
}

// refusal is the reason of a refusal, which comes as the key of a fault without its arguments.
type refusal string

// In returns the reason in words, as far as it has any without arguments, and its key.
func (f refusal) In(lang locale.Lang) string {
	why := locale.Explain(lang, fault.New(fault.Conflict, string(f))).Why
	if strings.Contains(why, "{") {
		return string(f)
	}
	return fmt.Sprintf("%s (%s)", why, string(f))
}

// stepOf is the step of the bar that is under way in a state, counted from 0; 10 when all are done.
//
// Req: R-ISS-28
var stepOf = map[counter.State]int{
	counter.Received: 1, counter.Existing: 2, counter.Identified: 3, counter.KeyWriting: 3, counter.CardOut: 4,
	counter.KeysRead: 5, counter.Waiting: 5, counter.Arrived: 6, counter.Approved: 7, counter.Storing: 7,
	counter.Stored: 8, counter.Paid: 9, counter.Completed: 10,
	counter.Mismatch: 1, counter.NoSubstitute: 1, counter.Unproven: 2, counter.Refused: 5,
	counter.Mistaken: 6, counter.Faulty: 6, counter.Resubstituted: 6,
}

func steps(s counter.State) page.Steps {
	return page.Steps{Current: stepOf[s], Labels: []page.Text{
		page.Say("counterweb.step_open"), page.Say("counterweb.step_existence"), page.Say("counterweb.step_identity"),
		page.Say("counterweb.step_keys"), page.Say("counterweb.step_read"), page.Say("counterweb.step_issue"),
		page.Say("counterweb.step_check"), page.Say("counterweb.step_store"), page.Say("counterweb.step_fee"),
		page.Say("counterweb.step_hand_over"),
	}}
}

// comparison is a line of form and register, side by side.
//
// Req: R-ISS-08
type comparison struct {
	Field            counter.Field
	Form, Registered page.Text
	Differs          bool
}

func compare(c counter.Case) []comparison {
	f := c.Form.Attributes
	rows := []comparison{
		{Field: counter.FieldName, Form: page.Plain(f.Name)}, {Field: counter.FieldBirth, Form: page.Birth(f.Birth)},
		{Field: counter.FieldSex, Form: page.Sex(f.Sex)}, {Field: counter.FieldAddress, Form: page.Plain(f.Address)},
	}
	if c.Registered == nil {
		return rows
	}
	g := *c.Registered
	for i, text := range []page.Text{page.Plain(g.Name), page.Birth(g.Birth), page.Sex(g.Sex), page.Plain(g.Address)} {
		rows[i].Registered = text
	}
	if slices.Contains(c.Differs, counter.FieldMunicipality) {
		here, elsewhere := page.Say("counterweb.here"), page.Say("counterweb.elsewhere")
		rows = append(rows, comparison{Field: counter.FieldMunicipality, Form: here, Registered: elsewhere})
	}
	for i := range rows {
		rows[i].Differs = slices.Contains(c.Differs, rows[i].Field)
	}
	return rows
}

// replaced is a substitute character, beside the one it stands for.
//
// Req: R-CHR-03, R-CHR-06
type replaced struct {
	Field         counter.Field
	At            int // from 1
	Written, Used glyph
}

// glyph is a character that may be too rare to be told from others by its look.
type glyph rune

// String is the character.
func (g glyph) String() string { return string(rune(g)) }

// Code is its code point, "U+20BB7".
func (g glyph) Code() string { return fmt.Sprintf("U+%04X", rune(g)) }

// replacedIn are the substitutes of a spelling.
func replacedIn(f counter.Form) []replaced {
	if f.Substitutes == nil {
		return nil
	}
	var all []replaced
	for _, text := range []struct {
		field                  counter.Field
		written, chosen, marks string
	}{
		{counter.FieldName, f.Attributes.Name, f.Substitutes.Name, f.Substitutes.NameMarks},
		{counter.FieldAddress, f.Attributes.Address, f.Substitutes.Address, f.Substitutes.AddressMarks},
	} {
		written := []rune(text.written)
		for i, c := range []rune(text.chosen) {
			if i < len(written) && text.marks[i] == '1' {
				all = append(all, replaced{text.field, i + 1, glyph(written[i]), glyph(c)})
			}
		}
	}
	return all
}

func (d *Desk) showCase(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, err := d.casePage(r, actor)
	if err != nil {
		return err
	}
	return d.one.Show(w, r, p)
}

// casePage returns the page of the case in the address, with what a request entered where it comes from a form.
func (d *Desk) casePage(r *http.Request, actor authz.Actor) (casePage, error) {
	c, err := d.Office.Case(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return casePage{}, err
	}
	p := casePage{Case: c, Steps: steps(c.State), Identity: readIdentity(r), Pay: payments(c.Fee.Yen)}
	if p.Stop, err = d.stopped(r.Context()); err != nil {
		return p, err
	}
	p.Rows = summary(c)
	if c.Papers == nil {
		return p, nil
	}
	p.Comparison, p.Replaced = compare(c), replacedIn(c.Form)
	if c.State == counter.Arrived {
		p.Check, err = questions(c, r)
	}
	return p, err
}

// summary is what the case is, beside the comparison.
func summary(c counter.Case) []page.Row {
	rows := []page.Row{{Term: page.Say("counterweb.state"), Value: c.State}}
	if c.Papers != nil {
		for _, o := range occasions(string(c.Form.Occasion)).Options {
			if o.Chosen {
				rows = append(rows, page.Row{Term: page.Say("counter.field_occasion"), Value: o.Label})
			}
		}
		rows = append(rows, page.Row{Term: page.Say("counter.field_card_end"), Value: locale.DateOf(c.Form.CardEnd)})
		if c.Form.Reading != "" {
			rows = append(rows, page.Row{Term: page.Say("counter.field_reading"), Value: c.Form.Reading})
		}
		if c.Form.Before != "" {
			rows = append(rows, page.Row{Term: page.Say("counter.field_before"), Value: c.Form.Before})
		}
	}
	for _, certificate := range c.Certificates {
		rows = append(rows, page.Row{Term: page.Say("counter.field_kind"), Value: certificate.Kind})
	}
	return append(rows, page.Row{Term: page.Say("counterweb.fee"), Value: page.Say("counterweb.yen", c.Fee.Yen)},
		page.Row{Term: page.Say("counterweb.opened_at"), Value: c.OpenedAt})
}

// payments are the ways to pay what is owed.
func payments(yen int) page.Choices {
	c := page.Choices{Name: "by", Label: page.Say("counterweb.pay_by")}
	if yen == 0 {
		c.Options = []page.Option{{Value: string(counter.ByNobody), Label: page.Say("counterweb.pay_none"), Chosen: true}}
		return c
	}
	c.Options = []page.Option{
		{Value: string(counter.ByCash), Label: page.Say("counterweb.pay_cash"), Chosen: true},
		{Value: string(counter.ByStamp), Label: page.Say("counterweb.pay_stamp")},
		{Value: string(counter.ByCashless), Label: page.Say("counterweb.pay_cashless")},
	}
	return c
}

// copyPage is the printed copies of a case's certificates.
//
// Req: R-ISS-25
type copyPage struct {
	ID           string
	Municipality jpki.Municipality
	Images       []imageView
}

func (d *Desk) showCopies(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	c, err := d.Office.Case(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !(casePage{Case: c}).Copies() || c.Papers == nil {
		return fault.New(fault.NotFound, "counterweb.no_copy", c.ID)
	}
	images, err := views(c)
	if err != nil {
		return err
	}
	return d.copies.Show(w, r, copyPage{c.ID, d.Municipality, images})
}
