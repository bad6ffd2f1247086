package postdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/internal/post"
)

const (
	selectLast    = `SELECT coalesce(max(seq), 0) FROM post_in WHERE sender = $1 AND topic = $2`
	selectSettled = `SELECT digest, reason FROM post_in WHERE sender = $1 AND topic = $2 AND seq = $3`
)

// Arrival returns what is known of a message and its stream.
func (b Box) Arrival(ctx context.Context, m post.Message) (a post.Arrival, err error) {
	if err := b.tx.QueryRow(ctx, selectLast, string(m.From), string(m.Topic)).Scan(&a.Last); err != nil {
		return a, fmt.Errorf("looking for message %s: %w", m.ID(), err)
	}
	err = b.tx.QueryRow(ctx, selectSettled, string(m.From), string(m.Topic), m.Seq).Scan(&a.Digest, &a.Reason)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return a, nil
	case err != nil:
		return a, fmt.Errorf("looking for message %s: %w", m.ID(), err)
	}
	a.Outcome = post.Accepted
	if a.Reason != "" {
		a.Outcome = post.Refused
	}
	return a, nil
}

const (
	settleMessage = `INSERT INTO post_in (sender, topic, seq, digest, kind, version, size, reason, settled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8)
		ON CONFLICT (sender, topic, seq) DO UPDATE SET reason = '', settled = excluded.settled`
	buryRefused   = `DELETE FROM post_refused WHERE sender = $1 AND topic = $2 AND seq = $3 AND digest = $4`
	deleteFailure = `DELETE FROM post_failure WHERE sender = $1 AND topic = $2 AND seq = $3`
)

// Settle notes that a message was applied.
func (b Box) Settle(ctx context.Context, m post.Message) error {
	digest := m.Digest()
	return b.all(ctx, "settling message "+m.ID(), []statement{
		{settleMessage, []any{string(m.From), string(m.Topic), m.Seq, digest[:], m.Kind.Name, m.Kind.Version, len(m.Body), b.tx.Now.Unix()}},
		{buryRefused, []any{string(m.From), string(m.Topic), m.Seq, digest[:]}},
		{deleteFailure, []any{string(m.From), string(m.Topic), m.Seq}},
	})
}

const (
	insertRefused = `INSERT INTO post_refused (sender, topic, seq, digest, kind, version, operator, written, body, reason, refused)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (sender, topic, seq, digest) DO UPDATE SET reason = excluded.reason, refused = excluded.refused`
	noteRefused = `INSERT INTO post_in (sender, topic, seq, digest, kind, version, size, reason, settled)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (sender, topic, seq) DO UPDATE SET reason = excluded.reason, settled = excluded.settled
		WHERE post_in.digest = excluded.digest AND post_in.reason <> ''`
)

// Refuse keeps a message whole as a dead letter.
func (b Box) Refuse(ctx context.Context, m post.Message, reason string) error {
	digest := m.Digest()
	return b.all(ctx, "refusing message "+m.ID(), []statement{
		{insertRefused, []any{string(m.From), string(m.Topic), m.Seq, digest[:], m.Kind.Name, m.Kind.Version, m.Operator,
			m.Written.Unix(), m.Body, reason, b.tx.Now.Unix()}},
		{noteRefused, []any{string(m.From), string(m.Topic), m.Seq, digest[:], m.Kind.Name, m.Kind.Version, len(m.Body), reason, b.tx.Now.Unix()}},
		{deleteFailure, []any{string(m.From), string(m.Topic), m.Seq}},
	})
}

type statement struct {
	query string
	args  []any
}

func (b Box) all(ctx context.Context, doing string, statements []statement) error {
	for _, s := range statements {
		if _, err := b.tx.Exec(ctx, s.query, s.args...); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return nil
}

const countFailure = `INSERT INTO post_failure (sender, topic, seq, failures) VALUES ($1, $2, $3, 1)
	ON CONFLICT (sender, topic, seq) DO UPDATE SET failures = post_failure.failures + 1 RETURNING failures`

// Fail counts a failure of a message.
func (b Box) Fail(ctx context.Context, m post.Message) (failures int, err error) {
	if err := b.tx.QueryRow(ctx, countFailure, string(m.From), string(m.Topic), m.Seq).Scan(&failures); err != nil {
		return 0, fmt.Errorf("counting failures of message %s: %w", m.ID(), err)
	}
	return failures, nil
}
