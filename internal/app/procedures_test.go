package app_test

import (
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
)

// What a holder can ask of a counter, in one nation on one day. After each procedure that ends certificates he applies
// again and gets new ones: nothing of the old is in the way.
func TestProcedures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var endings []ending
	tell := func(more ...ending) { endings = append(endings, more...) }
	// Req: R-REV-07, R-CNT-07, R-CNT-09, R-REV-09, R-ISS-30
	t.Run("voluntary revocation", func(t *testing.T) { tell(w.in(t).voluntary()...) })
	// Req: R-REV-07, R-CNT-08, R-REV-09, R-DAT-07
	t.Run("compromise", func(t *testing.T) { tell(w.in(t).compromise()...) })
	t.Run("discard before hand-over", func(t *testing.T) { tell(w.in(t).discard()...) })
	// Req: R-ISS-22, R-REV-08, R-FEE-06, R-CHR-02, R-CHR-06
	t.Run("change of substitute characters", func(t *testing.T) { tell(w.in(t).resubstitute()...) })
	// Req: R-ISS-20, R-REV-06, R-FEE-06
	t.Run("mistaken issue", func(t *testing.T) { tell(w.in(t).mistake()...) })
	t.Run("fault of the system", func(t *testing.T) { tell(w.in(t).fault()...) })
	t.Run("lost card", func(t *testing.T) { tell(w.in(t).lost()...) })
	// Req: R-CNT-02, R-CRD-10
	t.Run("locked PIN", func(t *testing.T) { tell(w.in(t).locked()...) })
	w.ends(endings...)
}

// replaced is how a procedure ends: the certificates of a case have ended, those of the next are good.
func replaced(what string, old counter.Case, auth, sign string, next counter.Case) (endings []ending) {
	for _, c := range old.Certificates {
		want := auth
		if c.Kind == jpki.Signing {
			want = sign
		}
		endings = append(endings, end(what+", "+c.Kind.String(), c, want))
	}
	for _, c := range next.Certificates {
		endings = append(endings, end(what+", the next "+c.Kind.String(), c, "good"))
	}
	return endings
}

// signing makes somebody apply for the signing certificate alone.
func signing(p *app.Person) { p.Kinds = []jpki.Kind{jpki.Signing} }

// fee checks what a case cost.
func (w *world) fee(c counter.Case, want int) {
	w.t.Helper()
	if c.Fee.Yen != want {
		w.t.Errorf("case %s cost %d yen, want %d", c.ID, c.Fee.Yen, want)
	}
}

// voluntary gives back both certificates. As long as they are in force there are no others.
//
// Law: 公的個人認証法 §6, §9
func (w *world) voluntary() []ending {
	r, c := w.holder("giver")
	w.refused(r, counter.Reissue, jpki.Authentication, "ca.double_issue")
	if orders := w.revoke(r, counter.RevocationNotice{Kinds: both}); len(orders) != 2 {
		w.t.Errorf("orders %+v, want one for each certificate", orders)
	}
	next := w.issue(r, counter.Reissue, both...)
	w.fee(next, 200)
	return replaced("voluntary", c, "cessationOfOperation", "cessationOfOperation", next)
}

// compromise tells that a key has been in danger for an hour. The list says so.
//
// Law: 公的個人認証法 §10
func (w *world) compromise() []ending {
	r, c := w.holder("careless", signing)
	since := w.Now().Add(-time.Hour)
	w.revoke(r, counter.RevocationNotice{Kinds: []jpki.Kind{jpki.Signing}, Ground: message.Compromise, Since: since})
	next := w.issue(r, counter.Reissue, jpki.Signing)
	w.fee(next, 200)
	endings := replaced("compromise", c, "", "keyCompromise", next)
	endings[0].since = since
	return endings
}

