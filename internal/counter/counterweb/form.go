package counterweb

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/page"
)

var caseNumber = regexp.MustCompile(`^[0-9]{5}-[A-Za-z0-9]{1,24}$`)

// formPage is the page on which the clerk enters the application form. Its inputs have the order and the names of the
// terminal's screen.
//
// Req: R-ISS-17
type formPage struct {
	Number                      page.Field
	Name, Reading               page.Field
	Sex                         page.Select
	Birth                       page.DayField
	Address                     page.Field
	SpelledName, SpelledAddress page.Field
	Kinds                       page.Choices
	Occasion                    page.Select
	Before                      page.Field
	CardEnd                     page.DayField
	Failed                      error // what concerns no input
}

// inputs are those that a problem may lead to, in their order.
func (f formPage) Inputs() []interface{ Problem() page.Problem } {
	return []interface{ Problem() page.Problem }{
		f.Number, f.Name, f.Reading, f.Sex, f.Birth, f.Address, f.SpelledName, f.SpelledAddress, f.Kinds, f.Occasion, f.Before, f.CardEnd,
	}
}

// newNumber is a reception number that nobody has: eight letters and digits.
func newNumber() string { return rand.Text()[:8] }

// newForm returns the page with what a request gives it: the body of a form that is sent, else the address, whose query
// may say for which occasion and after which case the clerk comes.
func newForm(r *http.Request) formPage {
	field := func(name string, f counter.Field, hint page.Text) page.Field {
		return page.Field{Name: name, Label: page.Say(f.TextKey()), Hint: hint, Value: strings.TrimSpace(r.PostFormValue(name))}
	}
	optional := func(f page.Field) page.Field { f.Optional = true; return f }
	p := formPage{
		Number:         field("number", counter.FieldNumber, page.Say("counterweb.number_hint")),
		Name:           field("name", counter.FieldName, page.Say("counterweb.name_hint")),
		Reading:        optional(field("reading", counter.FieldReading, page.Say("counterweb.reading_hint"))),
		Sex:            sexes(r.PostFormValue("sex")),
		Birth:          page.DayField{Name: "birth", Label: page.Say("counter.field_birth")},
		Address:        field("address", counter.FieldAddress, page.Say("counterweb.address_hint")),
		SpelledName:    optional(field("spelled_name", counter.FieldSubstitutes, page.Say("counterweb.spelled_name_hint"))),
		SpelledAddress: optional(field("spelled_address", counter.FieldSubstitutes, page.Say("counterweb.spelled_address_hint"))),
		Kinds:          kinds(r),
		Occasion:       occasions(cmp.Or(r.PostFormValue("occasion"), r.URL.Query().Get("occasion"))),
		Before:         optional(field("before", counter.FieldBefore, page.Say("counterweb.before_hint"))),
		CardEnd:        page.DayField{Name: "card_end", Label: page.Say("counter.field_card_end"), Hint: page.Say("counterweb.card_end_hint")},
	}
	p.SpelledName.Label, p.SpelledAddress.Label = page.Say("counterweb.spelled_name"), page.Say("counterweb.spelled_address")
	p.Number.Value = cmp.Or(p.Number.Value, newNumber())
	p.Before.Value = cmp.Or(p.Before.Value, r.URL.Query().Get("before"))
	return p
}

func sexes(chosen string) page.Select {
	s := page.Select{Name: "sex", Label: page.Say("counter.field_sex"), Options: []page.Option{{Label: page.Say("page.day_none")}}}
	for _, sex := range []jpki.Sex{jpki.Male, jpki.Female, jpki.UnknownSex} {
		value := string(rune(sex))
		s.Options = append(s.Options, page.Option{Value: value, Label: page.Sex(sex), Chosen: value == chosen})
	}
	return s
}

// kinds are both kinds of certificate, both chosen at first.
func kinds(r *http.Request) page.Choices {
	c := page.Choices{Name: "kinds", Label: page.Say("counter.field_kinds"), Several: true}
	for _, kind := range []jpki.Kind{jpki.Signing, jpki.Authentication} {
		chosen := r.Method != http.MethodPost || slices.Contains(r.PostForm["kinds"], kind.String())
		c.Options = append(c.Options, page.Option{Value: kind.String(), Label: page.Say("counterweb.it", kind), Chosen: chosen})
	}
	return c
}

// chosenKinds are the kinds that a form sent.
func chosenKinds(r *http.Request) []jpki.Kind {
	var chosen []jpki.Kind
	for _, kind := range []jpki.Kind{jpki.Signing, jpki.Authentication} {
		if slices.Contains(r.PostForm["kinds"], kind.String()) {
			chosen = append(chosen, kind)
		}
	}
	return chosen
}

func occasions(chosen string) page.Select {
	s := page.Select{Name: "occasion", Label: page.Say("counter.field_occasion")}
	for _, o := range []struct {
		value counter.Occasion
		label page.Text
	}{
		{counter.First, page.Say("counterweb.occasion_first")}, {counter.Renewal, page.Say("counterweb.occasion_renewal")},
		{counter.Reissue, page.Say("counterweb.occasion_reissue")}, {counter.Merger, page.Say("counterweb.occasion_merger")},
		{counter.Notation, page.Say("counterweb.occasion_notation")}, {counter.Correction, page.Say("counterweb.occasion_correction")},
		{counter.Substitution, page.Say("counterweb.occasion_substitution")},
	} {
		s.Options = append(s.Options, page.Option{Value: string(o.value), Label: o.label, Chosen: string(o.value) == chosen})
	}
	return s
}

func (d *Desk) showForm(w http.ResponseWriter, r *http.Request, _ authz.Actor) error {
	return d.form.Show(w, r, newForm(r))
}

