package post

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Arrival is what a receiver knows of a message and its stream before it takes it.
type Arrival struct {
	Last    int64   // the last place of the stream that is settled; 0 if none is
	Outcome Outcome // of this message: Accepted, Refused, or "" if it is not settled
	Reason  string  // why it was refused
	Digest  []byte  // of what was settled under its name
}

// Tx is the part of the receiver's transaction that [Inbox] needs. Package postdb has it.
type Tx interface {
	audit.Tx
	Arrival(ctx context.Context, m Message) (Arrival, error)
	// Settle notes that a message was applied; it is no dead letter any more.
	Settle(ctx context.Context, m Message) error
	// Refuse keeps a message whole as a dead letter and, if nothing was settled under its name, notes the name.
	Refuse(ctx context.Context, m Message, reason string) error
	// Fail counts a failure of a message and returns how many there were.
	Fail(ctx context.Context, m Message) (failures int, err error)
}

// Handler does what messages of one kind say.
type Handler[T Tx] struct {
	Act authz.Act // what the sender must be allowed to do
	Law string    // the article it rests on, as in audit.Entry
	// Apply does it in the given transaction, and has no effect outside it. A fault of kind Invalid, Denied, NotFound or
	// Conflict refuses the message; after any other error it is tried again.
	Apply func(ctx context.Context, tx T, e *audit.Entry, m Message) error
}

// ActRefuse is the act of making a dead letter of what another office sent.
const ActRefuse authz.Act = "post.refuse"

// Inbox takes what other offices send to one office. T is the transaction of the office. Fields without "Optional" must be
// set. It is safe for concurrent use.
type Inbox[T Tx] struct {
	Office Address // the receiver
	// Guard holds the office's policy and its store.
	Guard audit.Guard[T]
	// View runs f in a transaction that changes nothing.
	View     func(ctx context.Context, f func(T) error) error
	Handlers map[Kind]Handler[T]
	// Attempts is how often a message may fail before it becomes a dead letter. Optional; 10 if 0.
	Attempts int
	// Now returns the present time, for Observe. Optional; time.Now if nil.
	Now func() time.Time
	// Observe is told of each message that is applied or refused. Optional.
	Observe func(Event)
	// Step is called with each numbered step of an act as it begins, such as "Receive 2", for those who watch or test. Optional.
	Step func(string)
}

// errSettled says that somebody else settled the message between our look and our transaction.
var errSettled = fault.New(fault.Conflict, "post.settled")

// Receive takes a batch, each message by these steps. When one fails, the later ones of its stream wait. Messages that
// come one after the other and are all new take step 2 together, in one transaction, each with its own audit entry; where
// one of them fails, it is as if each had come alone. It is a [Receiver].
//
//  1. Look: whether it is known already, and whether those before it are settled. Stopped here: nothing happened.
//  2. Apply: permission, the work of the handler, the note that it was applied and the audit entry are one transaction.
//     Stopped before its commit: nothing happened, it is sent again. Stopped after it: applied; when it is sent again it is
//     known, and gets its receipt.
//  3. Refuse, instead, what can never be applied or has failed too often: a dead letter and the audit entry are one
//     transaction. Stopped before its commit: as before step 2. Stopped after it: refused, and known.
//  4. Answer. Stopped here: as after 2 or 3.
func (b *Inbox[T]) Receive(ctx context.Context, from Address, batch []Message) ([]Receipt, error) {
	batch = slices.Clone(batch)
	for i := range batch {
		batch[i].From, batch[i].To = from, b.Office
		if err := batch[i].check(); err != nil {
			return nil, fmt.Errorf("receiving from %s: %w", from, err)
		}
	}
	var receipts []Receipt
	stopped := map[Topic]bool{}
	for len(receipts) < len(batch) {
		rest := batch[len(receipts):]
		receipts = append(receipts, b.applyRun(ctx, rest[:b.run(ctx, rest, stopped)])...)
		if len(receipts) == len(batch) {
			break
		}
		m := batch[len(receipts)] // the one that goes with no run, or that the run failed of
		r := m.receipt(Failed, "post.early")
		if !stopped[m.Topic] {
			r = b.receive(ctx, m)
		}
		stopped[m.Topic] = r.Outcome == Failed
		receipts = append(receipts, r)
	}
	b.step("Receive 4")
	return receipts, nil
}

// run returns how many messages at the front may be applied in one transaction: new ones of known kinds, each the next of
// its stream. One alone is no run.
func (b *Inbox[T]) run(ctx context.Context, batch []Message, stopped map[Topic]bool) (n int) {
	if len(batch) < 2 {
		return 0
	}
	b.step("Receive 1")
	err := b.View(ctx, func(tx T) error {
		last := map[Topic]int64{}
		for _, m := range batch {
			a, err := tx.Arrival(ctx, m)
			if err != nil {
				return err
			}
			a.Last = max(a.Last, last[m.Topic])
			_, known := b.Handlers[m.Kind]
			if outcome, _ := a.decide(m); outcome != "" || !known || stopped[m.Topic] {
				return nil
			}
			last[m.Topic] = m.Seq
			n++
		}
		return nil
	})
	if err != nil || n < 2 {
		return 0
	}
	return n
}

