package postdb

import (
	"context"
	"embed"
	"fmt"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

//go:embed schema
var schema embed.FS

// Migrate makes or updates the tables of the post in the database of an office.
func Migrate(ctx context.Context, d *db.DB) error {
	return d.Migrate(ctx, "post", schema)
}

// Box is the outbox and the inbox in one transaction of an office.
type Box struct{ tx *db.Tx }

// In returns the box in a transaction.
func In(tx *db.Tx) Box { return Box{tx} }

const (
	nextNumber = `INSERT INTO post_stream (receiver, topic, last, due) VALUES ($1, $2, 1, 0)
		ON CONFLICT (receiver, topic) DO UPDATE SET last = post_stream.last + 1 RETURNING last`
	insertLetter = `INSERT INTO post_out (receiver, topic, seq, kind, version, operator, written, size, body, state, again, attempts, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, '')`
)

// Send puts a letter into the outbox and returns its place in the stream. It is sent if the transaction is committed.
// Faults: those of [post.Letter.Check].
func (b Box) Send(ctx context.Context, l post.Letter) (seq int64, err error) {
	if err := l.Check(); err != nil {
		return 0, err
	}
	if err := b.tx.QueryRow(ctx, nextNumber, string(l.To), string(l.Topic)).Scan(&seq); err != nil {
		return 0, fmt.Errorf("numbering letter to %s: %w", l.To, err)
	}
	_, err = b.tx.Exec(ctx, insertLetter, string(l.To), string(l.Topic), seq, l.Kind.Name, l.Kind.Version,
		l.Operator, b.tx.Now.Unix(), len(l.Body), l.Body)
	if err != nil {
		return 0, fmt.Errorf("writing letter to %s: %w", l.To, err)
	}
	return seq, nil
}

const (
	reviveLetter = `UPDATE post_out SET state = 0, again = 1, attempts = 0, reason = '', settled = NULL
		WHERE receiver = $1 AND topic = $2 AND seq = $3 AND state = 2`
	hurryStream = `UPDATE post_stream SET due = 0 WHERE receiver = $1 AND topic = $2`
)

// Resend takes a dead letter of the outbox up again, under its old name. The receiver applies it if it has not already.
// Fault: "post.no_dead_letter".
func (b Box) Resend(ctx context.Context, to post.Address, topic post.Topic, seq int64) error {
	result, err := b.tx.Exec(ctx, reviveLetter, string(to), string(topic), seq)
	if err != nil {
		return fmt.Errorf("resending letter to %s: %w", to, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return fault.Wrap(err, fault.NotFound, "post.no_dead_letter", fmt.Sprintf("%s/%s/%d", to, topic, seq))
	}
	if _, err := b.tx.Exec(ctx, hurryStream, string(to), string(topic)); err != nil {
		return fmt.Errorf("resending letter to %s: %w", to, err)
	}
	return nil
}
