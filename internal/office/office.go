package office

import (
	"context"

	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/schedule"
)

// Tx is the part of its transaction that every office has.
type Tx interface {
	post.Tx     // the inbox, and the audit log
	schedule.Tx // the calendar
	// Send puts a letter into the outbox and returns its place in the stream. It is sent if the transaction is committed.
	// Faults: those of [post.Letter.Check].
	Send(ctx context.Context, l post.Letter) (seq int64, err error)
}

// Store is what an office needs of a database. T is the office's own transaction.
type Store[T Tx] interface {
	// Update runs f in one transaction; nothing is kept if f returns an error.
	Update(ctx context.Context, f func(T) error) error
	// View runs f in a transaction that changes nothing.
	View(ctx context.Context, f func(T) error) error
}

// Send writes a letter of a form into the outbox of a transaction.
func Send[M any](ctx context.Context, tx Tx, f post.Form[M], to post.Address, topic post.Topic, body M) error {
	letter, err := f.Letter(to, topic, body)
	if err != nil {
		return err
	}
	_, err = tx.Send(ctx, letter)
	return err
}
