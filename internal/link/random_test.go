package link_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

// carrier brings messages late, twice and in any order.
type carrier struct {
	random *rand.Rand
	bag    []func() error
}

// add puts a message in, now and then two copies of it.
func (c *carrier) add(deliver func() error) {
	c.bag = append(c.bag, deliver)
	if c.random.IntN(4) == 0 {
		c.bag = append(c.bag, deliver)
	}
}

// deliver brings some of the messages, or all.
func (c *carrier) deliver(all bool) error {
	c.random.Shuffle(len(c.bag), func(i, j int) { c.bag[i], c.bag[j] = c.bag[j], c.bag[i] })
	n := len(c.bag)
	if !all {
		n = c.random.IntN(n + 1)
	}
	now := c.bag[:n]
	c.bag = slices.Clone(c.bag[n:])
	for _, deliver := range now {
		if err := deliver(); err != nil {
			return err
		}
	}
	return nil
}

// life is what the model knows of a resident. inForce holds certificates such as "sign 02".
type life struct {
	code     registry.ResidentCode
	now      message.Attributes
	dead     bool
	inForce  []string
	name     string
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
	*nation
	carrier
	lives  []*life
	serial jpki.Serial
	want   []string
	listed int // lists and notices that are with the carrier
	told   int
}

// An event an hour in a nation of 200, whose messages come late, twice and in any order. In the end exactly those
// certificates are ordered revoked that the model has seen fall.
//
// Req: R-REV-02, R-REG-09
func TestRandomCarrier(t *testing.T) {
	const residents, events = 200, 500
	h := &history{nation: newNation(t), carrier: carrier{random: crashtest.Random(t, 7)}, serial: 1}
	for i := range residents {
		l := &life{code: registry.ResidentCode(fmt.Sprintf("%011d", i+1)), name: fmt.Sprintf("見本　第%d", i)}
		l.now = person(l.name, "０")
		h.enter(l.code, l.now)
		h.lives = append(h.lives, l)
	}
	for i := range events {
		h.now = h.now.Add(20 * time.Minute)
		h.issueToSome()
		h.now = h.now.Add(40 * time.Minute)
		h.happen(fmt.Sprintf("e-%d", i))
		if h.now.Hour() == 15 {
			h.list()
		}
		h.exchange(false)
	}
	h.now = h.now.AddDate(0, 0, 1)
	for range 4 { // certificates; their list; the notices; the orders
		h.exchange(true)
		h.list()
		h.now = h.now.AddDate(0, 0, 1)
	}
	slices.Sort(h.want)
	if diff := cmp.Diff(h.want, names(h.orders)); diff != "" || len(h.want) < 50 {
		t.Errorf("%d certificates fall; ordered revoked: -want +got\n%s", len(h.want), diff)
	}
	if unmet, err := h.link.Unmet(t.Context()); err != nil || len(unmet) != 0 {
		t.Errorf("%d notices met nothing, %v, want none", len(unmet), err)
	}
}

// issueToSome issues to one or two residents what they lack.
func (h *history) issueToSome() {
	for range 1 + h.random.IntN(2) {
		l := h.lives[h.random.IntN(len(h.lives))]
		if l.dead {
			continue
		}
		for _, kind := range []jpki.Kind{jpki.Authentication, jpki.Signing} {
			if slices.ContainsFunc(l.inForce, func(c string) bool { return c[:4] == kind.String() }) {
				continue
			}
			h.serial++
			r := h.certificate(kind, h.serial, l.now)
			h.add(func() error { return h.link.Record(h.t.Context(), ca, r) })
			l.inForce = append(l.inForce, kind.String()+" "+r.Serial.String())
		}
	}
}

// happen makes an event: most often a move between few houses, so that people come back.
func (h *history) happen(id string) {
	h.t.Helper()
	l := h.lives[h.random.IntN(len(h.lives)/2)] // half the nation is restless
	if l.dead {
		return
	}
	kinds := []registry.EventKind{registry.Move, registry.Move, registry.Move, registry.NameChange, registry.Merger,
		registry.MinorCorrection, registry.NotationChange, registry.Death}
	e := registry.Event{ID: id, Kind: kinds[h.random.IntN(len(kinds))], Code: l.code, At: h.now, Municipality: mihon}
	switch e.Kind {
	case registry.Death:
		e.Municipality, l.dead = "", true
	case registry.NameChange:
		l.now.Name = "例示　" + id
	default:
		l.building = (l.building + 1 + h.random.IntN(2)) % 3
		l.now.Address = person("", fmt.Sprint(l.building)).Address
	}
	if !l.dead {
		e.After = l.now
	}
	h.want = append(h.want, l.fall(e.Kind)...)
	h.must(h.registry.Amend(h.t.Context(), counter, e))
}

// exchange gives the carrier what the offices send, and lets it bring some of it.
func (h *history) exchange(all bool) {
	h.t.Helper()
	h.must(h.link.Deliver(h.t.Context()))
	h.must(h.registry.Deliver(h.t.Context()))
	for ; h.listed < len(h.lists); h.listed++ {
		l := h.lists[h.listed]
		h.add(func() error { return h.registry.Match(h.t.Context(), itself, l) })
	}
	for ; h.told < len(h.notices); h.told++ {
		n := h.notices[h.told]
		h.add(func() error { return h.link.TakeNotice(h.t.Context(), register, n) })
	}
	h.must(h.deliver(all))
}
