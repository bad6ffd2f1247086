package ca

import (
	"time"

	"github.com/openjpki/jpki"
)

// ValidityRule says how long certificates of holders live. The rules are data with the date they came into force.
type ValidityRule struct {
	From time.Time // first day on which certificates are issued by this rule
	// Birthdays: validity ends with the n-th birthday after the day of issue. 0 means that Years counts instead.
	Birthdays        int
	RenewalBirthdays int // the same where the certificate is a renewal
	// Years: validity ends with the day n years after the day of issue.
	Years int
	// RenewalMonths: a certificate may be renewed from the day after the one that lies so many months before its last.
	RenewalMonths int
	// MinimumAge for a signing certificate, in years.
	MinimumAge int
}

// ValidityRules lists the rules in the order in which they came into force.
//
// Law: 公的個人認証法 §5
func ValidityRules() []ValidityRule {
	return []ValidityRule{
		{From: day(2004, 1, 29), Years: 3, RenewalMonths: 3, MinimumAge: 15},
		{From: day(2016, 1, 1), Birthdays: 5, RenewalBirthdays: 6, RenewalMonths: 3, MinimumAge: 15},
	}
}

func day(year, month, date int) time.Time {
	return time.Date(year, time.Month(month), date, 0, 0, 0, 0, jpki.Japan)
}

// ruleOn returns the rule in force at an instant; ok is false before the first.
func ruleOn(rules []ValidityRule, at time.Time) (rule ValidityRule, ok bool) {
	for _, r := range rules {
		if !at.Before(r.From) {
			rule, ok = r, true
		}
	}
	return rule, ok
}

// End returns the last second of validity of a certificate issued at an instant, before card and companion
// certificate cut it short: 23:59:59 in Japan on the day the rule names.
func (r ValidityRule) End(issued time.Time, birth jpki.Birth, renewal bool) time.Time {
	if r.Birthdays == 0 {
		local := issued.In(jpki.Japan)
		return endOfDay(onDay(local.Year()+r.Years, int(local.Month()), local.Day()))
	}
	n := r.Birthdays
	if renewal {
		n = r.RenewalBirthdays
	}
	return Birthday(birth, n, issued)
}

// RenewalFrom returns the first second, in Japan, at which a certificate may be renewed whose validity ends at an instant.
//
// Assumed: three months before the last day of a month that is longer than the third before it is that month's last day.
func (r ValidityRule) RenewalFrom(notAfter time.Time) time.Time {
	last := notAfter.In(jpki.Japan)
	before := time.Date(last.Year(), last.Month()-time.Month(r.RenewalMonths), 1, 0, 0, 0, 0, jpki.Japan)
	date := min(last.Day(), before.AddDate(0, 1, -1).Day())
	return before.AddDate(0, 0, date) // the day after the date
}

// Birthday returns the last second of the n-th birthday after the day of an instant, in Japan.
func Birthday(birth jpki.Birth, n int, after time.Time) time.Time {
	local := after.In(jpki.Japan)
	if !birth.Birthday(local.Year()).After(onDay(local.Year(), int(local.Month()), local.Day())) {
		n++
	}
	return endOfDay(birth.Birthday(local.Year() + n - 1))
}

// onDay is midnight in Japan of a date; 29 February is the 28th in common years.
func onDay(year, month, date int) time.Time {
	t := time.Date(year, time.Month(month), date, 0, 0, 0, 0, jpki.Japan)
	if month == 2 && date == 29 && t.Month() != time.February {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

func endOfDay(midnight time.Time) time.Time {
	return midnight.Add(24*time.Hour - time.Second).UTC()
}
