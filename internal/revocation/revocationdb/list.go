package revocationdb

import (
	"context"
	"database/sql"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation"
)

const takeNumber = `INSERT INTO list (partition, taken) VALUES (` + partitionOf + `, 1)
	ON CONFLICT (partition) DO UPDATE SET taken = list.taken + 1 RETURNING taken`

func (t tx) TakeNumber(ctx context.Context, p revocation.Partition) (number uint64, err error) {
	err = t.QueryRow(ctx, takeNumber, string(p.Issuer), p.ID()).Scan(&number)
	return number, describe(err, "taking a number for a list of partition %s", p.ID())
}

const selectPublished = `SELECT p.point, l.number, l.this_update, l.next_update, l.through, l.entries, l.size FROM list l
	JOIN list_partition p ON p.id = l.partition JOIN issuer i ON i.id = p.issuer
	WHERE i.key_id = $1 AND p.name = $2 AND l.number IS NOT NULL`

func (t tx) Published(ctx context.Context, issuer message.IssuerID, id string) (l revocation.List, ok bool, err error) {
	var point []byte
	var thisUpdate, nextUpdate sql.NullInt64
	ok, err = t.found(ctx, selectPublished, []any{string(issuer), id},
		[]any{&point, &l.Number, &thisUpdate, &nextUpdate, &l.Through, &l.Entries, &l.Size})
	if err != nil || !ok {
		return revocation.List{}, false, describe(err, "reading the list of partition %s", id)
	}
	l.Partition = revocation.Partition{Issuer: issuer, Point: string(point)}
	l.ThisUpdate, l.NextUpdate = instant(thisUpdate), instant(nextUpdate)
	return l, true, nil
}

const setPublished = `UPDATE list SET number = $3, this_update = $4, next_update = $5, through = $6, entries = $7, size = $8
	WHERE partition = ` + partitionOf

func (t tx) SetPublished(ctx context.Context, l revocation.List) error {
	result, err := t.Exec(ctx, setPublished, string(l.Partition.Issuer), l.Partition.ID(), int64(l.Number), l.ThisUpdate.Unix(),
		l.NextUpdate.Unix(), l.Through, l.Entries, l.Size)
	return one("recording a published list", result, err)
}
