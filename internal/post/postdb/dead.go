package postdb

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/post"
)

// DeadLetter is a message that was given up, whole, with the reason and the time.
type DeadLetter struct {
	post.Message
	Reason string
	At     time.Time
}

const (
	selectAbandoned = `SELECT '', receiver, topic, seq, kind, version, operator, written, body, reason, settled
		FROM post_out WHERE state = 2 ORDER BY receiver, topic, seq`
	selectRefused = `SELECT sender, '', topic, seq, kind, version, operator, written, body, reason, refused
		FROM post_refused ORDER BY sender, topic, seq, digest`
)

// Abandoned returns the dead letters of the outbox, From left empty. [Box.Resend] takes one up again.
func (b Box) Abandoned(ctx context.Context) ([]DeadLetter, error) {
	return b.deadLetters(ctx, selectAbandoned)
}

// Refused returns the dead letters of the inbox, To left empty. [post.Inbox.Retry] takes one up again.
func (b Box) Refused(ctx context.Context) ([]DeadLetter, error) {
	return b.deadLetters(ctx, selectRefused)
}

func (b Box) deadLetters(ctx context.Context, query string) ([]DeadLetter, error) {
	rows, err := b.tx.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("reading dead letters: %w", err)
	}
	defer rows.Close()
	var all []DeadLetter
	for rows.Next() {
		var d DeadLetter
		var written, at int64
		err := rows.Scan(&d.From, &d.To, &d.Topic, &d.Seq, &d.Kind.Name, &d.Kind.Version, &d.Operator, &written, &d.Body, &d.Reason, &at)
		if err != nil {
			return nil, fmt.Errorf("reading dead letters: %w", err)
		}
		d.Written, d.At = time.Unix(written, 0).UTC(), time.Unix(at, 0).UTC()
		all = append(all, d)
	}
	return all, rows.Err()
}
