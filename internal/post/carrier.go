package post

import (
	"context"
	"regexp"

	"github.com/openjpki/jpki/internal/fault"
)

// Carrier brings a batch of messages to one receiver and returns its receipts. It may return fewer receipts than there are
// messages, or an error if it does not know what became of any: what has no receipt is sent again.
//
// A batch has at most [MaxBatch] messages with [MaxBatchSize] bytes of bodies. The messages of a stream stand in their
// order.
type Carrier func(ctx context.Context, to Address, batch []Message) ([]Receipt, error)

// Receiver takes a batch from an office that the carrier has made sure of. [Inbox.Receive] is one.
type Receiver func(ctx context.Context, from Address, batch []Message) ([]Receipt, error)

// The size of a batch.
const (
	MaxBatch     = 100
	MaxBatchSize = 4 << 20
)

// Outcome is what a receiver decided.
type Outcome string

const (
	Accepted Outcome = "accepted" // the receiver has it; do not send it again
	Refused  Outcome = "refused"  // the receiver will never do it
	Failed   Outcome = "failed"   // not now; send it again
)

// Receipt is the answer to one message of a batch.
type Receipt struct {
	Topic   Topic
	Seq     int64
	Outcome Outcome
	Reason  string // key of the fault, "" if accepted
}

var reason = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31})?$`)

func (r Receipt) check() error {
	known := r.Outcome == Accepted && r.Reason == "" || (r.Outcome == Refused || r.Outcome == Failed) && reason.MatchString(r.Reason)
	if !known || !word.MatchString(string(r.Topic)) || r.Seq < 1 {
		return fault.New(fault.Invalid, "post.receipt_invalid")
	}
	return nil
}

// Local carries between offices of one process.
func Local(from Address, offices map[Address]Receiver) Carrier {
	return func(ctx context.Context, to Address, batch []Message) ([]Receipt, error) {
		receive, ok := offices[to]
		if !ok {
			return nil, fault.New(fault.Unavailable, "post.no_route", to)
		}
		return receive(ctx, from, batch)
	}
}
