package ca_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/ca"
)

func at(t *testing.T, rfc3339 string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

func TestValidityRules(t *testing.T) {
	born := func(s string) jpki.Birth { return jpki.BirthOn(at(t, s+"T00:00:00Z")) }
	rules := ca.ValidityRules()
	scheme2003, today := rules[0], rules[1]
	tests := []struct {
		name    string
		rule    ca.ValidityRule
		issued  string
		birth   string
		renewal bool
		want    string
	}{
		{"fifth birthday", today, "2026-04-01T12:00:00+09:00", "1980-02-17", false, "2031-02-17T14:59:59Z"},
		{"birthday still to come this year", today, "2026-01-10T12:00:00+09:00", "1980-02-17", false, "2030-02-17T14:59:59Z"},
		{"issued on the birthday", today, "2026-02-17T00:00:00+09:00", "1980-02-17", false, "2031-02-17T14:59:59Z"},
		{"day counts in Japan", today, "2026-02-16T15:00:00Z", "1980-02-17", false, "2031-02-17T14:59:59Z"},
		{"renewal", today, "2026-04-01T12:00:00+09:00", "1980-02-17", true, "2032-02-17T14:59:59Z"},
		{"born on 29 February", today, "2026-04-01T12:00:00+09:00", "1980-02-29", false, "2031-02-28T14:59:59Z"},
		{"29 February in a leap year", today, "2027-04-01T12:00:00+09:00", "1980-02-29", false, "2032-02-29T14:59:59Z"},
		{"three years", scheme2003, "2004-02-02T12:00:00+09:00", "1980-02-17", false, "2007-02-02T14:59:59Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.rule.End(at(t, tt.issued), born(tt.birth), tt.renewal)
			if got.Format(time.RFC3339) != tt.want {
				t.Errorf("End = %v, want %s", got, tt.want)
			}
		})
	}
}

func TestAge(t *testing.T) {
	birth := jpki.BirthOn(at(t, "2011-04-01T00:00:00Z"))
	for instant, want := range map[string]int{
		"2026-03-31T14:59:59Z": 14, "2026-03-31T15:00:00Z": 15, "2026-04-01T12:00:00+09:00": 15,
	} {
		if got := ca.Age(birth, at(t, instant)); got != want {
			t.Errorf("Age on %s = %d, want %d", instant, got, want)
		}
	}
}
