package registrydb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

//go:embed schema
var schema embed.FS

// Store is the register's database.
type Store = officedb.Store[registry.Tx]

var _ registry.Store = (*Store)(nil)

// Open brings the tables of the register and of its equipment up to date and returns the store.
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

const selectResident = `SELECT number, code, attributes, municipality, amended_at, removed FROM resident `

func (t tx) Resident(ctx context.Context, code registry.ResidentCode) (registry.Resident, bool, error) {
	return t.resident(ctx, selectResident+`WHERE code = $1`, string(code))
}

func (t tx) ResidentNumbered(ctx context.Context, number int64) (registry.Resident, bool, error) {
	return t.resident(ctx, selectResident+`WHERE number = $1`, number)
}

func (t tx) resident(ctx context.Context, query string, arg any) (registry.Resident, bool, error) {
	return officedb.First(ctx, t.Tx, "a resident", scanResident, query, arg)
}

func scanResident(rows *sql.Rows) (r registry.Resident, err error) {
	var key string
	var removed int64
	if err := rows.Scan(&r.Number, &r.Code, &key, &r.Municipality, officedb.Time(&r.AmendedAt), &removed); err != nil {
		return r, err
	}
	r.Removed = removed != 0
	r.Attributes, err = attributes(key)
	return r, err
}

// Named compares with the beginning of the stored key, which begins with the name. It reads every record.
func (t tx) Named(ctx context.Context, name string, limit int) ([]registry.Resident, error) {
	nobody := message.Attributes{}.Key()
	begin := strings.TrimSuffix(message.Attributes{Name: name}.Key(), strings.TrimPrefix(nobody, `["`))
	return officedb.All(ctx, t.Tx, "residents by name", scanResident,
		selectResident+`WHERE substr(attributes, 1, length($1)) = $1 ORDER BY number LIMIT $2`, begin, limit)
}

const updateResident = `UPDATE resident SET attributes = $1, municipality = $2, amended_at = $3, removed = $4 WHERE number = $5`

func (t tx) SetResident(ctx context.Context, r registry.Resident) error {
	return t.Change(ctx, "amending a resident", updateResident, r.Attributes.Key(), r.Municipality, r.AmendedAt.Unix(),
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

const selectCallUp = `SELECT counter, application, resident, day FROM call_up WHERE counter = $1 AND application = $2`

func (t tx) CallUp(ctx context.Context, counter post.Address, application string) (registry.CallUp, bool, error) {
	return officedb.First(ctx, t.Tx, "a call-up", func(rows *sql.Rows) (c registry.CallUp, err error) {
		err = rows.Scan(&c.Counter, &c.Application, &c.Resident, &c.Day)
		return c, err
	}, selectCallUp, string(counter), application)
}

const upsertCallUp = `INSERT INTO call_up (counter, application, resident, day) VALUES ($1, $2, $3, $4)
	ON CONFLICT (counter, application) DO UPDATE SET resident = excluded.resident, day = excluded.day`

func (t tx) SetCallUp(ctx context.Context, c registry.CallUp) error {
	return t.Change(ctx, "recording a call-up", upsertCallUp, string(c.Counter), c.Application, c.Resident, c.Day)
}

func (t tx) AddPart(ctx context.Context, date string, part int, digest string) error {
	return t.Change(ctx, "recording a part of a holder list", `INSERT INTO list_part (date, part, digest) VALUES ($1, $2, $3)`, date, part, digest)
}

func (t tx) PartDigest(ctx context.Context, date string, part int) (string, bool, error) {
	return officedb.First(ctx, t.Tx, "a part of a holder list", officedb.Value[string],
		`SELECT digest FROM list_part WHERE date = $1 AND part = $2`, date, part)
}

const upsertList = `INSERT INTO list (date, since, through, parts, total, arrived, entries) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (date) DO UPDATE SET since = excluded.since, through = excluded.through, parts = excluded.parts,
	total = excluded.total, arrived = excluded.arrived, entries = excluded.entries`

func (t tx) SetList(ctx context.Context, l registry.List) error {
	return t.Change(ctx, "recording a holder list", upsertList, l.Date, l.Since.Unix(), l.Through.Unix(), l.Parts, l.Total, l.Arrived, l.Entries)
}

const selectList = `SELECT date, since, through, parts, total, arrived, entries FROM list WHERE date = $1`

func (t tx) List(ctx context.Context, date string) (registry.List, bool, error) {
	return officedb.First(ctx, t.Tx, "a holder list", func(rows *sql.Rows) (l registry.List, err error) {
		err = rows.Scan(&l.Date, officedb.Time(&l.Since), officedb.Time(&l.Through), &l.Parts, &l.Total, &l.Arrived, &l.Entries)
		return l, err
	}, selectList, date)
}

// selectCovered follows the chain of whole lists; since < through, so it ends.
const selectCovered = `WITH RECURSIVE chain (through) AS (
		SELECT CAST(0 AS BIGINT) UNION SELECT list.through FROM list JOIN chain ON list.since = chain.through AND list.arrived = list.parts
	) SELECT max(through) FROM chain`

func (t tx) Covered(ctx context.Context) (time.Time, error) {
	var covered int64
	if err := t.QueryRow(ctx, selectCovered).Scan(&covered); err != nil {
		return time.Time{}, fmt.Errorf("reading how far the lists go: %w", err)
	}
	return time.Unix(covered, 0).UTC(), nil
}