// discard withdraws an application when the certificates are on the card already.
//
// Law: 公的個人認証法 §13
func (w *world) discard() []ending {
	r := w.settle("fickle", signing)
	c, stopped := w.apply(r, counter.First, r.Kinds, func(e *app.Errand) {
		e.Observe = func(c counter.Case) {
			if c.State != counter.Stored {
				return
			}
			if _, err := w.desk(r).Withdraw(w.t.Context(), reception("r-1"), c.ID); err != nil {
				w.t.Errorf("withdrawing: %v", err)
			}
		}
	})
	if c.State != counter.Withdrawn || fault.KeyOf(stopped) != "counter.order" {
		w.t.Errorf("withdrawn case is %s, %v", c.State, stopped)
	}
	next := w.issue(r, counter.First, r.Kinds...)
	w.fee(next, 0)
	return replaced("discard", c, "", "unspecified", next)
}

// wrong makes the clerk say that one field of the images is not right.
func wrong(field counter.Field) func(*app.Errand) {
	return func(e *app.Errand) {
		e.Judge = func(c counter.Case) counter.Judgement {
			j := counter.Judgement{}
			for _, q := range c.Questions() {
				j[q] = q != field
			}
			return j
		}
	}
}

// after is an application that follows from an earlier case.
func after(c counter.Case) func(*app.Errand) { return func(e *app.Errand) { e.Before = c.ID } }

// resubstitute sees his name in the image and wishes for other characters: he begins anew and pays more.
//
// Law: 公的個人認証法 §9
func (w *world) resubstitute() []ending {
	r := w.settle("particular", yoshida)
	c, _ := w.apply(r, counter.First, both, wrong(counter.FieldSubstitutes))
	if c.State != counter.Resubstituted {
		w.t.Fatalf("case is %s, want %s", c.State, counter.Resubstituted)
	}
	if p, _ := parsed(w.t, of(c, jpki.Signing)).Person(); p.Name != "吉田　見本" || p.NameMarks != "10000" {
		w.t.Errorf("the certificate says %q with marks %q, want the substitute with its mark", p.Name, p.NameMarks)
	}
	r.Substitutes.Name = "良田　見本"
	next, err := w.apply(r, counter.Substitution, both, after(c))
	if err != nil {
		w.t.Fatal(err)
	}
	w.fee(next, 800)
	return replaced("substitutes", c, "unspecified", "affiliationChanged", next)
}

// mistake is found by the clerk in the image: the CA has both revoked, and the next are free.
//
// Law: 公的個人認証法 §13
func (w *world) mistake() []ending {
	r := w.settle("mistaken")
	c, _ := w.apply(r, counter.First, both, wrong(counter.FieldName))
	if c.State != counter.Mistaken {
		w.t.Fatalf("case is %s, want %s", c.State, counter.Mistaken)
	}
	next, err := w.apply(r, counter.Correction, both, after(c))
	if err != nil {
		w.t.Fatal(err)
	}
	w.fee(next, 0)
	return replaced("mistake", c, "affiliationChanged", "affiliationChanged", next)
}

// fault is a certificate that is wrong by the system: its counter takes in nothing until two operators let it go on. It is
// the other municipality's, where the other residents of this test have no business.
func (w *world) fault() []ending {
	r := w.settle("unlucky", signing, movedTo(app.Rinri, "架空県隣里市新例町９番地"))
	c, _ := w.apply(r, counter.First, r.Kinds, wrong(counter.FieldSerial))
	if _, stopped, err := w.desk(r).Stopped(w.t.Context()); c.State != counter.Faulty || !stopped || err != nil {
		w.t.Fatalf("case is %s, counter stopped: %t, %v", c.State, stopped, err)
	}
	if _, err := w.apply(r, counter.Correction, r.Kinds, after(c)); fault.KeyOf(err) != "counter.stopped" {
		w.t.Errorf("applying at a counter that is stopped: %v, want counter.stopped", err)
	}
	for _, consent := range []struct {
		by, fault string
		running   bool
	}{{"r-1", "", false}, {"r-1", "counter.same_operator", false}, {"r-2", "", true}} {
		running, err := w.desk(r).Restart(w.t.Context(), reception(consent.by))
		if running != consent.running || fault.KeyOf(err) != consent.fault {
			w.t.Errorf("consent of %s: running %t, %v, want %t and fault %q", consent.by, running, err, consent.running, consent.fault)
		}
	}
	next, err := w.apply(r, counter.Correction, r.Kinds, after(c))
	if err != nil {
		w.t.Fatal(err)
	}
	w.fee(next, 0)
	return replaced("fault", c, "", "affiliationChanged", next)
}

