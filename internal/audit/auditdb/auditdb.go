package auditdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

//go:embed schema
var schema embed.FS

// Migrate makes or updates the audit tables in the database of an office.
func Migrate(ctx context.Context, d *db.DB) error {
	return d.Migrate(ctx, "audit", schema)
}

// Log appends to the audit log of one office.
type Log struct {
	key  note.Signer
	keys note.Verifiers
}

// New returns the log whose heads are signed with key, the audit key of the
// office. keys holds its verifier and those of former audit keys.
func New(key note.Signer, keys note.Verifiers) (*Log, error) {
	if _, err := keys.Verifier(key.Name(), key.KeyHash()); err != nil {
		return nil, fmt.Errorf("checking audit key: %w", err)
	}
	return &Log{key: key, keys: keys}, nil
}

const (
	insertEntry = `INSERT INTO audit_entry (seq, entry, hash) VALUES ($1, $2, $3)`
	writeHead   = `INSERT INTO audit_head (id, checkpoint) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET checkpoint = excluded.checkpoint`
	selectHead = `SELECT checkpoint FROM audit_head WHERE id = 1`
	selectLast = `SELECT seq, hash FROM audit_entry ORDER BY seq DESC LIMIT 1`
)

// Append writes entries at the end of the log, with the time of the transaction,
// and signs the new head. If it returns an error, the transaction must not be
// committed. A log whose end is not the end that was signed is refused with the
// fault "audit.broken".
func (l *Log) Append(ctx context.Context, tx *db.Tx, entries ...audit.Entry) error {
	p := l.In(tx)
	for _, e := range entries {
		if err := p.Append(ctx, e); err != nil {
			return err
		}
	}
	return p.Seal(ctx)
}

// Pen appends to the log in one transaction. It looks once at the end that was
// signed, and signs the new one once, however many entries come between.
type Pen struct {
	log   *Log
	tx    *db.Tx
	head  audit.Head // the end as this transaction sees it
	wrote bool
}

// In returns the pen of a transaction. Nobody else may append in it.
func (l *Log) In(tx *db.Tx) *Pen { return &Pen{log: l, tx: tx} }

// Append writes an entry as [Log.Append] does; the head is not signed before
// [Pen.Seal].
func (p *Pen) Append(ctx context.Context, e audit.Entry) error {
	if !p.wrote {
		head, err := p.log.head(ctx, p.tx)
		if err != nil {
			return err
		}
		p.head, p.wrote = head, true
	}
	e.Time = p.tx.Now
	encoding, err := e.Encode()
	if err != nil {
		return err
	}
	p.head = audit.Head{Count: p.head.Count + 1, Hash: p.head.Hash.Link(encoding)}
	if _, err := p.tx.Exec(ctx, insertEntry, p.head.Count, encoding, p.head.Hash[:]); err != nil {
		return fmt.Errorf("writing audit entry %d: %w", p.head.Count, err)
	}
	return nil
}

// Seal signs the new head, if anything was written. It must be called before
// the commit: a log with entries after its signed end is broken. If it returns
// an error, the transaction must not be committed.
func (p *Pen) Seal(ctx context.Context) error {
	if !p.wrote {
		return nil
	}
	checkpoint, err := p.head.Sign(p.log.key)
	if err != nil {
		return err
	}
	if _, err := p.tx.Exec(ctx, writeHead, checkpoint); err != nil {
		return fmt.Errorf("writing audit head %d: %w", p.head.Count, err)
	}
	return nil
}

// head returns the signed head, if it is the end of the entries.
func (l *Log) head(ctx context.Context, tx *db.Tx) (audit.Head, error) {
	var last audit.Head
	var hash []byte
	err := tx.QueryRow(ctx, selectLast).Scan(&last.Count, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, fmt.Errorf("reading last audit entry: %w", err)
	}
	last.Hash = hashOf(hash)

	checkpoint, err := Checkpoint(ctx, tx)
	if err != nil {
		return audit.Head{}, err
	}
	var head audit.Head
	if checkpoint != "" {
		head, err = audit.OpenHead(checkpoint, l.keys)
	}
	if err != nil || head != last {
		return audit.Head{}, fault.Wrap(err, fault.Internal, "audit.broken", last.Count)
	}
	return head, nil
}

// Checkpoint returns the signed head of the log, "" if nothing was ever
// recorded. An auditor keeps it outside the office for a later [Verify].
func Checkpoint(ctx context.Context, tx *db.Tx) (string, error) {
	var checkpoint string
	err := tx.QueryRow(ctx, selectHead).Scan(&checkpoint)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading audit head: %w", err)
	}
	return checkpoint, nil
}

// hashOf returns a stored hash; one of another length was not written by us and
// becomes zero, which is the hash of no entry.
func hashOf(stored []byte) audit.Hash {
	if len(stored) != len(audit.Hash{}) {
		return audit.Hash{}
	}
	return audit.Hash(stored)
}

// Filter selects records; empty fields select all.
type Filter struct {
	Law     string // the article, exactly as recorded
	Subject string // the identifier, exactly as recorded
}

const selectEntries = `SELECT seq, entry, hash FROM audit_entry`

// Records reads the records that a filter selects, in order. It ends with the
// first error. While it is read, tx runs no other statement.
func Records(ctx context.Context, tx *db.Tx, f Filter) iter.Seq2[audit.Record, error] {
	query, args := f.query()
	return func(yield func(audit.Record, error) bool) {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			yield(audit.Record{}, fmt.Errorf("reading audit entries: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var r audit.Record
			var hash []byte
			err := rows.Scan(&r.Seq, &r.Encoding, &hash)
			r.Hash = hashOf(hash)
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Record{}, fmt.Errorf("reading audit entries: %w", err))
		}
	}
}

func (f Filter) query() (query string, args []any) {
	query = selectEntries
	switch {
	case f.Law != "" && f.Subject != "":
		query, args = query+` WHERE law = $1 AND subject = $2`, []any{f.Law, f.Subject}
	case f.Law != "":
		query, args = query+` WHERE law = $1`, []any{f.Law}
	case f.Subject != "":
		query, args = query+` WHERE subject = $1`, []any{f.Subject}
	}
	return query + ` ORDER BY seq`, args
}

// Verify checks the whole log of an office as [audit.Verify] does, in one state
// of the database.
func Verify(ctx context.Context, tx *db.Tx, keys note.Verifiers, older ...string) (audit.Report, error) {
	checkpoint, err := Checkpoint(ctx, tx)
	if err != nil {
		return audit.Report{}, err
	}
	return audit.Verify(Records(ctx, tx, Filter{}), checkpoint, keys, older...)
}
