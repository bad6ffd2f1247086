package revocationdb

import (
	"context"
	"database/sql"

	"github.com/openjpki/jpki/internal/message"
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
	r := revocation.Responder{Issuer: issuer}
	ok, err := t.found(ctx, query, []any{string(issuer)}, []any{&r.Number, &r.Certificate})
	return r, ok, describe(err, "reading responder of %s", issuer)
}

func (t tx) AddResponder(ctx context.Context, r revocation.Responder) error {
	_, err := t.Exec(ctx, insertResponder, string(r.Issuer), r.Number)
	return describe(err, "recording responder %d of %s", r.Number, r.Issuer)
}

func (t tx) SetResponderCertificate(ctx context.Context, r revocation.Responder) error {
	result, err := t.Exec(ctx, setResponder, r.Certificate, string(r.Issuer), r.Number)
	return one("recording the certificate of a responder", result, err)
}

const (
	selectTick = `SELECT instant, through FROM tick WHERE id = 1`
	upsertTick = `INSERT INTO tick (id, instant, through) VALUES (1, $1, $2)
	ON CONFLICT (id) DO UPDATE SET instant = excluded.instant, through = excluded.through`
)

func (t tx) Tick(ctx context.Context) (tick revocation.Tick, ok bool, err error) {
	var at sql.NullInt64
	ok, err = t.found(ctx, selectTick, nil, []any{&at, &tick.Through})
	tick.At = instant(at)
	return tick, ok, describe(err, "reading tick")
}

func (t tx) SetTick(ctx context.Context, tick revocation.Tick) error {
	_, err := t.Exec(ctx, upsertTick, tick.At.Unix(), tick.Through)
	return describe(err, "recording tick")
}
