package linkdb

import (
	"context"
	"database/sql"
	"embed"
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

// Open brings the tables of the link server and of its equipment up to date and returns the store.
func Open(ctx context.Context, d *db.DB, log *auditdb.Log) (*Store, error) {
	return officedb.Open(ctx, d, log, "link", schema, func(t officedb.Tx) link.Tx { return tx{t} })
}

type tx struct{ officedb.Tx }

const insertCertificate = `INSERT INTO certificate (issuer, serial, record, attributes, kind, issued_at, not_after)
	VALUES ($1, $2, $3, $4, $5, $6, $7)`

func (t tx) AddCertificate(ctx context.Context, r message.HolderRecord) error {
	return t.Change(ctx, "recording a certificate", insertCertificate, string(r.Issuer), int64(r.Serial), r.ID, r.Attributes.Key(),
		r.Kind.String(), r.IssuedAt.Unix(), r.NotAfter.Unix())
}

const selectCertificate = `SELECT issuer, serial, record, attributes, kind, issued_at, not_after FROM certificate `

func scanCertificate(rows *sql.Rows) (r message.HolderRecord, err error) {
	var key, kind string
	if err := rows.Scan(&r.Issuer, &r.Serial, &r.ID, &key, &kind, officedb.Time(&r.IssuedAt), officedb.Time(&r.NotAfter)); err != nil {
		return r, err
	}
	r.Kind, _ = jpki.ParseKind(kind)
	r.Attributes, err = message.ParseAttributes(key)
	return r, err
}

func (t tx) Certificate(ctx context.Context, id string) (message.HolderRecord, bool, error) {
	return officedb.First(ctx, t.Tx, "a certificate of the serial map", scanCertificate, selectCertificate+`WHERE record = $1`, id)
}

func (t tx) IssuedBefore(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error) {
	return officedb.All(ctx, t.Tx, "the serial map", scanCertificate,
		selectCertificate+`WHERE attributes = $1 AND issued_at < $2 ORDER BY issuer, serial`, a.Key(), at.Unix())
}

func (t tx) ValidAt(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error) {
	return officedb.All(ctx, t.Tx, "the serial map", scanCertificate,
		selectCertificate+`WHERE attributes = $1 AND not_after >= $2 ORDER BY issuer, serial`, a.Key(), at.Unix())
}

const insertNotice = `INSERT INTO notice (id, attributes, fact, happened_at) VALUES ($1, $2, $3, $4)`

func (t tx) AddNotice(ctx context.Context, n message.ChangeNotice) error {
	return t.Change(ctx, "recording a notice", insertNotice, n.ID, n.Attributes.Key(), string(n.Fact), n.At.Unix())
}

const selectNotice = `SELECT id, attributes, fact, happened_at FROM notice `

func scanNotice(rows *sql.Rows) (n message.ChangeNotice, err error) {
	var key string
	if err := rows.Scan(&n.ID, &key, &n.Fact, officedb.Time(&n.At)); err != nil {
		return n, err
	}
	n.Attributes, err = message.ParseAttributes(key)
	return n, err
}

func (t tx) Notice(ctx context.Context, id string) (message.ChangeNotice, bool, error) {
	return officedb.First(ctx, t.Tx, "a notice", scanNotice, selectNotice+`WHERE id = $1`, id)
}

func (t tx) NoticesAfter(ctx context.Context, a message.Attributes, issued time.Time) ([]message.ChangeNotice, error) {
	return officedb.All(ctx, t.Tx, "notices", scanNotice,
		selectNotice+`WHERE attributes = $1 AND happened_at > $2 ORDER BY happened_at, id`, a.Key(), issued.Unix())
}

const selectUnmet = `SELECT id, fact, happened_at FROM notice WHERE NOT EXISTS (
		SELECT 1 FROM certificate WHERE certificate.attributes = notice.attributes AND certificate.issued_at < notice.happened_at
	) ORDER BY happened_at, id`

func (t tx) Unmet(ctx context.Context) ([]link.Notice, error) {
	return officedb.All(ctx, t.Tx, "notices that met nothing", func(rows *sql.Rows) (n link.Notice, err error) {
		err = rows.Scan(&n.ID, &n.Fact, officedb.Time(&n.At))
		return n, err
	}, selectUnmet)
}

const (
	insertList = `INSERT INTO list (date, through) VALUES ($1, $2)`
	listRest   = `UPDATE certificate SET list = $1 WHERE list IS NULL`
	selectList = `SELECT attributes, issued_at FROM certificate WHERE list = $1 ORDER BY issued_at, attributes`
)

func (t tx) AddList(ctx context.Context, date string, through time.Time) ([]message.HolderEntry, error) {
	if err := t.Change(ctx, "recording a holder list", insertList, date, through.Unix()); err != nil {
		return nil, err
	}
	if err := t.Change(ctx, "listing certificates", listRest, date); err != nil {
		return nil, err
	}
	return officedb.All(ctx, t.Tx, "the entries of a holder list", func(rows *sql.Rows) (e message.HolderEntry, err error) {
		var key string
		if err := rows.Scan(&key, officedb.Time(&e.IssuedAt)); err != nil {
			return e, err
		}
		e.Attributes, err = message.ParseAttributes(key)
		return e, err
	}, selectList, date)
}

func (t tx) LastThrough(ctx context.Context) (time.Time, error) {
	var through int64
	if err := t.QueryRow(ctx, `SELECT coalesce(max(through), 0) FROM list`).Scan(&through); err != nil {
		return time.Time{}, fmt.Errorf("reading the newest holder list: %w", err)
	}
	return time.Unix(through, 0).UTC(), nil
}

const insertOrder = `INSERT INTO revocation_order (id, issuer, serial, ground, recorded_at, outcome)
	VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT (id) DO NOTHING`

func (t tx) AddOrder(ctx context.Context, o message.RevocationOrder) (added bool, err error) {
	n, err := t.Changed(ctx, "recording an order", insertOrder, o.ID, string(o.Issuer), int64(o.Serial), string(o.Ground), o.RecordedAt.Unix())
	return n == 1, err
}

const selectOrder = `SELECT id, issuer, serial, ground, recorded_at, outcome FROM revocation_order WHERE id = $1`

func (t tx) Order(ctx context.Context, id string) (message.RevocationOrder, message.Outcome, bool, error) {
	var outcome message.Outcome
	o, found, err := officedb.First(ctx, t.Tx, "an order", func(rows *sql.Rows) (o message.RevocationOrder, err error) {
		err = rows.Scan(&o.ID, &o.Issuer, &o.Serial, &o.Ground, officedb.Time(&o.RecordedAt), &outcome)
		return o, err
	}, selectOrder, id)
	return o, outcome, found, err
}

func (t tx) SetOutcome(ctx context.Context, id string, o message.Outcome) error {
	return t.Change(ctx, "noting what came of an order", `UPDATE revocation_order SET outcome = $1 WHERE id = $2`, string(o), id)
}

func (t tx) AddHold(ctx context.Context, h link.HoldRequest, met int) error {
	return t.Change(ctx, "recording a hold", `INSERT INTO hold (id, attributes, met) VALUES ($1, $2, $3)`, h.ID, h.Attributes.Key(), met)
}

func (t tx) Hold(ctx context.Context, id string) (h link.HoldRequest, met int, found bool, err error) {
	h, found, err = officedb.First(ctx, t.Tx, "a hold", func(rows *sql.Rows) (h link.HoldRequest, err error) {
		var key string
		if err := rows.Scan(&h.ID, &key, &met); err != nil {
			return h, err
		}
		h.Attributes, err = message.ParseAttributes(key)
		return h, err
	}, `SELECT id, attributes, met FROM hold WHERE id = $1`, id)
	return h, met, found, err
}
