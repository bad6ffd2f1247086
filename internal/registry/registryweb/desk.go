package registryweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

//go:embed pages
var files embed.FS

// Office is the register as its screens need it: [registry.Service].
type Office interface {
	Find(ctx context.Context, actor authz.Actor, q registry.Query) ([]registry.Resident, error)
	History(ctx context.Context, actor authz.Actor, number int64) (registry.Resident, []registry.Record, error)
	Amend(ctx context.Context, actor authz.Actor, e registry.Event) error
	CallUp(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, application string) error
	Questions(ctx context.Context, actor authz.Actor) ([]registry.Question, error)
	Decide(ctx context.Context, actor authz.Actor, d registry.Decision) error
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Office Office
	// Actor returns the clerk who asks.
	Actor func(*http.Request) (authz.Actor, error)
	Now   func() time.Time // Optional; time.Now.
}

// Desk is the screens of the register. It is safe for concurrent use.
type Desk struct {
	Config
	search    *page.Page[searchPage]
	record    *page.Page[recordPage]
	event     *page.Page[eventPage]
	questions *page.Page[questionsPage]
}

// New reads the pages.
func New(c Config) (*Desk, error) {
	if c.Office == nil || c.Actor == nil {
		return nil, errors.New("making the screens of the register: the office and who acts must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	d := &Desk{Config: c}
	var all [4]error
	d.search, all[0] = page.New[searchPage](files, "pages/search.html", "pages/parts.html")
	d.record, all[1] = page.New[recordPage](files, "pages/record.html", "pages/parts.html")
	d.event, all[2] = page.New[eventPage](files, "pages/event.html", "pages/parts.html")
	d.questions, all[3] = page.New[questionsPage](files, "pages/questions.html", "pages/parts.html")
	return d, errors.Join(all[:]...)
}

// Mount adds the pages to a site.
func (d *Desk) Mount(site *page.Site) {
	for pattern, h := range map[string]func(w http.ResponseWriter, r *http.Request, actor authz.Actor) error{
		"GET /registry":                                   d.showSearch,
		"POST /registry":                                  d.find,
		"GET /registry/residents/{number}":                d.showRecord,
		"POST /registry/residents/{number}/call-up":       d.callUp,
		"GET /registry/residents/{number}/events/{kind}":  d.showEvent,
		"POST /registry/residents/{number}/events/{kind}": d.amend,
		"GET /registry/questions":                         d.showQuestions,
		"POST /registry/questions":                        d.decide,
	} {
		site.Handle(pattern, page.As(d.Actor, h))
	}
}

// searchPage is the search with what it found.
type searchPage struct {
	Name, Code page.Field
	Searched   bool
	Found      []found
	Failed     error
}

// found is a line of the result.
type found struct {
	registry.Resident
	Birth, Sex page.Text
}

func newSearch(r *http.Request) searchPage {
	return searchPage{
		Name: page.Field{Name: "name", Label: page.Say("registryweb.name_begins"), Hint: page.Say("registryweb.name_begins_hint"),
			Value: strings.TrimSpace(r.PostFormValue("name")), Optional: true},
		Code: page.Field{Name: "code", Label: page.Say("registryweb.code"), Hint: page.Say("registryweb.code_hint"),
			Value: strings.TrimSpace(r.PostFormValue("code")), Optional: true, InputMode: "numeric"},
	}
}

func (d *Desk) showSearch(w http.ResponseWriter, r *http.Request, _ authz.Actor) error {
	return d.search.Show(w, r, newSearch(r))
}

// find answers a search where it was asked, since an address may not have its terms.
func (d *Desk) find(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p := newSearch(r)
	residents, err := d.Office.Find(r.Context(), actor, registry.Query{
		Code: registry.ResidentCode(p.Code.Value), Name: strings.ReplaceAll(p.Name.Value, " ", "　"),
	})
	if err != nil {
		p.Failed = err
		return d.search.ShowFailed(w, r, err, p)
	}
	p.Searched = true
	for _, one := range residents {
		p.Found = append(p.Found, found{one, page.Birth(one.Attributes.Birth), page.Sex(one.Attributes.Sex)})
	}
	return d.search.Show(w, r, p)
}

// recordPage is a resident record.
type recordPage struct {
	registry.Resident
	Rows   []page.Row
	Events []eventLine
	Kinds  []kind
	Case   page.Field
	Failed error
}

// eventLine is what happened, and what became of it on its way to the CA's side.
type eventLine struct {
	At            time.Time
	Kind, Outcome page.Text
	Changed       []page.Row
}

// kind is an event that may be entered.
type kind struct {
	Value string
	Label page.Text
}

func (d *Desk) showRecord(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, err := d.recordPage(r, actor)
	if err != nil {
		return err
	}
	return d.record.Show(w, r, p)
}

// recordPage returns the page of the record in the address.
func (d *Desk) recordPage(r *http.Request, actor authz.Actor) (recordPage, error) {
	resident, events, err := d.resident(r, actor)
	if err != nil {
		return recordPage{}, err
	}
	p := recordPage{Resident: resident, Rows: append([]page.Row{
		{Term: page.Say("registryweb.code"), Value: resident.Code},
	}, rows(resident)...)}
	p.Rows = append(p.Rows, page.Row{Term: page.Say("registryweb.amended_at"), Value: resident.AmendedAt})
	for _, e := range events {
		p.Events = append(p.Events, eventLine{e.At, kindText(e.Kind), outcomeText(e.Outcome), changed(e)})
	}
	for _, rule := range registry.Rules() {
		p.Kinds = append(p.Kinds, kind{string(rule.Event), kindText(rule.Event)})
	}
	p.Case = page.Field{Name: "case", Label: page.Say("registryweb.case"), Hint: page.Say("registryweb.case_hint"), Value: strings.TrimSpace(r.PostFormValue("case"))}
	return p, nil
}

// resident reads the record in the address.
func (d *Desk) resident(r *http.Request, actor authz.Actor) (registry.Resident, []registry.Record, error) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		return registry.Resident{}, nil, fault.New(fault.NotFound, "page.not_found")
	}
	return d.Office.History(r.Context(), actor, number)
}

