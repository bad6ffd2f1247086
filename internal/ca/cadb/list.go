package cadb

import (
	"context"
	"database/sql"

	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/office/officedb"
)

const selectList = `SELECT number, digest FROM list WHERE kind = $1 AND generation = $2 AND governor = $3 AND point = $4`

func (t tx) LastList(ctx context.Context, id ca.IssuerID, point string) (ca.SignedList, bool, error) {
	return officedb.First(ctx, t.Tx, "the last list of issuer "+id.String(), func(rows *sql.Rows) (ca.SignedList, error) {
		l := ca.SignedList{Issuer: id, Point: point}
		err := rows.Scan(&l.Number, &l.Digest)
		return l, err
	}, selectList, id.Kind.String(), id.Generation, id.Governor, []byte(point))
}

const upsertList = `INSERT INTO list (kind, generation, governor, point, number, digest) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (kind, generation, governor, point) DO UPDATE SET number = excluded.number, digest = excluded.digest`

func (t tx) SetList(ctx context.Context, l ca.SignedList) error {
	id := l.Issuer
	return t.Change(ctx, "recording a list of issuer "+id.String(), upsertList, id.Kind.String(), id.Generation, id.Governor, []byte(l.Point),
		int64(l.Number), l.Digest)
}
