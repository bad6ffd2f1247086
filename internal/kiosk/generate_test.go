package kiosk_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
)

// numbers are the private numbers of a key, each in both byte orders.
func numbers(key *rsa.PrivateKey) map[string][]byte {
	all := map[string][]byte{
		"p": key.Primes[0].Bytes(), "q": key.Primes[1].Bytes(), "d": key.D.Bytes(),
		"dp": key.Precomputed.Dp.Bytes(), "dq": key.Precomputed.Dq.Bytes(), "qinv": key.Precomputed.Qinv.Bytes(),
	}
	for _, name := range []string{"p", "q", "d", "dp", "dq", "qinv"} {
		reversed := slices.Clone(all[name])
		slices.Reverse(reversed)
		all[name+" reversed"] = reversed
	}
	return all
}

// found returns the sorted names of the numbers of which data holds a run: it looks for every 16-byte piece, so a run
// of 31 bytes is never missed.
func found(data []byte, numbers map[string][]byte) []string {
	var names []string
	for name, number := range numbers {
		for piece := range slices.Chunk(number, 16) {
			if len(piece) == 16 && bytes.Contains(data, piece) {
				names = append(names, name)
				break
			}
		}
	}
	slices.Sort(names)
	return names
}

// Who listens between kiosk and card hears no private key.
//
// Req: R-CRD-04
func TestSniffedExchange(t *testing.T) {
	chip := prepared(t)
	var heard []byte
	s := begin(t, chip, transmitter(func(ctx context.Context, command []byte) ([]byte, error) {
		answer, err := chip.Card.Transmit(ctx, command)
		heard = append(append(heard, command...), answer...)
		return answer, err
	}))
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.NewPIN)
	must(t, s.SetPIN(t.Context(), cardtest.AuthenticationPIN))
	must(t, s.Generate(t.Context()))
	must(t, s.Return(t.Context()))
	key := loaded(t, chip.Path, card.Authentication)
	if got := found(heard, numbers(key)); len(got) != 0 {
		t.Errorf("the exchange holds %v", got)
	}
	if !bytes.Contains(heard, key.N.Bytes()[:64]) {
		t.Error("the exchange does not hold the public key: it is not the whole exchange")
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	if got := found(plain, numbers(key)); len(got) != 6 {
		t.Errorf("the search finds %v in a key that is not sealed, want all six numbers", got)
	}
}

// The card is pulled before or after each of the commands of Generate. The old key and certificate stay, and the
// resident can begin again.
func TestCardPulled(t *testing.T) {
	for _, lost := range []string{"command", "answer"} {
		t.Run(lost+" lost", func(t *testing.T) {
			chip := renewing(t)
			before := slots(t, chip.Path)[card.Authentication]
			cuts := 0
			for ; generatePulled(t, chip, cuts, lost == "answer"); cuts++ {
				now := slots(t, chip.Path)[card.Authentication]
				if !bytes.Equal(now.Key, before.Key) || !bytes.Equal(now.Certificate, before.Certificate) {
					t.Fatalf("pulled at command %d: the old key or certificate is gone", cuts)
				}
			}
			if cuts < 5 {
				t.Errorf("Generate sends %d commands, want more", cuts)
			}
			chip.Issue(t, card.Authentication)
		})
	}
}

// generatePulled makes a key with a card that is pulled at the n-th command; false if there are fewer.
func generatePulled(t *testing.T, chip *cardtest.Chip, n int, after bool) (pulled bool) {
	t.Helper()
	armed := false
	s := begin(t, chip, transmitter(func(ctx context.Context, command []byte) ([]byte, error) {
		var answer []byte
		var err error
		if !pulled && (!armed || n > 0 || after) {
			answer, err = chip.Card.Transmit(ctx, command)
		}
		if armed && n == 0 {
			pulled = true
		}
		if armed {
			n--
		}
		if pulled {
			return nil, errors.Join(errors.New("no card in the reader"), chip.Card.Reset())
		}
		return answer, err
	}))
	choose(t, s, kiosk.KeyPair, card.Authentication, kiosk.ExistingPIN)
	must(t, s.VerifyPIN(t.Context(), cardtest.AuthenticationPIN))
	armed = true
	err := s.Generate(t.Context())
	armed = false
	if !pulled {
		must(t, err)
		must(t, s.Return(t.Context()))
		return false
	}
	if fault.KeyOf(err) != "kiosk.card_gone" || s.Screen() != kiosk.Generation {
		t.Errorf("Generate = %v on screen %s, want kiosk.card_gone", err, s.Screen())
	}
	wantFault(t, "Return without the card", s.Return(t.Context()), "kiosk.card_gone")
	if s.Screen() != kiosk.SetCard {
		t.Errorf("after Return the screen is %s", s.Screen())
	}
	return true
}

// Erasing zeroes the memory of every number that the key gives access to.
func TestErase(t *testing.T) {
	chip := cardtest.New(t)
	parsed, err := x509.ParsePKCS8PrivateKey(slots(t, chip.Path)[card.Authentication].Key)
	must(t, err)
	key := parsed.(*rsa.PrivateKey)
	pre := key.Precomputed
	held := map[string][]big.Word{
		"p": key.Primes[0].Bits(), "q": key.Primes[1].Bits(), "d": key.D.Bits(),
		"dp": pre.Dp.Bits(), "dq": pre.Dq.Bits(), "qinv": pre.Qinv.Bits(),
	}
	kiosk.Erase(key)
	for name, words := range held {
		if len(words) < 8 || slices.Max(words) != 0 {
			t.Errorf("%s is still in memory", name)
		}
	}
}
