package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/verify"
)

// A life under the regime of 2003, in the year 2004: the register's word comes to the counter on a floppy, the kiosk makes
// the keys, the governor issues, for signing alone and for three years, and 500 yen are paid. He moves, it is revoked, and
// the next one costs the same.
//
// Req: R-AMB-01, R-ACT-04, R-CRT-06, R-SYS-12, R-AMB-14, R-FEE-05, R-GEN-05
func TestLifeOf2003(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Config) { c.Start, c.Regime = time.Time{}, app.RegimeOf03 })
	w.oneWay()
	r := w.settle("taro", func(p *app.Person) {
		p.Attributes.Birth, p.Kinds = jpki.Birth{Era: jpki.Showa, Year: 1960, Month: 5, Day: 3}, []jpki.Kind{jpki.Signing}
		p.CardEnd = endOf(2014, 1, 28)
	})
	c := w.issue(r, counter.First, jpki.Signing)
	own := of(c, jpki.Signing)
	certificate := parsed(t, own)
	if want := "OU=Governor of Kaku-ken"; !strings.Contains(certificate.Issuer.String(), want) {
		t.Errorf("the issuer is %s, want %s in it", certificate.Issuer, want)
	}
	if want := endOf(2007, 1, 29); !certificate.NotAfter.Equal(want) {
		t.Errorf("the certificate ends at %v, want three years after, %v", certificate.NotAfter, want)
	}
	w.fee(c, 500)
	w.inUse(r, own)
	w.judgedAfterList(own, verify.TotalPassed)
	if _, err := w.apply(r, counter.First, []jpki.Kind{jpki.Authentication}); fault.KeyOf(err) != "counter.form_invalid" {
		t.Errorf("applying for an authentication certificate: %v, want counter.form_invalid", err)
	}
	w.amend(r, registry.Move, movedTo(app.Mihon, "架空県見本市新例町１番地"))
	w.judgedAfterList(own, verify.TotalFailed)
	next := w.issue(r, counter.Reissue, jpki.Signing)
	w.fee(next, 500)
	w.ends(end("of 2004", own, "affiliationChanged"), end("the next one", of(next, jpki.Signing), "good"))
}

// judgedAfterList lets the night pass and asks a verifier.
func (w *world) judgedAfterList(c counter.Certificate, want verify.Indication) {
	w.t.Helper()
	w.nextDay()
	w.nextDay()
	w.judged(c, want)
}

// oneWay checks that no network joins counter and register: who asks is told so.
func (w *world) oneWay() {
	w.t.Helper()
	desk := w.Offices(app.Rinri)
	r := w.settle("asker", movedTo(app.Rinri, "架空県隣里市新例町８番地"))
	form := counter.Form{Attributes: r.Attributes, Occasion: counter.First, Kinds: []jpki.Kind{jpki.Signing}, CardEnd: endOf(2014, 1, 28)}
	c, err := desk.Counter.Open(w.t.Context(), sandbox, "asker1", form)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := desk.Counter.Certify(w.t.Context(), sandbox, c.ID); fault.KeyOf(err) != "counter.no_register" {
		w.t.Errorf("asking the register: %v, want counter.no_register", err)
	}
	for range 2 { // the second floppy, for a clerk who does not know of the first, changes nothing
		if err := desk.Bring(w.t.Context(), sandbox, r.Code, message.AtCounter(app.Rinri.Code), c.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	if c, err = desk.Counter.Case(w.t.Context(), sandbox, c.ID); err != nil || c.State != counter.Existing {
		w.t.Errorf("after the floppy the case is %s, %v, want %s", c.State, err, counter.Existing)
	}
	kept, err := filepath.Glob(filepath.Join(w.Dir, "registry", "medium", string(message.AtCounter(app.Rinri.Code)), "*.jpki"))
	if err != nil || len(kept) != 2 {
		w.t.Errorf("the register keeps copies of the floppies %v, %v, want two", kept, err)
	}
	if left, err := os.ReadDir(filepath.Join(w.Dir, "floppy-"+app.Rinri.Code)); err != nil || len(left) > 0 {
		w.t.Errorf("on the floppy is left: %v, %v, want it erased", left, err)
	}
}

// A nation keeps the regime that it began with.
//
// Req: R-AMB-01
func TestRegimeStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Config) { c.Start, c.Regime = time.Time{}, app.RegimeOf03 })
	w.Close()
	for _, tt := range []struct {
		asked app.Regime
		dir   string
		want  string
	}{{"", w.Dir, ""}, {app.RegimeOf03, w.Dir, ""}, {app.Modern, w.Dir, "app.regime_other"}, {"2033", t.TempDir(), "app.regime_unknown"}} {
		s, err := app.Open(t.Context(), app.Config{Dir: tt.dir, Regime: tt.asked})
		if fault.KeyOf(err) != tt.want {
			t.Errorf("opening with regime %q: %v, want fault %q", tt.asked, err, tt.want)
		}
		if err != nil {
			continue
		}
		issuers, err := s.CA.Issuers(t.Context())
		if err != nil || len(issuers) != 1 || issuers[0].ID.Governor != "Kaku-ken" {
			t.Errorf("issuers %+v, %v, want the governor's CA alone", issuers, err)
		}
		s.Close()
	}
}

// cardOf2003 is the making of a card under the regime of 2003. Called again after it was killed anywhere, it goes on.
func cardOf2003(dir string, at func(string)) error {
	ctx := context.Background()
	s, err := app.Open(ctx, app.Config{Dir: dir, Regime: app.RegimeOf03, Step: at})
	if err != nil {
		return err
	}
	defer s.Close()
	a := application("hanako")
	a.Attributes.Birth = jpki.Birth{Era: jpki.Showa, Year: 1960, Month: 5, Day: 3}
	if _, err := s.NewCard(ctx, a); fault.KeyOf(err) != "app.has_card" {
		return err
	}
	return nil
}
