package counter_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/schedule"
)

// Req: R-CNT-07, R-CNT-08, R-CNT-09, R-REV-07, R-SYS-03
func TestRevoke(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Completed)
	n := counter.RevocationNotice{
		Number: "18", Ground: message.Compromise, Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing}, Identity: licence,
		Since: begin.Add(-time.Hour),
	}
	for range 2 { // who lost the answer asks again
		orders, err := r.Revoke(t.Context(), clerk, n, r.chip)
		if err != nil || len(orders) != 2 || orders[0].Serial != c.Certificates[0].Serial || orders[1].Serial != c.Certificates[1].Serial {
			t.Fatalf("Revoke = %+v, %v, want both certificates of the card", orders, err)
		}
	}
	given := readAll(t, r, message.RevocationOrderLetter)
	if len(given) != 2 || given[0].Ground != message.Compromise || !given[0].InvalidFrom.Equal(n.Since) || given[0].Issuer == "" {
		t.Errorf("orders sent = %+v, want two by compromise", given)
	}
	answer := message.Revocation{OrderID: given[0].ID, Outcome: message.OutcomeRevoked, Reason: message.KeyCompromise, RevokedAt: begin}
	if err := deliver(t.Context(), r, message.AtRevocation, message.TopicOrders, 1, message.RevocationLetter, answer); err != nil {
		t.Fatal(err)
	}
	orders, err := r.Revoke(t.Context(), clerk, n, r.chip)
	if err != nil || orders[0].Outcome != message.OutcomeRevoked || orders[0].Reason != message.KeyCompromise || orders[1].Outcome != "" {
		t.Errorf("orders = %+v, %v, want the answer noted", orders, err)
	}
	answer.OrderID = "99201-99-sign-discard"
	if deliver(t.Context(), r, message.AtRevocation, message.TopicOrders, 2, message.RevocationLetter, answer) == nil {
		t.Error("an answer to an order that nobody gave was accepted")
	}
}

// Req: R-CNT-09
func TestRevokeRefuses(t *testing.T) {
	r := newRig(t, settings{})
	tests := []struct {
		name   string
		change func(*counter.RevocationNotice)
		want   string
	}{
		{"not the holder", func(n *counter.RevocationNotice) { n.Identity.Looks = false }, "counter.unproven"},
		{"no document", func(n *counter.RevocationNotice) { n.Identity = counter.Identity{} }, "counter.identity_invalid"},
		{"a ground of others", func(n *counter.RevocationNotice) { n.Ground = message.Change }, "counter.notice_invalid"},
		{"nothing", func(n *counter.RevocationNotice) { n.Kinds = nil }, "counter.notice_invalid"},
		{"since tomorrow", func(n *counter.RevocationNotice) { n.Since = begin.Add(time.Hour) }, "counter.notice_invalid"},
		{"empty card", func(*counter.RevocationNotice) {}, "counter.certificate_unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := counter.RevocationNotice{Number: "18", Ground: message.Compromise, Kinds: []jpki.Kind{jpki.Signing}, Identity: licence}
			tt.change(&n)
			_, err := r.Revoke(t.Context(), clerk, n, r.chip)
			wantFault(t, "Revoke", err, tt.want)
		})
	}
}

// A locked PIN gets its tries again; a PIN that is reset is set anew at the kiosk. The clerk needs no PIN for either.
//
// Req: R-CNT-01, R-CNT-02, R-CNT-03, R-CRD-10, R-KSK-08, R-KSK-09
func TestServePIN(t *testing.T) {
	r := newRig(t, settings{})
	r.come(t, "17", form(), counter.Completed)
	serve := func(number string, work counter.PINWork) error {
		n := counter.PINNotice{Number: number, Work: work, Kind: jpki.Authentication, Identity: licence}
		_, err := r.ServePIN(t.Context(), clerk, n, r.chip)
		return err
	}
	tries := func() int {
		in, err := card.Open(t.Context(), r.chip)
		if err != nil {
			t.Fatal(err)
		}
		left, err := in.Retries(t.Context(), card.Authentication)
		if err != nil {
			t.Fatal(err)
		}
		return left
	}
	in, err := card.Open(t.Context(), r.chip)
	if err != nil {
		t.Fatal(err)
	}
	for tries() > 0 {
		if err := in.VerifyLastTry(t.Context(), card.Authentication, "0000"); err == nil {
			t.Fatal("a wrong PIN was taken")
		}
	}
	if err := serve("18", counter.UnlockPIN); err != nil || tries() != 3 {
		t.Errorf("unlock = %v, %d tries, want three", err, tries())
	}
	wantFault(t, "kiosk without a notice", r.visitKiosk(t.Context(), card.Authentication), "kiosk.not_prepared")
	if err := serve("19", counter.ResetPIN); err != nil || tries() != 0 {
		t.Errorf("reset = %v, %d tries, want no PIN", err, tries())
	}
	pins[card.Authentication] = "9876"
	defer func() { pins[card.Authentication] = "1234" }()
	if err := r.visitKiosk(t.Context(), card.Authentication); err != nil || tries() != 3 {
		t.Errorf("new PIN at the kiosk = %v, %d tries, want three", err, tries())
	}
	if err := serve("19", counter.ResetPIN); err != nil || tries() != 3 {
		t.Errorf("the same notice again = %v, %d tries, want it not done again", err, tries())
	}
	if err := serve("20", counter.ChangePIN); err != nil {
		t.Errorf("notice of a change = %v", err)
	}
	wantFault(t, "another work under the number", serve("20", counter.UnlockPIN), "counter.number_used")
}

