package softcard_test

import (
	"crypto/rand"
	"errors"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// A kiosk with another key is refused, and after ten misses everyone is, until
// the counter prepares the card again.
//
// Req: R-CRD-03
// Req: R-KSK-01
func TestAnotherKiosk(t *testing.T) {
	chip := cardtest.Blank(t)
	stolen := chip.Master
	chip.Master.Version = 2
	rand.Read(chip.Master.Secret[:])
	chip.Prepare(t)
	opened, err := card.Open(t.Context(), chip.Card)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.AuthenticateKiosk(t.Context(), stolen); !errors.Is(err, card.ErrKeyVersion) {
		t.Errorf("kiosk of version 1: %v, want ErrKeyVersion", err)
	}
	stolen.Version = 2 // what a thief would say
	for left := 9; left >= 0; left-- {
		_, err := opened.AuthenticateKiosk(t.Context(), stolen)
		if refused, ok := errors.AsType[*card.RefusedError](err); !ok || refused.Retries != left {
			t.Fatalf("kiosk of version 1 with the number 2: %v, want refusal with %d tries left", err, left)
		}
	}
	for range 2 {
		if _, err := opened.AuthenticateKiosk(t.Context(), chip.Master); err == nil {
			t.Error("the right kiosk is accepted although the key is blocked")
		}
		if err := chip.Card.Reset(); err != nil {
			t.Fatal(err)
		}
		if err := opened.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	chip.Prepare(t)
	if _, err := opened.AuthenticateKiosk(t.Context(), chip.Master); err != nil {
		t.Errorf("the right kiosk after new preparation: %v", err)
	}
}

// The transport key has no one who could help: ten misses in a row block it for
// good.
func TestTransportKeyBlocks(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	miss := func(from, to int) {
		for left := from; left >= to; left-- {
			r.reset()
			if sw := r.authenticate(0x81, card.Secret{1}); sw != apdu.PINRetries(left) {
				t.Fatalf("wrong transport key = %v, want %v", sw, apdu.PINRetries(left))
			}
		}
	}
	miss(9, 5)
	atCounter(r) // gives all tries back
	miss(9, 0)
	for range 2 {
		r.reset()
		if sw := r.counter(); sw != apdu.ReferenceDataNotUsable {
			t.Errorf("right transport key after ten misses = %v, want ReferenceDataNotUsable", sw)
		}
	}
}

func TestChallengeIsUsedOnce(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	tests := []struct {
		name  string
		spoil func()
		want  apdu.SW
	}{
		{"untouched", func() {}, apdu.Success},
		{"used", func() { r.transmit(command(0x82, 0, 0x81, make([]byte, 16))) }, apdu.ConditionsNotSatisfied},
		{"used for no key", func() { r.transmit(command(0x82, 0, 0x83, make([]byte, 16))) }, apdu.ConditionsNotSatisfied},
		{"replaced", func() { r.send("0084000010") }, apdu.PINRetries(8)},
		{"shortened", func() { r.send("0084000008") }, apdu.ConditionsNotSatisfied},
		{"application selected", func() { r.send(selectAP) }, apdu.ConditionsNotSatisfied},
		{"reset", func() { r.reset() }, apdu.ConditionsNotSatisfied},
	}
	for _, tt := range tests {
		r.reset()
		cryptogram := counterAuthenticates(r)
		tt.spoil()
		if got := r.transmit(cryptogram).SW; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestAuthenticationIsVolatile(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	for name, end := range map[string]func(){
		"reset":                func() { r.reset() },
		"selection":            func() { r.want(selectAP, apdu.Success) },
		"failed attempt":       func() { r.authenticate(0x81, card.Secret{1}) },
		"attempt of no party":  func() { r.transmit(command(0x82, 0, 0x80, make([]byte, 16))) },
		"attempt of the kiosk": func() { r.kiosk() },
	} {
		atCounter(r)
		r.want("002C0298", apdu.Success)
		end()
		if got := r.send("002C0298").SW; got != apdu.SecurityNotSatisfied {
			t.Errorf("after %s: %v, want SecurityNotSatisfied", name, got)
		}
	}
}
