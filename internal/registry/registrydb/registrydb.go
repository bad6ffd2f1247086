package registrydb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/registry"
)

//go:embed schema
var schema embed.FS

// Store is the register's database.
type Store = officedb.Store[registry.Tx]

var _ registry.Store = (*Store)(nil)

// Open brings the tables of the register and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "registry", schema, func(t officedb.Tx) registry.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

// flag is how a bool is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// attributes reads a stored key; "" is that of no attributes.
func attributes(key string) (message.Attributes, error) {
	if key == "" {
		return message.Attributes{}, nil
	}
	return message.ParseAttributes(key)
}

// exec runs a change and says what it was for if it fails.
func (t tx) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := t.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// all reads every row of a query with scan.
func all[T any](rows *sql.Rows, err error, what string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		found = append(found, item)
	}
	return found, rows.Err()
}

// first is all for a query of at most one row.
func first[T any](rows *sql.Rows, err error, what string, scan func(*sql.Rows) (T, error)) (T, bool, error) {
	found, err := all(rows, err, what, scan)
	if err != nil || len(found) == 0 {
		var none T
		return none, false, err
	}
	return found[0], true, nil
}

const insertResident = `INSERT INTO resident (code, attributes, municipality, amended_at, removed)
	VALUES ($1, $2, $3, $4, $5) RETURNING number`

func (t tx) AddResident(ctx context.Context, r registry.Resident) (registry.Resident, error) {
	err := t.QueryRow(ctx, insertResident, string(r.Code), r.Attributes.Key(), r.Municipality, r.AmendedAt.Unix(),
		flag(r.Removed)).Scan(&r.Number)
	if err != nil {
		return r, fmt.Errorf("recording a resident: %w", err)
	}
	return r, nil
}

const selectResident = `SELECT number, code, attributes, municipality, amended_at, removed FROM resident WHERE code = $1`

func (t tx) Resident(ctx context.Context, code registry.ResidentCode) (registry.Resident, bool, error) {
	rows, err := t.Query(ctx, selectResident, string(code))
	return first(rows, err, "a resident", func(rows *sql.Rows) (r registry.Resident, err error) {
		var key string
		var amended, removed int64
		if err := rows.Scan(&r.Number, &r.Code, &key, &r.Municipality, &amended, &removed); err != nil {
			return r, err
		}
		r.AmendedAt, r.Removed = time.Unix(amended, 0).UTC(), removed != 0
		r.Attributes, err = attributes(key)
		return r, err
	})
}

const updateResident = `UPDATE resident SET attributes = $1, municipality = $2, amended_at = $3, removed = $4 WHERE number = $5`

func (t tx) SetResident(ctx context.Context, r registry.Resident) error {
	return t.exec(ctx, "amending a resident", updateResident, r.Attributes.Key(), r.Municipality, r.AmendedAt.Unix(),
		flag(r.Removed), r.Number)
}

const countShared = `SELECT count(*) FROM resident WHERE attributes = $1 AND number <> $2 AND removed = 0`

func (t tx) Shared(ctx context.Context, r registry.Resident) (bool, error) {
	var n int64
	if err := t.QueryRow(ctx, countShared, r.Attributes.Key(), r.Number).Scan(&n); err != nil {
		return false, fmt.Errorf("counting residents of the same attributes: %w", err)
	}
	return n > 0, nil
}

const insertList = `INSERT INTO list (id, digest, since, through) VALUES ($1, $2, $3, $4)`

func (t tx) AddList(ctx context.Context, l message.HolderList, digest string) error {
	return t.exec(ctx, "recording a holder list", insertList, l.ID, digest, l.Since.Unix(), l.Through.Unix())
}

func (t tx) ListDigest(ctx context.Context, id string) (digest string, found bool, err error) {
	err = t.QueryRow(ctx, `SELECT digest FROM list WHERE id = $1`, id).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("reading a holder list: %w", err)
	}
	return digest, true, nil
}

// selectCovered follows the chain of lists; since < through, so it ends.
const selectCovered = `WITH RECURSIVE chain (through) AS (
		SELECT CAST(0 AS BIGINT) UNION SELECT list.through FROM list JOIN chain ON list.since = chain.through
	) SELECT max(through) FROM chain`

func (t tx) Covered(ctx context.Context) (time.Time, error) {
	var covered int64
	if err := t.QueryRow(ctx, selectCovered).Scan(&covered); err != nil {
		return time.Time{}, fmt.Errorf("reading how far the lists go: %w", err)
	}
	return time.Unix(covered, 0).UTC(), nil
}
