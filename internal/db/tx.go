package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/openjpki/jpki/internal/fault"
)

// Tx is a running transaction. It is used by one goroutine, and only until the
// function that received it returns.
type Tx struct {
	// Now is the time of everything in this transaction: UTC, whole seconds.
	Now time.Time
	tx  *sql.Tx
}

// Exec runs a statement that returns no rows.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, query, args...)
}

// Query runs a statement that returns rows. The caller closes them.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

// QueryRow runs a statement that returns at most one row.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

// Update runs f in the one writing transaction of the file. If f returns an
// error or panics, nothing is kept. If Update returns nil, everything is on the
// disk. Faults besides those of f: "db.busy", "db.full", "db.read_only".
//
// f must not call Update: it would wait for itself until ctx ends.
func (d *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if d.write == nil {
		return fault.New(fault.Internal, "db.read_only")
	}
	return d.run(ctx, d.write, f)
}

// View runs f in a transaction that sees one state of the database and can
// change nothing.
func (d *DB) View(ctx context.Context, f func(*Tx) error) error {
	return d.run(ctx, d.read, f)
}

func (d *DB) run(ctx context.Context, pool *sql.DB, f func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil) // the pool's connections know which kind
	if err != nil {
		return classify(fmt.Errorf("beginning transaction: %w", err))
	}
	defer tx.Rollback() // does nothing after Commit; ends the transaction if f fails or panics
	if err := f(&Tx{Now: d.now().UTC().Truncate(time.Second), tx: tx}); err != nil {
		return classify(err)
	}
	if err := tx.Commit(); err != nil {
		return classify(fmt.Errorf("committing transaction: %w", err))
	}
	return nil
}

// classify makes a fault of the troubles of a database that are nobody's bug.
func classify(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || fault.KeyOf(err) != "" {
		return err
	}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_BUSY:
		return fault.Wrap(err, fault.Unavailable, "db.busy")
	case sqlite3.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "db.full")
	}
	return err
}

// Duplicate reports whether err says that a row with the same primary key or
// the same unique columns exists already.
func Duplicate(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
