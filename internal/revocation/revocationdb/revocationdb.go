package revocationdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/revocation"
)

//go:embed schema
var schema embed.FS

// Store is the validity service's database.
type Store = officedb.Store[revocation.Tx]

var _ revocation.Store = (*Store)(nil)

// Open brings the tables of the service and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "revocation", schema, func(t officedb.Tx) revocation.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

// found reads the one row of a query; ok is false if there is none.
func (t tx) found(ctx context.Context, query string, args, into []any) (ok bool, err error) {
	err = t.QueryRow(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// one makes an error of a change that did not meet exactly one row.
func one(what string, result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("%s: %d rows met, want 1", what, n))
	}
	return nil
}

// describe says what was being done when an error came.
func describe(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// Times are kept in Unix seconds, the zero time as NULL.

func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}

func instant(seconds sql.NullInt64) time.Time {
	if !seconds.Valid {
		return time.Time{}
	}
	return time.Unix(seconds.Int64, 0).UTC()
}
