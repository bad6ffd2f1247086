package registryweb

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/registry"
)

// eventPage is the page on which an event is entered. Name and instant of the event are made when it is opened, so that a
// form that is sent twice is one event.
type eventPage struct {
	registry.Rule
	Number  int64
	Title   page.Text
	ID      string
	At      string     // RFC 3339
	Present []page.Row // what the record says
	Inputs  inputs
	Failed  error
}

// inputs are those of the fields that an event may change; the others are nil.
type inputs struct {
	Name, Address, Municipality *page.Field
	Birth                       *page.DayField
	Sex                         *page.Select
}

// May reports whether the event may change anything.
func (p eventPage) May() bool { return len(p.Changes) > 0 }

func (d *Desk) showEvent(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, _, err := d.eventPage(r, actor)
	if err != nil {
		return err
	}
	return d.event.Show(w, r, p)
}

// eventPage returns the page of the event in the address, with what a form entered, and the record.
func (d *Desk) eventPage(r *http.Request, actor authz.Actor) (eventPage, registry.Resident, error) {
	rules := registry.Rules()
	i := slices.IndexFunc(rules, func(rule registry.Rule) bool { return string(rule.Event) == r.PathValue("kind") })
	if i < 0 {
		return eventPage{}, registry.Resident{}, fault.New(fault.NotFound, "page.not_found")
	}
	resident, _, err := d.resident(r, actor)
	if err != nil {
		return eventPage{}, resident, err
	}
	p := eventPage{
		Rule: rules[i], Number: resident.Number, Title: kindText(rules[i].Event), Present: rows(resident),
		ID: cmp.Or(r.PostFormValue("id"), rand.Text()), At: cmp.Or(r.PostFormValue("at"), d.Now().UTC().Format(time.RFC3339)),
	}
	p.Inputs = newInputs(p.Rule, resident, r)
	return p, resident, nil
}

// newInputs are the inputs of a rule, filled with what was entered, else with what the record says.
func newInputs(rule registry.Rule, resident registry.Resident, r *http.Request) inputs {
	var in inputs
	text := func(f registry.Field, present string) *page.Field {
		entered := strings.TrimSpace(r.PostFormValue(string(f)))
		return &page.Field{Name: string(f), Label: fieldText(f), Value: cmp.Or(entered, present)}
	}
	for _, f := range rule.Changes {
		switch f {
		case registry.Name:
			in.Name = text(f, resident.Attributes.Name)
		case registry.Address:
			in.Address = text(f, resident.Attributes.Address)
		case registry.Municipality:
			in.Municipality = text(f, resident.Municipality)
			in.Municipality.InputMode, in.Municipality.Hint = "numeric", page.Say("registryweb.municipality_hint")
		case registry.Birth:
			in.Birth = &page.DayField{Name: string(f), Label: fieldText(f)}
			if day, ok := resident.Attributes.Birth.Date(); ok {
				in.Birth.Typed = locale.FormatDate(locale.Japanese, locale.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()})
			}
		case registry.Sex:
			in.Sex = sexes(cmp.Or(r.PostFormValue(string(f)), string(rune(resident.Attributes.Sex))))
		}
	}
	return in
}

func sexes(chosen string) *page.Select {
	s := &page.Select{Name: string(registry.Sex), Label: fieldText(registry.Sex)}
	for _, sex := range []jpki.Sex{jpki.Male, jpki.Female, jpki.UnknownSex} {
		v := string(rune(sex))
		s.Options = append(s.Options, page.Option{Value: v, Label: page.Sex(sex), Chosen: v == chosen})
	}
	return s
}

// amend enters the event.
//
// Req: R-REG-03
func (d *Desk) amend(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, resident, err := d.eventPage(r, actor)
	if err != nil {
		return err
	}
	e := registry.Event{ID: p.ID, Kind: p.Event, Code: resident.Code}
	if e.At, err = time.Parse(time.RFC3339, p.At); err != nil {
		return fault.New(fault.Invalid, "registry.event_invalid", "time")
	}
	if p.Event != registry.Death {
		e.After, e.Municipality = resident.Attributes, resident.Municipality
		if !p.Inputs.read(r, &e) {
			return d.event.ShowAgain(w, r, p)
		}
	}
	if err := d.Office.Amend(r.Context(), actor, e); err != nil {
		p.Failed = err
		return d.event.ShowFailed(w, r, err, p)
	}
	return page.Redirect(w, r, pathOf(p.Number), page.Say("registryweb.amended", p.Title))
}

