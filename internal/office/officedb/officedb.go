// Package officedb is the database of an office: its own tables, and in the same transactions its audit log, its outbox and
// inbox, and its calendar. It decides nothing.
package officedb

import (
	"context"
	"io/fs"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/schedule/scheduledb"
)

// Store is an office's database. T is the office's own transaction, which its …db package makes of a [Tx].
type Store[T any] struct {
	db   *db.DB
	log  *auditdb.Log
	wrap func(Tx) T
}

// Tx is a transaction of an office.
type Tx struct {
	*db.Tx
	postdb.Box
	scheduledb.Calendar
	pen *auditdb.Pen
}

var _ office.Tx = Tx{}

// Audit appends an entry with the time of the transaction.
func (t Tx) Audit(ctx context.Context, e audit.Entry) error { return t.pen.Append(ctx, e) }

// Open brings the tables of an office and of its equipment up to date and returns the office's store. name and schema are
// those of [db.DB.Migrate].
func Open[T any](ctx context.Context, d *db.DB, log *auditdb.Log, name string, schema fs.FS, wrap func(Tx) T) (*Store[T], error) {
	for _, migrate := range []func(context.Context, *db.DB) error{auditdb.Migrate, postdb.Migrate, scheduledb.Migrate} {
		if err := migrate(ctx, d); err != nil {
			return nil, err
		}
	}
	if err := d.Migrate(ctx, name, schema); err != nil {
		return nil, err
	}
	return &Store[T]{d, log, wrap}, nil
}

// Update runs f in one transaction; nothing is kept if f returns an error.
func (s *Store[T]) Update(ctx context.Context, f func(T) error) error {
	return s.db.Update(ctx, func(t *db.Tx) error {
		pen := s.log.In(t)
		if err := f(s.tx(t, pen)); err != nil {
			return err
		}
		return pen.Seal(ctx)
	})
}

// View runs f in a transaction that changes nothing.
func (s *Store[T]) View(ctx context.Context, f func(T) error) error {
	return s.db.View(ctx, func(t *db.Tx) error { return f(s.tx(t, s.log.In(t))) })
}

// Outbox returns the office's outbox, for its courier.
func (s *Store[T]) Outbox() postdb.Outbox { return postdb.Outbox{DB: s.db} }

func (s *Store[T]) tx(t *db.Tx, pen *auditdb.Pen) T {
	return s.wrap(Tx{t, postdb.In(t), scheduledb.In(t), pen})
}
