package app_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/fault"
)

var now = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Scenario{"card": func(dir string, at func(string)) error {
		s, err := app.Open(context.Background(), app.Config{Dir: dir, Now: func() time.Time { return now }, Step: at})
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.NewCard(context.Background(), application("hanako"))
		if fault.KeyOf(err) == "app.has_card" {
			return nil
		}
		return err
	}})
}

func application(id string) app.Application {
	return app.Application{ID: id, Attributes: app.Invent(id), PINs: app.PINs{Auth: "1234", Sign: "ABC123"}}
}

func open(t *testing.T, dir string) *app.Sandbox {
	t.Helper()
	s, err := app.Open(t.Context(), app.Config{Dir: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// checkCard: both keys of the card sign, and their certificates are those of the CAs on the card.
func checkCard(t *testing.T, dir, id string) {
	t.Helper()
	chip, err := app.OpenCard(dir, id)
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	c, err := card.Open(t.Context(), chip)
	if err != nil {
		t.Fatal(err)
	}
	for key, part := range map[card.Key]struct {
		kind jpki.Kind
		ca   card.File
		pin  string
	}{card.Authentication: {jpki.Authentication, card.AuthenticationCA, "1234"}, card.Signature: {jpki.Signing, card.SignatureCA, "ABC123"}} {
		s, err := c.Signer(t.Context(), key, func(card.Key, int) (string, error) { return part.pin, nil })
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte("a document"))
		signature, err := s.Sign(nil, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if err := rsa.VerifyPKCS1v15(s.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
			t.Errorf("%s key: %v", key, err)
		}
		encoded, err := c.Certificate(t.Context(), part.ca)
		if err != nil {
			t.Fatal(err)
		}
		authority, err := jpki.Parse(encoded)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := jpki.Parse(s.Certificate())
		if err != nil {
			t.Fatal(err)
		}
		if err := certificate.SignedBy(authority); err != nil || certificate.Kind != part.kind {
			t.Errorf("certificate of the %s key is a %s, signed by the CA on the card: %v", key, certificate.Kind, err)
		}
		if person, ok := certificate.Person(); ok && person != app.Invent(id) {
			t.Errorf("certificate tells %v, want the person of the application", person)
		}
	}
}

// Req: R-CRD-03, R-CRD-04, R-CRD-06, R-ISS-13, R-ISS-16
func TestNewCard(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	p, err := s.NewCard(t.Context(), application("hanako"))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Done || len(p.CardSerial) != 16 {
		t.Errorf("person = %+v, want a finished card with a serial number of 16 characters", p)
	}
	checkCard(t, dir, "hanako")
	if _, err := s.NewCard(t.Context(), application("hanako")); fault.KeyOf(err) != "app.has_card" {
		t.Errorf("second card: %v, want app.has_card", err)
	}
	report, _, err := app.VerifyAudit(t.Context(), dir, "")
	if err != nil || report.Break != nil || report.Count != 8 {
		t.Errorf("audit log: %+v, %v, want 8 whole entries", report, err)
	}
}

func TestNewCardUnderFifteen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	child := application("ko")
	child.Attributes.Birth = jpki.Birth{Era: jpki.Heisei, Year: 2012, Month: 1, Day: 1}
	if _, err := s.NewCard(t.Context(), child); err != nil {
		t.Fatal(err)
	}
	chip, err := app.OpenCard(dir, "ko")
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	c, err := card.Open(t.Context(), chip)
	if err != nil {
		t.Fatal(err)
	}
	want := card.Availability{Authentication: true}
	if got, err := c.Availability(t.Context()); err != nil || got != want {
		t.Errorf("Availability = %+v, %v, want %+v", got, err, want)
	}
}

func TestNewCardRefuses(t *testing.T) {
	s := open(t, t.TempDir())
	tests := []struct {
		name   string
		change func(*app.Application)
		want   string
	}{
		{"identifier with a slash", func(a *app.Application) { a.ID = "../x" }, "app.person_id"},
		{"no name", func(a *app.Application) { a.Attributes.Name = "" }, "app.attributes"},
		{"authentication PIN of five digits", func(a *app.Application) { a.PINs.Auth = "12345" }, "app.pin_form"},
		{"signature PIN of small letters", func(a *app.Application) { a.PINs.Sign = "abc123" }, "app.pin_form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := application("taro")
			tt.change(&a)
			if _, err := s.NewCard(t.Context(), a); fault.KeyOf(err) != tt.want {
				t.Errorf("NewCard: %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := app.LoadPerson(s.Dir, "taro"); fault.KeyOf(err) != "app.no_person" {
		t.Errorf("LoadPerson after the refusals: %v, want app.no_person", err)
	}
}

func TestCardInUse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.NewCard(t.Context(), application("hanako")); err != nil {
		t.Fatal(err)
	}
	chip, err := app.OpenCard(dir, "hanako")
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	if _, err := app.OpenCard(dir, "hanako"); fault.KeyOf(err) != "app.card_in_use" {
		t.Errorf("second OpenCard: %v, want app.card_in_use", err)
	}
}

// Killed in any step of the office or of the CA behind it, the same application goes on to one card with one certificate
// of each kind.
func TestKilledInEveryStep(t *testing.T) {
	steps := slices.Concat(
		crashtest.Steps(t, "newcard.go", "NewCard"),
		crashtest.Steps(t, filepath.Join("..", "kiosk", "generate.go"), "Generate"),
		crashtest.Steps(t, filepath.Join("..", "ca", "issue.go"), "Issue"),
		crashtest.Steps(t, filepath.Join("..", "ca", "found.go"), "Found"),
	)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if !crashtest.Kill(t, "card", dir, step, 1) {
				t.Fatalf("the scenario never came to step %q", step)
			}
			crashtest.Kill(t, "card", dir, step, 2)
			crashtest.Finish(t, "card", dir)
			checkOneCard(t, dir)
		})
	}
}

func TestKilledAnywhere(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random, dir := crashtest.Random(t, seed), t.TempDir()
			for range 5 {
				crashtest.KillAfter(t, "card", dir, time.Duration(random.IntN(900))*time.Millisecond)
			}
			crashtest.Finish(t, "card", dir)
			checkOneCard(t, dir)
		})
	}
}

func checkOneCard(t *testing.T, dir string) {
	t.Helper()
	checkCard(t, dir, "hanako")
	report, _, err := app.VerifyAudit(t.Context(), dir, "")
	if err != nil || report.Break != nil {
		t.Errorf("audit log: %+v, %v, want it whole", report, err)
	}
}
