package pkix

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func context(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific() }

func constructed(n uint8) asn1.Tag { return context(n).Constructed() }

// Serial is an INTEGER as its content bytes: a serial number of any size and sign, or the number of a CRL. Equal
// numbers are ==.
//
// Spec: RFC 5280 §4.1.2.2
type Serial string

// maxSerial is above the 20 bytes that a CA may use.
const maxSerial = 64

// String returns upper-case hexadecimal in whole bytes, without the zero byte that only keeps a number positive.
func (s Serial) String() string {
	if len(s) > 1 && s[0] == 0 {
		s = s[1:]
	}
	return jpki.KeyID(s).String()
}

// Compare orders numbers that are not negative.
func (s Serial) Compare(t Serial) int { return compareSerials([]byte(s), []byte(t)) }

func compareSerials(s, t []byte) int {
	if len(s) != len(t) {
		return len(s) - len(t)
	}
	return bytes.Compare(s, t)
}

func readSerial(s *cryptobyte.String, tag asn1.Tag) (Serial, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, tag) || !minimal(content) {
		return "", errors.New("integer expected")
	}
	return Serial(content), nil
}

// minimal reports whether content is that of a DER INTEGER of a size we read.
func minimal(content []byte) bool {
	if len(content) == 0 || len(content) > maxSerial {
		return false
	}
	return len(content) == 1 || !(content[0] == 0 && content[1] < 0x80 || content[0] == 0xFF && content[1] >= 0x80)
}

// readCount reads a small INTEGER that is not negative.
func readCount(s *cryptobyte.String, tag asn1.Tag) (int, error) {
	number, err := readSerial(s, tag)
	if err != nil || number[0] >= 0x80 || len(number) > 4 {
		return 0, errors.New("small number expected")
	}
	n := 0
	for i := range len(number) {
		n = n<<8 | int(number[i])
	}
	return n, nil
}

// ReadTime reads a UTCTime or GeneralizedTime of whole seconds in UTC. Unlike package der it takes a GeneralizedTime of
// any year, as a reader has to.
//
// Spec: RFC 5280 §4.1.2.5.1, §4.1.2.5.2
func ReadTime(s *cryptobyte.String) (time.Time, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return time.Time{}, errors.New("time expected")
	}
	switch tag {
	case asn1.UTCTime:
		return parseTime(content, 2)
	case asn1.GeneralizedTime:
		return parseTime(content, 4)
	}
	return time.Time{}, fmt.Errorf("time expected, found tag %d", tag)
}

// readGeneralizedTime reads the only form of time that OCSP and some extensions have.
func readGeneralizedTime(s *cryptobyte.String, tag asn1.Tag) (time.Time, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, tag) {
		return time.Time{}, errors.New("generalized time expected")
	}
	return parseTime(content, 4)
}

// parseTime reads [yy]yymmddhhmmssZ with a year of two or four digits.
func parseTime(text []byte, yearDigits int) (time.Time, error) {
	n, ok := digitPairs(text, yearDigits/2)
	t := time.Date(n[0]*100+n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, time.UTC)
	if !ok || int(t.Month()) != n[2] || t.Day() != n[3] || t.Hour() != n[4] || t.Minute() != n[5] || t.Second() != n[6] {
		return time.Time{}, fmt.Errorf("time %q is not of whole seconds in UTC", text)
	}
	return t, nil
}

// digitPairs reads century, year in it, month, day, hour, minute and second. A year of two digits lies between 1950 and
// 2049.
func digitPairs(text []byte, yearPairs int) (n [7]int, ok bool) {
	if len(text) != 2*yearPairs+11 || text[len(text)-1] != 'Z' {
		return n, false
	}
	for i := range yearPairs + 5 {
		tens, units := text[2*i]-'0', text[2*i+1]-'0'
		if tens > 9 || units > 9 {
			return n, false
		}
		n[2-yearPairs+i] = int(tens)*10 + int(units)
	}
	if yearPairs == 1 {
		n[0] = 20
		if n[1] >= 50 {
			n[0] = 19
		}
	}
	return n, true
}
