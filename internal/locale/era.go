package locale

import (
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
)

// gregorian is the first day on which Japan counted by the Gregorian calendar,
// 明治6年1月1日. The months and days of earlier era dates are those of the old
// lunisolar calendar, and this package does not convert them.
//
// Law: 明治5年太政官布告第337号
var gregorian = Date{1873, time.January, 1}

// EraDate is a day as Japan writes it. Year 1 is written 元.
type EraDate struct {
	Era   jpki.Era
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
	era := jpki.Meiji
	for _, e := range jpki.Eras() {
		if !time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Before(e.First()) {
			era = e
		}
	}
	return EraDate{era, d.Year - era.First().Year() + 1, d.Month, d.Day}, true
}

// Date returns the day in the Gregorian calendar. It refuses with a fault of
// kind Invalid a day that no calendar has ("date.impossible"), that is not in
// this era ("date.outside_era", 昭和65年) and that is before the Gregorian
// calendar ("date.old_calendar").
func (e EraDate) Date() (Date, error) {
	if e.Era < jpki.Meiji || e.Era > jpki.Reiwa || e.Year < 1 || e.Year > 9999 {
		return Date{}, fault.New(fault.Invalid, "date.impossible")
	}
	d := Date{e.Era.First().Year() + e.Year - 1, e.Month, e.Day}
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
