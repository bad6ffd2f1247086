package registry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
)

const (
	hanako registry.ResidentCode = "00000000001"
	jiro   registry.ResidentCode = "00000000002"
)

// Each event of the table, with a holder on the list: who is told, and what.
//
// Req: R-REV-03, R-AMB-11, R-DAT-12, R-REG-03
func TestEventsAndNotices(t *testing.T) {
	old := person("見本　花子", "１")
	moved, renamed, minor := person("見本　花子", "２"), person("例示　花子", "１"), person("見本　花子", "１番")
	corrected := old
	corrected.Birth.Day = 18
	tests := []struct {
		kind   registry.EventKind
		after  message.Attributes
		notice bool
		fact   message.Fact
	}{
		{registry.MoveIn, moved, true, message.Changed},
		{registry.Move, moved, true, message.Changed},
		{registry.MoveAbroad, moved, true, message.Changed},
		{registry.NameChange, renamed, true, message.Changed},
		{registry.AliasAdded, renamed, true, message.Changed},
		{registry.Correction, corrected, true, message.Changed},
		{registry.MinorCorrection, minor, false, ""},
		{registry.NotationChange, minor, true, message.Changed},
		{registry.Merger, minor, false, ""},
		{registry.Death, message.Attributes{}, true, message.Died},
	}
	if len(tests) != len(registry.Rules()) {
		t.Errorf("%d events tested, the table has %d", len(tests), len(registry.Rules()))
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			o := newOffice(t)
			o.enter(t, hanako, old)
			o.later().match(t, list(0, 24, old))
			o.amend(t, event("e-1", tt.kind, hanako, 30, tt.after))
			var want []message.Attributes
			if tt.notice {
				want = append(want, old)
			}
			if diff := cmp.Diff(want, o.notices(t)); diff != "" {
				t.Errorf("notices: -want +got\n%s", diff)
			}
			if tt.notice && o.sent[0].Fact != tt.fact {
				t.Errorf("fact = %s, want %s", o.sent[0].Fact, tt.fact)
			}
		})
	}
}

func TestAmendRefuses(t *testing.T) {
	old, moved := person("見本　花子", "１"), person("見本　花子", "２")
	good := event("e-1", registry.Move, hanako, 30, moved)
	tests := []struct {
		name   string
		change func(*registry.Event)
		want   string
	}{
		{"a name that holds the resident code", func(e *registry.Event) { e.ID = "move-" + string(hanako) }, "registry.event_invalid"},
		{"another kind", func(e *registry.Event) { e.Kind = "wedding" }, "registry.event_invalid"},
		{"a move that changes the name", func(e *registry.Event) { e.After.Name = "例示　花子" }, "registry.event_invalid"},
		{"a move that changes nothing", func(e *registry.Event) { e.After = old }, "registry.event_invalid"},
		{"a move to another municipality", func(e *registry.Event) { e.Municipality = "99202" }, "registry.event_invalid"},
		{"in the future", func(e *registry.Event) { e.At = start.AddDate(2, 0, 0) }, "registry.event_invalid"},
		{"before the last event", func(e *registry.Event) { e.At = start.AddDate(-1, 0, 0) }, "registry.event_order"},
		{"nobody", func(e *registry.Event) { e.Code = jiro }, "registry.no_resident"},
		{"a death that tells an address", func(e *registry.Event) { e.Kind = registry.Death }, "registry.event_invalid"},
	}
	o := newOffice(t)
	o.enter(t, hanako, old)
	o.later()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := good
			tt.change(&e)
			if err := o.Amend(t.Context(), clerk, e); fault.KeyOf(err) != tt.want {
				t.Errorf("Amend = %v, want %s", err, tt.want)
			}
		})
	}
	if err := o.Amend(t.Context(), counter, good); fault.KindOf(err) != fault.Denied {
		t.Errorf("Amend by a counter = %v, want it denied", err)
	}
	o.amend(t, good)
	o.amend(t, good)
	other := good
	other.At = other.At.AddDate(0, 0, 1)
	if err := o.Amend(t.Context(), clerk, other); fault.KeyOf(err) != "registry.event_reused" {
		t.Errorf("another event under the same name: %v, want registry.event_reused", err)
	}
}

