package checkdb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/check"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/verify/pkix"
)

// each yields what scan makes of the rows of a query.
func each[T any](ctx context.Context, tx *db.Tx, scan func(*sql.Rows) (T, error), query string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := tx.Query(ctx, query)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			value, err := scan(rows)
			if !yield(value, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

const selectAuthorities = `SELECT certificate FROM issuer WHERE certificate IS NOT NULL ORDER BY kind, governor, generation`

// Authorities are the signed certificates of the CAs, from the CA's database.
func Authorities(ctx context.Context, tx *db.Tx) iter.Seq2[[]byte, error] {
	return each(ctx, tx, func(rows *sql.Rows) (certificate []byte, err error) {
		return certificate, rows.Scan(&certificate)
	}, selectAuthorities)
}

// An issuer whose certificate is not signed yet has issued nothing.
const selectIssues = `SELECT i.certificate, r.serial, r.kind, r.request, r.holder, r.not_before, r.not_after, r.tbs, r.certificate, r.ended_at
	FROM record r JOIN issuer i ON i.kind = r.issuer_kind AND i.generation = r.generation AND i.governor = r.governor
	ORDER BY r.issuer_kind, r.governor, r.serial`

// Issues is the record of issues 発行記録, from the CA's database.
func Issues(ctx context.Context, tx *db.Tx) iter.Seq2[check.Issue, error] {
	names := map[string]message.IssuerID{}
	return each(ctx, tx, func(rows *sql.Rows) (i check.Issue, err error) {
		var authority []byte
		var kind string
		var notBefore, notAfter int64
		var ended *int64
		err = rows.Scan(&authority, &i.Serial, &kind, &i.Request, &i.Holder, &notBefore, &notAfter, &i.TBS, &i.Certificate, &ended)
		if err != nil {
			return i, err
		}
		name, known := names[string(authority)]
		if !known {
			c, err := pkix.ParseCertificate(authority)
			if err != nil {
				return i, fmt.Errorf("reading certificate of the CA of %s: %w", i.Serial, err)
			}
			name = message.IssuerID(c.KeyID.String())
			names[string(authority)] = name
		}
		i.Issuer, i.NotBefore, i.NotAfter = name, time.Unix(notBefore, 0).UTC(), time.Unix(notAfter, 0).UTC()
		i.Kind, _ = jpki.ParseKind(kind)
		if ended != nil {
			i.Ended = time.Unix(*ended, 0).UTC()
		}
		return i, nil
	}, selectIssues)
}
