package revocationdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/revocation"
)

const (
	selectResponder = `SELECT number, certificate FROM responder WHERE issuer = $1 ORDER BY number DESC LIMIT 1`
	selectCertified = `SELECT number, certificate FROM responder WHERE issuer = $1 AND certificate IS NOT NULL ORDER BY number DESC LIMIT 1`
	insertResponder = `INSERT INTO responder (issuer, number) VALUES ($1, $2)`
	setResponder    = `UPDATE responder SET certificate = $1 WHERE issuer = $2 AND number = $3 AND certificate IS NULL`
)

func (t tx) Responder(ctx context.Context, issuer message.IssuerID) (revocation.Responder, bool, error) {
	return t.responder(ctx, selectResponder, issuer)
}

func (t tx) Certified(ctx context.Context, issuer message.IssuerID) (revocation.Responder, bool, error) {
	return t.responder(ctx, selectCertified, issuer)
}

func (t tx) responder(ctx context.Context, query string, issuer message.IssuerID) (revocation.Responder, bool, error) {
	return officedb.First(ctx, t.Tx, "responder of "+string(issuer), func(rows *sql.Rows) (revocation.Responder, error) {
		r := revocation.Responder{Issuer: issuer}
		err := rows.Scan(&r.Number, &r.Certificate)
		return r, err
	}, query, string(issuer))
}

func (t tx) AddResponder(ctx context.Context, r revocation.Responder) error {
	return t.Change(ctx, fmt.Sprintf("recording responder %d of %s", r.Number, r.Issuer), insertResponder, string(r.Issuer), r.Number)
}

func (t tx) SetResponderCertificate(ctx context.Context, r revocation.Responder) error {
	return t.ChangeOne(ctx, "recording the certificate of a responder", setResponder, r.Certificate, string(r.Issuer), r.Number)
}

const (
	selectTick = `SELECT instant, through FROM tick WHERE id = 1`
	upsertTick = `INSERT INTO tick (id, instant, through) VALUES (1, $1, $2)
	ON CONFLICT (id) DO UPDATE SET instant = excluded.instant, through = excluded.through`
)

func (t tx) Tick(ctx context.Context) (revocation.Tick, bool, error) {
	return officedb.First(ctx, t.Tx, "tick", func(rows *sql.Rows) (tick revocation.Tick, err error) {
		err = rows.Scan(officedb.Time(&tick.At), &tick.Through)
		return tick, err
	}, selectTick)
}

func (t tx) SetTick(ctx context.Context, tick revocation.Tick) error {
	return t.Change(ctx, "recording tick", upsertTick, tick.At.Unix(), tick.Through)
}
