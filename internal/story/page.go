package story

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/verify"
)

// overviewData is the life as a whole.
type overviewData struct {
	Steps  []overviewStep
	Person []page.Row // nil until there is one
	Now    time.Time
	Next   *nextStep // nil at the end
}

type overviewStep struct {
	Title, What page.Text
	URL         string
	Done, Now   bool
}

// nextStep is the step under way, which may be done for the visitor.
type nextStep struct {
	Number int
	Title  page.Text
	URL    string
}

// stepData is one step.
type stepData struct {
	Steps        page.Steps
	Title        page.Text
	What, Source page.Text
	Ground       page.Text
	URL, Bytes   string
	Acts         []actRow
	Desks        []page.Link
	State        string     // "done", "now" or "later"
	Rows         []page.Row // what came of it
	Outcome      *page.Notice
	Checks       []verify.Check
	Next         *nextStep // the step under way, if it is another one
	PINs         *pins
	Clock        bool // the step moves the clock of all
}

type pins struct{ Auth, Sign string }

// actRow is one act of a step.
type actRow struct {
	What  page.Text
	Who   Role
	Where page.Text // the card; nil if it takes no part
	State page.Text
	Now   bool
}

func (s *Story) getOverview(p *page.Page[overviewData]) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		l, err := s.look(r.Context(), visitorOf(r))
		if err != nil {
			return err
		}
		d := overviewData{Now: s.Nation.Now(), Next: l.upNext(), Person: l.rows()}
		for i, one := range steps() {
			d.Steps = append(d.Steps, overviewStep{
				Title: page.Say("story.step_" + one.name), What: page.Say("story.brief_" + one.name), URL: "/story/" + one.name,
				Done: i < l.reachedStep(), Now: i == l.reachedStep(),
			})
		}
		return p.Show(w, r, d)
	}
}

func (l look) upNext() *nextStep {
	i := l.reachedStep()
	if i == len(steps()) {
		return nil
	}
	name := steps()[i].name
	return &nextStep{i + 1, page.Say("story.step_" + name), "/story/" + name}
}

// rows are who the visitor's resident is.
func (l look) rows() []page.Row {
	if !l.begun() {
		return nil
	}
	a := l.Person.Attributes
	if l.Noted {
		a = l.again().Attributes
	}
	rows := []page.Row{
		{Term: page.Say("counter.field_name"), Value: a.Name}, {Term: page.Say("counter.field_birth"), Value: birthday(a.Birth)},
		{Term: page.Say("counter.field_sex"), Value: page.Say("story.sex_" + a.Sex.String())}, {Term: page.Say("counter.field_address"), Value: a.Address},
		{Term: page.Say("story.resident_code"), Value: string(l.Person.Code)}, {Term: page.Say("counter.field_card_end"), Value: locale.DateOf(l.Person.CardEnd)},
	}
	for _, again := range []bool{false, true} {
		if c := l.at(again); c.State != "" {
			rows = append(rows, page.Row{Term: page.Say("counter.field_number"), Value: c.ID}, page.Row{Term: page.Say("story.case_state"), Value: page.Say("counter.state_" + string(c.State))})
		}
	}
	return rows
}

// birthday is a birth date for people.
func birthday(b jpki.Birth) locale.Date {
	return locale.Date{Year: b.Year, Month: time.Month(b.Month), Day: b.Day}
}

func (s *Story) getStep(p *page.Page[stepData]) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		index := stepNamed(r.PathValue("step"))
		if index < 0 {
			return fault.New(fault.NotFound, "page.not_found")
		}
		l, err := s.look(r.Context(), visitorOf(r))
		if err != nil {
			return err
		}
		d := describe(l, index)
		if d.Rows, err = l.outcome(steps()[index].name); err != nil {
			return err
		}
		if err := d.judged(l, steps()[index].name); err != nil {
			return err
		}
		return p.Show(w, r, d)
	}
}

// describe says of a step what can be said before anything has come of it.
func describe(l look, index int) stepData {
	one := steps()[index]
	d := stepData{
		Steps: page.Steps{Current: index}, Title: page.Say("story.step_" + one.name), What: page.Say("story.what_" + one.name),
		Source: page.Say("story.source_" + one.name), Ground: page.Say("story.ground_" + one.name), URL: "/story/" + one.name,
		Bytes: "/story/" + one.name + "/bytes", State: "later", Next: l.upNext(), Clock: slices.Contains([]string{"verification", "refusal", "reissue"}, one.name),
	}
	for _, each := range steps() {
		d.Steps.Labels = append(d.Steps.Labels, page.Say("story.short_"+each.name))
	}
	switch {
	case index < l.reachedStep():
		d.State = "done"
	case index == l.reachedStep():
		d.State, d.Next = "now", nil
	}
	for i, a := range one.acts {
		d.Acts = append(d.Acts, a.row(l.next(one), i, d.State))
	}
	for _, k := range one.desks {
		d.Desks = append(d.Desks, page.Link{Label: page.Say("story.open_desk", k.role, page.Say("story.desk_"+strings.Split(k.path, "/")[1])), URL: "/story/role/" + string(k.role) + "?to=" + k.path})
	}
	if l.begun() && slices.Contains([]string{"keys", "signature", "refusal", "reissue"}, one.name) {
		d.PINs = &pins{l.Person.PINs.Auth, l.Person.PINs.Sign}
	}
	return d
}

