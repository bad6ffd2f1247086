package card_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// Each card, purpose, version and master key gives another key.
//
// Req: R-DAT-09
func TestDiversify(t *testing.T) {
	seen := map[card.Secret]string{}
	for _, master := range []card.MasterKey{{Version: 1}, {Version: 2}, {Version: 1, Secret: card.Secret{1}}} {
		for _, serial := range []string{"TEST000000000001", "TEST000000000002"} {
			keys, err := master.Diversify(serial)
			if err != nil {
				t.Fatal(err)
			}
			if keys.Version != master.Version {
				t.Errorf("Version = %d, want %d", keys.Version, master.Version)
			}
			for purpose, key := range map[string]card.Secret{"kiosk": keys.Kiosk, "loading": keys.Loading} {
				name := fmt.Sprint(purpose, master.Version, master.Secret == card.Secret{}, serial)
				if other, ok := seen[key]; ok {
					t.Errorf("%s and %s have the same key", name, other)
				}
				seen[key] = name
			}
			again, err := master.Diversify(serial)
			if err != nil || again != keys {
				t.Errorf("Diversify gives other keys the second time (error %v)", err)
			}
		}
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	master := card.MasterKey{Version: 7, Secret: card.Secret{0xAB, 0xCD}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%X", "%s", "%q", "%d"} {
		got := fmt.Sprintf(verb, master)
		if !strings.Contains(got, "[secret]") || strings.Contains(strings.ToLower(got), "ab") || strings.Contains(got, "171") {
			t.Errorf("Sprintf(%q) = %s", verb, got)
		}
	}
}

// A card without its two keys, or with those of another version, is no work for
// a kiosk.
//
// Req: R-ISS-14
func TestKioskRefusesUnpreparedCard(t *testing.T) {
	chip := cardtest.Blank(t)
	c := open(t, chip.Card)
	if _, err := c.AuthenticateKiosk(t.Context(), chip.Master); !errors.Is(err, card.ErrNotPrepared) {
		t.Errorf("AuthenticateKiosk = %v, want ErrNotPrepared", err)
	}
	chip.Prepare(t)
	if _, err := c.AuthenticateKiosk(t.Context(), card.MasterKey{Version: 2}); !errors.Is(err, card.ErrKeyVersion) {
		t.Errorf("AuthenticateKiosk of version 2 = %v, want ErrKeyVersion", err)
	}
	real := open(t, transmitter(func(command []byte) ([]byte, error) {
		if command[1] == 0xA4 && command[2] == 0x02 {
			return []byte{0x6A, 0x82}, nil // such a file does not exist
		}
		return []byte{0x90, 0x00}, nil
	}))
	if _, err := real.Permit(t.Context()); !errors.Is(err, card.ErrNotPrepared) {
		t.Errorf("Permit of a card of another house = %v, want ErrNotPrepared", err)
	}
}

func TestAuthenticateCounterRefused(t *testing.T) {
	chip := cardtest.Blank(t)
	_, err := open(t, chip.Card).AuthenticateCounter(t.Context(), card.Secret{1})
	refused, ok := errors.AsType[*card.RefusedError](err)
	if !ok || refused.Party != "counter" || refused.Retries != 9 {
		t.Errorf("AuthenticateCounter = %v, want refusal with 9 tries left", err)
	}
}

// kiosk opens a session with a card that is prepared.
func kiosk(t *testing.T, chip *cardtest.Chip) (*card.Card, *card.Kiosk) {
	t.Helper()
	c := open(t, chip.Card)
	k, err := c.AuthenticateKiosk(t.Context(), chip.Master)
	if err != nil {
		t.Fatal(err)
	}
	return c, k
}

func newKey(t *testing.T) (key *rsa.PrivateKey, der []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
		t.Fatal(err)
	}
	return key, der
}

