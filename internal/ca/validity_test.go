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

// A certificate may be renewed from the day after the one three months before its last.
func TestRenewalFrom(t *testing.T) {
	rule := ca.ValidityRules()[1]
	for last, want := range map[string]string{
		"2031-02-17": "2030-11-18", "2031-05-31": "2031-03-01", "2032-05-30": "2032-03-01", "2031-12-30": "2031-10-01", "2031-11-30": "2031-08-31",
	} {
		if got := rule.RenewalFrom(at(t, last+"T23:59:59+09:00")); !got.Equal(at(t, want+"T00:00:00+09:00")) {
			t.Errorf("RenewalFrom(%s) = %v, want %s", last, got.In(jpki.Japan), want)
		}
	}
}
