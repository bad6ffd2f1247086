package kiosk_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/kiosk"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"visit": visit}) }

// visit is one visit to the kiosk with the card in the folder: a key pair for authentication.
func visit(dir string, at func(string)) error {
	ctx := context.Background()
	master, err := os.ReadFile(filepath.Join(dir, "master"))
	if err != nil {
		return err
	}
	chip, err := softcard.Open(filepath.Join(dir, "card.json"), softcard.Options{})
	if err != nil {
		return err
	}
	defer chip.Close()
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{{Version: 1, Secret: card.Secret(master)}}, Step: at})
	if err != nil {
		return err
	}
	return makeKey(ctx, k, chip)
}

// makeKey goes through the screens with the PIN of the tests' cards.
func makeKey(ctx context.Context, k *kiosk.Kiosk, reader card.Transmitter) error {
	s, err := k.Begin(ctx, reader)
	if err != nil {
		return err
	}
	entry, err := s.Choose(ctx, kiosk.KeyPair, card.Authentication)
	if err != nil {
		return err
	}
	if entry == kiosk.NewPIN {
		err = s.SetPIN(ctx, cardtest.AuthenticationPIN)
	} else {
		err = s.VerifyPIN(ctx, cardtest.AuthenticationPIN)
	}
	if err != nil {
		return err
	}
	if err := s.Generate(ctx); err != nil {
		return err
	}
	return s.Return(ctx)
}

// Killed at any step of Generate, at the first issue and at renewal: what was in use on the card stays in use, nothing
// but what the step's comment says is new, and the next visit makes a key that the counter takes.
func TestKilled(t *testing.T) {
	// What is on the card when the kiosk is killed at a step.
	left := map[string]struct{ waiting, proof bool }{
		"Generate 1": {false, false},
		"Generate 2": {false, false},
		"Generate 3": {true, false},
		"Generate 4": {true, false},
		"Generate 5": {true, true},
	}
	steps := crashtest.Steps(t, "generate.go", "Generate")
	if len(steps) != len(left) {
		t.Fatalf("Generate has %d steps, want %d", len(steps), len(left))
	}
	for name, bring := range map[string]func(*testing.T) *cardtest.Chip{"first issue": prepared, "renewal": renewing} {
		for _, step := range steps {
			t.Run(name+", "+step, func(t *testing.T) {
				chip := bring(t)
				before := slots(t, chip.Path)[card.Authentication]
				dir := leave(t, chip)
				if !crashtest.Kill(t, "visit", dir, step, 1) {
					t.Fatal("the visit does not come to this step")
				}
				got := slots(t, chip.Path)[card.Authentication]
				if !bytes.Equal(got.Key, before.Key) || !bytes.Equal(got.Certificate, before.Certificate) {
					t.Error("the key or certificate in use has changed")
				}
				if want := left[step]; (got.Pending != nil) != want.waiting || (got.Proof != nil) != want.proof {
					t.Errorf("key waits %t, proof %t; want %v", got.Pending != nil, got.Proof != nil, want)
				}
				chip.Open(t, softcard.Options{})
				checkInUse(t, chip)
				must(t, chip.Card.Close())
				crashtest.Finish(t, "visit", dir)
				chip.Open(t, softcard.Options{})
				chip.Issue(t, card.Authentication)
				checkInUse(t, chip)
			})
		}
	}
}

// leave lays a chip down for another process and returns its folder.
func leave(t *testing.T, chip *cardtest.Chip) (dir string) {
	t.Helper()
	must(t, chip.Card.Close())
	dir = filepath.Dir(chip.Path)
	must(t, os.WriteFile(filepath.Join(dir, "master"), chip.Master.Secret[:], 0o600))
	return dir
}

// checkInUse signs with the key in use, if the card has a certificate for it, and checks against that certificate.
func checkInUse(t *testing.T, chip *cardtest.Chip) {
	t.Helper()
	if chip.Certificates[card.Authentication] == nil {
		return
	}
	c, err := card.Open(t.Context(), chip.Card)
	must(t, err)
	must(t, c.Verify(t.Context(), card.Authentication, cardtest.AuthenticationPIN))
	signer, err := c.Signer(t.Context(), card.Authentication, nil)
	must(t, err)
	digest := sha256.Sum256([]byte("test"))
	signature, err := signer.Sign(nil, digest[:], crypto.SHA256)
	must(t, err)
	public := chip.Certificates[card.Authentication].PublicKey.(*rsa.PublicKey)
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature); err != nil {
		t.Errorf("the key in use does not fit its certificate: %v", err)
	}
}
