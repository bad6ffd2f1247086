package linkdb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
)

//go:embed schema
var schema embed.FS

// Store is the link server's database.
type Store = officedb.Store[link.Tx]

var _ link.Store = (*Store)(nil)

// Open brings the tables of the link server and of its audit log up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "link", schema, func(t officedb.Tx) link.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

// exec runs a change and says what it was for if it fails.
func (t tx) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := t.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// all reads every row of a query with scan.
func all[T any](rows *sql.Rows, err error, what string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", what, err)
		}
		found = append(found, item)
	}
	return found, rows.Err()
}

// first is all for a query of at most one row.
func first[T any](rows *sql.Rows, err error, what string, scan func(*sql.Rows) (T, error)) (T, bool, error) {
	found, err := all(rows, err, what, scan)
	if err != nil || len(found) == 0 {
		var none T
		return none, false, err
	}
	return found[0], true, nil
}

const insertCertificate = `INSERT INTO certificate (issuer, serial, record, attributes, kind, issued_at, not_after)
	VALUES ($1, $2, $3, $4, $5, $6, $7)`

func (t tx) AddCertificate(ctx context.Context, r message.HolderRecord) error {
	return t.exec(ctx, "recording a certificate", insertCertificate, string(r.Issuer), int64(r.Serial), r.ID, r.Attributes.Key(),
		r.Kind.String(), r.IssuedAt.Unix(), r.NotAfter.Unix())
}

const selectCertificate = `SELECT issuer, serial, record, attributes, kind, issued_at, not_after FROM certificate `

func scanCertificate(rows *sql.Rows) (r message.HolderRecord, err error) {
	var key, kind string
	var issued, end int64
	if err := rows.Scan(&r.Issuer, &r.Serial, &r.ID, &key, &kind, &issued, &end); err != nil {
		return r, err
	}
	r.Kind, _ = jpki.ParseKind(kind)
	r.IssuedAt, r.NotAfter = time.Unix(issued, 0).UTC(), time.Unix(end, 0).UTC()
	r.Attributes, err = message.ParseAttributes(key)
	return r, err
}

func (t tx) Certificate(ctx context.Context, id string) (message.HolderRecord, bool, error) {
	rows, err := t.Query(ctx, selectCertificate+`WHERE record = $1`, id)
	return first(rows, err, "a certificate of the serial map", scanCertificate)
}

func (t tx) IssuedBefore(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error) {
	rows, err := t.Query(ctx, selectCertificate+`WHERE attributes = $1 AND issued_at < $2 ORDER BY issuer, serial`, a.Key(), at.Unix())
	return all(rows, err, "the serial map", scanCertificate)
}

const insertNotice = `INSERT INTO notice (id, attributes, fact, happened_at) VALUES ($1, $2, $3, $4)`

func (t tx) AddNotice(ctx context.Context, n message.ChangeNotice) error {
	return t.exec(ctx, "recording a notice", insertNotice, n.ID, n.Attributes.Key(), string(n.Fact), n.At.Unix())
}

const selectNotice = `SELECT id, attributes, fact, happened_at FROM notice `

func scanNotice(rows *sql.Rows) (n message.ChangeNotice, err error) {
	var key string
	var at int64
	if err := rows.Scan(&n.ID, &key, &n.Fact, &at); err != nil {
		return n, err
	}
	n.At = time.Unix(at, 0).UTC()
	n.Attributes, err = message.ParseAttributes(key)
	return n, err
}

func (t tx) Notice(ctx context.Context, id string) (message.ChangeNotice, bool, error) {
	rows, err := t.Query(ctx, selectNotice+`WHERE id = $1`, id)
	return first(rows, err, "a notice", scanNotice)
}

func (t tx) NoticesAfter(ctx context.Context, a message.Attributes, issued time.Time) ([]message.ChangeNotice, error) {
	rows, err := t.Query(ctx, selectNotice+`WHERE attributes = $1 AND happened_at > $2 ORDER BY happened_at, id`, a.Key(), issued.Unix())
	return all(rows, err, "notices", scanNotice)
}

const selectUnmet = `SELECT id, fact, happened_at FROM notice WHERE NOT EXISTS (
		SELECT 1 FROM certificate WHERE certificate.attributes = notice.attributes AND certificate.issued_at < notice.happened_at
	) ORDER BY happened_at, id`