// An event without a holder waits for the list that covers its time; only a chain of lists without a gap does.
//
// Req: R-REG-09
func TestEventWaitsForItsList(t *testing.T) {
	old, moved := person("見本　花子", "１"), person("見本　花子", "２")
	first, second := list(0, 24), list(24, 48, old)
	first.Entries = []message.HolderEntry{{Attributes: old, IssuedAt: start}}
	first.Count, first.Total = 1, 1
	tests := []struct {
		name  string
		lists []message.HolderList
		want  []registry.Outcome // after each list
	}{
		{"a list that ends before it", []message.HolderList{list(0, 24)}, []registry.Outcome{registry.Waiting}},
		{"no holder", []message.HolderList{list(0, 24), list(24, 48)}, []registry.Outcome{registry.Waiting, registry.NoHolder}},
		{"out of order", []message.HolderList{list(24, 48), list(0, 24)}, []registry.Outcome{registry.Waiting, registry.NoHolder}},
		{"holder on the list of the day", []message.HolderList{list(0, 24), second}, []registry.Outcome{registry.Waiting, registry.Noticed}},
		{"holder on a list that comes late", []message.HolderList{list(24, 48), first}, []registry.Outcome{registry.Waiting, registry.Noticed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.enter(t, hanako, old)
			o.later().amend(t, event("e-1", registry.Move, hanako, 30, moved))
			for i, l := range tt.lists {
				o.match(t, l)
				o.match(t, l) // twice is once
				if got := o.outcome(t, "e-1"); got != tt.want[i] {
					t.Errorf("after list %d the event is %s, want %s", i+1, got, tt.want[i])
				}
			}
			want := 0
			if tt.want[len(tt.want)-1] == registry.Noticed {
				want = 1
			}
			if got := len(o.notices(t)); got != want {
				t.Errorf("%d notices, want %d", got, want)
			}
		})
	}
}

func TestMatchRefuses(t *testing.T) {
	o := newOffice(t)
	for name, change := range map[string]func(*message.HolderList){
		"a wrong total of the part": func(l *message.HolderList) { l.Count = 2 },
		"a wrong total of the list": func(l *message.HolderList) { l.Total = 2 },
		"a part that is none":       func(l *message.HolderList) { l.Part = 2 },
		"no date":                   func(l *message.HolderList) { l.Date = "the first of April" },
		"an end before its begin":   func(l *message.HolderList) { l.Through = l.Since },
	} {
		l := list(0, 24, person("見本　花子", "１"))
		change(&l)
		if why := o.receive(t, message.AtLink, l); why != "registry.list_invalid" {
			t.Errorf("%s: %q, want registry.list_invalid", name, why)
		}
	}
	if why := o.receive(t, message.AtCA, list(0, 24)); why != "authz.denied" {
		t.Errorf("a list from the CA: %q, want it denied", why)
	}
	o.match(t, list(0, 24, person("見本　花子", "１")))
	if why := o.receive(t, message.AtLink, list(0, 24)); why != "registry.list_reused" {
		t.Errorf("another list under the same name: %q, want registry.list_reused", why)
	}
}

// parts divides a list of an even number of entries into two.
func parts(l message.HolderList) (first, second message.HolderList) {
	half := len(l.Entries) / 2
	l.Parts, l.Count = 2, half
	first, second = l, l
	first.Entries, second.Entries, second.Part = l.Entries[:half], l.Entries[half:], 2
	return first, second
}

// A list in parts covers its day when all of them are there, in whatever order they come; what a part says of a holder counts
// at once.
//
// Req: R-REG-08, R-REG-09
func TestListInParts(t *testing.T) {
	old, other := person("見本　花子", "１"), person("例示　次郎", "１")
	first, second := parts(list(24, 48, old, other))
	tests := []struct {
		name     string
		parts    []message.HolderList
		noticed  int // after which part
		outcomes []registry.Outcome
	}{
		{"in order", []message.HolderList{first, second}, 0, []registry.Outcome{registry.Waiting, registry.NoHolder}},
		{"the last first", []message.HolderList{second, first}, 1, []registry.Outcome{registry.Waiting, registry.NoHolder}},
		{"one of them twice", []message.HolderList{first, first, second}, 0, []registry.Outcome{registry.Waiting, registry.Waiting, registry.NoHolder}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.enter(t, hanako, old)
			o.enter(t, jiro, person("例示　四郎", "４")) // holds none
			o.later().match(t, list(0, 24))
			o.amend(t, event("e-1", registry.Move, hanako, 30, person("見本　花子", "２")))
			o.amend(t, event("e-2", registry.Move, jiro, 31, person("例示　四郎", "５")))
			for i, part := range tt.parts {
				o.match(t, part)
				if got := o.outcome(t, "e-2"); got != tt.outcomes[i] {
					t.Errorf("after letter %d the event of nobody is %s, want %s", i+1, got, tt.outcomes[i])
				}
				if got := o.outcome(t, "e-1") == registry.Noticed; got != (i >= tt.noticed) {
					t.Errorf("after letter %d noticed = %v", i+1, got)
				}
			}
		})
	}
}

