package cadb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/office/officedb"
)

//go:embed schema
var schema embed.FS

// Store is the CA's database.
type Store = officedb.Store[ca.Tx]

var _ office.Store[ca.Tx] = (*Store)(nil)

// Open brings the tables of the CA and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "ca", schema, func(t officedb.Tx) ca.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

// nextSerial reads one entry of the record's index, also where the planner knows nothing of the table yet.
const nextSerial = `SELECT coalesce(max(last), 0) + 1 FROM (
	SELECT serial AS last FROM issuer WHERE kind = $1 AND governor = $2
	UNION ALL SELECT serial FROM (
		SELECT serial FROM record WHERE issuer_kind = $1 AND governor = $2 ORDER BY serial DESC LIMIT 1) AS newest) AS taken`

func (t tx) NextSerial(ctx context.Context, id ca.IssuerID) (jpki.Serial, error) {
	var next int64
	if err := t.QueryRow(ctx, nextSerial, id.Kind.String(), id.Governor).Scan(&next); err != nil {
		return 0, fmt.Errorf("looking up the next serial number: %w", err)
	}
	return jpki.Serial(next), nil
}

const selectIssuers = `SELECT kind, generation, governor, serial, tbs, certificate, ended_at FROM issuer ORDER BY generation, kind, governor`

func (t tx) Issuers(ctx context.Context) ([]ca.Issuer, error) {
	return officedb.All(ctx, t.Tx, "issuers", func(rows *sql.Rows) (i ca.Issuer, err error) {
		var kind string
		err = rows.Scan(&kind, &i.ID.Generation, &i.ID.Governor, &i.Serial, &i.TBS, &i.Certificate, officedb.Time(&i.EndedAt))
		i.ID.Kind, _ = jpki.ParseKind(kind)
		return i, err
	}, selectIssuers)
}

const insertIssuer = `INSERT INTO issuer (kind, generation, governor, serial, tbs) VALUES ($1, $2, $3, $4, $5)`

func (t tx) AddIssuer(ctx context.Context, i ca.Issuer) error {
	return t.Change(ctx, "recording issuer "+i.ID.String(), insertIssuer, i.ID.Kind.String(), i.ID.Generation, i.ID.Governor,
		int64(i.Serial), i.TBS)
}

const signIssuer = `UPDATE issuer SET certificate = $1
	WHERE kind = $2 AND generation = $3 AND governor = $4 AND certificate IS NULL`

func (t tx) SetIssuerCertificate(ctx context.Context, id ca.IssuerID, certificate []byte) error {
	return t.ChangeOne(ctx, "recording a certificate", signIssuer, certificate, id.Kind.String(), id.Generation, id.Governor)
}

const endIssuer = `UPDATE issuer SET ended_at = $1 WHERE kind = $2 AND generation = $3 AND governor = $4 AND ended_at IS NULL`

func (t tx) EndIssuer(ctx context.Context, id ca.IssuerID, at time.Time) error {
	return t.Change(ctx, "recording the end of issuer "+id.String(), endIssuer, at.Unix(), id.Kind.String(), id.Generation, id.Governor)
}

const insertRecord = `INSERT INTO record (issuer_kind, generation, governor, serial, kind, request, digest, applicant, holder,
	not_before, not_after, tbs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

func (t tx) AddRecord(ctx context.Context, r ca.Record) error {
	what := fmt.Sprintf("recording certificate %s of issuer %s", r.Serial, r.Issuer)
	return t.Change(ctx, what, insertRecord, r.Issuer.Kind.String(), r.Issuer.Generation, r.Issuer.Governor, int64(r.Serial),
		r.Kind.String(), r.Request, r.Digest, string(r.Applicant), string(r.Holder), r.NotBefore.Unix(), r.NotAfter.Unix(), r.TBS)
}

const endRecord = `UPDATE record SET ended_at = $1
	WHERE issuer_kind = $2 AND generation = $3 AND governor = $4 AND serial = $5 AND ended_at IS NULL`

func (t tx) End(ctx context.Context, id ca.IssuerID, serial jpki.Serial, at time.Time) error {
	what := fmt.Sprintf("recording the end of certificate %s of issuer %s", serial, id)
	return t.Change(ctx, what, endRecord, at.Unix(), id.Kind.String(), id.Generation, id.Governor, int64(serial))
}

const signRecord = `UPDATE record SET certificate = $1
	WHERE issuer_kind = $2 AND generation = $3 AND governor = $4 AND serial = $5 AND certificate IS NULL`

func (t tx) SetCertificate(ctx context.Context, id ca.IssuerID, serial jpki.Serial, certificate []byte) error {
	return t.ChangeOne(ctx, "recording a certificate", signRecord, certificate, id.Kind.String(), id.Generation, id.Governor, int64(serial))
}

const selectRecord = `SELECT issuer_kind, generation, governor, serial, kind, request, digest, applicant, holder,
	not_before, not_after, tbs, certificate, ended_at FROM record `

func scanRecord(rows *sql.Rows) (r ca.Record, err error) {
	var issuerKind, kind string
	err = rows.Scan(&issuerKind, &r.Issuer.Generation, &r.Issuer.Governor, &r.Serial, &kind, &r.Request, &r.Digest, &r.Applicant, &r.Holder,
		officedb.Time(&r.NotBefore), officedb.Time(&r.NotAfter), &r.TBS, &r.Certificate, officedb.Time(&r.EndedAt))
	r.Issuer.Kind, _ = jpki.ParseKind(issuerKind)
	r.Kind, _ = jpki.ParseKind(kind)
	return r, err
}

func (t tx) RecordOf(ctx context.Context, request string) (ca.Record, bool, error) {
	return t.first(ctx, `WHERE request = $1`, request)
}

const bySerial = `WHERE issuer_kind = $1 AND generation = $2 AND governor = $3 AND serial = $4`

func (t tx) RecordBySerial(ctx context.Context, id ca.IssuerID, serial jpki.Serial) (ca.Record, bool, error) {
	return t.first(ctx, bySerial, id.Kind.String(), id.Generation, id.Governor, int64(serial))
}

const inForce = `WHERE holder = $1 AND kind = $2 AND not_after >= $3 AND ended_at IS NULL ORDER BY not_after DESC LIMIT 1`

func (t tx) InForce(ctx context.Context, h message.Holder, kind jpki.Kind, at time.Time) (ca.Record, bool, error) {
	return t.first(ctx, inForce, string(h), kind.String(), at.Unix())
}

func (t tx) Unsigned(ctx context.Context) ([]ca.Record, error) {
	return officedb.All(ctx, t.Tx, "records of issues", scanRecord, selectRecord+`WHERE certificate IS NULL ORDER BY serial`)
}

func (t tx) first(ctx context.Context, where string, args ...any) (ca.Record, bool, error) {
	return officedb.First(ctx, t.Tx, "records of issues", scanRecord, selectRecord+where, args...)
}
