package postdb

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/post"
)

// Outbox is the outbox of an office, for its courier.
type Outbox struct{ DB *db.DB }

var _ post.Outbox = Outbox{}

const selectReceivers = `SELECT DISTINCT receiver FROM post_stream s WHERE due <= $1 AND EXISTS (
		SELECT 1 FROM post_out o WHERE o.receiver = s.receiver AND o.topic = s.topic AND o.state = 0) ORDER BY receiver`

// Receivers returns whom messages wait for in streams that are due.
func (o Outbox) Receivers(ctx context.Context, at time.Time) (receivers []post.Address, err error) {
	err = o.DB.View(ctx, func(tx *db.Tx) error {
		receivers, err = words[post.Address](ctx, tx, selectReceivers, at.Unix())
		return err
	})
	return receivers, err
}

// words reads rows of one text column.
func words[W ~string](ctx context.Context, tx *db.Tx, query string, args ...any) ([]W, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []W
	for rows.Next() {
		var w W
		if err := rows.Scan(&w); err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

const selectTopics = `SELECT topic FROM post_stream WHERE receiver = $1 AND due <= $2 ORDER BY topic`

// Waiting returns the first messages of each due stream to a receiver.
func (o Outbox) Waiting(ctx context.Context, to post.Address, at time.Time, perTopic, limit, size int) (all []post.Waiting, err error) {
	err = o.DB.View(ctx, func(tx *db.Tx) error {
		topics, err := words[post.Topic](ctx, tx, selectTopics, string(to), at.Unix())
		if err != nil {
			return err
		}
		for _, topic := range topics {
			stream, err := waiting(ctx, tx, to, topic, min(perTopic, limit-len(all)))
			if err != nil {
				return err
			}
			for _, w := range stream {
				if size -= len(w.Body); size < 0 && len(all) > 0 {
					return nil
				}
				all = append(all, w)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading messages to %s: %w", to, err)
	}
	return all, nil
}

const selectWaiting = `SELECT seq, kind, version, operator, written, body, again, attempts, coalesce((
		SELECT p.seq FROM post_out p WHERE p.receiver = o.receiver AND p.topic = o.topic AND p.seq < o.seq AND p.state <> 2
		ORDER BY p.seq DESC LIMIT 1), 0)
	FROM post_out o WHERE receiver = $1 AND topic = $2 AND state = 0 ORDER BY seq LIMIT $3`

func waiting(ctx context.Context, tx *db.Tx, to post.Address, topic post.Topic, limit int) ([]post.Waiting, error) {
	rows, err := tx.Query(ctx, selectWaiting, string(to), string(topic), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []post.Waiting
	for rows.Next() {
		w := post.Waiting{Message: post.Message{Letter: post.Letter{To: to, Topic: topic}}}
		var written int64
		err := rows.Scan(&w.Seq, &w.Kind.Name, &w.Kind.Version, &w.Operator, &written, &w.Body, &w.Again, &w.Attempts, &w.After)
		if err != nil {
			return nil, err
		}
		w.Written = time.Unix(written, 0).UTC()
		all = append(all, w)
	}
	return all, rows.Err()
}

const (
	deliverLetter = `UPDATE post_out SET state = 1, reason = '', settled = $1, body = NULL
		WHERE receiver = $2 AND topic = $3 AND seq = $4 AND state = 0`
	buryLetter = `UPDATE post_out SET state = 2, reason = $1, attempts = $2, settled = $3
		WHERE receiver = $4 AND topic = $5 AND seq = $6 AND state = 0`
	retryLetter = `UPDATE post_out SET reason = $1, attempts = $2
		WHERE receiver = $3 AND topic = $4 AND seq = $5 AND state = 0`
	setDue = `UPDATE post_stream SET due = $1 WHERE receiver = $2 AND topic = $3`
)

// Record keeps what became of messages to a receiver.
func (o Outbox) Record(ctx context.Context, to post.Address, results []post.Result) error {
	return o.DB.Update(ctx, func(tx *db.Tx) error {
		for _, r := range results {
			if err := record(ctx, tx, to, r); err != nil {
				return fmt.Errorf("recording message %s/%s/%d: %w", to, r.Topic, r.Seq, err)
			}
		}
		return nil
	})
}

func record(ctx context.Context, tx *db.Tx, to post.Address, r post.Result) (err error) {
	due := int64(0) // what comes next is tried at once
	switch r.State {
	case post.Undelivered:
		due = r.Due.Unix()
		_, err = tx.Exec(ctx, retryLetter, r.Reason, r.Attempts, string(to), string(r.Topic), r.Seq)
	case post.Delivered:
		_, err = tx.Exec(ctx, deliverLetter, tx.Now.Unix(), string(to), string(r.Topic), r.Seq)
	case post.Dead:
		_, err = tx.Exec(ctx, buryLetter, r.Reason, r.Attempts, tx.Now.Unix(), string(to), string(r.Topic), r.Seq)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, setDue, due, string(to), string(r.Topic))
	return err
}

const selectNext = `SELECT count(*), coalesce(min(due), 0) FROM post_stream s WHERE EXISTS (
		SELECT 1 FROM post_out o WHERE o.receiver = s.receiver AND o.topic = s.topic AND o.state = 0)`

// NextDue returns when the next stream is due; ok is false if nothing waits.
func (o Outbox) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	err = o.DB.View(ctx, func(tx *db.Tx) error {
		var streams, due int64
		err := tx.QueryRow(ctx, selectNext).Scan(&streams, &due)
		at, ok = time.Unix(due, 0).UTC(), streams > 0
		return err
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("reading outbox: %w", err)
	}
	return at, ok, nil
}

const hurryAll = `UPDATE post_stream SET due = 0 WHERE due > 0`

// Hurry makes everything that waits due at once, as when the office opens or a line is mended.
func (o Outbox) Hurry(ctx context.Context) error {
	return o.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, hurryAll); err != nil {
			return fmt.Errorf("hurrying letters: %w", err)
		}
		return nil
	})
}
