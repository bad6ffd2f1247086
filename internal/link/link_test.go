package link_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/registry"
)

// What falls at each fact: on a move exactly the signing certificate, on a death both, on a merger none.
//
// Req: R-REV-02, R-REV-03, R-REG-09
func TestWhatFalls(t *testing.T) {
	old, moved := person("見本　花子", "１"), person("見本　花子", "２")
	tests := []struct {
		kind registry.EventKind
		want []string
	}{
		{registry.Move, []string{"sign 02"}},
		{registry.NotationChange, []string{"sign 02"}},
		{registry.Death, []string{"auth 02", "sign 02"}},
		{registry.Merger, nil},
		{registry.MinorCorrection, nil},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for i, tt := range tests {
			t.Run(string(tt.kind), func(t *testing.T) {
				n := newRig(t, e, uint64(i))
				n.enter(hanako, old)
				n.hour(1)
				n.issueBoth(2, old)
				n.night()
				n.hour(30)
				n.event(tt.kind, moved)
				if diff := cmp.Diff(tt.want, n.revoked()); diff != "" {
					t.Errorf("revoked: -want +got\n%s", diff)
				}
			})
		}
	})
}

// 𠮷田 moves: both sides have the name as the register spells it, whatever the certificate shows.
//
// Req: R-REG-09
func TestRareCharacterMoves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 1)
		n.enter(hanako, person("𠮷田　見本", "１"))
		n.hour(1)
		n.issueBoth(2, person("𠮷田　見本", "１"))
		n.issueBoth(3, person("吉田　見本", "１")) // another person, spelt as the certificate of the first shows
		n.night()
		n.hour(30)
		n.event(registry.Move, person("𠮷田　見本", "２"))
		if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
			t.Errorf("revoked: -want +got\n%s", diff)
		}
	})
}

// Issued at ten, moved at three the same day: the event waits for the list of the next day.
func TestMovesOnTheDayOfIssue(t *testing.T) {
	old := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 2)
		n.enter(hanako, old)
		n.hour(25)
		n.issueBoth(2, old)
		n.hour(30)
		n.event(registry.Move, person("見本　花子", "２"))
		if got := n.revoked(); got != nil {
			t.Errorf("revoked before the list = %v, want nothing yet", got)
		}
		n.night()
		if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
			t.Errorf("revoked after the list: -want +got\n%s", diff)
		}
	})
}

// A merger changes the address in the register only; the move after it still finds the certificate, by the attributes that
// the CA's side knows.
//
// Req: R-REV-03
func TestMergerThenMove(t *testing.T) {
	old := person("見本　花子", "１")
	merged, after := old, old
	merged.Address, after.Address = "架空県新見本市例示町１", "架空県新見本市例示町２"
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 3)
		n.enter(hanako, old)
		n.hour(1)
		n.issueBoth(2, old)
		n.night()
		n.hour(30)
		n.event(registry.Merger, merged)
		if got, notices := n.revoked(), n.notices(); got != nil || notices != nil {
			t.Errorf("revoked after the merger = %v with %d notices, want nothing", got, len(notices))
		}
		n.hour(40)
		n.event(registry.Move, after)
		if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
			t.Errorf("revoked: -want +got\n%s", diff)
		}
		for _, told := range n.notices() {
			if told.Attributes != old {
				t.Error("the notice carries other attributes than those listed")
			}
		}
	})
}

