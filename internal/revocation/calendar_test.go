package revocation_test

import (
	"crypto"
	"slices"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/schedule"
)

// japan is a time of a day of June.
func japan(day, hour, minute int) time.Time {
	return time.Date(2026, 6, day, hour, minute, 0, 0, jpki.Japan)
}

// until moves the clock and runs what fell due.
func (r *rig) until(t *testing.T, at time.Time) (ran int) {
	t.Helper()
	r.clock.advance(at.Sub(r.clock.Now()))
	ran, err := schedule.Run(t.Context(), at, 100, r.Calendar())
	if err != nil {
		t.Fatal(err)
	}
	return ran
}

// What is revoked is in OCSP answers with the next quarter of an hour and not before, and on the list of the next night
// and not before.
//
// Req: R-VAL-03, R-VAL-05, R-SLA-01, R-AMB-15
func TestCalendar(t *testing.T) {
	eachRig(t, config{now: japan(2, 0, 45)}, func(t *testing.T, r *rig) {
		hanako, authority := r.known(t, "hanako", jpki.Signing, mihon)
		taro, _ := r.known(t, "taro", jpki.Signing, mihon)
		shows := func(c *jpki.Certificate, revokedInOCSP, onList bool) {
			t.Helper()
			status := r.ask(t, crypto.SHA256, authority, c.Serial).Status
			_, list := r.latest(t, hanako, authority)
			if listed := slices.Contains(revoked(list), c.Serial); (status == judge.Revoked) != revokedInOCSP || listed != onList {
				t.Errorf("%v: OCSP status %d, on the list %t, want revoked %t and %t", r.clock.Now().In(jpki.Japan), status, listed, revokedInOCSP, onList)
			}
		}
		r.until(t, japan(2, 0, 45)) // the first tick, with the first lists
		r.until(t, japan(2, 3, 14))
		r.revoke(t, hanako, "o-1", message.Change)
		shows(hanako, false, false)
		r.until(t, japan(2, 3, 15))
		shows(hanako, true, false)
		r.until(t, japan(2, 3, 29))
		r.revoke(t, taro, "o-2", message.Change)
		shows(taro, false, false)
		if ran := r.until(t, japan(2, 3, 30)); ran != 2 {
			t.Errorf("%d runs at half past three, want the tick and the lists", ran)
		}
		shows(hanako, true, true)
		shows(taro, true, true)
		if ran := r.until(t, japan(2, 3, 44)); ran != 0 {
			t.Errorf("%d runs within a quarter of an hour, want none", ran)
		}
	})
}

// The tick comes before the lists of the same instant.
func TestCalendarOrder(t *testing.T) {
	var steps []string
	r := newRig(t, config{now: japan(2, 3, 20), step: func(s string) { steps = append(steps, s) }})
	r.known(t, "hanako", jpki.Signing, mihon)
	r.until(t, japan(2, 3, 20))
	steps = nil
	r.until(t, japan(2, 3, 30))
	tick, publish := slices.Index(steps, "Tick 1"), slices.Index(steps, "publish 1")
	if tick < 0 || publish < tick || !slices.Contains(steps, "RunDue 2") {
		t.Errorf("steps %q, want the tick before the lists", steps)
	}
}

// When the clock jumps over days there is one tick, the last, and one list, the last; what was revoked in between is in
// both, and what ended in between is on the list once more.
func TestCalendarJumps(t *testing.T) {
	eachRig(t, config{now: japan(2, 0, 45)}, func(t *testing.T, r *rig) {
		ends, authority := r.short(t, "jiro", 3)
		stays, _ := r.known(t, "hanako", jpki.Signing, mihon)
		r.until(t, japan(2, 3, 30))
		r.revoke(t, ends, "o-1", message.Change)
		r.revoke(t, stays, "o-2", message.Change)
		if ran := r.until(t, japan(9, 12, 7)); ran != 2 {
			t.Errorf("%d runs after a week, want a tick and the lists", ran)
		}
		list, read := r.latest(t, stays, authority)
		if want := []jpki.Serial{ends.Serial, stays.Serial}; !slices.Equal(revoked(read), want) || !list.ThisUpdate.Equal(japan(9, 3, 30)) || list.Number != 2 {
			t.Errorf("list %d of %v has %v, want 2 of 9 June, 3:30, with %v", list.Number, list.ThisUpdate, revoked(read), want)
		}
		if answer := r.ask(t, crypto.SHA1, authority, stays.Serial); answer.Status != judge.Revoked || !answer.ThisUpdate.Equal(japan(9, 12, 0)) {
			t.Errorf("OCSP status %d of %v, want revoked as of noon", answer.Status, answer.ThisUpdate)
		}
		r.until(t, japan(10, 12, 7))
		if _, read := r.latest(t, stays, authority); !slices.Equal(revoked(read), []jpki.Serial{stays.Serial}) {
			t.Errorf("the day after, the list has %v, want %v", revoked(read), stays.Serial)
		}
	})
}

// An office that was down begins where it stopped, and a list that could not be signed is made at the next run.
func TestCalendarGoesOn(t *testing.T) {
	var not message.IssuerID
	r := newRig(t, config{now: japan(2, 0, 45), change: func(c *revocation.Config) { c.CA = deaf{c.CA, func() message.IssuerID { return not }} }})
	c, authority := r.known(t, "hanako", jpki.Signing, mihon)
	r.until(t, japan(2, 0, 45))
	not = keyOf(c)
	r.clock.advance(3 * time.Hour)
	if _, err := schedule.Run(t.Context(), r.clock.Now(), 100, r.Calendar()); err == nil {
		t.Error("no error where the CA does not sign")
	}
	not = ""
	r.until(t, japan(2, 4, 0))
	if list, _ := r.latest(t, c, authority); !list.ThisUpdate.Equal(japan(2, 3, 30)) {
		t.Errorf("list of %v, want that of half past three", list.ThisUpdate)
	}
}

func TestNewRefusesOddTicks(t *testing.T) {
	r := newRig(t, config{})
	settings := r.Config
	settings.Terms.Tick = 7 * time.Minute
	if _, err := revocation.New(settings); err == nil {
		t.Error("New takes ticks of seven minutes, want an error: an hour has no whole number of them")
	}
}
