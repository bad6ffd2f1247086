package app_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/check/checkdb"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify/pkix"
)

// endOf is the last second of a day in Japan, as every end of validity is.
func endOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 23, 59, 59, 0, jpki.Japan)
}

// A guest has a card, and so certificates, for the time of his stay. His stay is prolonged, and his card with it: he renews,
// in the last three months, on the same card and with the PINs that he has.
func guest(p *app.Person) { p.CardEnd = endOf(2026, 8, 1) }

// window is the first second at which a guest may renew.
var window = time.Date(2026, 5, 2, 0, 0, 0, 0, jpki.Japan)

// Law: 公的個人認証法 §5, §6
// Req: R-ISS-32, R-KSK-03, R-REV-09, R-STM-02
func TestRenewal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, old := w.holder("guest", guest)
	w.nextDay()
	r.CardEnd = endOf(2027, 8, 1)
	w.until(window.Add(-time.Hour))
	w.refused(r, counter.Renewal, jpki.Signing, "ca.renewal_early")
	w.inUse(r, of(old, jpki.Signing))
	w.until(window.Add(time.Minute))
	pins := r.PINs
	r.PINs = app.PINs{Auth: "4321", Sign: "CBA321"}
	if _, err := w.apply(r, counter.Renewal, both); fault.KeyOf(err) != "kiosk.pin_wrong" {
		t.Errorf("another PIN at the kiosk: %v, want kiosk.pin_wrong", err)
	}
	r.PINs = pins
	if _, err := w.desk(r).Withdraw(t.Context(), reception("r-1"), r.Municipality.Code+"-"+r.Reception); err != nil {
		t.Fatal(err)
	}
	next := w.issue(r, counter.Renewal, both...)
	w.fee(next, 0)
	w.pass(16 * time.Minute)
	for _, kind := range both {
		w.inUse(r, of(next, kind))
		parsed, err := pkix.ParseCertificate(of(next, kind).Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if ended := answerFor(t, w.Sandbox, of(old, kind)).RevokedAt; !ended.Equal(parsed.NotBefore) {
			t.Errorf("the old %s certificate ended at %v, the new one began at %v", kind, ended, parsed.NotBefore)
		}
		if !parsed.NotAfter.Equal(r.CardEnd) {
			t.Errorf("the new %s certificate ends at %v, want the card's end %v", kind, parsed.NotAfter, r.CardEnd)
		}
	}
	w.ends(replaced("renewal", old, "superseded", "superseded", next)...)
}

// inUse checks that the card signs with the key of a certificate.
func (w *world) inUse(r *resident, c counter.Certificate) {
	w.t.Helper()
	if err := signsWith(w.t.Context(), r, c); err != nil {
		w.t.Errorf("the card of %s, %s: %v", r.ID, c.Kind, err)
	}
}

func signsWith(ctx context.Context, r *resident, c counter.Certificate) error {
	key, pin := card.Authentication, r.PINs.Auth
	if c.Kind == jpki.Signing {
		key, pin = card.Signature, r.PINs.Sign
	}
	opened, err := card.Open(ctx, r.chip)
	if err != nil {
		return err
	}
	s, err := opened.Signer(ctx, key, func(card.Key, int) (string, error) { return pin, nil })
	if err != nil {
		return err
	}
	if !bytes.Equal(s.Certificate(), c.Certificate) {
		return errors.New("another certificate is on the card")
	}
	digest := sha256.Sum256([]byte("a document"))
	signature, err := s.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return err
	}
	return rsa.VerifyPKCS1v15(s.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature)
}

