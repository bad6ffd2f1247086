package locale

import (
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/fault"
)

// Era is a Japanese era (元号). Its number is also its code in the birth date
// of a signing certificate; 0 is no era.
type Era int

const (
	Meiji  Era = iota + 1 // 明治
	Taisho                // 大正
	Showa                 // 昭和
	Heisei                // 平成
	Reiwa                 // 令和
)

// Eras lists the eras from Meiji to the present one.
func Eras() []Era { return []Era{Meiji, Taisho, Showa, Heisei, Reiwa} }

// String returns the era's name in kanji, "" if there is no such era.
func (e Era) String() string {
	switch e {
	case Meiji:
		return "明治"
	case Taisho:
		return "大正"
	case Showa:
		return "昭和"
	case Heisei:
		return "平成"
	case Reiwa:
		return "令和"
	}
	return ""
}

// First returns the era's first day; it belongs to the new era alone. The zero
// Date if there is no such era. That of Meiji is the day of its edict, which
// reached back to the first day of that year in the old calendar.
//
// The edicts of Taisho and Showa say "from this day on" (以後ヲ改メテ).
//
// Law: 改元の詔書
// Law: 元号を改める政令
func (e Era) First() Date {
	switch e {
	case Meiji:
		return Date{1868, time.October, 23}
	case Taisho:
		return Date{1912, time.July, 30}
	case Showa:
		return Date{1926, time.December, 25}
	case Heisei:
		return Date{1989, time.January, 8}
	case Reiwa:
		return Date{2019, time.May, 1}
	}
	return Date{}
}

// gregorian is the first day on which Japan counted by the Gregorian calendar,
// 明治6年1月1日. The months and days of earlier era dates are those of the old
// lunisolar calendar, and this package does not convert them.
//
// Law: 明治5年太政官布告第337号
var gregorian = Date{1873, time.January, 1}

// EraDate is a day as Japan writes it. Year 1 is written 元.
type EraDate struct {
	Era   Era
	Year  int // 1 or more
	Month time.Month
	Day   int
}

// Era returns the day with its era; false if the day does not exist or is
// before 明治6年1月1日.
func (d Date) Era() (EraDate, bool) {
	if !d.Valid() || d.Compare(gregorian) < 0 {
		return EraDate{}, false
	}
	era := Meiji
	for _, e := range Eras() {
		if d.Compare(e.First()) >= 0 {
			era = e
		}
	}
	return EraDate{era, d.Year - era.First().Year + 1, d.Month, d.Day}, true
}

// Date returns the day in the Gregorian calendar. It refuses with a fault of
// kind Invalid a day that no calendar has ("date.impossible"), that is not in
// this era ("date.outside_era", 昭和65年) and that is before the Gregorian
// calendar ("date.old_calendar").
func (e EraDate) Date() (Date, error) {
	if e.Era < Meiji || e.Era > Reiwa || e.Year < 1 || e.Year > 9999 {
		return Date{}, fault.New(fault.Invalid, "date.impossible")
	}
	d := Date{e.Era.First().Year + e.Year - 1, e.Month, e.Day}
	switch back, ok := d.Era(); {
	case !d.Valid():
		return Date{}, fault.New(fault.Invalid, "date.impossible")
	case !ok:
		return Date{}, fault.New(fault.Invalid, "date.old_calendar")
	case back != e:
		return Date{}, fault.New(fault.Invalid, "date.outside_era")
	}
	return d, nil
}

// String returns the day as "平成元年1月8日".
func (e EraDate) String() string {
	if e.Year == 1 {
		return fmt.Sprintf("%v元年%d月%d日", e.Era, int(e.Month), e.Day)
	}
	return fmt.Sprintf("%v%d年%d月%d日", e.Era, e.Year, int(e.Month), e.Day)
}
