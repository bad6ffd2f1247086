package app_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// start is when the nations of these tests begin: noon in Japan.
var start = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func application(id string) app.Application {
	return app.Application{ID: id, Attributes: app.Invent(id), PINs: app.PINs{Auth: "1234", Sign: "ABC123"}}
}

func open(t *testing.T, dir string) *app.Sandbox {
	t.Helper()
	s, err := app.Open(t.Context(), app.Config{Dir: dir, Start: start})
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
	}
}

// checkAudits: the audit logs of all offices hold.
func checkAudits(t *testing.T, dir string) (entries int64) {
	t.Helper()
	for _, office := range []post.Address{
		message.AtCA, message.AtRevocation, message.AtRegistry, message.AtLink, message.AtCounter(app.Mihon.Code), message.AtCounter(app.Rinri.Code),
	} {
		report, _, err := app.VerifyAudit(t.Context(), dir, office, "")
		if err != nil || report.Break != nil {
			t.Errorf("audit log of %s: %+v, %v, want it whole", office, report, err)
		}
		entries += report.Count
	}
	return entries
}

// checkNation: all that was issued and published is in order.
func checkNation(t *testing.T, s *app.Sandbox) {
	t.Helper()
	report, err := s.Check(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("examination: %+v, %v, want no findings", report, err)
	}
	checkAudits(t, s.Dir)
}

// Req: R-CRD-03, R-CRD-04, R-CRD-06, R-ISS-01, R-ISS-13, R-ISS-16
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
	if entries := checkAudits(t, dir); entries == 0 {
		t.Error("the audit logs are empty")
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

// The nation's clock goes on from where it stood, and never back.
func TestClock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	later := start.Add(30 * time.Hour)
	if err := s.Advance(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := app.Open(context.WithoutCancel(t.Context()), app.Config{Dir: dir, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if now := again.Now(); now.Before(later) || now.After(later.Add(time.Hour)) {
		t.Errorf("the clock stands at %v, want %v", now, later)
	}
	if err := again.Clock.Set(start); fault.KeyOf(err) != "app.clock_back" {
		t.Errorf("setting the clock back: %v, want app.clock_back", err)
	}
}
