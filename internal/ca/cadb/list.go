package cadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/internal/ca"
)

const selectList = `SELECT number, digest FROM list WHERE kind = $1 AND generation = $2 AND governor = $3 AND point = $4`

func (t tx) LastList(ctx context.Context, id ca.IssuerID, point string) (ca.SignedList, bool, error) {
	l := ca.SignedList{Issuer: id, Point: point}
	err := t.QueryRow(ctx, selectList, id.Kind.String(), id.Generation, id.Governor, []byte(point)).Scan(&l.Number, &l.Digest)
	if errors.Is(err, sql.ErrNoRows) {
		return ca.SignedList{}, false, nil
	}
	if err != nil {
		return ca.SignedList{}, false, fmt.Errorf("reading the last list of issuer %s: %w", id, err)
	}
	return l, true, nil
}

const upsertList = `INSERT INTO list (kind, generation, governor, point, number, digest) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (kind, generation, governor, point) DO UPDATE SET number = excluded.number, digest = excluded.digest`

func (t tx) SetList(ctx context.Context, l ca.SignedList) error {
	id := l.Issuer
	_, err := t.Exec(ctx, upsertList, id.Kind.String(), id.Generation, id.Governor, []byte(l.Point), int64(l.Number), l.Digest)
	if err != nil {
		return fmt.Errorf("recording a list of issuer %s: %w", id, err)
	}
	return nil
}