// renewing makes the folder of a nation whose guest may renew. Each kill test begins with a copy of it.
func renewing(t *testing.T) (dir string) {
	t.Helper()
	w := newWorld(t)
	r, old := w.holder("guest", guest)
	w.until(window.Add(time.Minute))
	r.CardEnd, r.Reception = endOf(2027, 8, 1), "renewal"
	_, err := note(w.Dir, "guest.json", r.Person)
	_, again := note(w.Dir, "old.json", old)
	if err := errors.Join(err, again, r.chip.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return w.Dir
}

// renew is the renewal of a guest and the day after it. Called again after it was killed anywhere, it goes on.
func renew(dir string, at func(string)) error {
	ctx := context.Background()
	s, err := app.Open(ctx, app.Config{Dir: dir, Step: at, Carry: storm(dir)})
	if err != nil {
		return err
	}
	defer s.Close()
	p, err := note(dir, "guest.json", app.Person{})
	if err != nil {
		return err
	}
	chip, err := app.OpenCard(dir, p.ID)
	if err != nil {
		return err
	}
	defer chip.Close()
	e := app.Errand{Offices: s.Offices(p.Municipality), Actor: sandbox, Person: p, Chip: chip}
	l := life{s, dir}
	if err := l.patiently(ctx, func() error { return e.Run(ctx, counter.Renewal) }); err != nil {
		return err
	}
	return l.day(ctx)
}

// checkRenewing looks at a renewal that was stopped anywhere: of each kind, one certificate is in force. Where it is not on
// the card yet, the counter has a case that says so.
func checkRenewing(t *testing.T, dir string) {
	t.Helper()
	s, err := app.Open(t.Context(), app.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkAudits(t, dir)
	p, err := note(dir, "guest.json", app.Person{})
	if err != nil {
		t.Fatal(err)
	}
	chip, err := app.OpenCard(dir, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer chip.Close()
	c, err := s.Offices(p.Municipality).Counter.Case(t.Context(), sandbox, p.Municipality.Code+"-"+p.Reception)
	open := err == nil && c.State != counter.Stored && c.State != counter.Paid && c.State != counter.Completed
	for _, kind := range both {
		valid := inForce(t, s, kind)
		if len(valid) != 1 {
			t.Errorf("%d %s certificates are in force, want one", len(valid), kind)
			continue
		}
		on := counter.Certificate{Kind: kind, Certificate: valid[0].Certificate}
		if err := signsWith(t.Context(), &resident{Person: p, chip: chip}, on); err != nil && !open {
			t.Errorf("the case is %s, and the card does not sign with the %s certificate in force: %v", c.State, kind, err)
		}
	}
}

// checkRenewed looks at the end of a renewal.
func checkRenewed(t *testing.T, dir string) {
	t.Helper()
	checkRenewing(t, dir)
	s, err := app.Open(t.Context(), app.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &world{s, t, new(int)}
	old, err := note(dir, "old.json", counter.Case{})
	if err != nil {
		t.Fatal(err)
	}
	next, err := s.Offices(app.Mihon).Counter.Case(t.Context(), sandbox, app.Mihon.Code+"-renewal")
	if err != nil || next.State != counter.Completed {
		t.Fatalf("the renewal is %s, %v, want it completed", next.State, err)
	}
	w.ends(replaced("renewal", old, "superseded", "superseded", next)...)
}

// inForce are the certificates of a kind that the CA's record says are in force.
func inForce(t *testing.T, s *app.Sandbox, kind jpki.Kind) (valid []check.Issue) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + filepath.Join(s.Dir, "ca", "ca.db"), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.View(t.Context(), func(tx *db.Tx) error {
		for i, err := range checkdb.Issues(t.Context(), tx) {
			if err != nil {
				return err
			}
			if i.Kind == kind && i.Holder != "" && i.Ended.IsZero() && s.Now().Before(i.NotAfter) {
				valid = append(valid, i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return valid
}

// killRenewal plays the renewal in a copy of a folder, stopped by a kill as the caller wishes, and looks at it after each.
func killRenewal(t *testing.T, from string, seed int, kill func(dir string, nth int) bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "seed"), fmt.Append(nil, seed), 0o600); err != nil {
		t.Fatal(err)
	}
	for nth := 1; nth <= 2 && kill(dir, nth); nth++ {
		checkRenewing(t, dir)
	}
	crashtest.Finish(t, "renew", dir)
	checkRenewed(t, dir)
}

// Req: R-STM-01, R-STM-02
func TestRenewalKilledAnywhere(t *testing.T) {
	t.Parallel()
	random := crashtest.Random(t, 3)
	killRenewal(t, renewing(t), 3, func(dir string, _ int) bool {
		return crashtest.KillAfter(t, "renew", dir, time.Duration(150+random.IntN(400))*time.Millisecond)
	})
}

// renewalSteps are the numbered steps of the offices through which a renewal goes, and of the day after it.
func renewalSteps(t *testing.T) []string {
	t.Helper()
	elsewhere := []string{"NewCard ", "ca Found ", "registry Amend ", "registry DeliverTo ", "link takeNotice ", "link noteAnswer ",
		"ca CertifyResponder ", "revocation renew ", "counter-" + app.Rinri.Code}
	return slices.DeleteFunc(steps(t), func(step string) bool {
		return slices.ContainsFunc(elsewhere, func(prefix string) bool { return strings.HasPrefix(step, prefix) })
	})
}
