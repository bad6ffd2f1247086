package cadb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
)

//go:embed schema
var schema embed.FS

// Store is the CA's database.
type Store = officedb.Store[ca.Tx]

var _ ca.Store = (*Store)(nil)

// Open brings the tables of the CA and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "ca", schema, func(t officedb.Tx) ca.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

const nextSerial = `INSERT INTO series (name, last) VALUES ($1, 1)
	ON CONFLICT (name) DO UPDATE SET last = series.last + 1 RETURNING last`

func (t tx) NextSerial(ctx context.Context, series string) (jpki.Serial, error) {
	var last int64
	if err := t.QueryRow(ctx, nextSerial, series).Scan(&last); err != nil {
		return 0, fmt.Errorf("taking a serial number: %w", err)
	}
	return jpki.Serial(last), nil
}

const selectIssuers = `SELECT kind, generation, governor, serial, tbs, certificate FROM issuer ORDER BY generation, kind, governor`

func (t tx) Issuers(ctx context.Context) ([]ca.Issuer, error) {
	rows, err := t.Query(ctx, selectIssuers)
	if err != nil {
		return nil, fmt.Errorf("reading issuers: %w", err)
	}
	defer rows.Close()
	var issuers []ca.Issuer
	for rows.Next() {
		var i ca.Issuer
		var kind string
		if err := rows.Scan(&kind, &i.ID.Generation, &i.ID.Governor, &i.Serial, &i.TBS, &i.Certificate); err != nil {
			return nil, fmt.Errorf("reading issuers: %w", err)
		}
		i.ID.Kind, _ = jpki.ParseKind(kind)
		issuers = append(issuers, i)
	}
	return issuers, rows.Err()
}

const insertIssuer = `INSERT INTO issuer (kind, generation, governor, serial, tbs) VALUES ($1, $2, $3, $4, $5)`

func (t tx) AddIssuer(ctx context.Context, i ca.Issuer) error {
	_, err := t.Exec(ctx, insertIssuer, i.ID.Kind.String(), i.ID.Generation, i.ID.Governor, int64(i.Serial), i.TBS)
	if err != nil {
		return fmt.Errorf("recording issuer %s: %w", i.ID, err)
	}
	return nil
}

const signIssuer = `UPDATE issuer SET certificate = $1
	WHERE kind = $2 AND generation = $3 AND governor = $4 AND certificate IS NULL`

func (t tx) SetIssuerCertificate(ctx context.Context, id ca.IssuerID, certificate []byte) error {
	return one(t.Exec(ctx, signIssuer, certificate, id.Kind.String(), id.Generation, id.Governor))
}

const insertRecord = `INSERT INTO record (issuer_kind, generation, governor, serial, kind, request, digest, holder,
	not_before, not_after, tbs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

func (t tx) AddRecord(ctx context.Context, r ca.Record) error {
	_, err := t.Exec(ctx, insertRecord, r.Issuer.Kind.String(), r.Issuer.Generation, r.Issuer.Governor, int64(r.Serial),
		r.Kind.String(), r.Request, r.Digest, string(r.Holder), r.NotBefore.Unix(), r.NotAfter.Unix(), r.TBS)
	if err != nil {
		return fmt.Errorf("recording certificate %s of issuer %s: %w", r.Serial, r.Issuer, err)
	}
	return nil
}

const signRecord = `UPDATE record SET certificate = $1
	WHERE issuer_kind = $2 AND generation = $3 AND governor = $4 AND serial = $5 AND certificate IS NULL`

func (t tx) SetCertificate(ctx context.Context, id ca.IssuerID, serial jpki.Serial, certificate []byte) error {
	return one(t.Exec(ctx, signRecord, certificate, id.Kind.String(), id.Generation, id.Governor, int64(serial)))
}

// one makes an error of a change that did not meet exactly one row.
func one(result sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("recording a certificate: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("recording a certificate: %d rows wait for it, want 1", n))
	}
	return nil
}

const selectRecord = `SELECT issuer_kind, generation, governor, serial, kind, request, digest, holder,
	not_before, not_after, tbs, certificate FROM record `

func (t tx) RecordOf(ctx context.Context, request string) (ca.Record, bool, error) {
	return t.first(t.Query(ctx, selectRecord+`WHERE request = $1`, request))
}

func (t tx) InForce(ctx context.Context, h message.Holder, kind jpki.Kind, at time.Time) (ca.Record, bool, error) {
	return t.first(t.Query(ctx, selectRecord+`WHERE holder = $1 AND kind = $2 AND not_after >= $3 ORDER BY not_after DESC LIMIT 1`,
		string(h), kind.String(), at.Unix()))
}

func (t tx) Unsigned(ctx context.Context) ([]ca.Record, error) {
	return t.records(t.Query(ctx, selectRecord+`WHERE certificate IS NULL ORDER BY serial`))
}

func (t tx) first(rows *sql.Rows, err error) (ca.Record, bool, error) {
	records, err := t.records(rows, err)
	if err != nil || len(records) == 0 {
		return ca.Record{}, false, err
	}
	return records[0], true, nil
}

func (t tx) records(rows *sql.Rows, err error) ([]ca.Record, error) {
	if err != nil {
		return nil, fmt.Errorf("reading records of issues: %w", err)
	}
	defer rows.Close()
	var records []ca.Record
	for rows.Next() {
		var r ca.Record
		var issuerKind, kind string
		var notBefore, notAfter int64
		err := rows.Scan(&issuerKind, &r.Issuer.Generation, &r.Issuer.Governor, &r.Serial, &kind, &r.Request, &r.Digest,
			&r.Holder, &notBefore, &notAfter, &r.TBS, &r.Certificate)
		if err != nil {
			return nil, fmt.Errorf("reading records of issues: %w", err)
		}
		r.Issuer.Kind, _ = jpki.ParseKind(issuerKind)
		r.Kind, _ = jpki.ParseKind(kind)
		r.NotBefore, r.NotAfter = time.Unix(notBefore, 0).UTC(), time.Unix(notAfter, 0).UTC()
		records = append(records, r)
	}
	return records, rows.Err()
}
