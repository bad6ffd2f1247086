package app_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify"
)

// A child has the authentication certificate alone. On the fifteenth birthday, and not a day before, the other one comes to
// the same card; it ends with the first.
//
// Law: 公的個人認証法 §3
// Req: R-CRT-01, R-CRT-04
func TestFifteenthBirthday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, c := w.holder("child", func(p *app.Person) {
		p.Attributes.Birth = jpki.Birth{Era: jpki.Heisei, Year: 2011, Month: 4, Day: 3}
		p.Kinds, p.CardEnd = []jpki.Kind{jpki.Authentication}, endOf(2030, 4, 3)
	})
	w.until(time.Date(2026, 4, 2, 23, 59, 0, 0, jpki.Japan))
	if _, err := w.apply(r, counter.First, []jpki.Kind{jpki.Signing}); fault.KeyOf(err) != "counter.too_young" {
		t.Errorf("the evening before: %v, want counter.too_young", err)
	}
	w.until(time.Date(2026, 4, 3, 9, 0, 0, 0, jpki.Japan))
	next := w.issue(r, counter.First, jpki.Signing)
	w.inUse(r, of(c, jpki.Authentication))
	w.inUse(r, of(next, jpki.Signing))
	first, second := parsed(t, of(c, jpki.Authentication)), parsed(t, of(next, jpki.Signing))
	if !second.NotAfter.Equal(first.NotAfter) {
		t.Errorf("the signing certificate ends at %v, want the end of the other, %v", second.NotAfter, first.NotAfter)
	}
	w.ends(end("authentication", of(c, jpki.Authentication), "good"), end("signing", of(next, jpki.Signing), "good"))
}

// A guest lets his certificates end with his stay. They fail at the second after, they stand on no list, and the way to new
// ones is open.
//
// Req: R-REV-01, R-STM-02, R-CRT-01
func TestExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, c := w.holder("leaver", func(p *app.Person) { p.CardEnd = endOf(2026, 4, 20) })
	w.until(endOf(2026, 4, 20).Add(-time.Hour))
	w.refused(r, counter.Reissue, jpki.Signing, "ca.double_issue")
	for _, certificate := range c.Certificates {
		w.judged(certificate, verify.TotalPassed)
	}
	w.until(endOf(2026, 4, 20).Add(time.Second))
	for _, certificate := range c.Certificates {
		w.judged(certificate, verify.TotalFailed)
	}
	r.CardEnd = endOf(2027, 4, 20)
	next := w.issue(r, counter.Reissue, both...)
	w.ends(replaced("expiry", c, "good", "good", next)...)
	for _, certificate := range next.Certificates {
		w.judged(certificate, verify.TotalPassed)
	}
}

// A CA gets a new key. What the old one signed lives on, with the lists and the responder of the old key; what is issued from
// now on has those of the new. Both have one name: the key identifier tells a verifier which is which.
//
// Req: R-CRT-06, R-CRT-05, R-VAL-03, R-SYS-23, R-SYS-24
func TestGenerationChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stays, first := w.holder("elder", signing)
	goes, second := w.holder("leaver")
	w.nextDay()
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		if _, err := w.CA.Found(t.Context(), sandbox, kind, ""); err != nil {
			t.Fatal(err)
		}
	}
	_, third := w.holder("younger")
	old, young := parsed(t, of(first, jpki.Signing)), parsed(t, of(third, jpki.Signing))
	if old.IssuerKeyID() == young.IssuerKeyID() || old.Issuer.String() != young.Issuer.String() {
		t.Errorf("the generations have names %s and %s, keys %s and %s, want one name and two keys", old.Issuer, young.Issuer, old.IssuerKeyID(), young.IssuerKeyID())
	}
	w.revoke(goes, counter.RevocationNotice{Kinds: both})
	w.refused(stays, counter.Reissue, jpki.Signing, "ca.double_issue")
	next := w.issue(goes, counter.Reissue, jpki.Signing)
	w.nextDay()
	endings := replaced("generation", second, "cessationOfOperation", "cessationOfOperation", next)
	for _, c := range append(first.Certificates, third.Certificates...) {
		endings = append(endings, end("generation, "+c.Kind.String(), c, "good"))
	}
	w.ends(endings...)
	for _, e := range endings {
		want := verify.TotalPassed
		if e.want != "good" {
			want = verify.TotalFailed
		}
		w.judged(e.certificate, want)
	}
	if lists := w.lists(); len(lists) != 8 { // two CAs, two generations, each with a municipality's list and its own
		t.Errorf("%d lists are published, want 8", len(lists))
	}
}
