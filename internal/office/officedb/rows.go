package officedb

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Change runs a statement that changes rows. what says what it is for, as in "recording an order", if it fails.
func (t Tx) Change(ctx context.Context, what, query string, args ...any) error {
	_, err := t.Changed(ctx, what, query, args...)
	return err
}

// ChangeOne is [Tx.Change] for a statement that must meet exactly one row.
func (t Tx) ChangeOne(ctx context.Context, what, query string, args ...any) error {
	n, err := t.Changed(ctx, what, query, args...)
	if err == nil && n != 1 {
		return fmt.Errorf("%s: %d rows met, want 1", what, n)
	}
	return err
}

// Changed is [Tx.Change] and returns how many rows were met.
func (t Tx) Changed(ctx context.Context, what, query string, args ...any) (int64, error) {
	result, err := t.Exec(ctx, query, args...)
	var n int64
	if err == nil {
		n, err = result.RowsAffected()
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// All reads every row of a query with scan. what says what they are, as in "orders", if that fails.
func All[T any](ctx context.Context, tx Tx, what string, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		all = append(all, item)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return all, nil
}

// First is [All] for a query of at most one row; found is false if there is none.
func First[T any](ctx context.Context, tx Tx, what string, scan func(*sql.Rows) (T, error), query string, args ...any) (T, bool, error) {
	all, err := All(ctx, tx, what, scan, query, args...)
	if err != nil || len(all) == 0 {
		var none T
		return none, false, err
	}
	return all[0], true, nil
}

// Value scans rows of one column.
func Value[T any](rows *sql.Rows) (value T, err error) {
	err = rows.Scan(&value)
	return value, err
}

// Times are kept in Unix seconds, the zero time as NULL where there may be one.

// Unix is a time as it is kept.
func Unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

// Time scans a kept time, UTC, into t.
func Time(t *time.Time) sql.Scanner { return instant{t} }

type instant struct{ time *time.Time }

// Scan takes seconds or NULL.
func (i instant) Scan(seconds any) error {
	var n sql.NullInt64
	if err := n.Scan(seconds); err != nil {
		return err
	}
	*i.time = time.Time{}
	if n.Valid {
		*i.time = time.Unix(n.Int64, 0).UTC()
	}
	return nil
}
