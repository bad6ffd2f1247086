package kiosk_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"os"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
)

// prepared returns a card that comes from the counter for the first time.
func prepared(t *testing.T) *cardtest.Chip {
	t.Helper()
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	return chip
}

// renewing returns a complete card that comes from the counter again.
func renewing(t *testing.T) *cardtest.Chip {
	t.Helper()
	chip := cardtest.New(t)
	chip.Prepare(t)
	return chip
}

// newKiosk returns the kiosk of the chip's municipality.
func newKiosk(t *testing.T, chip *cardtest.Chip, options ...func(*kiosk.Config)) *kiosk.Kiosk {
	t.Helper()
	config := kiosk.Config{Master: []card.MasterKey{chip.Master}}
	for _, option := range options {
		option(&config)
	}
	k, err := kiosk.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// begin sets the chip, or something between, into the reader of its kiosk.
func begin(t *testing.T, chip *cardtest.Chip, reader card.Transmitter, options ...func(*kiosk.Config)) *kiosk.Session {
	t.Helper()
	s, err := newKiosk(t, chip, options...).Begin(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// choose takes a work and wants a kind of password entry.
func choose(t *testing.T, s *kiosk.Session, work kiosk.Work, key card.Key, want kiosk.PINEntry) {
	t.Helper()
	got, err := s.Choose(t.Context(), work, key)
	if err != nil || got != want {
		t.Fatalf("Choose = %d, error %v, want %d", got, err, want)
	}
}

// must stops the test if an act failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantFault compares the key of the fault.
func wantFault(t *testing.T, act string, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("%s = %v, want %s", act, err, key)
	}
}

// transmitter is a reader with something between it and the card.
type transmitter func(ctx context.Context, command []byte) ([]byte, error)

func (f transmitter) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	return f(ctx, command)
}

// slot is what the state file of a virtual card keeps for a key.
type slot struct{ Key, Pending, Certificate, Proof []byte }

// slots reads the state file of a virtual card.
func slots(t *testing.T, path string) map[card.Key]slot {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	var state struct{ Signature, Authentication slot }
	must(t, json.Unmarshal(b, &state))
	return map[card.Key]slot{card.Signature: state.Signature, card.Authentication: state.Authentication}
}

// loaded returns the private key that waits on the card.
func loaded(t *testing.T, path string, key card.Key) *rsa.PrivateKey {
	t.Helper()
	parsed, err := x509.ParsePKCS8PrivateKey(slots(t, path)[key].Pending)
	must(t, err)
	return parsed.(*rsa.PrivateKey)
}
