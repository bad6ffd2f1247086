package revocationdb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

const selectOrder = `SELECT id, digest, issuer, serial, ground, recorded_at, invalid_from, outcome, taken_at FROM revocation_order `

func (t tx) Order(ctx context.Context, id string) (revocation.Order, bool, error) {
	orders, err := t.orders(t.Query(ctx, selectOrder+`WHERE id = $1`, id))
	if err != nil || len(orders) == 0 {
		return revocation.Order{}, false, err
	}
	return orders[0], true, nil
}

func (t tx) Waiting(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) ([]revocation.Order, error) {
	return t.orders(t.Query(ctx, selectOrder+`WHERE issuer = $1 AND serial = $2 AND outcome = 'waiting' ORDER BY seq`, string(issuer), int64(serial)))
}

func (t tx) orders(rows *sql.Rows, err error) ([]revocation.Order, error) {
	if err != nil {
		return nil, fmt.Errorf("reading orders: %w", err)
	}
	defer rows.Close()
	var orders []revocation.Order
	for rows.Next() {
		var o revocation.Order
		var recorded, taken int64
		var invalid sql.NullInt64
		err := rows.Scan(&o.ID, &o.Digest, &o.Issuer, &o.Serial, &o.Ground, &recorded, &invalid, &o.Outcome, &taken)
		if err != nil {
			return nil, fmt.Errorf("reading orders: %w", err)
		}
		o.RecordedAt, o.InvalidFrom, o.TakenAt = time.Unix(recorded, 0).UTC(), instant(invalid), time.Unix(taken, 0).UTC()
		orders = append(orders, o)
	}
	return orders, rows.Err()
}

const insertOrder = `INSERT INTO revocation_order (seq, id, digest, issuer, serial, ground, recorded_at, invalid_from, outcome, taken_at)
	VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM revocation_order), $1, $2, $3, $4, $5, $6, $7, $8, $9)`

func (t tx) AddOrder(ctx context.Context, o revocation.Order) error {
	_, err := t.Exec(ctx, insertOrder, o.ID, o.Digest, string(o.Issuer), int64(o.Serial), string(o.Ground), o.RecordedAt.Unix(),
		unix(o.InvalidFrom), string(o.Outcome), o.TakenAt.Unix())
	return describe(err, "keeping order %s", o.ID)
}

const settleOrder = `UPDATE revocation_order SET outcome = $1 WHERE id = $2 AND outcome = 'waiting'`

func (t tx) Settle(ctx context.Context, id string, outcome message.Outcome) error {
	result, err := t.Exec(ctx, settleOrder, string(outcome), id)
	return one("settling an order", result, err)
}

const (
	fromEntry    = ` FROM issued e JOIN issuer i ON i.id = e.issuer JOIN list_partition p ON p.id = e.partition `
	itsRecords   = `revocation_record r ON r.partition = e.partition AND r.serial = e.serial `
	selectNewest = `SELECT p.point, r.seq, r.reason, r.revoked_at, r.invalid_from, r.not_after, r.order_id, r.made_at` + fromEntry + `
	JOIN ` + itsRecords + `WHERE i.key_id = $1 AND e.serial = $2 ORDER BY r.seq DESC LIMIT 1`
)