func (a act) row(next, i int, state string) actRow {
	row := actRow{What: page.Say("story.act_" + a.name), Who: a.role, State: page.Say("page.step_coming")}
	if a.place != "" {
		row.Where = text(a.place)
	}
	switch {
	case i < next:
		row.State = page.Say("page.step_done")
	case i == next && state == "now":
		row.State, row.Now = page.Say("page.step_now"), true
	}
	return row
}

// outcome is what came of a step, as far as it has come.
func (l look) outcome(name string) (rows []page.Row, err error) {
	c := l.at(name == "reissue")
	switch name {
	case "application", "register":
		return l.rows(), nil
	case "keys":
		if c.CardSerial != "" {
			rows = append(rows, page.Row{Term: page.Say("story.card_serial"), Value: c.CardSerial}, page.Row{Term: page.Say("story.key_version"), Value: int(c.KeyVersion)})
		}
	case "issue", "reissue":
		if !reached(name == "reissue", "arrived")(l) {
			return nil, nil
		}
		images, err := c.Images()
		for _, i := range images {
			rows = append(rows, page.Row{Term: page.Say("counter.field_kind"), Value: i.Kind}, page.Row{Term: page.Say("counter.field_serial"), Value: i.Serial},
				page.Row{Term: page.Say("counter.field_issuer"), Value: i.Issuer}, page.Row{Term: page.Say("counter.field_validity"), Value: page.Say("story.from_to", i.NotBefore, i.NotAfter)})
			if i.Person != nil {
				rows = append(rows, page.Row{Term: page.Say("counter.field_name"), Value: i.Person.Name}, page.Row{Term: page.Say("counter.field_address"), Value: i.Person.Address})
			}
		}
		return rows, err
	case "signature":
		if f := l.Filings[name]; f.Signature != nil {
			rows = append(rows, page.Row{Term: page.Say("story.document"), Value: string(f.Document)}, page.Row{Term: page.Say("story.signature_size"), Value: len(f.Signature)})
		}
	case "move":
		if l.Noted {
			rows = append(rows, page.Row{Term: page.Say("story.moved_at"), Value: l.Moved}, page.Row{Term: page.Say("counter.field_address"), Value: l.Target})
		}
	}
	return rows, nil
}

// filings are the names of what is judged at a step.
var filings = map[string]string{"verification": firstFiling, "refusal": lateFiling, "reissue": lastFiling}

// judged fills in the decision of the agency, with reason and cure.
//
// Req: R-VAL-06
func (d *stepData) judged(l look, step string) (err error) {
	name := filings[step]
	f := l.Filings[name]
	if f.Judgement.State == "" {
		return nil
	}
	d.Outcome = &page.Notice{Kind: page.Success, Title: page.Say("portal.verdict_accepted"), Body: page.Say("portal.why_none")}
	if reason := f.Judgement.Reason; reason != portal.NoReason {
		d.Outcome = &page.Notice{
			Kind: page.Failure, Title: page.Say("portal.verdict_refused"),
			Body: page.Say("story.why_and_cure", page.Say("portal.why_"+string(reason)), page.Say("portal.cure_"+string(reason))),
		}
	}
	d.Rows = append(d.Rows, page.Row{Term: page.Say("story.application_number"), Value: f.Number}, page.Row{Term: page.Say("story.judged_at"), Value: f.Judgement.DecidedAt})
	d.Checks, err = checks(l, name)
	return err
}

// postStep does the next act, or all of the step. What comes is seen on its page.
func (s *Story) postStep(w http.ResponseWriter, r *http.Request) error {
	index := stepNamed(r.PathValue("step"))
	if index < 0 {
		return fault.New(fault.NotFound, "page.not_found")
	}
	if err := s.do(r.Context(), visitorOf(r), index, r.PostFormValue("act") != "next"); err != nil {
		return err
	}
	return page.Redirect(w, r, "/story/"+r.PathValue("step"), page.Say("story.done"))
}

// deskData is a page of an office that is for another role.
type deskData struct {
	Name  page.Text
	Roles []page.Link
}

// getDesk stands where the pages of an office are not seen: in another role. An act is refused: "story.role". So is a case of
// somebody else: "page.not_found".
func (s *Story) getDesk(p *page.Page[deskData], at Desk) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch role := visitorOf(r).life().Role; {
		case slices.Contains(at.Roles, role):
			return fault.New(fault.NotFound, "page.not_found")
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			return fault.New(fault.Denied, "story.role", role)
		}
		d := deskData{Name: page.Say("story.desk_" + at.Name)}
		for _, role := range at.Roles {
			d.Roles = append(d.Roles, page.Link{Label: page.Say("story.become", role), URL: "/story/role/" + string(role) + "?to=" + r.URL.Path})
		}
		return p.Show(w, r, d)
	}
}
