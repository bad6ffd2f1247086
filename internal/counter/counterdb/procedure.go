package counterdb

import (
	"context"
	"database/sql"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
)

const selectOrders = `SELECT id, origin, kind, card_serial, issuer, serial, ground, recorded_at, invalid_from, outcome, reason, revoked_at
	FROM given_order `

func scanOrder(rows *sql.Rows) (o counter.Order, err error) {
	var kind string
	err = rows.Scan(&o.ID, &o.Of, &kind, &o.CardSerial, &o.Issuer, &o.Serial, &o.Ground, officedb.Time(&o.RecordedAt),
		officedb.Time(&o.InvalidFrom), &o.Outcome, &o.Reason, officedb.Time(&o.RevokedAt))
	o.Kind, _ = jpki.ParseKind(kind)
	return o, err
}

func (t tx) Order(ctx context.Context, id string) (counter.Order, bool, error) {
	return officedb.First(ctx, t.Tx, "an order", scanOrder, selectOrders+`WHERE id = $1`, id)
}

func (t tx) OrdersOf(ctx context.Context, of string) ([]counter.Order, error) {
	return officedb.All(ctx, t.Tx, "orders", scanOrder, selectOrders+`WHERE origin = $1 ORDER BY id`, of)
}

const insertOrder = `INSERT INTO given_order (id, origin, kind, card_serial, issuer, serial, ground, recorded_at, invalid_from, outcome,
	reason, revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

func (t tx) AddOrder(ctx context.Context, o counter.Order) error {
	return t.Change(ctx, "keeping an order", insertOrder, o.ID, o.Of, o.Kind.String(), o.CardSerial, string(o.Issuer), int64(o.Serial),
		string(o.Ground), o.RecordedAt.Unix(), officedb.Unix(o.InvalidFrom), string(o.Outcome), int64(o.Reason), officedb.Unix(o.RevokedAt))
}

const answerOrder = `UPDATE given_order SET outcome = $2, reason = $3, revoked_at = $4 WHERE id = $1`

func (t tx) SetOutcome(ctx context.Context, a message.Revocation) error {
	return t.ChangeOne(ctx, "noting the answer to an order", answerOrder, a.OrderID, string(a.Outcome), int64(a.Reason), officedb.Unix(a.RevokedAt))
}

const selectNotice = `SELECT id, work, pin_key, identity, card_serial, taken_at, done_at, keep_until FROM notice WHERE id = $1`

func (t tx) Notice(ctx context.Context, id string) (counter.Notice, bool, error) {
	return officedb.First(ctx, t.Tx, "a notice", func(rows *sql.Rows) (n counter.Notice, err error) {
		var identity string
		err = rows.Scan(&n.ID, &n.Work, &n.Key, &identity, &n.CardSerial, officedb.Time(&n.TakenAt), officedb.Time(&n.DoneAt),
			officedb.Time(&n.KeepUntil))
		if err != nil {
			return n, err
		}
		return n, decode(identity, &n.Identity)
	}, selectNotice, id)
}

const insertNotice = `INSERT INTO notice (id, work, pin_key, identity, card_serial, taken_at, done_at, keep_until)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

func (t tx) AddNotice(ctx context.Context, n counter.Notice) error {
	identity, err := encode(n.Identity)
	if err != nil {
		return err
	}
	return t.Change(ctx, "keeping a notice", insertNotice, n.ID, n.Work, n.Key, identity, n.CardSerial, n.TakenAt.Unix(), officedb.Unix(n.DoneAt),
		n.KeepUntil.Unix())
}

func (t tx) SetNoticeDone(ctx context.Context, id string, at time.Time) error {
	return t.ChangeOne(ctx, "noting that a notice is done", `UPDATE notice SET done_at = $2 WHERE id = $1`, id, at.Unix())
}

const selectStop = `SELECT stopped_at, stopped_by, reason, case_id, consents FROM stop WHERE id = 1`

func (t tx) Stop(ctx context.Context) (counter.Stop, bool, error) {
	return officedb.First(ctx, t.Tx, "the stop in force", func(rows *sql.Rows) (s counter.Stop, err error) {
		err = rows.Scan(officedb.Time(&s.At), &s.By, &s.Reason, &s.Case, &s.Consents)
		return s, err
	}, selectStop)
}

const upsertStop = `INSERT INTO stop (id, stopped_at, stopped_by, reason, case_id, consents) VALUES (1, $1, $2, $3, $4, $5)
	ON CONFLICT (id) DO UPDATE SET stopped_at = $1, stopped_by = $2, reason = $3, case_id = $4, consents = $5`

func (t tx) SetStop(ctx context.Context, s counter.Stop) error {
	return t.Change(ctx, "stopping the service", upsertStop, s.At.Unix(), s.By, s.Reason, s.Case, s.Consents)
}

func (t tx) ClearStop(ctx context.Context) error {
	return t.Change(ctx, "letting the service go on", `DELETE FROM stop`)
}
