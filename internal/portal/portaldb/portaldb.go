// Package portaldb keeps the applications 電子申請 in the agency's own database, with the audit log in the same transactions.
// It decides nothing.
package portaldb

import (
	"context"
	"database/sql"
	"embed"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/portal"
)

//go:embed schema
var schema embed.FS

// Store is the agency's database.
type Store = officedb.Store[portal.Tx]

var _ portal.Store = (*Store)(nil)

// Open brings the tables of the agency and of its equipment up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "portal", schema, func(t officedb.Tx) portal.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

const insert = `INSERT INTO application (number, received_at, document, signature, state, reason, decided_at, signed, matched, valid, signer)
	VALUES ($1, $2, $3, $4, $5, '', NULL, '', '', '', '') ON CONFLICT (number) DO NOTHING`

func (t tx) Add(ctx context.Context, a portal.Application) (added bool, err error) {
	n, err := t.Changed(ctx, "recording an application", insert, a.Number, a.ReceivedAt.Unix(), a.Document, a.Signature, string(a.State))
	return n == 1, err
}

const (
	brief  = `number, received_at, state, reason, decided_at, signed, matched, valid, signer`
	whole  = `SELECT ` + brief + `, document, signature FROM application WHERE number = $1`
	newest = `SELECT ` + brief + ` FROM application ORDER BY received_at DESC, number LIMIT $1`
)

// into are the places of the columns in brief.
func into(a *portal.Application) []any {
	return []any{
		&a.Number, officedb.Time(&a.ReceivedAt), &a.State, &a.Reason, officedb.Time(&a.DecidedAt), &a.Signed, &a.Match, &a.Validity, &a.Signer,
	}
}

func (t tx) Application(ctx context.Context, number string) (portal.Application, bool, error) {
	return officedb.First(ctx, t.Tx, "an application", func(rows *sql.Rows) (a portal.Application, err error) {
		err = rows.Scan(append(into(&a), &a.Document, &a.Signature)...)
		return a, err
	}, whole, number)
}

func (t tx) All(ctx context.Context, most int) ([]portal.Application, error) {
	return officedb.All(ctx, t.Tx, "applications", func(rows *sql.Rows) (a portal.Application, err error) {
		err = rows.Scan(into(&a)...)
		return a, err
	}, newest, most)
}

func (t tx) Waiting(ctx context.Context) ([]string, error) {
	return officedb.All(ctx, t.Tx, "waiting applications", officedb.Value[string],
		`SELECT number FROM application WHERE state = $1 ORDER BY received_at, number`, string(portal.Received))
}

const decide = `UPDATE application SET state = $1, reason = $2, decided_at = $3, signed = $4, matched = $5, valid = $6, signer = $7
	WHERE number = $8 AND state = $9`

func (t tx) Decide(ctx context.Context, a portal.Application) (decided bool, err error) {
	n, err := t.Changed(ctx, "deciding on an application", decide, string(a.State), string(a.Reason), officedb.Unix(a.DecidedAt),
		string(a.Signed), string(a.Match), string(a.Validity), a.Signer, a.Number, string(portal.Received))
	return n == 1, err
}

func (t tx) Erase(ctx context.Context, before time.Time) (int64, error) {
	return t.Changed(ctx, "erasing applications", `DELETE FROM application WHERE received_at < $1`, before.Unix())
}