// lost is a card whose certificates the call centre holds. They stay in the way of others until the loss is final, which
// keeps the date of the hold.
//
// Law: 公的個人認証法 §10
func (w *world) lost() []ending {
	r, c := w.holder("loser")
	call := link.HoldRequest{ID: "call-1", Attributes: r.Attributes}
	met, err := w.Link.Hold(w.t.Context(), authz.Actor{Office: authz.Helpdesk, Operator: "h-1"}, call)
	if err != nil || met != 2 {
		w.t.Fatalf("the hold met %d certificates, %v, want both", met, err)
	}
	w.pass(16 * time.Minute)
	held := map[jpki.Kind]time.Time{}
	for _, certificate := range c.Certificates {
		answer := answerFor(w.t, w.Sandbox, certificate)
		if answer.Reason.String() != "certificateHold" {
			w.t.Errorf("%s certificate: %s, %s, want it held", certificate.Kind, answer.Status, answer.Reason)
		}
		held[certificate.Kind] = answer.RevokedAt
	}
	w.refused(r, counter.Reissue, jpki.Signing, "ca.double_issue")
	w.revoke(r, counter.RevocationNotice{Kinds: both, Ground: message.Compromise})
	w.pass(16 * time.Minute)
	for _, certificate := range c.Certificates {
		if got := answerFor(w.t, w.Sandbox, certificate).RevokedAt; !got.Equal(held[certificate.Kind]) {
			w.t.Errorf("%s certificate is revoked since %v, want the date of the hold, %v", certificate.Kind, got, held[certificate.Kind])
		}
	}
	return replaced("lost", c, "keyCompromise", "keyCompromise", w.issue(r, counter.Reissue, jpki.Signing))
}

// locked is a signature PIN that was wrong too often. The counter gives back the tries, and nobody tells it the PIN.
func (w *world) locked() []ending {
	r, c := w.holder("forgetful", signing)
	opened, err := card.Open(w.t.Context(), r.chip)
	if err != nil {
		w.t.Fatal(err)
	}
	tries := func() int {
		left, err := opened.Retries(w.t.Context(), card.Signature)
		if err != nil {
			w.t.Fatal(err)
		}
		return left
	}
	full := tries()
	for tries() > 1 {
		_ = opened.Verify(w.t.Context(), card.Signature, "WRONG1")
	}
	_ = opened.VerifyLastTry(w.t.Context(), card.Signature, "WRONG1")
	if err := opened.Verify(w.t.Context(), card.Signature, r.PINs.Sign); err == nil || tries() != 0 {
		w.t.Errorf("the right PIN after %d wrong ones: %v, %d tries, want it locked", full, err, tries())
	}
	notice := counter.PINNotice{Number: "unlock1", Work: counter.UnlockPIN, Kind: jpki.Signing, Identity: proven}
	if _, err := w.desk(r).ServePIN(w.t.Context(), reception("r-1"), notice, r.chip); err != nil {
		w.t.Fatal(err)
	}
	if opened, err = card.Open(w.t.Context(), r.chip); err != nil {
		w.t.Fatal(err)
	}
	if err := opened.Verify(w.t.Context(), card.Signature, r.PINs.Sign); err != nil || tries() != full {
		w.t.Errorf("the right PIN after unlocking: %v, %d tries, want %d", err, tries(), full)
	}
	return replaced("locked PIN", c, "", "good", counter.Case{})
}
