package kiosk_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
)

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		master []card.MasterKey
	}{
		{"no master key", nil},
		{"a version twice", []card.MasterKey{{Version: 1}, {Version: 2}, {Version: 1, Secret: card.Secret{1}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := kiosk.New(kiosk.Config{Master: tt.master}); err == nil {
				t.Error("New = nil, want error")
			}
		})
	}
}

// Only a card prepared at the counter with a master key of this kiosk is served, and the card serves only a kiosk that
// has the key.
//
// Req: R-KSK-01, R-ISS-14, R-CRD-03
func TestBegin(t *testing.T) {
	another := card.Secret{7}
	tests := []struct {
		name   string
		chip   func(*testing.T) *cardtest.Chip
		master func(own card.MasterKey) []card.MasterKey
		want   string
	}{
		{"own key", prepared, func(own card.MasterKey) []card.MasterKey { return []card.MasterKey{own} }, ""},
		{"own key behind a newer one", prepared, func(own card.MasterKey) []card.MasterKey {
			return []card.MasterKey{{Version: own.Version + 1, Secret: another}, own}
		}, ""},
		{"card without its two keys", func(t *testing.T) *cardtest.Chip { return cardtest.Blank(t) }, func(own card.MasterKey) []card.MasterKey { return []card.MasterKey{own} }, "kiosk.not_prepared"},
		{"card whose permit is used up", func(t *testing.T) *cardtest.Chip { return cardtest.New(t) }, func(own card.MasterKey) []card.MasterKey { return []card.MasterKey{own} }, "kiosk.not_prepared"},
		{"version that was revoked", prepared, func(own card.MasterKey) []card.MasterKey {
			return []card.MasterKey{{Version: own.Version + 1, Secret: own.Secret}}
		}, "kiosk.key_version"},
		{"kiosk of another municipality", prepared, func(own card.MasterKey) []card.MasterKey {
			return []card.MasterKey{{Version: own.Version, Secret: another}}
		}, "kiosk.refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chip := tt.chip(t)
			k := newKiosk(t, chip, func(c *kiosk.Config) { c.Master = tt.master(chip.Master) })
			s, err := k.Begin(t.Context(), chip.Card)
			if fault.KeyOf(err) != tt.want || (s == nil) != (err != nil) {
				t.Errorf("Begin = %v, %v, want %q", s, err, tt.want)
			}
		})
	}
}

// A card of another kind, and a reader without a card.
func TestBeginWithoutCard(t *testing.T) {
	chip := prepared(t)
	other := transmitter(func(context.Context, []byte) ([]byte, error) { return []byte{0x6A, 0x82}, nil })
	_, err := newKiosk(t, chip).Begin(t.Context(), other)
	wantFault(t, "Begin with another kind of card", err, "kiosk.card_unusable")
	empty := transmitter(func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no card") })
	_, err = newKiosk(t, chip).Begin(t.Context(), empty)
	wantFault(t, "Begin without a card", err, "kiosk.card_gone")
}

// A new issue: both key pairs in one visit, each with a new PIN, and the counter finds both proofs.
//
// Req: R-KSK-02, R-KSK-03, R-KSK-04, R-KSK-05
func TestNewIssue(t *testing.T) {
	chip := prepared(t)
	s := begin(t, chip, chip.Card)
	for _, key := range []card.Key{card.Authentication, card.Signature} {
		choose(t, s, kiosk.KeyPair, key, kiosk.NewPIN)
		must(t, s.SetPIN(t.Context(), cardtest.PIN(key)))
		must(t, s.Generate(t.Context()))
		if key == card.Authentication {
			must(t, s.Another())
		}
	}
	must(t, s.Return(t.Context()))
	chip.Issue(t, card.Authentication, card.Signature) // needs the proofs
	c, err := card.Open(t.Context(), chip.Card)
	must(t, err)
	for _, key := range []card.Key{card.Authentication, card.Signature} {
		must(t, c.Verify(t.Context(), key, cardtest.PIN(key)))
		if _, err := c.SignPKCS1(t.Context(), key, []byte{1}); err != nil {
			t.Errorf("the new %s key does not sign: %v", key, err)
		}
	}
}

// After Return the card has forgotten its PINs and the kiosk, though it had no reset.
//
// Req: R-KSK-05
func TestReturnLogsOut(t *testing.T) {
	chip := renewing(t)
	s := begin(t, chip, chip.Card)
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.ExistingPIN)
	must(t, s.VerifyPIN(t.Context(), cardtest.AuthenticationPIN))
	sign := []byte{0x80, 0x2A, 0x00, 0x80, 0x01, 0x01, 0x00}
	for _, want := range []bool{true, false} {
		if _, err := chip.Card.Transmit(t.Context(), []byte{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x17}); err != nil {
			t.Fatal(err)
		}
		answer, err := chip.Card.Transmit(t.Context(), sign)
		if err != nil || (answer[len(answer)-2] == 0x90) != want {
			t.Errorf("signing answers %X, error %v, want signature %t", answer, err, want)
		}
		if want {
			must(t, s.Return(t.Context()))
		}
	}
}

