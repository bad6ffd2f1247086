package revocationdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/revocation"
)

const selectEntry = `SELECT e.kind, e.not_before, e.not_after, p.point` + fromEntry + `WHERE i.key_id = $1 AND e.serial = $2`

func (t tx) Entry(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (message.IssuedNotice, bool, error) {
	return officedb.First(ctx, t.Tx, "register entry of "+serial.String(), func(rows *sql.Rows) (message.IssuedNotice, error) {
		n := message.IssuedNotice{Issuer: issuer, Serial: serial}
		var kind string
		err := rows.Scan(&kind, officedb.Time(&n.NotBefore), officedb.Time(&n.NotAfter), &n.Point)
		n.Kind, _ = jpki.ParseKind(kind)
		return n, err
	}, selectEntry, string(issuer), int64(serial))
}

const insertEntry = `INSERT INTO issued (issuer, serial, partition, kind, not_before, not_after) VALUES ($1, $2, $3, $4, $5, $6)`

func (t tx) AddEntry(ctx context.Context, n message.IssuedNotice) error {
	issuer, err := t.issuer(ctx, n)
	if err != nil {
		return err
	}
	partition, err := t.partition(ctx, issuer, revocation.Partition{Issuer: n.Issuer, Point: string(n.Point)})
	if err != nil {
		return err
	}
	return t.Change(ctx, "entering certificate "+n.Serial.String()+" in the register", insertEntry, issuer, int64(n.Serial), partition,
		n.Kind.String(), n.NotBefore.Unix(), n.NotAfter.Unix())
}

const (
	selectIssuer  = `SELECT id FROM issuer WHERE key_id = $1`
	insertIssuer  = `INSERT INTO issuer (key_id) VALUES ($1) RETURNING id`
	certifyIssuer = `UPDATE issuer SET certificate = $1 WHERE id = $2`
)

// issuer returns the row of the issuer of an entry, made if there is none. The entry of a CA brings its certificate.
func (t tx) issuer(ctx context.Context, n message.IssuedNotice) (int64, error) {
	id, ok, err := officedb.First(ctx, t.Tx, "the row of an issuer", officedb.Value[int64], selectIssuer, string(n.Issuer))
	if err == nil && !ok {
		err = t.QueryRow(ctx, insertIssuer, string(n.Issuer)).Scan(&id)
	}
	if err == nil && n.Certificate != nil {
		_, err = t.Exec(ctx, certifyIssuer, n.Certificate, id)
	}
	if err != nil {
		return 0, fmt.Errorf("entering issuer %s in the register: %w", n.Issuer, err)
	}
	return id, nil
}

const (
	selectPartition = `SELECT id FROM list_partition WHERE issuer = $1 AND name = $2`
	insertPartition = `INSERT INTO list_partition (issuer, name, point) VALUES ($1, $2, $3) RETURNING id`
)

// partition returns the row of a partition, made if there is none.
func (t tx) partition(ctx context.Context, issuer int64, p revocation.Partition) (int64, error) {
	id, ok, err := officedb.First(ctx, t.Tx, "the row of a partition", officedb.Value[int64], selectPartition, issuer, p.ID())
	if err == nil && !ok {
		err = t.QueryRow(ctx, insertPartition, issuer, p.ID(), []byte(p.Point)).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("entering partition %s in the register: %w", p.ID(), err)
	}
	return id, nil
}

const selectIssuers = `SELECT certificate FROM issuer WHERE certificate IS NOT NULL ORDER BY id`

func (t tx) Issuers(ctx context.Context) ([][]byte, error) {
	return officedb.All(ctx, t.Tx, "issuers", officedb.Value[[]byte], selectIssuers)
}

const selectPartitions = `SELECT i.key_id, p.point FROM list_partition p JOIN issuer i ON i.id = p.issuer
	WHERE length(p.point) > 0 ORDER BY p.id`

func (t tx) Partitions(ctx context.Context) ([]revocation.Partition, error) {
	return officedb.All(ctx, t.Tx, "partitions", func(rows *sql.Rows) (p revocation.Partition, err error) {
		var point []byte
		err = rows.Scan(&p.Issuer, &point)
		p.Point = string(point)
		return p, err
	}, selectPartitions)
}