// Moves from A to B and back to A; late copies of the first notice do not meet the certificate issued after that.
func TestMovesThereAndBack(t *testing.T) {
	a, b := person("見本　花子", "１"), person("見本　花子", "２")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 4)
		n.enter(hanako, a)
		n.hour(1)
		n.issueBoth(2, a)
		n.night()
		n.hour(30)
		n.event(registry.Move, b)
		n.revoked()
		n.hour(31)
		n.issue(jpki.Signing, 3, b)
		n.hour(40)
		n.event(registry.Move, a)
		n.hour(41)
		n.issue(jpki.Signing, 4, a)
		n.night()
		late := n.notices()[0]
		late.ID = "the-first-again" // as if the register had forgotten that it told
		n.must(n.registry.Store.Update(t.Context(), func(tx registry.Tx) error {
			return office.Send(t.Context(), tx, message.ChangeNoticeLetter, message.AtLink, message.TopicNotices, late)
		}))
		for i := range n.weather.old {
			n.must(n.weather.repeat(i))
		}
		if diff := cmp.Diff([]string{"sign 02", "sign 03"}, n.revoked()); diff != "" {
			t.Errorf("revoked: -want +got\n%s", diff)
		}
		n.hour(70)
		n.event(registry.Death, message.Attributes{})
		if diff := cmp.Diff([]string{"auth 02", "sign 02", "sign 03", "sign 04"}, n.revoked()); diff != "" {
			t.Errorf("revoked after the death: -want +got\n%s", diff)
		}
	})
}

// Two residents are the same on paper, and one moves: nothing falls until a clerk has chosen, and then his.
func TestTwoHitsWaitForAClerk(t *testing.T) {
	variant, common := person("髙見　花子", "１"), person("高見　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 5)
		n.enter(hanako, variant)
		n.enter("00000000002", common)
		n.hour(1)
		n.issueBoth(2, variant)
		n.issueBoth(3, common)
		n.night()
		n.hour(30)
		n.event(registry.MinorCorrection, common)
		n.hour(31)
		n.event(registry.Move, person("高見　花子", "２"))
		if got := n.revoked(); got != nil {
			t.Errorf("revoked before anybody chose = %v, want nothing yet", got)
		}
		asked, err := n.registry.Questions(t.Context(), municipality)
		n.must(err)
		if len(asked) != 1 || len(asked[0].Candidates) != 4 { // two certificates of each
			t.Fatalf("questions = %v, want one with four candidates", asked)
		}
		d := registry.Decision{Event: asked[0].Event.ID}
		for _, c := range asked[0].Candidates {
			if c.Listed == variant {
				d.Chosen = append(d.Chosen, c.Number)
			}
		}
		n.must(n.registry.Decide(t.Context(), municipality, d))
		if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
			t.Errorf("revoked: -want +got\n%s", diff)
		}
	})
}

// Nothing that crosses from the register to the CA's side holds a resident code, a new value, or what sort of event it was.
//
// Req: R-REG-01, R-REG-02, R-DAT-08, R-SEC-05
func TestNothingButTheFactCrosses(t *testing.T) {
	const code registry.ResidentCode = "98765432109"
	old := person("見本　花子", "１")
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		n := newRig(t, e, 6)
		n.enter(code, old)
		n.hour(1)
		n.issueBoth(2, old)
		n.night()
		now := old
		for i, kind := range []registry.EventKind{registry.Move, registry.NameChange, registry.Correction, registry.MoveIn} {
			n.hour(31 + i)
			now.Address = "秘密県秘密市" + strings.Repeat("新", i+1)
			municipal := mihon
			switch kind {
			case registry.NameChange:
				now.Address, now.Name = "秘密県秘密市新", "秘密　新子"
			case registry.Correction:
				now.Birth.Day = 23
			case registry.MoveIn:
				municipal = "98703"
			}
			n.must(n.registry.Amend(t.Context(), municipality, registry.Event{
				ID: "event-" + strings.ReplaceAll(string(kind), "_", "-"), Kind: kind, Code: code, At: n.now, After: now, Municipality: municipal,
			}))
		}
		n.revoked()
		crossed := 0
		for _, m := range n.weather.seen {
			if m.From != message.AtRegistry {
				continue
			}
			crossed++
			whole := fmt.Sprint(m.Letter, m.Topic, m.Kind, m.Operator) + string(m.Body)
			for _, planted := range []string{string(code), "秘密", "新", "0223", "98703", mihon, municipality.Operator, "event-", string(registry.MoveIn), string(registry.NameChange)} {
				if strings.Contains(whole, planted) {
					t.Errorf("letter %s holds %q", m.ID(), planted)
				}
			}
		}
		if crossed == 0 {
			t.Error("no letter left the register")
		}
	})
}
