package auditdb

import (
	"context"
	"io/fs"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/db"
)

// Store is an office's database with its audit log in the same transactions. T is the office's own transaction, which its
// …db package makes of a [Tx].
type Store[T any] struct {
	db   *db.DB
	log  *Log
	wrap func(Tx) T
}

// Tx is a transaction in which audit entries can be written.
type Tx struct {
	*db.Tx
	log *Log
}

// Audit appends an entry with the time of the transaction.
func (t Tx) Audit(ctx context.Context, e audit.Entry) error { return t.log.Append(ctx, t.Tx, e) }

// Open brings the tables of the audit log and of the office up to date and returns the office's store. name and schema
// are those of [db.DB.Migrate].
func Open[T any](ctx context.Context, d *db.DB, log *Log, name string, schema fs.FS, wrap func(Tx) T) (*Store[T], error) {
	if err := Migrate(ctx, d); err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, name, schema); err != nil {
		return nil, err
	}
	return &Store[T]{d, log, wrap}, nil
}

// Update runs f in one transaction; nothing is kept if f returns an error.
func (s *Store[T]) Update(ctx context.Context, f func(T) error) error {
	return s.db.Update(ctx, func(t *db.Tx) error { return f(s.wrap(Tx{t, s.log})) })
}

// View runs f in a transaction that changes nothing.
func (s *Store[T]) View(ctx context.Context, f func(T) error) error {
	return s.db.View(ctx, func(t *db.Tx) error { return f(s.wrap(Tx{t, s.log})) })
}
