package jpki_test

import (
	"strings"
	"testing"

	"github.com/openjpki/jpki"
)

// FuzzParseBirth: what is accepted is shown as the same text, and its day lies in its era if it is one.
func FuzzParseBirth(f *testing.F) {
	for _, seed := range []string{"319800217", "419890108", "519000229", "000000000", "220240229", "612345678"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := jpki.ParseBirth(text)
		if err != nil {
			return
		}
		if b.String() != text {
			t.Errorf("ParseBirth(%q) is shown as %q", text, b)
		}
		if day, ok := b.Date(); ok && (day.Year() != b.Year || int(day.Month()) != b.Month || day.Day() != b.Day) {
			t.Errorf("birth date %s is the day %v", b, day)
		}
	})
}

// FuzzParseSerial: what is accepted is shown as the same digits, in capitals and whole bytes.
func FuzzParseSerial(f *testing.F) {
	for _, seed := range []string{"067C6A21", "1", "7fffffffffffffff", "8000000000000000", "00", "0x1", "+1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := jpki.ParseSerial(text)
		if err != nil {
			return
		}
		if trimmed := strings.TrimLeft(s.String(), "0"); trimmed != strings.ToUpper(strings.TrimLeft(text, "0")) {
			t.Errorf("ParseSerial(%q) is shown as %s", text, s)
		}
	})
}