// applyRun applies a run, as far as all goes well, and returns the receipts of what it applied. Where one fails, those
// before it are applied without it; what it fails of is found out when it is taken alone.
func (b *Inbox[T]) applyRun(ctx context.Context, run []Message) (receipts []Receipt) {
	for len(run) > 1 {
		b.step("Receive 2")
		deeds := make([]audit.Deed[T], len(run))
		for i, m := range run {
			deeds[i] = b.deed(ctx, m, b.Handlers[m.Kind])
		}
		well, err := b.Guard.DoAll(ctx, deeds)
		if err != nil {
			run = run[:well]
			continue
		}
		for _, m := range run {
			b.tell(m, Applied)
			receipts = append(receipts, m.receipt(Accepted, ""))
		}
		return receipts
	}
	return nil
}

// Retry takes a dead letter of this office once more, as when the program has learnt its kind. The receipt says what
// became of it.
func (b *Inbox[T]) Retry(ctx context.Context, m Message) (Receipt, error) {
	m.Again = true
	receipts, err := b.Receive(ctx, m.From, []Message{m})
	if err != nil {
		return Receipt{}, err
	}
	return receipts[0], nil
}

func (b *Inbox[T]) receive(ctx context.Context, m Message) Receipt {
	b.step("Receive 1")
	var a Arrival
	err := b.View(ctx, func(tx T) (err error) {
		a, err = tx.Arrival(ctx, m)
		return err
	})
	if err != nil {
		return m.receipt(Failed, reasonOf(err))
	}
	handler, known := b.Handlers[m.Kind]
	switch outcome, why := a.decide(m); {
	case outcome == Refused && a.Outcome == "", why == "post.altered":
		return b.refuse(ctx, m, why)
	case outcome != "":
		return m.receipt(outcome, why)
	case !known:
		return b.refuse(ctx, m, "post.unknown_kind")
	}
	return b.apply(ctx, m, handler)
}

// decide says what becomes of a message without a look into it; "" if it is to be applied.
func (a Arrival) decide(m Message) (Outcome, string) {
	digest := m.Digest()
	switch {
	case a.Outcome != "" && string(a.Digest) != string(digest[:]):
		return Refused, "post.altered"
	case a.Outcome == Accepted:
		return Accepted, ""
	case m.Again:
		return "", ""
	case a.Outcome == Refused:
		return Refused, a.Reason
	case m.Seq <= a.Last:
		return Refused, "post.late" // the sender gave it up, then sent its successors
	case m.After > a.Last:
		return Failed, "post.early"
	}
	return "", ""
}

func (m Message) receipt(outcome Outcome, why string) Receipt {
	return Receipt{m.Topic, m.Seq, outcome, why}
}

func (b *Inbox[T]) apply(ctx context.Context, m Message, h Handler[T]) Receipt {
	b.step("Receive 2")
	d := b.deed(ctx, m, h)
	err := b.Guard.Do(ctx, d.Actor, d.Entry, d.Do)
	switch {
	case err == nil:
		b.tell(m, Applied)
		return m.receipt(Accepted, "")
	case errors.Is(err, errSettled):
		return b.receive(ctx, m) // finds out as what
	case forGood(err):
		return b.refuse(ctx, m, reasonOf(err))
	}
	return b.fail(ctx, m, err)
}

// deed is what a message asks for, with the note that it was done.
func (b *Inbox[T]) deed(ctx context.Context, m Message, h Handler[T]) audit.Deed[T] {
	return audit.Deed[T]{
		Actor: m.actor(), Entry: audit.Entry{Act: h.Act, Law: h.Law, Subject: "message:" + m.ID()},
		Do: func(tx T, e *audit.Entry) error {
			a, err := tx.Arrival(ctx, m)
			if err != nil {
				return err
			}
			if outcome, _ := a.decide(m); outcome != "" {
				return errSettled
			}
			if err := h.Apply(ctx, tx, e, m); err != nil {
				return err
			}
			return tx.Settle(ctx, m)
		},
	}
}

// forGood reports whether the same message would fail in the same way for ever.
func forGood(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Denied, fault.NotFound, fault.Conflict:
		return true
	}
	return false
}

func (b *Inbox[T]) fail(ctx context.Context, m Message, why error) Receipt {
	failures := 0
	err := b.Guard.Update(ctx, func(tx T) (err error) {
		failures, err = tx.Fail(ctx, m)
		return err
	})
	if err == nil && failures >= cmp.Or(b.Attempts, 10) {
		return b.refuse(ctx, m, reasonOf(why))
	}
	return m.receipt(Failed, reasonOf(why))
}

func (b *Inbox[T]) refuse(ctx context.Context, m Message, why string) Receipt {
	b.step("Receive 3")
	err := b.Guard.Update(ctx, func(tx T) error {
		if err := tx.Refuse(ctx, m, why); err != nil {
			return err
		}
		return tx.Audit(ctx, audit.Entry{
			Actor: m.actor(), Act: ActRefuse, Subject: "message:" + m.ID(), Outcome: audit.Failed,
			Detail: map[string]string{"fault": why},
		})
	})
	if err != nil {
		return m.receipt(Failed, reasonOf(err))
	}
	b.tell(m, Refusal)
	return m.receipt(Refused, why)
}

func (m Message) actor() authz.Actor {
	return authz.Actor{Office: m.From.Office(), Operator: m.Operator}
}

func (b *Inbox[T]) tell(m Message, what Happening) {
	if b.Observe == nil {
		return
	}
	now := time.Now
	if b.Now != nil {
		now = b.Now
	}
	b.Observe(m.event(what, now()))
}

func (b *Inbox[T]) step(name string) {
	if b.Step != nil {
		b.Step(name)
	}
}
