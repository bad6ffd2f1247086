package revocationdb

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/revocation"
)

const takeNumber = `INSERT INTO list (partition, taken) VALUES (` + partitionOf + `, 1)
	ON CONFLICT (partition) DO UPDATE SET taken = list.taken + 1 RETURNING taken`

func (t tx) TakeNumber(ctx context.Context, p revocation.Partition) (number uint64, err error) {
	if err := t.QueryRow(ctx, takeNumber, string(p.Issuer), p.ID()).Scan(&number); err != nil {
		return 0, fmt.Errorf("taking a number for a list of partition %s: %w", p.ID(), err)
	}
	return number, nil
}

const selectPublished = `SELECT p.point, l.number, l.this_update, l.next_update, l.through, l.entries, l.size FROM list l
	JOIN list_partition p ON p.id = l.partition JOIN issuer i ON i.id = p.issuer
	WHERE i.key_id = $1 AND p.name = $2 AND l.number IS NOT NULL`

func (t tx) Published(ctx context.Context, issuer message.IssuerID, id string) (revocation.List, bool, error) {
	return officedb.First(ctx, t.Tx, "the list of partition "+id, func(rows *sql.Rows) (l revocation.List, err error) {
		var point []byte
		err = rows.Scan(&point, &l.Number, officedb.Time(&l.ThisUpdate), officedb.Time(&l.NextUpdate), &l.Through, &l.Entries, &l.Size)
		l.Partition = revocation.Partition{Issuer: issuer, Point: string(point)}
		return l, err
	}, selectPublished, string(issuer), id)
}

const setPublished = `UPDATE list SET number = $3, this_update = $4, next_update = $5, through = $6, entries = $7, size = $8
	WHERE partition = ` + partitionOf

func (t tx) SetPublished(ctx context.Context, l revocation.List) error {
	return t.ChangeOne(ctx, "recording a published list", setPublished, string(l.Partition.Issuer), l.Partition.ID(), int64(l.Number),
		l.ThisUpdate.Unix(), l.NextUpdate.Unix(), l.Through, l.Entries, l.Size)
}
