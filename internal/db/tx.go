package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

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

// Update runs f, once, in a transaction in which nobody else writes. If f
// returns an error or panics, nothing is kept. If Update returns nil, everything
// is on the disk. Faults besides those of f: "db.busy", "db.full",
// "db.read_only", and with PostgreSQL "db.unavailable" and "db.uncertain": the
// server went away during the commit, and nobody knows whether it was made.
//
// If a statement fails, f returns an error. f must not call Update: it would
// wait for itself until ctx ends.
func (d *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if d.write == nil {
		return fault.New(fault.Internal, "db.read_only")
	}
	tx, err := d.engine.beginUpdate(ctx, d.write)
	return d.run(ctx, tx, err, f)
}

// View runs f in a transaction that sees one state of the database and can
// change nothing.
func (d *DB) View(ctx context.Context, f func(*Tx) error) error {
	tx, err := d.engine.beginView(ctx, d.read)
	return d.run(ctx, tx, err, f)
}

func (d *DB) run(ctx context.Context, tx *sql.Tx, err error, f func(*Tx) error) error {
	if err != nil {
		return classify(fmt.Errorf("beginning transaction: %w", err))
	}
	defer tx.Rollback() // does nothing after Commit; ends the transaction if f fails or panics
	if err := f(&Tx{Now: d.now().UTC().Truncate(time.Second), tx: tx}); err != nil {
		return classify(err)
	}
	err = tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err() // which is why it was rolled back
	}
	if err != nil {
		return classify(fmt.Errorf("committing transaction: %w", d.engine.commitFailed(err)))
	}
	return nil
}
