package softcard_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// After each command of a renewal the card, its power gone, still logs in with
// the certificate that is on it; the key changes with the certificate. The PIN is
// entered, not set anew.
//
// Req: R-ISS-32
func TestRenewalNeverBreaksCard(t *testing.T) {
	chip := cardtest.New(t)
	old := chip.Certificates[card.Authentication]
	exchanges := 0
	check := func(_, _ []byte) {
		exchanges++
		login(t, chip.Copy(t))
	}
	renew(t, chip, wire{chip.Card, check})
	if exchanges < 30 {
		t.Errorf("renewal took %d commands only", exchanges)
	}
	now := login(t, chip)
	if bytes.Equal(now, old.Raw) || !bytes.Equal(now, chip.Certificates[card.Authentication].Raw) {
		t.Error("the new certificate is not on the card")
	}
}

// renew does what counter, kiosk and counter do, over one transmitter.
func renew(t *testing.T, chip *cardtest.Chip, through card.Transmitter) {
	t.Helper()
	ctx := t.Context()
	opened, err := card.Open(ctx, through)
	if err != nil {
		t.Fatal(err)
	}
	counter, err := opened.AuthenticateCounter(ctx, chip.Transport)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := chip.Master.Diversify(chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if chip.Nonce, err = counter.PutKeys(ctx, keys); err != nil {
		t.Fatal(err)
	}
	kiosk, err := opened.AuthenticateKiosk(ctx, chip.Master)
	if err != nil {
		t.Fatal(err)
	}
	if err := kiosk.SetPIN(ctx, card.Authentication, "9999"); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("setting a PIN at renewal = %v, want SecurityNotSatisfied", err)
	}
	if err := opened.Verify(ctx, card.Authentication, cardtest.AuthenticationPIN); err != nil {
		t.Fatal(err)
	}
	private := newKey(t, 2048)
	if err := kiosk.LoadPrivateKey(ctx, card.Authentication, pkcs8(t, private)); err != nil {
		t.Fatal(err)
	}
	if err := kiosk.ProvePossession(ctx, card.Authentication, &private.PublicKey); err != nil {
		t.Fatal(err)
	}
	if counter, err = opened.AuthenticateCounter(ctx, chip.Transport); err != nil {
		t.Fatal(err)
	}
	der := certify(t, &private.PublicKey)
	for range 2 { // the second time as if the first answer had been lost
		if err := counter.WriteCertificate(ctx, card.AuthenticationCertificate, der); err != nil {
			t.Fatal(err)
		}
	}
	if chip.Certificates[card.Authentication], err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
}

// login signs with the authentication key and returns the certificate, whose key
// the signature must fit.
func login(t *testing.T, chip *cardtest.Chip) []byte {
	t.Helper()
	opened, err := card.Open(t.Context(), chip.Card)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := opened.Signer(t.Context(), card.Authentication, func(card.Key, int) (string, error) {
		return cardtest.AuthenticationPIN, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("login"))
	signature, err := signer.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPKCS1v15(signer.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
		t.Fatalf("the certificate does not fit the key: %v", err)
	}
	return signer.Certificate()
}
