package post_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/post/posttest"
)

// pair is a counter that sends to a CA, with a clock that the test moves.
type pair struct {
	counter, ca *posttest.Office
	courier     *post.Courier
	now         time.Time
	trouble     func(posttest.Slip) error // of the CA's handler
	line        func() error              // of the carrier
	events      []post.Event
}

func newPair(t *testing.T, e dbtest.Engine) *pair {
	p := &pair{now: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}
	p.trouble = func(posttest.Slip) error { return nil }
	p.line = func() error { return nil }
	clock := func() time.Time { return p.now }
	observe := func(e post.Event) { p.events = append(p.events, e) }
	p.counter = posttest.New(t, posttest.Config{Address: posttest.Sender, URL: e.New(t), Now: clock, Observe: observe})
	p.ca = posttest.New(t, posttest.Config{
		Address: posttest.Receiver, URL: e.New(t), Now: clock, Observe: observe,
		Trouble: func(s posttest.Slip) error { return p.trouble(s) },
	})
	local := post.Local(posttest.Sender, map[post.Address]post.Receiver{posttest.Receiver: p.ca.Inbox.Receive})
	p.courier = p.counter.Courier(map[post.Address]post.Carrier{
		posttest.Receiver: func(ctx context.Context, to post.Address, batch []post.Message) ([]post.Receipt, error) {
			if err := p.line(); err != nil {
				return nil, err
			}
			return local(ctx, to, batch)
		},
	})
	return p
}

func (p *pair) say(t *testing.T, topic post.Topic, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := p.counter.Say(t.Context(), posttest.Receiver, topic, posttest.Slip{Number: n, Words: "見本"}); err != nil {
			t.Fatal(err)
		}
	}
}

// deliver moves the clock and lets the courier work.
func (p *pair) deliver(t *testing.T, wait time.Duration) {
	t.Helper()
	p.now = p.now.Add(wait)
	if err := p.courier.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// told checks what the CA has written down.
func (p *pair) told(t *testing.T, topic post.Topic, want ...int) {
	t.Helper()
	got, err := p.ca.Told(t.Context(), posttest.Sender, topic)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("slips about %s = %v, %v, want %v", topic, got, err, want)
	}
}

// dead checks the dead letters of both offices: topic, number and reason of each.
func (p *pair) dead(t *testing.T, abandoned, refused []string) {
	t.Helper()
	out, _, err := p.counter.DeadLetters(t.Context())
	if diff := cmp.Diff(abandoned, names(out)); err != nil || diff != "" {
		t.Errorf("dead letters of the sender: %v, -want +got\n%s", err, diff)
	}
	_, in, err := p.ca.DeadLetters(t.Context())
	if diff := cmp.Diff(refused, names(in)); err != nil || diff != "" {
		t.Errorf("dead letters of the receiver: %v, -want +got\n%s", err, diff)
	}
}

func names(letters []postdb.DeadLetter) (all []string) {
	for _, d := range letters {
		all = append(all, fmt.Sprintf("%s/%d %s", d.Topic, d.Seq, d.Reason))
	}
	return all
}

// eachPair runs a test between two offices, on every kind of database.
func eachPair(t *testing.T, f func(t *testing.T, p *pair)) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) { f(t, newPair(t, e)) })
}

