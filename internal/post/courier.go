package post

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/fault"
)

// Waiting is a message in an outbox.
type Waiting struct {
	Message
	Attempts int // how often it was tried in vain
}

// State is where a message in an outbox stands.
type State int

const (
	Undelivered State = iota // to be sent
	Delivered                // a receiver or a medium has it
	Dead                     // given up, kept whole
)

// Result is what an attempt to deliver a message came to.
type Result struct {
	Topic    Topic
	Seq      int64
	State    State
	Reason   string    // why it was not delivered
	Attempts int       // in vain so far
	Due      time.Time // Undelivered: when its stream is tried again
}

// Outbox is the sender's store. Each method is a transaction of its own.
type Outbox interface {
	// Receivers returns, in order, whom messages wait for in streams that are due at an instant.
	Receivers(ctx context.Context, at time.Time) ([]Address, error)
	// Waiting returns the first messages of each due stream to a receiver, by topic and in order, From left empty: at
	// most perTopic of each, and limit and size (of bodies) in all, but one at least if there is any.
	Waiting(ctx context.Context, to Address, at time.Time, perTopic, limit, size int) ([]Waiting, error)
	// Record keeps what became of messages to a receiver.
	Record(ctx context.Context, to Address, results []Result) error
}

// Retry says how long and how often a message is tried. The zero value is a week and a day of trying.
type Retry struct {
	First    time.Duration // wait after the first failure; it doubles with each. Default: 10 s
	Max      time.Duration // greatest wait. Default: 1 h
	Attempts int           // after so many the message is a dead letter. Default: 200
}

// wait returns how long to wait after a number of failures.
func (r Retry) wait(attempts int) time.Duration {
	first, most := cmp.Or(r.First, 10*time.Second), cmp.Or(r.Max, time.Hour)
	for range attempts - 1 {
		if first *= 2; first >= most {
			return most
		}
	}
	return min(first, most)
}

// Courier delivers what waits in the outbox of one office. Fields without "Optional" must be set. It is safe for
// concurrent use; two at work for one receiver only do the same work twice.
type Courier struct {
	Office   Address // the sender
	Outbox   Outbox
	Carriers map[Address]Carrier // the way to each receiver
	Now      func() time.Time
	Retry    Retry // Optional.
	// Patience is how long one batch may be under way. Optional; a minute if 0.
	Patience time.Duration
	// Observe is told of each message that is delivered or given up. Optional.
	Observe func(Event)
	// Step is called with each numbered step of an act as it begins, such as "DeliverTo 3", for those who watch or test. Optional.
	Step func(string)
}

// perTopic is how many messages of one stream go in one batch, so that a long stream leaves room for the others.
const perTopic = 20

// Deliver delivers to one receiver after the other, in order, until nothing is due. An error says that the outbox could
// not be read or written; a receiver who cannot be reached is none.
func (c *Courier) Deliver(ctx context.Context) error {
	receivers, err := c.Outbox.Receivers(ctx, c.Now())
	if err != nil {
		return fmt.Errorf("reading outbox: %w", err)
	}
	for _, to := range receivers {
		if err := c.DeliverTo(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// DeliverTo delivers to one receiver until nothing is due.
//
//  1. Read: the first messages of each stream that is due. Stopped here: nothing happened.
//  2. Carry. Stopped here: the receiver may have them or not; they are sent again, and the receiver knows which it has.
//  3. Record: what the receipts say, and for the first of a stream that has none, when it is tried again. Stopped before
//     the commit: as after 2. Stopped after it: done.
func (c *Courier) DeliverTo(ctx context.Context, to Address) error {
	for {
		now := c.Now()
		c.step("DeliverTo 1")
		waiting, err := c.Outbox.Waiting(ctx, to, now, perTopic, MaxBatch, MaxBatchSize)
		if err != nil {
			return fmt.Errorf("reading outbox: %w", err)
		}
		if len(waiting) == 0 {
			return nil
		}
		receipts := c.carry(ctx, to, waiting)
		if err := ctx.Err(); err != nil {
			return err // a failure now is ours and does not count
		}
		results := c.judge(waiting, receipts, now)
		c.step("DeliverTo 3")
		if err := c.Outbox.Record(ctx, to, results); err != nil {
			return fmt.Errorf("recording receipts: %w", err)
		}
		c.tell(waiting, results, now)
	}
}

type place struct {
	topic Topic
	seq   int64
}

// carry returns the receipts by place; what could not be carried has failed.
func (c *Courier) carry(ctx context.Context, to Address, waiting []Waiting) map[place]Receipt {
	batch := make([]Message, len(waiting))
	for i := range waiting {
		waiting[i].From = c.Office
		batch[i] = waiting[i].Message
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Patience, time.Minute))
	defer cancel()
	c.step("DeliverTo 2")
	receipts, why := []Receipt(nil), "post.no_route"
	if carrier, ok := c.Carriers[to]; ok {
		var err error
		if receipts, err = carrier(ctx, to, batch); err != nil {
			receipts, why = nil, reasonOf(err)
		} else {
			why = "post.no_receipt"
		}
	}
	all := map[place]Receipt{}
	for _, m := range batch {
		all[place{m.Topic, m.Seq}] = Receipt{m.Topic, m.Seq, Failed, why}
	}
	for _, r := range receipts {
		if _, sent := all[place{r.Topic, r.Seq}]; sent && r.check() == nil {
			all[place{r.Topic, r.Seq}] = r
		}
	}
	return all
}

// reasonOf returns the key of an error's fault, or the word of its kind.
func reasonOf(err error) string { return cmp.Or(fault.KeyOf(err), fault.KindOf(err).String()) }

// judge says what becomes of each message. Of a stream only the first failure counts; those behind it wait for it.
func (c *Courier) judge(waiting []Waiting, receipts map[place]Receipt, now time.Time) []Result {
	var results []Result
	stopped := map[Topic]bool{}
	for _, w := range waiting {
		r := receipts[place{w.Topic, w.Seq}]
		result := Result{Topic: w.Topic, Seq: w.Seq, State: Delivered, Reason: r.Reason, Attempts: w.Attempts}
		switch {
		case r.Outcome == Refused:
			result.State = Dead
		case r.Outcome == Failed && stopped[w.Topic]:
			continue
		case r.Outcome == Failed:
			stopped[w.Topic] = true
			result.Attempts++
			result.State, result.Due = Undelivered, now.Add(c.Retry.wait(result.Attempts))
			if result.Attempts >= cmp.Or(c.Retry.Attempts, 200) {
				result.State = Dead
			}
		}
		results = append(results, result)
	}
	return results
}

func (c *Courier) tell(waiting []Waiting, results []Result, now time.Time) {
	if c.Observe == nil {
		return
	}
	messages := map[place]Message{}
	for _, w := range waiting {
		messages[place{w.Topic, w.Seq}] = w.Message
	}
	for _, r := range results {
		switch r.State {
		case Delivered:
			c.Observe(messages[place{r.Topic, r.Seq}].event(Carried, now))
		case Dead:
			c.Observe(messages[place{r.Topic, r.Seq}].event(Abandoned, now))
		}
	}
}

func (c *Courier) step(name string) {
	if c.Step != nil {
		c.Step(name)
	}
}
