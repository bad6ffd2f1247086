package locale_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
)

func TestDateOfIsTheDayInJapan(t *testing.T) {
	before := time.Date(2019, 4, 30, 14, 59, 59, 0, time.UTC)
	if got := locale.DateOf(before).String(); got != "2019-04-30" {
		t.Errorf("DateOf(%v) = %s, want 2019-04-30", before, got)
	}
	after := before.Add(time.Second)
	if got := locale.DateOf(after).String(); got != "2019-05-01" {
		t.Errorf("DateOf(%v) = %s, want 2019-05-01", after, got)
	}
	if got := after.In(jpki.Japan).Format(time.RFC3339); got != "2019-05-01T00:00:00+09:00" {
		t.Errorf("In(Japan) = %s, want 2019-05-01T00:00:00+09:00", got)
	}
}

// Req: R-DAT-05
func TestEraBothWays(t *testing.T) {
	tests := []struct {
		iso, era string
	}{
		{"1873-01-01", "明治6年1月1日"},
		{"1912-07-29", "明治45年7月29日"},
		{"1912-07-30", "大正元年7月30日"},
		{"1926-12-24", "大正15年12月24日"},
		{"1926-12-25", "昭和元年12月25日"},
		{"1977-11-07", "昭和52年11月7日"},
		{"1989-01-07", "昭和64年1月7日"},
		{"1989-01-08", "平成元年1月8日"},
		{"2000-02-29", "平成12年2月29日"},
		{"2019-04-30", "平成31年4月30日"},
		{"2019-05-01", "令和元年5月1日"},
		{"2020-01-01", "令和2年1月1日"},
	}
	for _, tt := range tests {
		t.Run(tt.iso, func(t *testing.T) {
			d, err := locale.ParseDate(tt.era)
			if err != nil || d.String() != tt.iso {
				t.Errorf("ParseDate(%s) = %v, %v, want %s", tt.era, d, err, tt.iso)
			}
			d, err = locale.ParseDate(tt.iso)
			if err != nil {
				t.Fatalf("ParseDate(%s) = %v", tt.iso, err)
			}
			if e, ok := d.Era(); !ok || e.String() != tt.era {
				t.Errorf("%s.Era() = %v, %v, want %s", tt.iso, e, ok, tt.era)
			}
		})
	}
}

// Req: R-DAT-05
func TestEveryDayHasOneEraDate(t *testing.T) {
	day := time.Date(1873, 1, 1, 0, 0, 0, 0, jpki.Japan)
	end := time.Date(2120, 1, 1, 0, 0, 0, 0, jpki.Japan)
	for ; day.Before(end); day = day.AddDate(0, 0, 1) {
		d := locale.DateOf(day)
		e, ok := d.Era()
		back, err := e.Date()
		if !ok || err != nil || back != d {
			t.Fatalf("%v is %v, which is %v again, error %v", d, e, back, err)
		}
	}
}

func TestParseDateForms(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ISO", "2018-04-01", "2018-04-01"},
		{"Gregorian year in Japanese", "2018年4月1日", "2018-04-01"},
		{"before the eras", "1850年1月2日", "1850-01-02"},
		{"first year as a digit", "平成1年1月8日", "1989-01-08"},
		{"zero padded", "昭和25年04月01日", "1950-04-01"},
		{"full width", "昭和３７年６月１７日", "1962-06-17"},
		{"era initial with stops", "S52.11.7", "1977-11-07"},
		{"era initial with slashes", "h1/1/8", "1989-01-08"},
		{"era initial, full width", "Ｓ５２．１１．７", "1977-11-07"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := locale.ParseDate(tt.in)
			if err != nil || got.String() != tt.want {
				t.Errorf("ParseDate(%s) = %v, %v, want %s", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestParseDateRefuses(t *testing.T) {
	tests := []struct{ name, in, key string }{
		{"empty", "", "date.form"},
		{"no day", "平成30年4月", "date.form"},
		{"unknown era", "慶応3年1月1日", "date.form"},
		{"blanks", "平成30年 4月 1日", "date.form"},
		{"one-digit ISO month", "2018-4-01", "date.form"},
		{"something after it", "2018-04-01T00:00", "date.form"},
		{"year of five digits", "12018-04-01", "date.form"},
		{"30 February", "平成30年2月30日", "date.impossible"},
		{"29 February of a common year", "2019-02-29", "date.impossible"},
		{"month 13", "2019-13-01", "date.impossible"},
		{"day 0", "令和2年1月0日", "date.impossible"},
		{"year 0 of an era", "昭和0年1月1日", "date.impossible"},
		{"year 0", "0000-01-01", "date.impossible"},
		{"昭和 ended on 64年1月7日", "昭和64年1月8日", "date.outside_era"},
		{"S65", "S65.1.1", "date.outside_era"},
		{"an initial of no era", "K3.1.1", "date.form"},
		{"昭和65年", "昭和65年1月1日", "date.outside_era"},
		{"平成 ended in its 31st year", "平成32年1月1日", "date.outside_era"},
		{"令和 began on 1 May", "令和元年4月30日", "date.outside_era"},
		{"the day of change is 大正", "明治45年7月30日", "date.outside_era"},
		{"the day of change is 昭和", "大正15年12月25日", "date.outside_era"},
		{"old calendar", "明治5年12月2日", "date.old_calendar"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := locale.ParseDate(tt.in)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Key != tt.key || e.Kind != fault.Invalid || got != (locale.Date{}) {
				t.Fatalf("ParseDate(%q) = %v, %v, want %s", tt.in, got, err, tt.key)
			}
			if tt.in != "" && strings.Contains(err.Error(), tt.in) {
				t.Errorf("error %q repeats the date", err)
			}
		})
	}
}

func TestEraDateRefusesWhatIsNoEra(t *testing.T) {
	for _, e := range []locale.EraDate{{}, {Era: '6', Year: 1, Month: 1, Day: 1}, {Era: jpki.Reiwa, Year: 1 << 40, Month: 1, Day: 1}} {
		if d, err := e.Date(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v.Date() = %v, %v, want a refusal", e, d, err)
		}
	}
}

func TestFormat(t *testing.T) {
	at := time.Date(2018, 3, 31, 15, 4, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"Japanese date", locale.FormatDate(locale.Japanese, locale.DateOf(at)), "平成30年4月1日"},
		{"English date", locale.FormatDate(locale.English, locale.DateOf(at)), "1 April 2018"},
		{"Japanese time", locale.FormatTime(locale.Japanese, at), "平成30年4月1日 00:04"},
		{"English time", locale.FormatTime(locale.English, at), "1 April 2018 00:04 JST"},
		{"no era yet", locale.FormatDate(locale.Japanese, locale.Date{Year: 1872, Month: 12, Day: 31}), "1872年12月31日"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2018-04-01", "2018年4月1日", "平成30年4月1日", "令和元年５月０１日", "昭和65年1月1日", "明治5年12月2日", "S52.11.7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		d, err := locale.ParseDate(in)
		if err != nil {
			return
		}
		if !d.Valid() {
			t.Errorf("ParseDate(%q) = %v, which is no day", in, d)
		}
		forms := []string{d.String(), locale.FormatDate(locale.Japanese, d)}
		for _, form := range forms {
			// Years of one to three digits have no Japanese form without an era.
			if back, err := locale.ParseDate(form); d.Year >= 1000 && (err != nil || back != d) {
				t.Errorf("ParseDate(%q) = %v, %v, want %v", form, back, err, d)
			}
		}
	})
}
