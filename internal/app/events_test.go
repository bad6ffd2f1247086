package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// lifeEvents are the events of the register with what they do to the two certificates. Each happens to another resident of
// one nation, on one day.
var lifeEvents = []struct {
	id         string
	before     func(*app.Person)
	kind       registry.EventKind
	change     func(*app.Person)
	sign, auth string
	occasion   counter.Occasion // of the next signing certificate, where one is needed
	fee        int
}{
	{"mover", nil, registry.MoveIn, movedTo(app.Rinri, "架空県隣里市新例町４丁目５番地６"), "affiliationChanged", "good", counter.Reissue, 200},
	{"neighbour", signing, registry.Move, movedTo(app.Mihon, "架空県見本市新例町４丁目５番地６"), "affiliationChanged", "good", counter.Reissue, 200},
	{"emigrant", nil, registry.MoveAbroad, func(p *app.Person) { p.Attributes.Address = "国外転出" }, "affiliationChanged", "good", counter.Reissue, 200},
	{"bride", signing, registry.NameChange, func(p *app.Person) { p.Attributes.Name = "例示　花子" }, "affiliationChanged", "good", counter.Reissue, 200},
	{"alias", signing, registry.AliasAdded, func(p *app.Person) { p.Attributes.Name += "［見本］" }, "affiliationChanged", "good", counter.Reissue, 200},
	{"corrected", signing, registry.Correction, func(p *app.Person) { p.Attributes.Birth.Day = 9 }, "affiliationChanged", "good", counter.Reissue, 200},
	{"notation", signing, registry.NotationChange, movedTo(app.Mihon, "架空県見本市例示町三丁目１番"), "affiliationChanged", "good", counter.Notation, 0},
	{"yoshida", yoshida, registry.Move, func(p *app.Person) { p.Attributes.Address = "架空県見本市新例町７番地"; yoshida(p) }, "affiliationChanged", "good", counter.Reissue, 200},
	{"minor", signing, registry.MinorCorrection, func(p *app.Person) { p.Attributes.Name = "見夲　太郎" }, "good", "good", "", 0},
	{"merged", nil, registry.Merger, movedTo(app.Rinri, "架空県隣里市見本区例示町１"), "good", "good", "", 0},
	{"dead", nil, registry.Death, nil, "cessationOfOperation", "cessationOfOperation", "", 0},
}

// Each event of the register ends what the law says it ends, and nothing else. What the match goes by is the register's
// spelling: who has substitute characters in his certificate is found too.
//
// Req: R-REV-01, R-REV-02, R-REV-03, R-REV-05, R-REV-09, R-AMB-11, R-FEE-06, R-REG-03, R-REG-06
func TestLifeEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var residents []*resident
	var endings []ending
	for _, e := range lifeEvents {
		before := func(*app.Person) {}
		if e.before != nil {
			before = e.before
		}
		r, c := w.holder(e.id, before)
		residents = append(residents, r)
		endings = append(endings, replaced(e.id, c, e.auth, e.sign, counter.Case{})...)
	}
	w.nextDay()
	for i, e := range lifeEvents {
		w.amend(residents[i], e.kind, e.change)
	}
	w.ends(endings...)
	var again []ending
	for i, e := range lifeEvents {
		switch r := residents[i]; {
		case e.occasion != "":
			c := w.issue(r, e.occasion, jpki.Signing)
			if c.Fee.Yen != e.fee {
				t.Errorf("%s pays %d yen for the next certificate, want %d", e.id, c.Fee.Yen, e.fee)
			}
			again = append(again, end(e.id+", the next one", of(c, jpki.Signing), "good"))
		case e.kind == registry.Death:
			if _, err := w.apply(r, counter.Reissue, both); fault.KeyOf(err) != "registry.no_resident" {
				t.Errorf("somebody applies for the dead: %v, want registry.no_resident", err)
			}
		default:
			w.refused(r, counter.Reissue, jpki.Signing, "ca.double_issue")
		}
	}
	w.ends(append(endings, again...)...)
}

// A municipality is merged into another. Its residents keep their certificates, whose list goes on to be published. A new
// one in the place of the old is free, and a later move is one like any other.
//
// Req: R-REV-03, R-REV-04, R-FEE-06, R-REG-09
func TestMergerThenMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stays, first := w.holder("stays", signing)
	moves, second := w.holder("moves", signing)
	w.nextDay()
	before := w.list(of(second, jpki.Signing)).Number
	w.amend(stays, registry.Merger, movedTo(app.Rinri, "架空県隣里市見本区例示町１番地"))
	w.amend(moves, registry.Merger, movedTo(app.Rinri, "架空県隣里市見本区例示町２番地"))
	old := of(second, jpki.Signing)
	w.ends(end("after the merger", old, "good"), end("after the merger", of(first, jpki.Signing), "good"))
	if now := w.list(old).Number; now <= before {
		t.Errorf("the list of the municipality that is gone is still number %s", now)
	}
	w.amend(moves, registry.Move, movedTo(app.Rinri, "架空県隣里市新例町２番地"))
	branch := *stays // the old counter goes on as a branch: it has the record of the card
	branch.Municipality = app.Mihon
	w.revoke(&branch, counter.RevocationNotice{Kinds: []jpki.Kind{jpki.Signing}})
	free := w.issue(stays, counter.Merger, jpki.Signing)
	if free.Fee.Yen != 0 {
		t.Errorf("a certificate after the merger costs %d yen, want it free", free.Fee.Yen)
	}
	w.ends(end("after the move", old, "affiliationChanged"),
		end("given back", of(first, jpki.Signing), "cessationOfOperation"), end("the free one", of(free, jpki.Signing), "good"))
}

