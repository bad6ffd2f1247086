package revocationdb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
)

const selectOrder = `SELECT sender, id, digest, issuer, serial, ground, recorded_at, invalid_from, outcome, taken_at FROM revocation_order `

func scanOrder(rows *sql.Rows) (o revocation.Order, err error) {
	err = rows.Scan(&o.From, &o.ID, &o.Digest, &o.Issuer, &o.Serial, &o.Ground, officedb.Time(&o.RecordedAt), officedb.Time(&o.InvalidFrom),
		&o.Outcome, officedb.Time(&o.TakenAt))
	return o, err
}

func (t tx) Order(ctx context.Context, from post.Address, id string) (revocation.Order, bool, error) {
	return officedb.First(ctx, t.Tx, "orders", scanOrder, selectOrder+`WHERE sender = $1 AND id = $2`, string(from), id)
}

func (t tx) Waiting(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) ([]revocation.Order, error) {
	return officedb.All(ctx, t.Tx, "orders", scanOrder,
		selectOrder+`WHERE issuer = $1 AND serial = $2 AND outcome = 'waiting' ORDER BY seq`, string(issuer), int64(serial))
}

const insertOrder = `INSERT INTO revocation_order (seq, sender, id, digest, issuer, serial, ground, recorded_at, invalid_from, outcome, taken_at)
	VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM revocation_order), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func (t tx) AddOrder(ctx context.Context, o revocation.Order) error {
	return t.Change(ctx, "keeping order "+o.ID, insertOrder, string(o.From), o.ID, o.Digest, string(o.Issuer), int64(o.Serial), string(o.Ground),
		o.RecordedAt.Unix(), officedb.Unix(o.InvalidFrom), string(o.Outcome), o.TakenAt.Unix())
}

const settleOrder = `UPDATE revocation_order SET outcome = $1 WHERE sender = $2 AND id = $3 AND outcome = 'waiting'`

func (t tx) SettleOrder(ctx context.Context, o revocation.Order) error {
	return t.ChangeOne(ctx, "settling an order", settleOrder, string(o.Outcome), string(o.From), o.ID)
}

const (
	fromEntry    = ` FROM issued e JOIN issuer i ON i.id = e.issuer JOIN list_partition p ON p.id = e.partition `
	itsRecords   = `revocation_record r ON r.partition = e.partition AND r.serial = e.serial `
	selectNewest = `SELECT p.point, r.seq, r.reason, r.revoked_at, r.invalid_from, r.not_after, r.order_id, r.made_at, r.entry` + fromEntry + `
	JOIN ` + itsRecords + `WHERE i.key_id = $1 AND e.serial = $2 ORDER BY r.seq DESC LIMIT 1`
)

func (t tx) Newest(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (revocation.Record, bool, error) {
	return officedb.First(ctx, t.Tx, "record of "+serial.String(), func(rows *sql.Rows) (revocation.Record, error) {
		r := revocation.Record{Serial: serial}
		var point []byte
		err := rows.Scan(&point, &r.Seq, &r.Reason, officedb.Time(&r.RevokedAt), officedb.Time(&r.InvalidFrom), officedb.Time(&r.NotAfter),
			&r.Order, officedb.Time(&r.MadeAt), &r.Entry)
		r.Partition = revocation.Partition{Issuer: issuer, Point: string(point)}
		return r, err
	}, selectNewest, string(issuer), int64(serial))
}

const insertRecord = `INSERT INTO revocation_record (seq, partition, serial, reason, revoked_at, invalid_from, not_after, order_id, made_at, entry)
	VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM revocation_record), ` + partitionOf + `, $3, $4, $5, $6, $7, $8, $9, $10)`

// partitionOf finds the row of a partition.
const partitionOf = `(SELECT p.id FROM list_partition p JOIN issuer i ON i.id = p.issuer WHERE i.key_id = $1 AND p.name = $2)`

func (t tx) AddRecord(ctx context.Context, r revocation.Record) error {
	return t.Change(ctx, "recording the revocation of "+r.Serial.String(), insertRecord, string(r.Partition.Issuer), r.Partition.ID(),
		int64(r.Serial), int64(r.Reason), r.RevokedAt.Unix(), officedb.Unix(r.InvalidFrom), r.NotAfter.Unix(), r.Order, r.MadeAt.Unix(), r.Entry)
}

const selectStatus = `SELECT coalesce(r.seq, 0), coalesce(r.reason, 0), r.revoked_at` + fromEntry + `LEFT JOIN ` + itsRecords + `
	AND r.seq <= $3 WHERE i.key_id = $1 AND e.serial = $2 ORDER BY r.seq DESC LIMIT 1`

func (t tx) Status(ctx context.Context, issuer message.IssuerID, serial jpki.Serial, through int64) (known, onRecord bool, r revocation.Record, err error) {
	r, known, err = officedb.First(ctx, t.Tx, "status of "+serial.String(), func(rows *sql.Rows) (r revocation.Record, err error) {
		err = rows.Scan(&r.Seq, &r.Reason, officedb.Time(&r.RevokedAt))
		return r, err
	}, selectStatus, string(issuer), int64(serial), through)
	return known, r.Seq > 0, r, err
}

const selectThrough = `SELECT seq FROM revocation_record WHERE made_at <= $1 ORDER BY seq DESC LIMIT 1`

func (t tx) Through(ctx context.Context, at time.Time) (seq int64, err error) {
	seq, _, err = officedb.First(ctx, t.Tx, "the last record", officedb.Value[int64], selectThrough, at.Unix())
	return seq, err
}

// A certificate has two records at most: a hold may be followed by another. The later one stands where the cut has both.
const selectEntries = `SELECT r.entry FROM revocation_record r WHERE r.partition = ` + partitionOf + `
	AND r.seq <= $3 AND (r.not_after >= $4 OR r.seq > $5) AND (r.reason <> 6 OR NOT EXISTS (SELECT 1 FROM revocation_record later
	WHERE later.partition = r.partition AND later.serial = r.serial AND later.seq > r.seq AND later.seq <= $3)) ORDER BY r.serial`

func (t tx) Entries(ctx context.Context, p revocation.Partition, c revocation.Cut) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := t.Query(ctx, selectEntries, string(p.Issuer), p.ID(), c.Through, c.Since.Unix(), c.Before)
		if err != nil {
			yield(nil, fmt.Errorf("reading records of partition %s: %w", p.ID(), err))
			return
		}
		defer rows.Close()
		var entry sql.RawBytes
		for rows.Next() {
			err := rows.Scan(&entry)
			if !yield(entry, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("reading records of partition %s: %w", p.ID(), err))
		}
	}
}
