package story

import (
	"context"
	"slices"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
)

// step is one of the nine steps of the life.
type step struct {
	name string // in addresses and keys of texts
	acts []act
	// desks are the pages of the offices that do it.
	desks []desk
}

// act is one act of an office, or of the resident.
type act struct {
	name  string
	role  Role  // who does it
	place Place // where the card is for it; "" if it takes no part
	done  func(look) bool
	do    func(*Story, context.Context, *visitor, look) error
}

// desk is a page of an office, in the role that sees it.
type desk struct {
	path string
	role Role
}

// steps are the life, in its order. The names of the steps in the source documents stand in the catalogue, under
// story.source_NAME.
func steps() []step {
	return []step{
		{"application", []act{
			{"settle", Resident, "", func(l look) bool { return l.Settled }, (*Story).settle},
			{"open", Resident, "", reached(false, counter.Received), reach(false, counter.Received)},
		}, []desk{{"/counter/new", Clerk}}},
		{"register", []act{
			{"certify", Register, "", reached(false, counter.Existing), reach(false, counter.Existing)},
			{"identify", Clerk, "", reached(false, counter.Identified), reach(false, counter.Identified)},
		}, []desk{{"/registry", Register}, {"/counter", Clerk}}},
		{"keys", keys(false), []desk{{"/counter", Clerk}, {"/kiosk", Resident}}},
		{"issue", issue(false), []desk{{"/counter", Clerk}}},
		{"signature", []act{{"sign", Resident, InHand, has(firstFiling), sign(firstFiling)}}, []desk{{"/agency", Resident}}},
		{"verification", []act{
			{"send", Resident, "", sent(firstFiling), send(firstFiling)},
			{"tick", Agency, "", known(false), tick(false)},
			{"judge", Agency, "", decided(firstFiling), judge(firstFiling)},
		}, []desk{{"/agency/clerk", Agency}, {"/verify", Provider}}},
		{"move", []act{{"amend", Register, "", func(l look) bool { return l.Noted }, (*Story).amend}}, []desk{{"/registry", Register}}},
		{"refusal", []act{
			{"night", Register, "", func(l look) bool { return l.Passed }, (*Story).night},
			{"sign", Resident, InHand, has(lateFiling), sign(lateFiling)},
			{"send", Resident, "", sent(lateFiling), send(lateFiling)},
			{"judge", Agency, "", decided(lateFiling), judge(lateFiling)},
		}, []desk{{"/agency", Resident}, {"/agency/clerk", Agency}}},
		{"reissue", slices.Concat([]act{
			{"again", Resident, "", reached(true, counter.Received), reach(true, counter.Received)},
			{"certify", Register, "", reached(true, counter.Existing), reach(true, counter.Existing)},
			{"identify", Clerk, "", reached(true, counter.Identified), reach(true, counter.Identified)},
		}, keys(true), issue(true), []act{
			{"sign", Resident, InHand, has(lastFiling), sign(lastFiling)},
			{"send", Resident, "", sent(lastFiling), send(lastFiling)},
			{"tick", Agency, "", known(true), tick(true)},
			{"judge", Agency, "", decided(lastFiling), judge(lastFiling)},
		}), []desk{{"/counter", Clerk}, {"/kiosk", Resident}}},
	}
}

// keys are the acts from the card on the counter's reader to the public keys there.
func keys(again bool) []act {
	return []act{
		{"prepare", Clerk, AtCounter, reached(again, counter.CardOut), reach(again, counter.CardOut)},
		{"generate", Resident, AtKiosk, func(l look) bool { return l.proofs || reached(again, counter.KeysRead)(l) }, generate(again)},
		{"read_keys", Clerk, AtCounter, reached(again, counter.KeysRead), reach(again, counter.KeysRead)},
	}
}

// issue are the acts from the request to the CA to the card in the resident's hand.
func issue(again bool) []act {
	return []act{
		{"request", Clerk, "", reached(again, counter.Arrived), reach(again, counter.Arrived)},
		{"image", Clerk, "", reached(again, counter.Approved), reach(again, counter.Approved)},
		{"store", Clerk, AtCounter, reached(again, counter.Stored), reach(again, counter.Stored)},
		{"fee", Clerk, "", reached(again, counter.Paid), reach(again, counter.Paid)},
		{"hand_over", Clerk, "", reached(again, counter.Completed), reach(again, counter.Completed)},
	}
}

// look is a visitor's life as it stands in the files of the offices at a moment.
type look struct {
	life
	now           time.Time
	first, second counter.Case // State "" where there is none
	proofs        bool         // the card has the proofs of new keys for the case that waits for them
}

// at is the case of the first visit to a counter, or of the one after the move.
func (l look) at(again bool) counter.Case {
	if again {
		return l.second
	}
	return l.first
}

func reached(again bool, state counter.State) func(look) bool {
	return func(l look) bool { return app.Reached(l.at(again).State, state) }
}

func has(name string) func(look) bool {
	return func(l look) bool { return l.Filings[name].Signature != nil }
}

func sent(name string) func(look) bool {
	return func(l look) bool { return l.Filings[name].Number != "" }
}

func decided(name string) func(look) bool {
	return func(l look) bool { return l.Filings[name].Judgement.State != "" }
}

// next is the index of the first act of a step that is not done; len if all are.
func (l look) next(s step) int {
	i := slices.IndexFunc(s.acts, func(a act) bool { return !a.done(l) })
	if i < 0 {
		return len(s.acts)
	}
	return i
}

// reachedStep is the index of the first step with something to do; len(steps()) at the end.
func (l look) reachedStep() int {
	i := slices.IndexFunc(steps(), func(s step) bool { return l.next(s) < len(s.acts) })
	if i < 0 {
		return len(steps())
	}
	return i
}

// current is the step under way, the last one at the end.
func (l look) current() int { return min(l.reachedStep(), len(steps())-1) }

// step is the name of the step under way.
func (l look) step() string { return steps()[l.current()].name }

// stepNamed returns the index of a step, -1 if there is none of that name.
func stepNamed(name string) int {
	return slices.IndexFunc(steps(), func(s step) bool { return s.name == name })
}
