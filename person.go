package jpki

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openjpki/jpki/der"
)

// Person is what a signing certificate says of its holder: the four attributes 基本4情報 (name, birth date, sex,
// address) and where in name and address a substitute character 代替文字 stands for one that cannot be encoded.
//
// Req: R-DAT-01
type Person struct {
	Name         string // 氏名: family and given name separated by U+3000
	NameMarks    string // one '0' or '1' per character of Name; '1' is a substitute character
	Birth        Birth
	Sex          Sex
	Address      string // 住所: from the prefecture on, no postcode, full-width digits, at most 200 characters
	AddressMarks string // one '0' or '1' per character of Address
}

// MaxAddress is the greatest length of an address, in characters.
const MaxAddress = 200

// Sex 性別 is the digit a certificate carries.
type Sex byte

// The digits of JPKI. Any other digit (JIS X 0303 has 9) is read as it stands and means unknown.
const (
	Male       Sex = '1' // 男
	Female     Sex = '2' // 女
	UnknownSex Sex = '3' // 不明
)

// MarshalText returns the digit.
func (s Sex) MarshalText() ([]byte, error) { return []byte{byte(s)}, nil }

// UnmarshalText is the inverse of [Sex.MarshalText].
func (s *Sex) UnmarshalText(text []byte) error {
	if len(text) != 1 || text[0] < '0' || text[0] > '9' {
		return errors.New("sex is not one digit")
	}
	*s = Sex(text[0])
	return nil
}

// String returns male, female or unknown.
func (s Sex) String() string {
	switch s {
	case Male:
		return "male"
	case Female:
		return "female"
	}
	return "unknown"
}

// Japanese returns 男, 女 or 不明.
func (s Sex) Japanese() string {
	switch s {
	case Male:
		return "男"
	case Female:
		return "女"
	}
	return "不明"
}

// Era 元号 is the digit before a birth date.
type Era byte

// The eras of a birth date.
const (
	UnknownEra Era = '0' // 不明
	Meiji      Era = '1' // 明治
	Taisho     Era = '2' // 大正
	Showa      Era = '3' // 昭和
	Heisei     Era = '4' // 平成
	Reiwa      Era = '5' // 令和
)

// Eras lists the eras from Meiji to the present one.
func Eras() []Era { return []Era{Meiji, Taisho, Showa, Heisei, Reiwa} }

// String returns the era's name in kanji, "" where there is none.
func (e Era) String() string {
	return map[Era]string{Meiji: "明治", Taisho: "大正", Showa: "昭和", Heisei: "平成", Reiwa: "令和"}[e]
}

// First returns the era's first day, at midnight UTC; it belongs to the new era alone. That of Meiji is the day of its
// edict.
//
// Law: 改元の詔書
// Law: 元号を改める政令
func (e Era) First() time.Time {
	day := func(year, month, date int) time.Time {
		return time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
	}
	switch e {
	case Meiji:
		return day(1868, 10, 23)
	case Taisho:
		return day(1912, 7, 30)
	case Showa:
		return day(1926, 12, 25)
	case Heisei:
		return day(1989, 1, 8)
	case Reiwa:
		return day(2019, 5, 1)
	}
	return time.Time{}
}

// Birth is a birth date 生年月日 with its era. Year is of the Gregorian calendar. Month and Day are 0 where unknown.
type Birth struct {
	Era              Era
	Year, Month, Day int
}

// BirthOn returns the birth date of a day, whose clock time and zone do not matter.
func BirthOn(day time.Time) Birth {
	year, month, date := day.Date()
	b := Birth{UnknownEra, year, int(month), date}
	for _, e := range Eras() {
		if !time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Before(e.First()) {
			b.Era = e
		}
	}
	return b
}

// Date returns the day at midnight UTC; ok is false where part of it is unknown or it is no day.
func (b Birth) Date() (day time.Time, ok bool) {
	day = time.Date(b.Year, time.Month(b.Month), b.Day, 0, 0, 0, 0, time.UTC)
	return day, b.Month > 0 && b.Day > 0 && BirthOn(day).Month == b.Month && day.Day() == b.Day
}

