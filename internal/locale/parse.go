package locale

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
)

var (
	isoForm      = regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})$`)
	japaneseForm = regexp.MustCompile(`^(明治|大正|昭和|平成|令和)(元|0?\d|[1-9]\d{1,3})年(\d{1,2})月(\d{1,2})日$`)
	shortForm    = regexp.MustCompile(`^([MTSHRmtshr])(\d{1,2})[./-](\d{1,2})[./-](\d{1,2})$`)
	westernForm  = regexp.MustCompile(`^(\d{4})年(\d{1,2})月(\d{1,2})日$`)
)

// initials are those of the eras, as forms and driving licences have them.
var initials = map[string]jpki.Era{"M": jpki.Meiji, "T": jpki.Taisho, "S": jpki.Showa, "H": jpki.Heisei, "R": jpki.Reiwa}

// narrow turns the full-width digits of Japanese forms into ASCII, and the letters and stops of the short one.
var narrow = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4",
	"５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"Ｍ", "M", "Ｔ", "T", "Ｓ", "S", "Ｈ", "H", "Ｒ", "R", "．", ".", "／", "/")

// ParseDate reads a day as "2018-04-01", "2018年4月1日", "平成30年4月1日",
// "平成元年01月08日" or "H30.4.1"; digits may be full width. It refuses other forms
// ("date.form") and days that do not exist (see [EraDate.Date]) with a fault of
// kind Invalid, which never repeats the text: it may be a birth date.
func ParseDate(s string) (Date, error) {
	s = narrow.Replace(s)
	if m := japaneseForm.FindStringSubmatch(s); m != nil {
		return EraDate{eraNamed(m[1]), number(m[2]), time.Month(number(m[3])), number(m[4])}.Date()
	}
	if m := shortForm.FindStringSubmatch(s); m != nil {
		return EraDate{initials[strings.ToUpper(m[1])], number(m[2]), time.Month(number(m[3])), number(m[4])}.Date()
	}
	m := isoForm.FindStringSubmatch(s)
	if m == nil {
		m = westernForm.FindStringSubmatch(s)
	}
	if m == nil {
		return Date{}, fault.New(fault.Invalid, "date.form")
	}
	d := Date{number(m[1]), time.Month(number(m[2])), number(m[3])}
	if !d.Valid() {
		return Date{}, fault.New(fault.Invalid, "date.impossible")
	}
	return d, nil
}

func eraNamed(name string) jpki.Era {
	for _, e := range jpki.Eras() {
		if e.String() == name {
			return e
		}
	}
	return 0
}

// number reads the one to four digits that a form has matched; 元 is 1.
func number(s string) int {
	if s == "元" {
		return 1
	}
	n, _ := strconv.Atoi(s) // cannot fail: digits only
	return n
}