// Parts of a list that say different things of it, or have more or fewer entries than they say, are refused.
//
// Req: R-REG-08
func TestPartsThatDoNotFit(t *testing.T) {
	old, other := person("見本　花子", "１"), person("例示　次郎", "１")
	first, second := parts(list(24, 48, old, other))
	o := newOffice(t)
	o.match(t, first)
	for name, change := range map[string]func(*message.HolderList){
		"another end":       func(l *message.HolderList) { l.Through = l.Through.Add(1e9) },
		"another number":    func(l *message.HolderList) { l.Parts = 3 },
		"another total":     func(l *message.HolderList) { l.Total = 3 },
		"an entry too many": func(l *message.HolderList) { l.Entries, l.Count = list(24, 48, old, other).Entries, 2 },
		"an entry missing":  func(l *message.HolderList) { l.Entries, l.Count = nil, 0 },
	} {
		part := second
		change(&part)
		if why := o.receive(t, message.AtLink, part); why != "registry.list_invalid" {
			t.Errorf("%s: %q, want registry.list_invalid", name, why)
		}
	}
	o.match(t, second)
}

// Two residents are the same in all four attributes since a minor correction, and both hold certificates. One moves: a
// clerk chooses whose certificate it is, or nobody's.
func TestTwoHitsGoToAClerk(t *testing.T) {
	variant, common, moved := person("髙見　花子", "１"), person("高見　花子", "１"), person("高見　花子", "２")
	for _, tt := range []struct {
		name    string
		choose  int // which candidate, or -1
		want    []message.Attributes
		outcome registry.Outcome
	}{
		{"the first", 0, []message.Attributes{variant}, registry.Noticed},
		{"the second", 1, []message.Attributes{common}, registry.Noticed},
		{"nobody", -1, nil, registry.Declined},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.enter(t, hanako, variant)
			o.enter(t, jiro, common)
			o.later().match(t, list(0, 24, variant, common))
			o.amend(t, event("e-1", registry.MinorCorrection, hanako, 25, common))
			o.amend(t, event("e-2", registry.Move, hanako, 30, moved))
			questions, err := o.Questions(t.Context(), clerk)
			if err != nil || len(questions) != 1 || len(questions[0].Candidates) != 2 || len(o.notices(t)) != 0 {
				t.Fatalf("Questions = %v, %v, and %d notices; want one with two candidates and none", questions, err, len(o.sent))
			}
			d := registry.Decision{Event: "e-2"}
			if tt.choose >= 0 {
				d.Chosen = []int64{questions[0].Candidates[tt.choose].Number}
			}
			if err := o.Decide(t.Context(), counter, d); fault.KindOf(err) != fault.Denied {
				t.Errorf("Decide by the counter = %v, want it denied", err)
			}
			if err := o.Decide(t.Context(), clerk, registry.Decision{Event: "e-2", Chosen: []int64{99}}); fault.KeyOf(err) != "registry.no_candidate" {
				t.Errorf("Decide for a stranger = %v, want registry.no_candidate", err)
			}
			if err := o.Decide(t.Context(), clerk, d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, o.notices(t)); diff != "" || o.outcome(t, "e-2") != tt.outcome {
				t.Errorf("outcome %s, want %s; notices: -want +got\n%s", o.outcome(t, "e-2"), tt.outcome, diff)
			}
			if err := o.Decide(t.Context(), clerk, d); fault.KeyOf(err) != "registry.no_question" {
				t.Errorf("deciding again = %v, want registry.no_question", err)
			}
		})
	}
}
