package link_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// lists returns the parts of holder lists that crossed, each once.
func (r *rig) lists() (lists []message.HolderList) {
	r.t.Helper()
	known := map[string]bool{}
	for _, m := range r.weather.seen {
		if m.Kind != post.Kind(message.HolderListLetter) || known[m.ID()] {
			continue
		}
		known[m.ID()] = true
		l, err := message.HolderListLetter.Read(m)
		r.must(err)
		lists = append(lists, l)
	}
	return lists
}

// Each day of Japan has one list, also those over which the clock jumps; each begins where the one before ended, and holds
// what is new.
//
// Req: R-REG-08
func TestEveryDayHasItsList(t *testing.T) {
	first, second := person("見本　花子", "１"), person("見本　次郎", "２")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 8)
		n.hour(1)
		n.issueBoth(2, first)
		n.must(n.carry(t.Context()))
		n.hour(16) // one in the night
		n.must(n.carry(t.Context()))
		if got := n.lists(); got != nil {
			t.Errorf("lists before two in the night = %v, want none", got)
		}
		n.hour(17)
		n.hour(18)
		n.issue(jpki.Signing, 3, second)
		n.must(n.carry(t.Context()))
		n.hour(17 + 4*24 - 1) // three lists later
		n.hour(20)            // the clock goes back
		n.hour(17 + 4*24)
		n.must(n.carry(t.Context()))
		entry := func(a message.Attributes, hour int) message.HolderEntry {
			return message.HolderEntry{Attributes: a, IssuedAt: start.Add(time.Duration(hour) * time.Hour)}
		}
		content := map[int][]message.HolderEntry{0: {entry(first, 1), entry(first, 1)}, 1: {entry(second, 18)}}
		var want []message.HolderList
		since := time.Unix(0, 0).UTC()
		for day := range 5 {
			through := start.Add(time.Duration(17+24*day) * time.Hour)
			want = append(want, message.HolderList{
				Date: fmt.Sprintf("2026-04-%02d", day+2), Since: since, Through: through, Part: 1, Parts: 1,
				Count: len(content[day]), Total: len(content[day]), Entries: content[day],
			})
			since = through
		}
		if diff := cmp.Diff(want, n.lists()); diff != "" {
			t.Errorf("lists: -want +got\n%s", diff)
		}
	})
}

// A list of a day on which thousands have their birthday crosses in several letters, none too large; the register has all of
// it, and only then has the day behind it.
//
// Req: R-REG-08, R-REG-09
func TestListInParts(t *testing.T) {
	const people = 5000
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 9)
		n.enter(hanako, person("見本　第4321", "１"))
		n.must(n.link.Store.Update(t.Context(), func(tx link.Tx) error {
			for i := range people {
				a := person(fmt.Sprintf("見本　第%04d", i), "１")
				if err := tx.AddCertificate(t.Context(), certificate(start, jpki.Signing, jpki.Serial(i+1), a)); err != nil {
					return err
				}
			}
			return nil
		}))
		n.hour(1)
		n.event(registry.Move, person("見本　第4321", "２"))
		n.night()
		parts, sum := n.lists(), 0
		for i, l := range parts {
			if sum += l.Count; l.Part != i+1 || l.Parts != len(parts) || l.Count != len(l.Entries) || l.Total != people {
				t.Errorf("part %d of %d has %d of %d entries, says %d; want part %d of %d", l.Part, l.Parts, len(l.Entries), l.Total, l.Count, i+1, len(parts))
			}
		}
		if len(parts) < 3 || sum != people {
			t.Errorf("%d letters with %d entries, want several with %d", len(parts), sum, people)
		}
		if diff := cmp.Diff([]string{"sign " + jpki.Serial(4322).String()}, n.revoked()); diff != "" {
			t.Errorf("revoked: -want +got\n%s", diff)
		}
		n.must(n.registry.Store.View(t.Context(), func(tx registry.Tx) error {
			covered, err := tx.Covered(t.Context())
			if want := start.Add(17 * time.Hour); !covered.Equal(want) {
				t.Errorf("covered until %v, want %v", covered, want)
			}
			return err
		}))
	})
}