// Req: R-ISS-23, R-FEE-05, R-FEE-06, R-AMB-14, R-REV-04, R-REV-05, R-DAT-13
func TestFee(t *testing.T) {
	r := newRig(t, settings{})
	for _, tt := range []struct {
		year     int
		occasion counter.Occasion
		want     int
	}{
		{2004, counter.First, 500}, {2015, counter.Renewal, 500}, {2016, counter.First, 0}, {2026, counter.Reissue, 200},
		{2004, counter.Merger, 0}, {2026, counter.Merger, 0}, {2004, counter.Notation, 0}, {2026, counter.Notation, 0},
		{2004, counter.Correction, 0}, {2026, counter.Correction, 0}, {2003, counter.First, 0},
	} {
		c := counter.Case{OpenedAt: time.Date(tt.year, 6, 1, 0, 0, 0, 0, time.UTC)}
		c.Papers = &counter.Papers{Form: counter.Form{Occasion: tt.occasion}}
		if got := r.Owed(c); got != tt.want {
			t.Errorf("%s in %d costs %d yen, want %d", tt.occasion, tt.year, got, tt.want)
		}
	}
	f := form()
	f.Kinds, f.Occasion = []jpki.Kind{jpki.Authentication}, counter.Reissue
	c := r.come(t, "17", f, counter.Stored)
	_, err := r.TakeFee(t.Context(), clerk, c.ID, counter.ByNobody)
	wantFault(t, "nothing for 200 yen", err, "counter.payment")
	c, err = r.TakeFee(t.Context(), clerk, c.ID, counter.ByCash)
	want := counter.Fee{Yen: 200, By: counter.ByCash, PaidAt: begin}
	if err != nil || c.Fee != want {
		t.Errorf("TakeFee = %+v, %v, want %+v", c.Fee, err, want)
	}
}

// Papers are erased when their time is over, and only then; what is left names nobody.
//
// Req: R-CNT-04
func TestPapersAreErased(t *testing.T) {
	r := newRig(t, settings{})
	c := r.come(t, "17", form(), counter.Completed)
	open := r.come(t, "18", form(), counter.Existing)
	run := func() {
		t.Helper()
		if _, err := schedule.Run(t.Context(), r.now, 10, r.Calendar()); err != nil {
			t.Fatal(err)
		}
	}
	run()
	for _, tt := range []struct {
		at   time.Time
		kept bool
	}{{c.KeepUntil.AddDate(0, 0, -1), true}, {c.KeepUntil.AddDate(0, 0, 2), false}} {
		r.now = tt.at
		run()
		got, err := r.Case(t.Context(), clerk, c.ID)
		if err != nil || (got.Papers != nil) != tt.kept || (got.Certificates[1].Certificate != nil) != tt.kept {
			t.Errorf("on %v the papers are %+v, %v, want kept %t", tt.at, got.Papers, err, tt.kept)
		}
	}
	if got, err := r.Case(t.Context(), clerk, open.ID); err != nil || got.Form.Attributes != hanako() {
		t.Errorf("papers of an open case = %+v, %v, want them kept", got.Papers, err)
	}
	_, err := r.Case(t.Context(), clerk, "99201-99")
	if fault.KeyOf(err) != "counter.no_case" {
		t.Errorf("Case = %v, want counter.no_case", err)
	}
}
