package link_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
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
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			n := newNation(t)
			n.enter(hanako, old)
			n.hour(1)
			n.issue(2, old)
			n.list()
			n.carry()
			n.hour(30)
			n.event(tt.kind, moved)
			if diff := cmp.Diff(tt.want, n.revoked()); diff != "" {
				t.Errorf("revoked: -want +got\n%s", diff)
			}
		})
	}
}

// 𠮷田 moves: both sides have the name as the register spells it, whatever the certificate shows.
//
// Req: R-REG-09
func TestRareCharacterMoves(t *testing.T) {
	n := newNation(t)
	n.enter(hanako, person("𠮷田　見本", "１"))
	n.hour(1)
	n.issue(2, person("𠮷田　見本", "１"))
	n.issue(3, person("吉田　見本", "１")) // another person
	n.list()
	n.hour(30)
	n.event(registry.Move, person("𠮷田　見本", "２"))
	if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
		t.Errorf("revoked: -want +got\n%s", diff)
	}
}

// Issued at ten, moved at three the same day: the event waits for the list of the next day.
func TestMovesOnTheDayOfIssue(t *testing.T) {
	old := person("見本　花子", "１")
	n := newNation(t)
	n.enter(hanako, old)
	n.list()
	n.hour(1)
	n.issue(2, old)
	n.hour(6)
	n.event(registry.Move, person("見本　花子", "２"))
	if got := n.revoked(); got != nil {
		t.Errorf("revoked before the list = %v, want nothing yet", got)
	}
	n.hour(24)
	n.list()
	if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
		t.Errorf("revoked after the list: -want +got\n%s", diff)
	}
}

// A merger changes the address in the register only; the move after it still finds the certificate.
//
// Req: R-REV-03
func TestMergerThenMove(t *testing.T) {
	old := person("見本　花子", "１")
	n := newNation(t)
	n.enter(hanako, old)
	n.hour(1)
	n.issue(2, old)
	n.list()
	n.carry()
	merged := old
	merged.Address = "架空県新見本市例示町１"
	n.hour(30)
	n.event(registry.Merger, merged)
	if got := n.revoked(); got != nil || len(n.notices) != 0 {
		t.Errorf("revoked after the merger = %v with %d notices, want nothing", got, len(n.notices))
	}
	after := merged
	after.Address = "架空県新見本市例示町２"
	n.hour(40)
	n.event(registry.Move, after)
	if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
		t.Errorf("revoked: -want +got\n%s", diff)
	}
	if got := n.notices[0].Attributes; got != old {
		t.Error("the notice carries other attributes than those listed")
	}
}

// Moves from A to B and back to A; a late copy of the first notice does not meet the certificate issued after that.
func TestMovesThereAndBack(t *testing.T) {
	a, b := person("見本　花子", "１"), person("見本　花子", "２")
	n := newNation(t)
	n.enter(hanako, a)
	n.hour(1)
	n.issue(2, a)
	n.list()
	n.carry()
	n.hour(30)
	n.event(registry.Move, b)
	n.carry()
	n.hour(31)
	n.must(n.link.Record(t.Context(), ca, n.certificate(jpki.Signing, 3, b)))
	n.hour(40)
	n.event(registry.Move, a)
	n.hour(41)
	n.must(n.link.Record(t.Context(), ca, n.certificate(jpki.Signing, 4, a)))
	n.hour(60)
	n.list()
	n.carry()
	late := n.notices[0]
	late.ID = "the-first-again" // as if the register had forgotten that it told
	for _, m := range []message.ChangeNotice{n.notices[0], late} {
		n.must(n.link.TakeNotice(t.Context(), register, m))
	}
	if diff := cmp.Diff([]string{"sign 02", "sign 03"}, n.revoked()); diff != "" {
		t.Errorf("revoked: -want +got\n%s", diff)
	}
	n.hour(70)
	n.event(registry.Death, message.Attributes{})
	if diff := cmp.Diff([]string{"auth 02", "sign 02", "sign 03", "sign 04"}, n.revoked()); diff != "" {
		t.Errorf("revoked after the death: -want +got\n%s", diff)
	}
}