// Issued at ten, moved at three: the list of holders comes in the night only, and the change waits for it.
//
// Req: R-REG-09, R-SLA-02, R-REV-01
func TestIssuedAndMovedOnOneDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, c := w.holder("hurry")
	w.pass(5 * time.Hour)
	w.amend(r, registry.Move, movedTo(app.Mihon, "架空県見本市新例町１番地"))
	w.pass(16 * time.Minute)
	if got := w.answer(of(c, jpki.Signing)); got != "good" {
		t.Errorf("before the list: %s, want good", got)
	}
	w.nextDay()
	w.ends(end("the old one", of(c, jpki.Signing), "affiliationChanged"), end("to log in", of(c, jpki.Authentication), "good"))
}

// unsteady is the line from the register to the link server, which may be down and may deliver again what it delivered.
type unsteady struct {
	down  bool
	sent  []post.Message
	carry post.Carrier
}

func (l *unsteady) install(c *app.Config) {
	c.Carry = func(from, to post.Address, carry post.Carrier) post.Carrier {
		if from != message.AtRegistry || to != message.AtLink {
			return carry
		}
		l.carry = carry
		return func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
			if l.down {
				return nil, errors.New("the line is down")
			}
			l.sent = append(l.sent, batch...)
			return carry(ctx, to, batch)
		}
	}
}

// Away and back again, while the notices hang in a line that is down. When they arrive, and when they arrive again, the
// certificate that was issued meanwhile with the same attributes stands.
//
// Req: R-REG-05, R-REG-09, R-REV-01, R-STM-03
func TestAwayAndBackWithLateNotices(t *testing.T) {
	t.Parallel()
	line := &unsteady{}
	w := newWorld(t, line.install)
	r, c := w.holder("returner")
	home := r.Attributes.Address
	w.nextDay()
	w.revoke(r, counter.RevocationNotice{Kinds: []jpki.Kind{jpki.Signing}})
	line.down = true
	w.amend(r, registry.MoveIn, movedTo(app.Rinri, "架空県隣里市新例町１番地"))
	w.pass(time.Minute)
	w.amend(r, registry.MoveIn, movedTo(app.Mihon, home))
	w.pass(time.Minute)
	next := of(w.issue(r, counter.Reissue, jpki.Signing), jpki.Signing)
	w.nextDay()
	line.down = false
	w.pass(2 * time.Hour)
	if len(line.sent) != 2 {
		t.Fatalf("%d notices arrived, want both moves", len(line.sent))
	}
	endings := []ending{
		end("given back before", of(c, jpki.Signing), "cessationOfOperation"), end("issued meanwhile", next, "good"),
		end("to log in", of(c, jpki.Authentication), "good"),
	}
	w.ends(endings...)
	if _, err := line.carry(t.Context(), message.AtLink, line.sent); err != nil {
		t.Fatal(err)
	}
	w.ends(endings...)
	w.amend(r, registry.Move, movedTo(app.Mihon, "架空県見本市新例町１番地"))
	w.ends(end("after one more move", next, "affiliationChanged"))
}

// Two residents have come to be the same in all four attributes. When one of them moves nobody can compute whose the
// certificate is: a clerk chooses, and the other one's stands.
//
// Req: R-REG-09, R-STM-03
func TestTwoHits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, c := w.holder("first", signing)
	second, d := w.holder("second", signing, func(p *app.Person) {
		p.Attributes.Name, p.Attributes.Birth, p.Attributes.Sex = first.Attributes.Name, first.Attributes.Birth, first.Attributes.Sex
	})
	listed := second.Attributes
	w.nextDay()
	w.amend(second, registry.MinorCorrection, movedTo(app.Mihon, first.Attributes.Address))
	w.pass(time.Minute)
	move := w.amend(second, registry.Move, movedTo(app.Mihon, "架空県見本市新例町１番地"))
	w.pass(16 * time.Minute)
	for _, certificate := range []counter.Certificate{of(c, jpki.Signing), of(d, jpki.Signing)} {
		if got := w.answer(certificate); got != "good" {
			t.Errorf("before the clerk chooses: %s, want good", got)
		}
	}
	official := authz.Actor{Office: authz.Municipality, Operator: "m-1"}
	questions, err := w.Registry.Questions(t.Context(), official)
	if err != nil || len(questions) != 1 || questions[0].Event.ID != move.ID {
		t.Fatalf("questions: %+v, %v, want the move", questions, err)
	}
	var chosen []int64
	for _, candidate := range questions[0].Candidates {
		if candidate.Listed == listed {
			chosen = append(chosen, candidate.Number)
		}
	}
	if len(chosen) != 1 || len(questions[0].Candidates) != 2 {
		t.Fatalf("candidates %+v, want both, one of them who moved", questions[0].Candidates)
	}
	if err := w.Registry.Decide(t.Context(), official, registry.Decision{Event: move.ID, Chosen: chosen}); err != nil {
		t.Fatal(err)
	}
	if err := w.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.ends(end("of who moved", of(d, jpki.Signing), "affiliationChanged"), end("of the other", of(c, jpki.Signing), "good"))
}