func (t tx) Newest(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (revocation.Record, bool, error) {
	r := revocation.Record{Serial: serial}
	var point []byte
	var revokedAt, notAfter, madeAt int64
	var invalidFrom sql.NullInt64
	ok, err := t.found(ctx, selectNewest, []any{string(issuer), int64(serial)},
		[]any{&point, &r.Seq, &r.Reason, &revokedAt, &invalidFrom, &notAfter, &r.Order, &madeAt})
	if err != nil || !ok {
		return revocation.Record{}, false, describe(err, "reading record of %s", serial)
	}
	r.Partition = revocation.Partition{Issuer: issuer, Point: string(point)}
	r.RevokedAt, r.InvalidFrom = time.Unix(revokedAt, 0).UTC(), instant(invalidFrom)
	r.NotAfter, r.MadeAt = time.Unix(notAfter, 0).UTC(), time.Unix(madeAt, 0).UTC()
	return r, true, nil
}

const insertRecord = `INSERT INTO revocation_record (seq, partition, serial, reason, revoked_at, invalid_from, not_after, order_id, made_at)
	VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM revocation_record), ` + partitionOf + `, $3, $4, $5, $6, $7, $8, $9)`

// partitionOf finds the row of a partition.
const partitionOf = `(SELECT p.id FROM list_partition p JOIN issuer i ON i.id = p.issuer WHERE i.key_id = $1 AND p.name = $2)`

func (t tx) AddRecord(ctx context.Context, r revocation.Record) error {
	_, err := t.Exec(ctx, insertRecord, string(r.Partition.Issuer), r.Partition.ID(), int64(r.Serial), int64(r.Reason), r.RevokedAt.Unix(),
		unix(r.InvalidFrom), r.NotAfter.Unix(), r.Order, r.MadeAt.Unix())
	return describe(err, "recording the revocation of %s", r.Serial)
}

const selectStatus = `SELECT coalesce(r.seq, 0), coalesce(r.reason, 0), r.revoked_at` + fromEntry + `LEFT JOIN ` + itsRecords + `
	AND r.seq <= $3 WHERE i.key_id = $1 AND e.serial = $2 ORDER BY r.seq DESC LIMIT 1`

func (t tx) Status(ctx context.Context, issuer message.IssuerID, serial jpki.Serial, through int64) (known, onRecord bool, r revocation.Record, err error) {
	var revokedAt sql.NullInt64
	known, err = t.found(ctx, selectStatus, []any{string(issuer), int64(serial), through}, []any{&r.Seq, &r.Reason, &revokedAt})
	r.RevokedAt = instant(revokedAt)
	return known, r.Seq > 0, r, describe(err, "reading status of %s", serial)
}

const selectThrough = `SELECT seq FROM revocation_record WHERE made_at <= $1 ORDER BY seq DESC LIMIT 1`

func (t tx) Through(ctx context.Context, at time.Time) (seq int64, err error) {
	_, err = t.found(ctx, selectThrough, []any{at.Unix()}, []any{&seq})
	return seq, describe(err, "reading the last record")
}

// A certificate has two records at most: a hold may be followed by another. The later one stands where the cut has both.
const selectEntries = `SELECT r.serial, r.reason, r.revoked_at, r.invalid_from FROM revocation_record r WHERE r.partition = ` + partitionOf + `
	AND r.seq <= $3 AND (r.not_after >= $4 OR r.seq > $5) AND (r.reason <> 6 OR NOT EXISTS (SELECT 1 FROM revocation_record later
	WHERE later.partition = r.partition AND later.serial = r.serial AND later.seq > r.seq AND later.seq <= $3)) ORDER BY r.serial`

func (t tx) Entries(ctx context.Context, p revocation.Partition, c revocation.Cut) iter.Seq2[crl.Entry, error] {
	return func(yield func(crl.Entry, error) bool) {
		rows, err := t.Query(ctx, selectEntries, string(p.Issuer), p.ID(), c.Through, c.Since.Unix(), c.Before)
		if err != nil {
			yield(crl.Entry{}, fmt.Errorf("reading records of partition %s: %w", p.ID(), err))
			return
		}
		defer rows.Close()
		var serial, reason, revokedAt int64
		var invalidFrom sql.NullInt64
		for rows.Next() {
			err := rows.Scan(&serial, &reason, &revokedAt, &invalidFrom)
			e := crl.Entry{
				Serial: jpki.Serial(serial), RevokedAt: time.Unix(revokedAt, 0).UTC(), Reason: message.Reason(reason), InvalidFrom: instant(invalidFrom),
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(crl.Entry{}, fmt.Errorf("reading records of partition %s: %w", p.ID(), err))
		}
	}
}
