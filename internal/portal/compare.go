package portal

import (
	"unicode"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/locale"
)

// compare holds the form against the certificate that signed it, and says what differs first.
//
// Assumed: spaces and the width of digits do not count, and a substitute character of the certificate agrees with any
// character of the form.
func compare(f Form, certificate []byte) (Finding, Reason) {
	c, err := jpki.Parse(certificate)
	if err != nil {
		return Open, Broken
	}
	p, ok := c.Person()
	birth := locale.Date{}
	if day, known := p.Birth.Date(); known {
		birth = locale.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
	}
	switch {
	case !ok:
		return Open, WrongKind
	case !agree(f.Name, p.Name, p.NameMarks):
		return Failed, OtherName
	case f.Birth != birth:
		return Failed, OtherBirth
	case !agree(f.Address, p.Address, p.AddressMarks):
		return Failed, OtherAddress
	}
	return Passed, NoReason
}

// agree reports whether a text is that of a certificate, whose marks say which characters are substitutes.
func agree(text, certified, marks string) bool {
	left := plain(text, "")
	right := plain(certified, marks)
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		if right[i] != substitute && left[i] != right[i] {
			return false
		}
	}
	return true
}

// substitute stands for a character that agrees with any.
const substitute = -1

// plain returns the characters of a text without spaces, digits wide, and marked ones as substitutes.
func plain(text, marks string) (all []rune) {
	i := 0
	for _, r := range text {
		switch {
		case i < len(marks) && marks[i] == '1':
			all = append(all, substitute)
		case unicode.IsSpace(r):
		case r >= '0' && r <= '9':
			all = append(all, r-'0'+'０')
		default:
			all = append(all, r)
		}
		i++
	}
	return all
}
