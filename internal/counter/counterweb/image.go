package counterweb

import (
	"net/http"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

// imageView is a certificate as clerk and applicant read it.
//
// Req: R-ISS-19, R-ISS-25
type imageView struct {
	Kind   jpki.Kind
	Values []fieldView
}

// fieldView is a field of a certificate.
type fieldView struct {
	Field   counter.Field
	Text    page.Text // nil where Letters are
	Letters []letter  // of a name or an address
}

// letter is a character of a name or an address in a certificate. Of a substitute, Written is what it stands for.
type letter struct {
	glyph
	Marked  bool
	Written glyph // 0 if the papers do not say
}

// views are the images of a case's certificates, field by field.
func views(c counter.Case) ([]imageView, error) {
	images, err := c.Images()
	if err != nil {
		return nil, err
	}
	var all []imageView
	for _, i := range images {
		values := []fieldView{
			{Field: counter.FieldIssuer, Text: page.Plain(i.Issuer)}, {Field: counter.FieldSerial, Text: page.Plain(i.Serial.String())},
			{Field: counter.FieldValidity, Text: page.Say("counterweb.from_to", i.NotBefore, i.NotAfter)},
		}
		if p := i.Person; p != nil {
			values = append(values,
				fieldView{Field: counter.FieldName, Letters: letters(p.Name, p.NameMarks, c.Registered.Name)},
				fieldView{Field: counter.FieldBirth, Text: page.Birth(p.Birth)}, fieldView{Field: counter.FieldSex, Text: page.Sex(p.Sex)},
				fieldView{Field: counter.FieldAddress, Letters: letters(p.Address, p.AddressMarks, c.Registered.Address)})
		}
		all = append(all, imageView{i.Kind, values})
	}
	return all, nil
}

func letters(text, marks, registered string) []letter {
	written := []rune(registered)
	var all []letter
	for i, c := range []rune(text) {
		l := letter{glyph: glyph(c), Marked: i < len(marks) && marks[i] == '1'}
		if l.Marked && i < len(written) {
			l.Written = glyph(written[i])
		}
		all = append(all, l)
	}
	return all
}

// question is a field of the images that the clerk must judge.
//
// Req: R-ISS-20, R-ISS-21, R-ISS-22
type question struct {
	Field        counter.Field
	Values       []certificateValue
	Replaced     []letter // substitutes, for the question about them
	Differs      bool     // the office itself found it wrong
	Branch       page.Text
	Right, Wrong bool // as answered
}

// certificateValue is the value of a field in one certificate.
type certificateValue struct {
	Kind jpki.Kind
	fieldView
}

// questions are what the image check asks, with the answers of a request.
func questions(c counter.Case, r *http.Request) ([]question, error) {
	images, err := views(c)
	if err != nil {
		return nil, err
	}
	var all []question
	for _, field := range c.Questions() {
		answer := r.PostFormValue(inputOf(field))
		q := question{Field: field, Branch: branch(c.IfWrong(field)), Right: answer == "right", Wrong: answer == "wrong"}
		for _, i := range images {
			for _, v := range i.Values {
				if v.Field == field {
					q.Values = append(q.Values, certificateValue{i.Kind, v})
				}
				if field == counter.FieldSubstitutes {
					q.Replaced = slices.AppendSeq(q.Replaced, marked(v.Letters))
				}
			}
		}
		for _, certificate := range c.Certificates {
			q.Differs = q.Differs || slices.Contains(certificate.Differs, field)
		}
		all = append(all, q)
	}
	return all, nil
}

func marked(letters []letter) func(yield func(letter) bool) {
	return func(yield func(letter) bool) {
		for _, l := range letters {
			if l.Marked && !yield(l) {
				return
			}
		}
	}
}

// inputOf is the name of the answer to a question.
func inputOf(f counter.Field) string { return "judge_" + string(f) }

// Input is the name of the answer.
func (q question) Input() string { return inputOf(q.Field) }

// branch is what the law makes of a field that is wrong.
func branch(e counter.Event) page.Text {
	switch e {
	case counter.Fault:
		return page.Say("counterweb.branch_fault")
	case counter.Mistake:
		return page.Say("counterweb.branch_mistake")
	}
	return page.Say("counterweb.branch_resubstitute")
}

// judgement is what the clerk answered. A question without an answer is left out, which the office refuses.
func judgement(r *http.Request) counter.Judgement {
	j := counter.Judgement{}
	for _, field := range []counter.Field{
		counter.FieldIssuer, counter.FieldSerial, counter.FieldValidity, counter.FieldName, counter.FieldBirth, counter.FieldSex,
		counter.FieldAddress, counter.FieldSubstitutes,
	} {
		if answer := r.PostFormValue(inputOf(field)); answer != "" {
			j[field] = answer == "right"
		}
	}
	return j
}

// startOf is midnight in Japan.
func startOf(d locale.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, jpki.Japan)
}