// The holder sets the PIN at the kiosk, and the key goes into the card.
//
// Req: R-KSK-03
func TestKiosk(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	c, k := kiosk(t, chip)
	private, der := newKey(t)
	early := bytes.Clone(der)
	if err := k.LoadPrivateKey(t.Context(), card.Signature, early); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("LoadPrivateKey before the PIN = %v, want SecurityNotSatisfied", err)
	}
	if err := k.SetPIN(t.Context(), card.Signature, "short"); !errors.Is(err, card.ErrPINFormat) {
		t.Errorf("SetPIN of five letters = %v, want ErrPINFormat", err)
	}
	if err := k.SetPIN(t.Context(), card.Signature, "abc123"); err != nil {
		t.Fatal(err)
	}
	if err := k.SetPIN(t.Context(), card.Signature, "XYZ789"); err != nil {
		t.Errorf("SetPIN once more, the PIN verified: %v", err)
	}
	if err := k.LoadPrivateKey(t.Context(), card.Signature, der); err != nil {
		t.Fatal(err)
	}
	for name, left := range map[string][]byte{"refused": early, "loaded": der} {
		if !bytes.Equal(left, make([]byte, len(left))) {
			t.Errorf("the %s private key is still in memory", name)
		}
	}
	if err := k.ProvePossession(t.Context(), card.Signature, &private.PublicKey); err != nil {
		t.Fatal(err)
	}
	proof, err := c.Proof(t.Context(), card.Signature, chip.Nonce)
	if err != nil || !private.PublicKey.Equal(proof.PublicKey) {
		t.Errorf("Proof is for another key (error %v)", err)
	}
	if _, err := c.Proof(t.Context(), card.Authentication, chip.Nonce); !errors.Is(err, card.ErrNoCertificate) {
		t.Errorf("Proof of a key that was not loaded = %v, want ErrNoCertificate", err)
	}
}

// The counter believes a proof only for this card and this visit, signed by the
// key in it.
func TestProofRefuses(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	chip.Load(t, card.Signature)
	other := chip.Nonce
	other[0]++
	if _, err := open(t, chip.Card).Proof(t.Context(), card.Signature, other); err == nil || !strings.Contains(err.Error(), "another visit") {
		t.Errorf("Proof for another nonce = %v", err)
	}
	if _, err := open(t, swap(t, chip, "TEST000000000001", "TEST000000000002", 0xB0, 0x0006)).Proof(t.Context(), card.Signature, chip.Nonce); err == nil || !strings.Contains(err.Error(), "another card") {
		t.Errorf("Proof on another card = %v", err)
	}
	forged := swap(t, chip, "TEST000000000001", "TEST000000000009", 0xB0, 0)
	if _, err := open(t, forged).Proof(t.Context(), card.Signature, chip.Nonce); err == nil || !strings.Contains(err.Error(), "verification error") {
		t.Errorf("Proof that was altered = %v", err)
	}
}

// swap is chip with a text replaced in what it returns to an instruction, only
// for one file if file is not 0.
func swap(t *testing.T, chip *cardtest.Chip, old, new string, ins byte, file uint16) transmitter {
	current := uint16(0)
	return func(command []byte) ([]byte, error) {
		if command[1] == 0xA4 && command[2] == 0x02 {
			current = uint16(command[5])<<8 | uint16(command[6])
		}
		answer, err := chip.Card.Transmit(t.Context(), command)
		if command[1] == ins && (file == 0 || current == file) {
			answer = bytes.ReplaceAll(answer, []byte(old), []byte(new))
		}
		return answer, err
	}
}

// A lock is undone and a PIN removed at the counter; a removed one is set anew at
// the kiosk.
//
// Req: R-CRD-10
// Req: R-CNT-02
// Req: R-CNT-03
func TestResetPIN(t *testing.T) {
	chip := cardtest.New(t)
	c := open(t, chip.Card)
	for range 3 {
		if err := c.VerifyLastTry(t.Context(), card.Authentication, "0000"); err == nil {
			t.Fatal("a wrong PIN is taken")
		}
	}
	counter, err := c.AuthenticateCounter(t.Context(), chip.Transport)
	if err != nil {
		t.Fatal(err)
	}
	if err := counter.UnlockPIN(t.Context(), card.Authentication); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), card.Authentication, "1234"); err != nil {
		t.Errorf("after UnlockPIN: %v", err)
	}
	if err := counter.InitialisePIN(t.Context(), card.Authentication); err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(t.Context(), card.Authentication, "1234"); !errors.Is(err, card.ErrBlocked) {
		t.Errorf("after InitialisePIN: %v, want ErrBlocked", err)
	}
	chip.Prepare(t)
	c, k := kiosk(t, chip)
	if err := k.SetPIN(t.Context(), card.Authentication, "5678"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SignPKCS1(t.Context(), card.Authentication, []byte{1}); err != nil {
		t.Errorf("the key is lost: %v", err)
	}
}
