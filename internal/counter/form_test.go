package counter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
)

// Req: R-ISS-02, R-ISS-04, R-CHR-02, R-CHR-05
func TestOpenRefuses(t *testing.T) {
	r := newRig(t, settings{change: func(c *counter.Config) {
		c.Characters = func(c rune) (bool, []rune) {
			switch c {
			case '見':
				return false, []rune{'児'}
			case '子':
				return false, nil
			}
			return true, nil
		}
	}})
	marked := func(name, marks string) func(*counter.Form) {
		return func(f *counter.Form) {
			f.Attributes.Name = "見本　花"
			f.Attributes.Address = "架空県"
			f.Substitutes = &counter.Spelling{Name: name, NameMarks: marks, Address: "架空県", AddressMarks: "000"}
		}
	}
	tests := []struct {
		name   string
		change func(*counter.Form)
		want   string
	}{
		{"no name", func(f *counter.Form) { f.Attributes.Name = "" }, "counter.form_invalid"},
		{"nothing applied for", func(f *counter.Form) { f.Kinds = nil }, "counter.form_invalid"},
		{"a CA's certificate", func(f *counter.Form) { f.Kinds = []jpki.Kind{jpki.SigningCA} }, "counter.form_invalid"},
		{"one kind twice", func(f *counter.Form) { f.Kinds = []jpki.Kind{jpki.Signing, jpki.Signing} }, "counter.form_invalid"},
		{"no occasion", func(f *counter.Form) { f.Occasion = "" }, "counter.form_invalid"},
		{"correction of nothing", func(f *counter.Form) { f.Occasion = counter.Correction }, "counter.form_invalid"},
		{"card ended", func(f *counter.Form) { f.CardEnd = f.CardEnd.AddDate(-11, 0, 0) }, "counter.form_invalid"},
		{"card ends at noon", func(f *counter.Form) { f.CardEnd = f.CardEnd.Add(-12 * time.Hour) }, "counter.form_invalid"},
		{"fourteen years old", func(f *counter.Form) { f.Attributes.Birth = jpki.Birth{Era: jpki.Heisei, Year: 2011, Month: 4, Day: 2} }, "counter.too_young"},
		{"other length", marked("児　花", "100"), "counter.substitute_length"},
		{"no mark", marked("児本　花", "0000"), "counter.substitute_unmarked"},
		{"no substitute chosen", marked("見本　花", "0000"), "counter.substitute_missing"},
		{"not on the list", marked("目本　花", "1000"), "counter.substitute_unlisted"},
		{"marked without need", marked("児木　花", "1100"), "counter.substitute_unlisted"},
		{"on the list", marked("児本　花", "1000"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := form()
			f.Attributes.Name = "花"
			f.Attributes.Address = "架空県"
			tt.change(&f)
			_, err := r.Open(t.Context(), clerk, "17", f)
			if fault.KeyOf(err) != tt.want || err != nil && tt.want == "" {
				t.Errorf("Open = %v, want %q", err, tt.want)
			}
		})
	}
	_, err := r.Open(t.Context(), clerk, "17", form())
	wantFault(t, "another form under the number", err, "counter.number_used")
	_, err = r.Open(t.Context(), clerk, "../1", form())
	wantFault(t, "a number with a slash", err, "counter.form_invalid")
}

// A character that nothing stands for ends the case.
//
// Req: R-CHR-01
func TestNoSubstitute(t *testing.T) {
	r := newRig(t, settings{change: func(c *counter.Config) {
		c.Characters = func(c rune) (bool, []rune) { return c != '花', nil }
	}})
	c := r.come(t, "17", form(), counter.Received)
	c, err := r.Certify(t.Context(), clerk, c.ID)
	if err != nil || c.State != counter.NoSubstitute || !slices.Equal(c.Differs, []counter.Field{counter.FieldName}) {
		t.Errorf("Certify = %s, %v, %v, want no substitute for the name", c.State, c.Differs, err)
	}
}