func TestDeliver(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.say(t, "issue", 1, 2, 3)
		p.say(t, "notice", 1)
		p.deliver(t, 0)
		p.told(t, "issue", 1, 2, 3)
		p.told(t, "notice", 1)
		p.dead(t, nil, nil)
		if _, waiting, err := (postdb.Outbox{DB: p.counter.DB}).NextDue(t.Context()); waiting || err != nil {
			t.Errorf("NextDue: something waits %v, %v, want nothing", waiting, err)
		}
		var bodies int
		err := p.counter.Update(t.Context(), func(tx posttest.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT count(body) FROM post_out`).Scan(&bodies)
		})
		if err != nil || bodies != 0 {
			t.Errorf("%d bodies of delivered messages are kept, %v, want none", bodies, err)
		}
	})
}

// What is said in a transaction that fails is not sent.
func TestSendInAFailedTransaction(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		stopped := errors.New("stopped")
		letter, err := posttest.SlipForm.Letter(posttest.Receiver, "issue", posttest.Slip{Number: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = p.counter.Update(t.Context(), func(tx posttest.Tx) error {
			_, err := tx.Send(t.Context(), letter)
			return errors.Join(err, stopped)
		})
		if !errors.Is(err, stopped) {
			t.Fatal(err)
		}
		p.say(t, "issue", 2)
		p.deliver(t, 0)
		p.told(t, "issue", 2)
		letter.Body = nil
		err = p.counter.Update(t.Context(), func(tx posttest.Tx) error {
			_, err := tx.Send(t.Context(), letter)
			return err
		})
		if fault.KeyOf(err) != "post.letter_invalid" {
			t.Errorf("Send of an empty letter = %v, want post.letter_invalid", err)
		}
	})
}

// Waits double to the greatest one, and start afresh with the next message.
func TestBackoff(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.line = func() error { return errors.New("line down") }
		p.say(t, "issue", 1)
		p.courier.Retry = post.Retry{First: time.Minute, Max: 5 * time.Minute, Attempts: 100}
		begin := p.now
		var waits []time.Duration
		for range 5 {
			p.deliver(t, 0)
			at, waiting, err := postdb.Outbox{DB: p.counter.DB}.NextDue(t.Context())
			if err != nil || !waiting {
				t.Fatalf("NextDue = %v, %v, want a time", waiting, err)
			}
			waits = append(waits, at.Sub(p.now))
			p.now = at.Add(-time.Second)
			p.deliver(t, 0) // too early: nothing is tried
			p.now = at
		}
		want := []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute}
		if diff := cmp.Diff(want, waits); diff != "" {
			t.Errorf("waits: -want +got\n%s", diff)
		}
		p.line = func() error { return nil }
		p.deliver(t, 0)
		p.told(t, "issue", 1)
		if len(p.events) != 2 || p.now.Sub(begin) != 17*time.Minute {
			t.Errorf("%d events after %v, want applied and carried after 17m", len(p.events), p.now.Sub(begin))
		}
	})
}

// A message that fails too often is kept with its reason; its stream goes on, and no other stream waits.
func TestPoisonedMessage(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.trouble = func(s posttest.Slip) error {
			if s.Number == 2 {
				return errors.New("a bug")
			}
			return nil
		}
		p.say(t, "issue", 1, 2, 3)
		p.say(t, "notice", 4, 5)
		p.deliver(t, 0)
		p.told(t, "issue", 1)
		p.told(t, "notice", 4, 5)
		for range 3 {
			p.deliver(t, 8*time.Minute)
		}
		p.told(t, "issue", 1, 3)
		p.dead(t, []string{"issue/2 internal"}, []string{"issue/2 internal"})
	})
}

// What breaks a rule is refused at once.
func TestRefusedByTheHandler(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.trouble = func(s posttest.Slip) error {
			if s.Number == 2 {
				return fault.New(fault.Conflict, "ca.double_issue", "sign", 7)
			}
			return nil
		}
		p.say(t, "issue", 1, 2, 3)
		p.deliver(t, 0)
		p.told(t, "issue", 1, 3)
		p.dead(t, []string{"issue/2 ca.double_issue"}, []string{"issue/2 ca.double_issue"})
		entries, err := p.ca.Audited(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%s %s %s %s %s", e.Actor.Office, e.Act, e.Subject, e.Outcome, e.Detail["fault"]))
		}
		want := []string{
			"counter test.tell message:counter-99201/ca/issue/1 allowed ",
			"counter test.tell message:counter-99201/ca/issue/2 failed ca.double_issue",
			"counter post.refuse message:counter-99201/ca/issue/2 failed ca.double_issue",
			"counter test.tell message:counter-99201/ca/issue/3 allowed ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("audit log: -want +got\n%s", diff)
		}
	})
}

func TestUnknownKind(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		handler := p.ca.Inbox.Handlers[post.Kind(posttest.SlipForm)]
		delete(p.ca.Inbox.Handlers, post.Kind(posttest.SlipForm))
		p.say(t, "issue", 1)
		p.deliver(t, 0)
		p.dead(t, []string{"issue/1 post.unknown_kind"}, []string{"issue/1 post.unknown_kind"})

		// The program learns the kind, and a person has it tried again.
		p.ca.Inbox.Handlers[post.Kind(posttest.SlipForm)] = handler
		_, refused, err := p.ca.DeadLetters(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := p.ca.Inbox.Retry(t.Context(), refused[0].Message)
		if err != nil || receipt.Outcome != post.Accepted {
			t.Errorf("Retry = %v, %v, want it accepted", receipt, err)
		}
		p.told(t, "issue", 1)
		p.dead(t, []string{"issue/1 post.unknown_kind"}, nil)
		// The sender tries again too: it is known, and done once.
		p.resend(t, "issue", 1)
		p.deliver(t, 0)
		p.told(t, "issue", 1)
		p.dead(t, nil, nil)
	})
}

func (p *pair) resend(t *testing.T, topic post.Topic, seq int64) {
	t.Helper()
	err := p.counter.Update(t.Context(), func(tx posttest.Tx) error { return tx.Resend(t.Context(), posttest.Receiver, topic, seq) })
	if err != nil {
		t.Fatal(err)
	}
}

// An office that cannot be reached for long costs one message after the other, late; each can be sent again by hand.
func TestUnreachable(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.line = func() error { return fault.New(fault.Unavailable, "line.unreachable", "ca") }
		p.say(t, "issue", 1, 2)
		for range 5 {
			p.deliver(t, 8*time.Minute)
		}
		p.dead(t, []string{"issue/1 line.unreachable"}, nil)
		p.line = func() error { return nil }
		p.deliver(t, 8*time.Minute)
		p.told(t, "issue", 2)
		p.resend(t, "issue", 1)
		p.say(t, "issue", 3)
		p.deliver(t, 0)
		p.told(t, "issue", 2, 1, 3)
		p.dead(t, nil, nil)
		err := p.counter.Update(t.Context(), func(tx posttest.Tx) error { return tx.Resend(t.Context(), posttest.Receiver, "issue", 1) })
		if fault.KeyOf(err) != "post.no_dead_letter" {
			t.Errorf("Resend of what was delivered = %v, want post.no_dead_letter", err)
		}
	})
}

func TestNoRoute(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.courier.Carriers = nil
		p.courier.Retry.Attempts = 1
		p.say(t, "issue", 1)
		p.deliver(t, 0)
		p.dead(t, []string{"issue/1 post.no_route"}, nil)
	})
}

// Who may not ask is refused, and it is in the log.
func TestNotAllowed(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.ca.Inbox.Guard.Policy = authz.Policy{posttest.ActTell: {authz.Kiosk}}
		p.say(t, "issue", 1)
		p.deliver(t, 0)
		p.told(t, "issue")
		p.dead(t, []string{"issue/1 authz.denied"}, []string{"issue/1 authz.denied"})
		entries, err := p.ca.Audited(t.Context())
		if err != nil || len(entries) != 2 || entries[0].Outcome != audit.Denied {
			t.Errorf("audit log = %v, %v, want it denied", entries, err)
		}
	})
}

// No audit, no change, and no dead letter either.
func TestNothingWithoutAudit(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		if err := p.ca.Update(t.Context(), func(tx posttest.Tx) error {
			_, err := tx.Exec(t.Context(), `ALTER TABLE audit_entry RENAME TO elsewhere`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		p.say(t, "issue", 1)
		p.deliver(t, 0)
		p.deliver(t, time.Minute)
		p.deliver(t, 2*time.Minute)
		p.told(t, "issue")
		p.dead(t, nil, nil)
		if err := p.ca.Update(t.Context(), func(tx posttest.Tx) error {
			_, err := tx.Exec(t.Context(), `ALTER TABLE elsewhere RENAME TO audit_entry`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		p.deliver(t, 4*time.Minute)
		p.told(t, "issue", 1)
	})
}

// The map is drawn from what may be shown.
func TestEvents(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pair) {
		p.say(t, "issue", 1)
		p.deliver(t, 0)
		want := post.Event{
			Message: "counter-99201/ca/issue/1", From: "counter-99201", To: "ca",
			Kind: post.Kind(posttest.SlipForm), Size: len(`{"Number":1,"Words":"見本"}`), Time: p.now, What: post.Applied,
		}
		carried := want
		carried.What = post.Carried
		if diff := cmp.Diff([]post.Event{want, carried}, p.events); diff != "" {
			t.Errorf("events: -want +got\n%s", diff)
		}
	})
}