// A notice that meets nothing is kept and shown, until the certificate it meets is recorded.
func TestNoticeBeforeItsCertificate(t *testing.T) {
	n := newNation(t)
	old := person("見本　花子", "１")
	n.hour(1)
	record := n.certificate(jpki.Signing, 2, old)
	n.hour(2)
	notice := message.ChangeNotice{ID: "n-1", Attributes: old, Fact: message.Changed, At: n.now}
	n.must(n.link.TakeNotice(t.Context(), register, notice))
	unmet, err := n.link.Unmet(t.Context())
	if err != nil || len(unmet) != 1 || unmet[0].ID != "n-1" {
		t.Errorf("Unmet = %v, %v, want n-1", unmet, err)
	}
	n.must(n.link.Record(t.Context(), ca, record))
	if unmet, err = n.link.Unmet(t.Context()); err != nil || len(unmet) != 0 {
		t.Errorf("Unmet = %v, %v, want none", unmet, err)
	}
	if diff := cmp.Diff([]string{"sign 02"}, n.revoked()); diff != "" {
		t.Errorf("revoked: -want +got\n%s", diff)
	}
	n.must(n.link.TakeNotice(t.Context(), register, notice))
	n.must(n.link.Record(t.Context(), ca, record))
	if n.carry(); len(n.orders) != 1 {
		t.Errorf("%d orders, want one for one notice and certificate", len(n.orders))
	}
	notice.At = notice.At.Add(time.Hour)
	if err := n.link.TakeNotice(t.Context(), register, notice); fault.KeyOf(err) != "link.notice_reused" {
		t.Errorf("another notice under the same name: %v, want link.notice_reused", err)
	}
	record.Serial++
	if err := n.link.Record(t.Context(), ca, record); fault.KeyOf(err) != "link.record_reused" {
		t.Errorf("another record under the same name: %v, want link.record_reused", err)
	}
	if err := n.link.TakeNotice(t.Context(), counter, notice); fault.KindOf(err) != fault.Denied {
		t.Errorf("a notice from the counter: %v, want it denied", err)
	}
}

// One list a day in Japan, which holds what is new; the same day gives the same list.
func TestMakeList(t *testing.T) {
	n := newNation(t)
	first, second := person("見本　花子", "１"), person("見本　次郎", "２")
	n.issue(2, first)
	made, err := n.link.MakeList(t.Context(), itself)
	n.must(err)
	want := message.HolderList{
		ID: "holders-2026-04-01", Date: "2026-04-01", Since: time.Unix(0, 0).UTC(), Through: start, Count: 2,
		Entries: []message.HolderEntry{{Attributes: first, IssuedAt: start}, {Attributes: first, IssuedAt: start}},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("first list: -want +got\n%s", diff)
	}
	n.hour(14) // 23:00 in Japan
	n.issue(3, second)
	again, err := n.link.MakeList(t.Context(), itself)
	if diff := cmp.Diff(want, again); err != nil || diff != "" {
		t.Errorf("the list of the same day: %v, -want +got\n%s", err, diff)
	}
	n.hour(15) // midnight
	next, err := n.link.MakeList(t.Context(), itself)
	if err != nil || next.Date != "2026-04-02" || next.Since != start || next.Count != 2 || next.Entries[0].Attributes != second {
		t.Errorf("the next list = %v, %v, want the second person of 2026-04-02", next, err)
	}
	n.hour(-48)
	if _, err := n.link.MakeList(t.Context(), itself); fault.KeyOf(err) != "link.clock" {
		t.Errorf("a list before the last = %v, want link.clock", err)
	}
}

func TestRecordRefuses(t *testing.T) {
	n := newNation(t)
	good := n.certificate(jpki.Signing, 2, person("見本　花子", "１"))
	tests := []struct {
		name   string
		change func(*message.HolderRecord)
	}{
		{"no name", func(r *message.HolderRecord) { r.ID = "" }},
		{"a CA", func(r *message.HolderRecord) { r.Kind = jpki.SigningCA }},
		{"no serial number", func(r *message.HolderRecord) { r.Serial = 0 }},
		{"no attributes", func(r *message.HolderRecord) { r.Attributes = message.Attributes{} }},
		{"ends before it begins", func(r *message.HolderRecord) { r.NotAfter = r.IssuedAt }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := good
			tt.change(&r)
			if err := n.link.Record(t.Context(), ca, r); fault.KeyOf(err) != "link.record_invalid" {
				t.Errorf("Record = %v, want link.record_invalid", err)
			}
		})
	}
}