// read puts what was entered into the event; false if an input cannot be read, which then says so.
func (in inputs) read(r *http.Request, e *registry.Event) bool {
	if in.Name != nil {
		e.After.Name = in.Name.Value
	}
	if in.Address != nil {
		e.After.Address = in.Address.Value
	}
	if in.Municipality != nil {
		e.Municipality = in.Municipality.Value
	}
	if in.Sex != nil && e.After.Sex.UnmarshalText([]byte(r.PostFormValue(in.Sex.Name))) != nil {
		in.Sex.Error = fault.New(fault.Invalid, "registry.event_invalid", fieldText(registry.Sex))
		return false
	}
	if in.Birth == nil {
		return true
	}
	var day locale.Date
	if *in.Birth, day = in.Birth.Read(r); in.Birth.Error != nil {
		return false
	}
	e.After.Birth = jpki.BirthOn(time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC))
	return true
}

// questionsPage is what a clerk must decide.
type questionsPage struct {
	Questions []questionForm
	Failed    error
}

// questionForm is an event that may meet several holders.
type questionForm struct {
	ID     string
	At     time.Time
	Kind   page.Text
	Before []page.Row
	Who    page.Choices
}

const nobody = "nobody"

func (d *Desk) showQuestions(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, err := d.questionsPage(r, actor)
	if err != nil {
		return err
	}
	return d.questions.Show(w, r, p)
}

func (d *Desk) questionsPage(r *http.Request, actor authz.Actor) (questionsPage, error) {
	var p questionsPage
	questions, err := d.Office.Questions(r.Context(), actor)
	if err != nil {
		return p, err
	}
	for i, q := range questions {
		f := questionForm{
			ID: q.Event.ID, At: q.Event.At, Kind: kindText(q.Event.Kind), Before: rows(registry.Resident{Attributes: q.Event.Before})[:4],
			Who: page.Choices{Name: "chosen-" + strconv.Itoa(i), Label: page.Say("registryweb.who"), Hint: page.Say("registryweb.who_hint"), Several: true},
		}
		for _, h := range q.Candidates {
			f.Who.Options = append(f.Who.Options, page.Option{
				Value: strconv.FormatInt(h.Number, 10), Label: page.Say("registryweb.candidate", h.Number, h.IssuedAt),
				Hint: page.Say("registryweb.candidate_listed", h.Listed.Name, h.Listed.Address),
			})
		}
		f.Who.Options = append(f.Who.Options, page.Option{Value: nobody, Label: page.Say("registryweb.nobody")})
		p.Questions = append(p.Questions, f)
	}
	return p, nil
}

// decide settles a question. Nobody must be chosen as such.
func (d *Desk) decide(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	chosen, err := decision(r)
	if err == nil {
		err = d.Office.Decide(r.Context(), actor, registry.Decision{Event: r.PostFormValue("event"), Chosen: chosen})
	}
	if err == nil {
		return page.Redirect(w, r, "/registry/questions", page.Say("registryweb.decided"))
	}
	p, unread := d.questionsPage(r, actor)
	if unread != nil {
		return err
	}
	p.Failed = err
	return d.questions.ShowFailed(w, r, err, p)
}

// decision reads which candidates were chosen.
func decision(r *http.Request) ([]int64, error) {
	var chosen []int64
	values := r.PostForm[r.PostFormValue("choices")]
	for _, v := range values {
		if v == nobody && len(values) == 1 {
			return nil, nil
		}
		number, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Invalid, "registryweb.no_choice")
		}
		chosen = append(chosen, number)
	}
	if len(chosen) == 0 {
		return nil, fault.New(fault.Invalid, "registryweb.no_choice")
	}
	return chosen, nil
}
