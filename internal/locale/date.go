package locale

import (
	"cmp"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
)

// Date is a day in the Gregorian calendar, without a time zone. The zero value
// is no day.
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int
}

// DateOf returns the day in Japan at the instant t.
func DateOf(t time.Time) Date {
	year, month, day := t.In(jpki.Japan).Date()
	return Date{year, month, day}
}

// Valid reports whether the calendar has such a day.
func (d Date) Valid() bool {
	year, month, day := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Date()
	return d.Year >= 1 && d.Year <= 9999 && d == Date{year, month, day}
}

// Compare returns -1, 0 or +1 as d is before, on or after the day other.
func (d Date) Compare(other Date) int {
	return cmp.Or(
		cmp.Compare(d.Year, other.Year),
		cmp.Compare(d.Month, other.Month),
		cmp.Compare(d.Day, other.Day),
	)
}

// String returns the day as "2018-04-01".
//
// Spec: ISO 8601-1:2019 §5.2.2.1
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// FormatDate returns a day for people: "平成30年4月1日", or "1 April 2018". Before
// 1873 Japanese has no era: "1872年12月31日".
func FormatDate(lang Lang, d Date) string {
	if lang.known() == English {
		return fmt.Sprintf("%d %v %d", d.Day, d.Month, d.Year)
	}
	if e, ok := d.Era(); ok {
		return e.String()
	}
	return fmt.Sprintf("%d年%d月%d日", d.Year, int(d.Month), d.Day)
}

// FormatTime returns an instant in the time of Japan: "平成30年4月1日 15:04", or
// "1 April 2018 15:04 JST".
func FormatTime(lang Lang, t time.Time) string {
	layout := " 15:04"
	if lang.known() == English {
		layout = " 15:04 MST"
	}
	return FormatDate(lang, DateOf(t)) + t.In(jpki.Japan).Format(layout)
}
