package card_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

func retries(t *testing.T, c *card.Card, key card.Key) int {
	t.Helper()
	n, err := c.Retries(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVerify(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	tests := []struct {
		key  card.Key
		pin  string
		want error
	}{
		{card.Signature, "ABC123", nil},
		{card.Signature, "abc123", nil}, // as the official client, in capitals
		{card.Authentication, "1234", nil},
		{card.Authentication, "", card.ErrPINFormat},
		{card.Authentication, "123", card.ErrPINFormat},
		{card.Authentication, "12345", card.ErrPINFormat},
		{card.Authentication, "12A4", card.ErrPINFormat},
		{card.Authentication, "１２", card.ErrPINFormat},
		{card.Signature, "", card.ErrPINFormat},
		{card.Signature, "ABC12", card.ErrPINFormat},
		{card.Signature, "ABC-123", card.ErrPINFormat},
		{card.Signature, "ABC12ſ", card.ErrPINFormat}, // its capital is an S
		{card.Signature, "ABCDEFGH123456789", card.ErrPINFormat},
		{0, "1234", apdu.FileNotFound},
	}
	for _, tt := range tests {
		err := c.Verify(t.Context(), tt.key, tt.pin)
		if !errors.Is(err, tt.want) {
			t.Errorf("Verify(%s, %q) = %v, want %v", tt.key, tt.pin, err, tt.want)
		}
		if err != nil && tt.pin != "" && strings.Contains(err.Error(), tt.pin) {
			t.Errorf("the error %q holds the PIN", err)
		}
	}
	if a, s := retries(t, c, card.Authentication), retries(t, c, card.Signature); a != 3 || s != 5 {
		t.Errorf("tries left %d and %d, want 3 and 5", a, s)
	}
}

func TestVerifyKeepsLastTry(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	for _, left := range []int{2, 1} {
		err := c.Verify(t.Context(), card.Authentication, "0000")
		wrong, ok := errors.AsType[*card.PINError](err)
		if !ok || wrong.Key != card.Authentication || wrong.Retries != left || errors.Is(err, card.ErrBlocked) {
			t.Fatalf("Verify of a wrong PIN = %v, want %d tries left", err, left)
		}
	}
	for range 2 {
		if err := c.Verify(t.Context(), card.Authentication, "1234"); !errors.Is(err, card.ErrLastTry) {
			t.Fatalf("Verify with one try left = %v, want ErrLastTry", err)
		}
	}
	if got := retries(t, c, card.Authentication); got != 1 {
		t.Fatalf("tries left = %d, want 1", got)
	}
	if err := c.VerifyLastTry(t.Context(), card.Authentication, "1234"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Verify(t.Context(), card.Authentication, "0000"); err == nil {
			t.Fatal("a wrong PIN is taken")
		}
	}
	if err := c.VerifyLastTry(t.Context(), card.Authentication, "0000"); !errors.Is(err, card.ErrBlocked) {
		t.Errorf("losing the last try = %v, want ErrBlocked", err)
	}
	if err := c.VerifyLastTry(t.Context(), card.Authentication, "1234"); !errors.Is(err, card.ErrBlocked) {
		t.Errorf("VerifyLastTry of a blocked PIN = %v, want ErrBlocked", err)
	}
	if got := retries(t, c, card.Authentication); got != 0 {
		t.Errorf("tries left = %d, want 0", got)
	}
}

func TestRetriesOfOtherCards(t *testing.T) {
	for answer, want := range map[string]int{"\x63\xC2": 2, "\x63\xC0": 0, "\x69\x83": 0, "\x69\x84": 0, "\x90\x00": -1, "\x63\x00": -1} {
		c := open(t, transmitter(func(command []byte) ([]byte, error) {
			if command[1] == 0x20 {
				return []byte(answer), nil
			}
			return []byte{0x90, 0x00}, nil
		}))
		got, err := c.Retries(t.Context(), card.Signature)
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("Retries of a card that says %X = %d, %v, want %d", answer, got, err, want)
		}
	}
}

// What cannot be a PIN is told before a card is asked.
func TestCheckPIN(t *testing.T) {
	for _, tt := range []struct {
		key  card.Key
		pin  string
		want error
	}{
		{card.Authentication, "1234", nil}, {card.Authentication, "12345", card.ErrPINFormat}, {card.Authentication, "12a4", card.ErrPINFormat},
		{card.Signature, "abc123", nil}, {card.Signature, "ABC12", card.ErrPINFormat}, {card.Signature, "ABC-123", card.ErrPINFormat},
	} {
		if err := tt.key.CheckPIN(tt.pin); !errors.Is(err, tt.want) {
			t.Errorf("%s.CheckPIN(%s) = %v, want %v", tt.key, tt.pin, err, tt.want)
		}
	}
}

func TestChangePIN(t *testing.T) {
	c := open(t, cardtest.New(t).Card)
	if err := c.ChangePIN(t.Context(), card.Signature, "ABC123", "short"); !errors.Is(err, card.ErrPINFormat) {
		t.Errorf("ChangePIN to five letters = %v, want ErrPINFormat", err)
	}
	if err := c.ChangePIN(t.Context(), card.Signature, "WRONG1", "NEWPIN1"); retries(t, c, card.Signature) != 4 || err == nil {
		t.Errorf("ChangePIN with a wrong PIN = %v, want an error and a try less", err)
	}
	if err := c.ChangePIN(t.Context(), card.Signature, "abc123", "newpin1"); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), card.Signature, "NEWPIN1"); err != nil {
		t.Errorf("Verify of the new PIN: %v", err)
	}
}