// Birthday returns midnight in Japan of the birthday in a year.
//
// Assumed: who was born on 29 February has his birthday on the 28th in common years, and a birth date of unknown day or
// month counts from the first.
func (b Birth) Birthday(year int) time.Time {
	t := time.Date(year, time.Month(max(b.Month, 1)), max(b.Day, 1), 0, 0, 0, 0, Japan)
	if b.Month == 2 && b.Day == 29 && t.Month() != time.February {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

// Age returns the full years a person has lived at an instant, in Japan.
func (b Birth) Age(at time.Time) int {
	year := at.In(Japan).Year()
	if b.Birthday(year).After(at) {
		return year - b.Year - 1
	}
	return year - b.Year
}

// String returns the nine characters of the certificate, such as "319800217": the digit of the era, then yyyymmdd.
func (b Birth) String() string { return fmt.Sprintf("%c%04d%02d%02d", b.Era, b.Year, b.Month, b.Day) }

// MarshalText is [Birth.String].
func (b Birth) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText is [ParseBirth].
func (b *Birth) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBirth(string(text))
	return err
}

// ParseBirth is the inverse of [Birth.String].
func ParseBirth(s string) (Birth, error) {
	if len(s) != 9 || s[0] < byte(UnknownEra) || s[0] > byte(Reiwa) || strings.Trim(s, "0123456789") != "" {
		return Birth{}, errors.New("birth date is not one era digit and eight digits")
	}
	number := func(from, to int) int { n, _ := strconv.Atoi(s[from:to]); return n }
	return Birth{Era(s[0]), number(1, 5), number(5, 7), number(7, 9)}, nil
}

// Validate says what is wrong with the form of the attributes, never repeating their text. The repertoire of
// characters is not its business.
func (p Person) Validate() error {
	_, known := p.Birth.Date()
	switch {
	case !utf8.ValidString(p.Name) || strings.Trim(p.Name, "　 ") == "":
		return errors.New("name is empty or not UTF-8")
	case len(p.NameMarks) != utf8.RuneCountInString(p.Name) || strings.Trim(p.NameMarks, "01") != "":
		return errors.New("substitute marks of the name are not one 0 or 1 per character")
	case !known && p.Birth.Month != 0 && p.Birth.Day != 0:
		return errors.New("birth date is no day of the calendar")
	case !utf8.ValidString(p.Address) || p.Address == "":
		return errors.New("address is empty or not UTF-8")
	case utf8.RuneCountInString(p.Address) > MaxAddress:
		return fmt.Errorf("address is longer than %d characters", MaxAddress)
	case len(p.AddressMarks) != utf8.RuneCountInString(p.Address) || strings.Trim(p.AddressMarks, "01") != "":
		return errors.New("substitute marks of the address are not one 0 or 1 per character")
	}
	return nil
}

// NoMarks returns the marks of a text without substitute characters: as many zeros as it has characters.
func NoMarks(text string) string { return strings.Repeat("0", utf8.RuneCountInString(text)) }

// otherNames encodes the attributes in the order real certificates have: name, birth date, sex, address, marks of the
// name, marks of the address.
func (p Person) otherNames() (SubjectAltName, error) {
	var names SubjectAltName
	for _, item := range []struct {
		oid   der.OID
		value string
	}{
		{oidName, p.Name}, {oidBirth, p.Birth.String()}, {oidSex, string(rune(p.Sex))},
		{oidAddress, p.Address}, {oidNameMarks, p.NameMarks}, {oidAddressMarks, p.AddressMarks},
	} {
		name, err := der.OtherUTF8(item.oid, item.value)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", NameOf(item.oid), err)
		}
		names = append(names, name)
	}
	return names, nil
}

// Person returns the attributes of a signing certificate; ok is false for the other kinds, which carry none.
func (c *Certificate) Person() (p Person, ok bool) {
	if c.Kind != Signing {
		return Person{}, false
	}
	p, err := readPerson(c)
	return p, err == nil
}

// checkPerson makes [Parse] refuse a signing certificate whose attributes are malformed.
func (c *Certificate) checkPerson() error {
	if c.Kind != Signing {
		return nil
	}
	_, err := readPerson(c)
	return err
}

// readPerson collects the six otherNames. Names of other forms and otherNames not known here are passed over: later
// certificates carry a former name and the reading of the name.
func readPerson(c *Certificate) (p Person, err error) {
	names, _ := find[SubjectAltName](c)
	found := map[der.OID]bool{}
	for _, n := range names {
		if n.Choice != der.OtherNameChoice {
			continue
		}
		read, known := personReaders[n.Other.Type]
		if !known {
			continue
		}
		value, err := n.Other.UTF8()
		if err == nil {
			err = read(&p, value)
		}
		if err != nil {
			return p, fmt.Errorf("reading %s: %w", NameOf(n.Other.Type), err)
		}
		if found[n.Other.Type] {
			return p, fmt.Errorf("%s stands twice", NameOf(n.Other.Type))
		}
		found[n.Other.Type] = true
	}
	for _, oid := range []der.OID{oidName, oidBirth, oidSex, oidAddress} {
		if !found[oid] {
			return p, fmt.Errorf("signing certificate without %s", NameOf(oid))
		}
	}
	return p, nil
}

var personReaders = map[der.OID]func(p *Person, value string) error{
	oidName:         func(p *Person, value string) error { p.Name = value; return nil },
	oidNameMarks:    func(p *Person, value string) error { p.NameMarks = value; return nil },
	oidAddress:      func(p *Person, value string) error { p.Address = value; return nil },
	oidAddressMarks: func(p *Person, value string) error { p.AddressMarks = value; return nil },
	oidBirth:        func(p *Person, value string) (err error) { p.Birth, err = ParseBirth(value); return },
	oidSex:          func(p *Person, value string) error { return p.Sex.UnmarshalText([]byte(value)) },
}