// At renewal the PIN that is set is entered: no new one is taken, and a wrong one costs a try.
//
// Req: R-ISS-32, R-KSK-03
func TestRenewal(t *testing.T) {
	chip := renewing(t)
	s := begin(t, chip, chip.Card)
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.ExistingPIN)
	wantFault(t, "SetPIN at renewal", s.SetPIN(t.Context(), "9999"), "kiosk.pin_exists")
	wantFault(t, "Generate before the PIN", s.Generate(t.Context()), "kiosk.order")
	wantFault(t, "VerifyPIN of five digits", s.VerifyPIN(t.Context(), "12345"), "kiosk.pin_form")
	for range 2 {
		wantFault(t, "VerifyPIN of a wrong PIN", s.VerifyPIN(t.Context(), "9999"), "kiosk.pin_wrong")
	}
	wantFault(t, "VerifyPIN with one try left", s.VerifyPIN(t.Context(), cardtest.AuthenticationPIN), "kiosk.pin_last_try")
	must(t, s.VerifyLastTry(t.Context(), cardtest.AuthenticationPIN))
	must(t, s.Generate(t.Context()))
	must(t, s.Return(t.Context()))
	before := slots(t, chip.Path)[card.Authentication]
	chip.Issue(t, card.Authentication)
	after := slots(t, chip.Path)[card.Authentication]
	if !slices.Equal(after.Key, before.Pending) || slices.Equal(after.Certificate, before.Certificate) {
		t.Error("the card does not use the new key and certificate after renewal")
	}
}

// A PIN that is blocked is not set anew at the kiosk.
func TestBlockedPIN(t *testing.T) {
	chip := renewing(t)
	s := begin(t, chip, chip.Card)
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.ExistingPIN)
	for range 2 {
		wantFault(t, "wrong PIN", s.VerifyLastTry(t.Context(), "9999"), "kiosk.pin_wrong")
	}
	wantFault(t, "last wrong PIN", s.VerifyLastTry(t.Context(), "9999"), "kiosk.pin_blocked")
	must(t, s.Return(t.Context()))
	s = begin(t, chip, chip.Card)
	choose(t, s, kiosk.PINChange, card.Authentication, kiosk.NewPIN)
	wantFault(t, "SetPIN of a blocked PIN", s.SetPIN(t.Context(), "5678"), "kiosk.pin_blocked")
}

// The menu sets and changes PINs without making a key.
//
// Req: R-KSK-08
func TestPINWork(t *testing.T) {
	chip := prepared(t)
	s := begin(t, chip, chip.Card)
	choose(t, s, kiosk.PINChange, card.Signature, kiosk.NewPIN)
	wantFault(t, "SetPIN of five letters", s.SetPIN(t.Context(), "SHORT"), "kiosk.pin_form")
	must(t, s.SetPIN(t.Context(), "FIRST1"))
	must(t, s.Return(t.Context()))
	s = begin(t, chip, chip.Card)
	choose(t, s, kiosk.PINChange, card.Signature, kiosk.ExistingPIN)
	wantFault(t, "ChangePIN with a wrong one", s.ChangePIN(t.Context(), "WRONG1", "SECOND2"), "kiosk.pin_wrong")
	must(t, s.ChangePIN(t.Context(), "FIRST1", "SECOND2"))
	must(t, s.Return(t.Context()))
	c, err := card.Open(t.Context(), chip.Card)
	must(t, err)
	if err := c.Verify(t.Context(), card.Signature, "SECOND2"); err != nil {
		t.Errorf("the changed PIN: %v", err)
	}
	if slots(t, chip.Path)[card.Signature].Pending != nil {
		t.Error("a key was made, want PIN work only")
	}
}

// The observer gets every act with time, outcome and card, done or refused.
func TestEvents(t *testing.T) {
	chip := renewing(t)
	now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	var got []kiosk.Event
	s := begin(t, chip, chip.Card, func(c *kiosk.Config) {
		c.Now = func() time.Time { return now }
		c.Observe = func(e kiosk.Event) { got = append(got, e) }
	})
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.ExistingPIN)
	wantFault(t, "wrong PIN", s.VerifyPIN(t.Context(), "9999"), "kiosk.pin_wrong")
	must(t, s.VerifyPIN(t.Context(), cardtest.AuthenticationPIN))
	must(t, s.Generate(t.Context()))
	must(t, s.Return(t.Context()))
	wantFault(t, "Another after Return", s.Another(), "kiosk.order")
	want := []kiosk.Event{
		{now, kiosk.ActBegin, "done", chip.Serial}, {now, kiosk.ActChoose, "done", chip.Serial},
		{now, kiosk.ActVerifyPIN, "kiosk.pin_wrong", chip.Serial}, {now, kiosk.ActVerifyPIN, "done", chip.Serial},
		{now, kiosk.ActGenerate, "done", chip.Serial}, {now, kiosk.ActReturn, "done", chip.Serial},
		{now, kiosk.ActAnother, "kiosk.order", chip.Serial},
	}
	if !slices.Equal(got, want) {
		t.Errorf("events are %v, want %v", got, want)
	}
}
