package link_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// life is what the model knows of a resident. inForce holds certificates such as "sign 02".
type life struct {
	code     registry.ResidentCode
	now      message.Attributes
	dead     bool
	inForce  []string
	building int
}

// fall applies an event to the certificates in force and returns those that fall.
func (l *life) fall(kind registry.EventKind) (fell []string) {
	if kind == registry.Merger || kind == registry.MinorCorrection {
		return nil
	}
	var stay []string
	for _, c := range l.inForce {
		if kind == registry.Death || c[:4] == "sign" {
			fell = append(fell, c)
		} else {
			stay = append(stay, c)
		}
	}
	l.inForce = stay
	return fell
}

// history drives a nation and its model side by side.
type history struct {
	*rig
	lives  []*life
	serial jpki.Serial
	want   []string
}

// An event an hour in a nation of 200, in bad weather; the courier of each office comes now and then. In the end exactly
// those certificates are ordered revoked that the model has seen fall, and every order is answered.
//
// Req: R-REV-02, R-REG-09
func TestRandomNation(t *testing.T) {
	const residents, events = 200, 500
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		h := &history{rig: newRig(t, e, 7), serial: 1}
		for i := range residents {
			l := &life{code: registry.ResidentCode(fmt.Sprintf("%011d", i+1)), now: person(fmt.Sprintf("見本　第%d", i), "０")}
			h.enter(l.code, l.now)
			h.lives = append(h.lives, l)
		}
		for i := range events {
			h.now = start.Add(time.Duration(i)*time.Hour + 20*time.Minute)
			h.issueToSome()
			h.now = start.Add(time.Duration(i+1) * time.Hour)
			h.happen(fmt.Sprintf("e-%d", i))
			h.must(h.days(t.Context()))
			h.deliverSome()
		}
		for range 2 { // the last certificates; what follows from their list
			h.night()
		}
		slices.Sort(h.want)
		if diff := cmp.Diff(h.want, h.revoked()); diff != "" || len(h.want) < 50 {
			t.Errorf("%d certificates fall; ordered revoked: -want +got\n%s", len(h.want), diff)
		}
		if unmet, err := h.link.Unmet(t.Context()); err != nil || len(unmet) != 0 {
			t.Errorf("%d notices met nothing, %v, want none", len(unmet), err)
		}
		if outcomes := h.outcomes(); len(outcomes) != 1 || outcomes[message.OutcomeRevoked] < len(h.want) {
			t.Errorf("outcomes = %v, want every order answered", outcomes)
		}
	})
}

// issueToSome issues to one or two residents what they lack.
func (h *history) issueToSome() {
	for range 1 + h.weather.random.IntN(2) {
		l := h.lives[h.weather.random.IntN(len(h.lives))]
		if l.dead {
			continue
		}
		for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
			if slices.ContainsFunc(l.inForce, func(c string) bool { return c[:4] == kind.String() }) {
				continue
			}
			h.serial++
			h.issue(kind, h.serial, l.now)
			l.inForce = append(l.inForce, kind.String()+" "+h.serial.String())
		}
	}
}

// happen makes an event: most often a move between few houses, so that people come back.
func (h *history) happen(id string) {
	h.t.Helper()
	random := h.weather.random
	l := h.lives[random.IntN(len(h.lives)/2)] // half the nation is restless
	if l.dead {
		return
	}
	kinds := []registry.EventKind{registry.Move, registry.Move, registry.Move, registry.NameChange, registry.Merger,
		registry.MinorCorrection, registry.NotationChange, registry.Death}
	e := registry.Event{ID: id, Kind: kinds[random.IntN(len(kinds))], Code: l.code, At: h.now, Municipality: mihon}
	switch e.Kind {
	case registry.Death:
		e.Municipality, l.dead = "", true
	case registry.NameChange:
		l.now.Name = "例示　" + id
	default:
		l.building = (l.building + 1 + random.IntN(2)) % 3
		l.now.Address = person("", fmt.Sprint(l.building)).Address
	}
	if !l.dead {
		e.After = l.now
	}
	h.want = append(h.want, l.fall(e.Kind)...)
	h.must(h.registry.Amend(h.t.Context(), municipality, e))
}

// deliverSome lets some of the couriers go.
func (h *history) deliverSome() {
	h.t.Helper()
	for _, c := range h.couriers {
		if h.weather.random.IntN(3) == 0 {
			h.must(c.Deliver(h.t.Context()))
		}
	}
}
