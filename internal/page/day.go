package page

import (
	"net/http"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
)

// DayField is the input of a day: typed in any form that locale.ParseDate reads, or chosen from lists of era, year, month
// and day. What is typed counts before what is chosen.
//
// Req: R-ISS-17
type DayField struct {
	Name         string // of the input; the lists have it as the beginning of theirs
	Label        Text
	Hint         Text // may be nil
	Optional     bool
	Autocomplete string
	Error        error

	Typed                 string
	Era, Year, Month, Day string // as the lists send them: "3", "52", "11", "7"
}

// Problem returns what is wrong, with a nil Error if nothing is.
func (d DayField) Problem() Problem { return Problem{d.Name, d.Label, d.Error} }

// Chosen reports whether anything is chosen from the lists.
func (d DayField) Chosen() bool { return d.Era+d.Year+d.Month+d.Day != "" }

// Read returns the field with what a form sent and, if that is a day, the day; else with its Error. An optional field that
// is empty has neither.
func (d DayField) Read(r *http.Request) (DayField, locale.Date) {
	d.Typed = r.PostFormValue(d.Name)
	d.Era, d.Year = r.PostFormValue(d.Name+"-era"), r.PostFormValue(d.Name+"-year")
	d.Month, d.Day = r.PostFormValue(d.Name+"-month"), r.PostFormValue(d.Name+"-day")
	var day locale.Date
	switch {
	case d.Typed != "":
		day, d.Error = locale.ParseDate(d.Typed)
	case d.Chosen():
		day, d.Error = d.chosen()
	case !d.Optional:
		d.Error = fault.New(fault.Invalid, "date.form")
	}
	return d, day
}

// chosen is the day of the lists.
func (d DayField) chosen() (locale.Date, error) {
	year, errYear := strconv.Atoi(d.Year)
	month, errMonth := strconv.Atoi(d.Month)
	day, errDay := strconv.Atoi(d.Day)
	if errYear != nil || errMonth != nil || errDay != nil || len(d.Era) != 1 {
		return locale.Date{}, fault.New(fault.Invalid, "date.form")
	}
	return locale.EraDate{Era: jpki.Era(d.Era[0]), Year: year, Month: time.Month(month), Day: day}.Date()
}

// longestEra is the number of years that 昭和 had, the greatest there is so far.
const longestEra = 64

// Lists are the four lists.
func (d DayField) Lists() []Select {
	eras := []Option{{Label: Say("page.day_none")}}
	for _, e := range jpki.Eras() {
		value := string(rune(e))
		eras = append(eras, Option{Value: value, Label: plain(e.String()), Chosen: value == d.Era})
	}
	return []Select{
		{Name: d.Name + "-era", Label: Say("page.day_era"), Options: eras},
		{Name: d.Name + "-year", Label: Say("page.day_year"), Options: numbers(longestEra, d.Year)},
		{Name: d.Name + "-month", Label: Say("page.day_month"), Options: numbers(12, d.Month)},
		{Name: d.Name + "-day", Label: Say("page.day_day"), Options: numbers(31, d.Day)},
	}
}

// numbers are the options 1 to n.
func numbers(n int, chosen string) []Option {
	options := []Option{{Label: Say("page.day_none")}}
	for i := range n {
		value := strconv.Itoa(i + 1)
		options = append(options, Option{Value: value, Label: plain(value), Chosen: value == chosen})
	}
	return options
}

// Sex is what a page says of the digit of a sex.
func Sex(s jpki.Sex) Text {
	switch s {
	case jpki.Male:
		return Say("page.sex_male")
	case jpki.Female:
		return Say("page.sex_female")
	}
	return Say("page.sex_unknown")
}

// Birth is what a page says of a birth date: the day with its era, or its nine characters where part of it is unknown.
func Birth(b jpki.Birth) Text {
	if day, ok := b.Date(); ok {
		return Say("page.birth", locale.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()})
	}
	return plain(b.String())
}

// Plain is data that read the same in every language.
func Plain(text string) Text { return plain(text) }
