package checkdb

import (
	"context"
	"database/sql"
	"io"
	"iter"
	"os"
	"time"

	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/db"
)

const selectRevocations = `SELECT i.key_id, r.serial, r.reason, r.revoked_at, r.made_at FROM revocation_record r
	JOIN list_partition p ON p.id = r.partition JOIN issuer i ON i.id = p.issuer ORDER BY r.seq`

// Revocations are the records 失効の記録, from the database of the validity service.
func Revocations(ctx context.Context, tx *db.Tx) iter.Seq2[check.Revocation, error] {
	return each(ctx, tx, func(rows *sql.Rows) (r check.Revocation, err error) {
		var revokedAt, madeAt int64
		err = rows.Scan(&r.Issuer, &r.Serial, &r.Reason, &revokedAt, &madeAt)
		r.RevokedAt, r.MadeAt = time.Unix(revokedAt, 0).UTC(), time.Unix(madeAt, 0).UTC()
		return r, err
	}, selectRevocations)
}

const selectLists = `SELECT i.key_id, p.point, l.number FROM list l JOIN list_partition p ON p.id = l.partition
	JOIN issuer i ON i.id = p.issuer WHERE l.number IS NOT NULL ORDER BY i.key_id, p.name`

// Lists are the published lists that the database of the validity service names. file opens the list itself.
func Lists(ctx context.Context, tx *db.Tx, file func(check.List) string) iter.Seq2[check.List, error] {
	return each(ctx, tx, func(rows *sql.Rows) (l check.List, err error) {
		err = rows.Scan(&l.Issuer, &l.Point, &l.Number)
		published := l
		l.Open = func() (io.ReadCloser, error) { return os.Open(file(published)) }
		return l, err
	}, selectLists)
}
