package post

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	// Step is called as each numbered step of an act begins, for those who watch or test. Optional.
	Step func(Step)
}

// errSettled says that somebody else settled the message between our look and our transaction.
var errSettled = fault.New(fault.Conflict, "post.settled")

// Receive takes a batch, each message by these steps. When one fails, the later ones of its stream wait. It is a
// [Receiver].
//
//  1. Look: whether it is known already, and whether those before it are settled. Stopped here: nothing happened.
//  2. Apply: permission, the work of the handler, the note that it was applied and the audit entry are one transaction.
//     Stopped before its commit: nothing happened, it is sent again. Stopped after it: applied; when it is sent again it is
//     known, and gets its receipt.
//  3. Refuse, instead, what can never be applied or has failed too often: a dead letter and the audit entry are one
//     transaction. Stopped before its commit: as before step 2. Stopped after it: refused, and known.
//  4. Answer. Stopped here: as after 2 or 3.
func (b *Inbox[T]) Receive(ctx context.Context, from Address, batch []Message) ([]Receipt, error) {
	var receipts []Receipt
	stopped := map[Topic]bool{}
	for _, m := range batch {
		m.From, m.To = from, b.Office
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("receiving from %s: %w", from, err)
		}
		r := Receipt{m.Topic, m.Seq, Failed, "post.early"}
		if !stopped[m.Topic] {
			r = b.receive(ctx, m)
		}
		stopped[m.Topic] = r.Outcome == Failed
		receipts = append(receipts, r)
	}
	b.step(4)
	return receipts, nil
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
	b.step(1)
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
	b.step(2)
	entry := audit.Entry{Act: h.Act, Law: h.Law, Subject: "message:" + m.ID()}
	err := b.Guard.Do(ctx, m.actor(), entry, func(tx T, e *audit.Entry) error {
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
	})
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
	b.step(3)
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

func (b *Inbox[T]) step(number int) {
	if b.Step != nil {
		b.Step(Step{"Receive", number})
	}
}