// open makes a case of the form, or shows the form again with what is wrong.
//
// Req: R-ISS-02, R-CHR-02, R-CHR-03
func (d *Desk) open(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	p := newForm(r)
	f, complete := p.read(r)
	if !complete {
		return d.form.ShowAgain(w, r, p)
	}
	c, err := d.Office.Open(r.Context(), actor, p.Number.Value, f)
	if err == nil {
		return page.Redirect(w, r, pathOf(c.ID), page.Say("counterweb.opened"))
	}
	if p.blame(err) {
		return d.form.ShowAgain(w, r, p)
	}
	p.Failed = err
	return d.form.ShowFailed(w, r, err, p)
}

// read returns the form as it was entered; false if an input is missing or cannot be read, which then says so.
func (p *formPage) read(r *http.Request) (counter.Form, bool) {
	missing := func(f counter.Field) error { return fault.New(fault.Invalid, "counter.form_invalid", f) }
	f := counter.Form{
		Attributes: message.Attributes{Name: wideSpace(p.Name.Value), Address: wideDigits(p.Address.Value)},
		Reading:    p.Reading.Value, Kinds: chosenKinds(r), Occasion: counter.Occasion(r.PostFormValue("occasion")), Before: p.Before.Value,
	}
	f.Substitutes = spelling(f.Attributes, wideSpace(p.SpelledName.Value), wideDigits(p.SpelledAddress.Value))
	var birth, end locale.Date
	p.Birth, birth = p.Birth.Read(r)
	p.CardEnd, end = p.CardEnd.Read(r)
	if f.Attributes.Name == "" {
		p.Name.Error = missing(counter.FieldName)
	}
	if f.Attributes.Address == "" {
		p.Address.Error = missing(counter.FieldAddress)
	}
	if f.Attributes.Sex.UnmarshalText([]byte(r.PostFormValue("sex"))) != nil {
		p.Sex.Error = missing(counter.FieldSex)
	}
	if len(f.Kinds) == 0 {
		p.Kinds.Error = missing(counter.FieldKinds)
	}
	f.Attributes.Birth = jpki.BirthOn(time.Date(birth.Year, birth.Month, birth.Day, 0, 0, 0, 0, time.UTC))
	f.CardEnd = time.Date(end.Year, end.Month, end.Day, 23, 59, 59, 0, jpki.Japan)
	complete := !slices.ContainsFunc(p.Inputs(), func(i interface{ Problem() page.Problem }) bool { return i.Problem().Error != nil })
	return f, complete
}

// blame puts a fault of the office to the input that it is about; false if it is about none.
func (p *formPage) blame(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return false
	}
	about := ""
	if len(e.Args) > 0 {
		about = fmt.Sprint(e.Args[0])
	}
	field := counter.Field(about)
	substitutes := strings.HasPrefix(e.Key, "counter.substitute_")
	inputs := []struct {
		is    bool
		error *error
	}{
		{e.Key == "counter.number_used", &p.Number.Error}, {e.Key == "counter.too_young", &p.Kinds.Error},
		{e.Key == "counter.no_case", &p.Before.Error}, {substitutes && field == counter.FieldName, &p.SpelledName.Error},
		{substitutes, &p.SpelledAddress.Error}, {e.Key != "counter.form_invalid", nil},
		{field == counter.FieldNumber, &p.Number.Error}, {field == counter.FieldReading, &p.Reading.Error},
		{field == counter.FieldAttributes, &p.Name.Error}, {field == counter.FieldSubstitutes, &p.SpelledName.Error},
		{field == counter.FieldKinds, &p.Kinds.Error}, {field == counter.FieldOccasion, &p.Occasion.Error},
		{field == counter.FieldBefore, &p.Before.Error}, {field == counter.FieldCardEnd, &p.CardEnd.Error},
	}
	for _, input := range inputs {
		if input.is && input.error != nil {
			*input.error = err
			return true
		}
		if input.is {
			return false
		}
	}
	return false
}

// spelling is what the certificate is to spell otherwise; nil if nothing. Each character that differs from the one that is
// written is a substitute.
func spelling(a message.Attributes, name, address string) *counter.Spelling {
	s := counter.Spelling{Name: cmp.Or(name, a.Name), Address: cmp.Or(address, a.Address)}
	if s.Name == a.Name && s.Address == a.Address {
		return nil
	}
	s.NameMarks, s.AddressMarks = marks(a.Name, s.Name), marks(a.Address, s.Address)
	return &s
}

// marks has a 1 for each character of spelled that differs from that of written.
func marks(written, spelled string) string {
	if utf8.RuneCountInString(written) != utf8.RuneCountInString(spelled) {
		return jpki.NoMarks(spelled)
	}
	var b strings.Builder
	were := []rune(written)
	for i, c := range []rune(spelled) {
		if c == were[i] {
			b.WriteByte('0')
		} else {
			b.WriteByte('1')
		}
	}
	return b.String()
}

// wideSpace puts U+3000 between family and given name, as the register has it. Names in Latin letters stay as they are.
func wideSpace(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool { return c > 0x7f }) {
		return strings.ReplaceAll(name, " ", "　")
	}
	return name
}

// wideDigits writes the digits of an address in full width, as the register has them.
func wideDigits(address string) string {
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' {
			return c - '0' + '０'
		}
		return c
	}, address)
}

// narrow is what a clerk typed of a number, in ASCII.
func narrow(text string) string {
	return strings.Map(func(c rune) rune {
		if '！' <= c && c <= '～' {
			return c - '！' + '!'
		}
		return c
	}, strings.TrimSpace(text))
}