func (t tx) Unmet(ctx context.Context) ([]link.Notice, error) {
	rows, err := t.Query(ctx, selectUnmet)
	return all(rows, err, "notices that met nothing", func(rows *sql.Rows) (n link.Notice, err error) {
		var at int64
		err = rows.Scan(&n.ID, &n.Fact, &at)
		n.At = time.Unix(at, 0).UTC()
		return n, err
	})
}

const insertList = `INSERT INTO list (date, id, since, through, sent) VALUES ($1, $2, $3, $4, 0)`

func (t tx) AddList(ctx context.Context, l message.HolderList) error {
	if err := t.exec(ctx, "recording a holder list", insertList, l.Date, l.ID, l.Since.Unix(), l.Through.Unix()); err != nil {
		return err
	}
	return t.exec(ctx, "listing certificates", `UPDATE certificate SET list = $1 WHERE list IS NULL`, l.Date)
}

func (t tx) ListOn(ctx context.Context, date string) (message.HolderList, bool, error) {
	rows, err := t.Query(ctx, `SELECT date, id, since, through FROM list WHERE date = $1`, date)
	l, found, err := first(rows, err, "a holder list", func(rows *sql.Rows) (l message.HolderList, err error) {
		var since, through int64
		err = rows.Scan(&l.Date, &l.ID, &since, &through)
		l.Since, l.Through = time.Unix(since, 0).UTC(), time.Unix(through, 0).UTC()
		return l, err
	})
	if err != nil || !found {
		return l, found, err
	}
	rows, err = t.Query(ctx, `SELECT attributes, issued_at FROM certificate WHERE list = $1 ORDER BY issued_at, attributes`, date)
	l.Entries, err = all(rows, err, "the entries of a holder list", func(rows *sql.Rows) (e message.HolderEntry, err error) {
		var key string
		var issued int64
		if err := rows.Scan(&key, &issued); err != nil {
			return e, err
		}
		e.IssuedAt = time.Unix(issued, 0).UTC()
		e.Attributes, err = message.ParseAttributes(key)
		return e, err
	})
	l.Count = len(l.Entries)
	return l, true, err
}

func (t tx) LastThrough(ctx context.Context) (time.Time, error) {
	var through int64
	err := t.QueryRow(ctx, `SELECT through FROM list ORDER BY through DESC LIMIT 1`).Scan(&through)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("reading the newest holder list: %w", err)
	}
	return time.Unix(through, 0).UTC(), nil
}

func (t tx) UnsentLists(ctx context.Context) ([]string, error) {
	rows, err := t.Query(ctx, `SELECT date FROM list WHERE sent = 0 ORDER BY through`)
	return all(rows, err, "holder lists to send", func(rows *sql.Rows) (date string, err error) {
		err = rows.Scan(&date)
		return date, err
	})
}

func (t tx) SetListSent(ctx context.Context, date string) error {
	return t.exec(ctx, "marking a holder list as sent", `UPDATE list SET sent = 1 WHERE date = $1`, date)
}

const insertOrder = `INSERT INTO revocation_order (id, issuer, serial, fact, happened_at, recorded_at, sent)
	VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (id) DO NOTHING`

func (t tx) AddOrder(ctx context.Context, o link.RevocationOrder) error {
	return t.exec(ctx, "recording an order", insertOrder, o.ID, string(o.Issuer), int64(o.Serial), string(o.Fact), o.At.Unix(),
		o.RecordedAt.Unix())
}

const selectUnsentOrders = `SELECT id, issuer, serial, fact, happened_at, recorded_at FROM revocation_order
	WHERE sent = 0 ORDER BY recorded_at, id`

func (t tx) UnsentOrders(ctx context.Context) ([]link.RevocationOrder, error) {
	rows, err := t.Query(ctx, selectUnsentOrders)
	return all(rows, err, "orders", func(rows *sql.Rows) (o link.RevocationOrder, err error) {
		var at, recorded int64
		err = rows.Scan(&o.ID, &o.Issuer, &o.Serial, &o.Fact, &at, &recorded)
		o.At, o.RecordedAt = time.Unix(at, 0).UTC(), time.Unix(recorded, 0).UTC()
		return o, err
	})
}

func (t tx) SetOrderSent(ctx context.Context, id string) error {
	return t.exec(ctx, "marking an order as sent", `UPDATE revocation_order SET sent = 1 WHERE id = $1`, id)
}
