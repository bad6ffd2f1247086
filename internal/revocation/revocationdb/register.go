package revocationdb

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

const selectEntry = `SELECT e.kind, e.not_before, e.not_after, p.point` + fromEntry + `WHERE i.key_id = $1 AND e.serial = $2`

func (t tx) Entry(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (message.IssuedNotice, bool, error) {
	n := message.IssuedNotice{Issuer: issuer, Serial: serial}
	var kind string
	var notBefore, notAfter int64
	ok, err := t.found(ctx, selectEntry, []any{string(issuer), int64(serial)}, []any{&kind, &notBefore, &notAfter, &n.Point})
	if err != nil || !ok {
		return message.IssuedNotice{}, false, describe(err, "reading register entry of %s", serial)
	}
	n.Kind, _ = jpki.ParseKind(kind)
	n.NotBefore, n.NotAfter = time.Unix(notBefore, 0).UTC(), time.Unix(notAfter, 0).UTC()
	return n, true, nil
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
	_, err = t.Exec(ctx, insertEntry, issuer, int64(n.Serial), partition, n.Kind.String(), n.NotBefore.Unix(), n.NotAfter.Unix())
	return describe(err, "entering certificate %s in the register", n.Serial)
}

const (
	selectIssuer  = `SELECT id FROM issuer WHERE key_id = $1`
	insertIssuer  = `INSERT INTO issuer (key_id) VALUES ($1) RETURNING id`
	certifyIssuer = `UPDATE issuer SET certificate = $1 WHERE id = $2`
)

// issuer returns the row of the issuer of an entry, made if there is none. The entry of a CA brings its certificate.
func (t tx) issuer(ctx context.Context, n message.IssuedNotice) (id int64, err error) {
	ok, err := t.found(ctx, selectIssuer, []any{string(n.Issuer)}, []any{&id})
	if err == nil && !ok {
		err = t.QueryRow(ctx, insertIssuer, string(n.Issuer)).Scan(&id)
	}
	if err == nil && n.Certificate != nil {
		_, err = t.Exec(ctx, certifyIssuer, n.Certificate, id)
	}
	return id, describe(err, "entering issuer %s in the register", n.Issuer)
}

const (
	selectPartition = `SELECT id FROM list_partition WHERE issuer = $1 AND name = $2`
	insertPartition = `INSERT INTO list_partition (issuer, name, point) VALUES ($1, $2, $3) RETURNING id`
)

// partition returns the row of a partition, made if there is none.
func (t tx) partition(ctx context.Context, issuer int64, p revocation.Partition) (id int64, err error) {
	ok, err := t.found(ctx, selectPartition, []any{issuer, p.ID()}, []any{&id})
	if err == nil && !ok {
		err = t.QueryRow(ctx, insertPartition, issuer, p.ID(), []byte(p.Point)).Scan(&id)
	}
	return id, describe(err, "entering partition %s in the register", p.ID())
}

const selectIssuers = `SELECT certificate FROM issuer WHERE certificate IS NOT NULL ORDER BY id`

func (t tx) Issuers(ctx context.Context) ([][]byte, error) {
	rows, err := t.Query(ctx, selectIssuers)
	if err != nil {
		return nil, fmt.Errorf("reading issuers: %w", err)
	}
	defer rows.Close()
	var certificates [][]byte
	for rows.Next() {
		var c []byte
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("reading issuers: %w", err)
		}
		certificates = append(certificates, c)
	}
	return certificates, rows.Err()
}

const selectPartitions = `SELECT i.key_id, p.point FROM list_partition p JOIN issuer i ON i.id = p.issuer
	WHERE length(p.point) > 0 ORDER BY p.id`

func (t tx) Partitions(ctx context.Context) ([]revocation.Partition, error) {
	rows, err := t.Query(ctx, selectPartitions)
	if err != nil {
		return nil, fmt.Errorf("reading partitions: %w", err)
	}
	defer rows.Close()
	var partitions []revocation.Partition
	for rows.Next() {
		var p revocation.Partition
		var point []byte
		if err := rows.Scan(&p.Issuer, &point); err != nil {
			return nil, fmt.Errorf("reading partitions: %w", err)
		}
		p.Point = string(point)
		partitions = append(partitions, p)
	}
	return partitions, rows.Err()
}