func kindText(k registry.EventKind) page.Text  { return page.Say("registryweb.kind_" + string(k)) }
func outcomeText(o registry.Outcome) page.Text { return page.Say("registryweb.outcome_" + string(o)) }
func fieldText(f registry.Field) page.Text     { return page.Say("registryweb.field_" + string(f)) }

// value is a field of a record, in words.
func value(f registry.Field, r registry.Resident) page.Text {
	switch f {
	case registry.Name:
		return page.Plain(r.Attributes.Name)
	case registry.Birth:
		return page.Birth(r.Attributes.Birth)
	case registry.Sex:
		return page.Sex(r.Attributes.Sex)
	case registry.Address:
		return page.Plain(r.Attributes.Address)
	}
	return page.Plain(r.Municipality)
}

var fields = []registry.Field{registry.Name, registry.Birth, registry.Sex, registry.Address, registry.Municipality}

// rows are the fields of a record.
func rows(r registry.Resident) []page.Row {
	var all []page.Row
	for _, f := range fields {
		all = append(all, page.Row{Term: fieldText(f), Value: value(f, r)})
	}
	return all
}

// changed are the fields that an event made others, with what they were.
func changed(e registry.Record) []page.Row {
	if e.Kind == registry.Death {
		return nil
	}
	var all []page.Row
	before, after := registry.Resident{Attributes: e.Before}, registry.Resident{Attributes: e.After}
	for _, f := range fields[:4] {
		if was, is := value(f, before), value(f, after); was.In(locale.Japanese) != is.In(locale.Japanese) {
			all = append(all, page.Row{Term: fieldText(f), Value: page.Say("registryweb.from_to", was, is)})
		}
	}
	return all
}

var caseNumber = regexp.MustCompile(`^([0-9]{5})-[A-Za-z0-9]{1,24}$`)

// callUp calls the resident up for a case of a counter, which the number of the case names.
//
// Req: R-SYS-11, R-DAT-08
func (d *Desk) callUp(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p, err := d.recordPage(r, actor)
	if err != nil {
		return err
	}
	m := caseNumber.FindStringSubmatch(p.Case.Value)
	if m == nil {
		p.Case.Error = fault.New(fault.Invalid, "registry.export_invalid", "case")
		return d.record.ShowAgain(w, r, p)
	}
	if err := d.Office.CallUp(r.Context(), actor, p.Code, message.AtCounter(m[1]), p.Case.Value); err != nil {
		p.Failed = err
		return d.record.ShowFailed(w, r, err, p)
	}
	return page.Redirect(w, r, pathOf(p.Number), page.Say("registryweb.called_up", p.Case.Value))
}

// pathOf is where a record has its page.
func pathOf(number int64) string { return "/registry/residents/" + strconv.FormatInt(number, 10) }
