package registrydb

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/registry"
)

const insertEvent = `INSERT INTO event (id, kind, code, happened_at, before, after, municipality, shared, outcome)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number`

func (t tx) AddEvent(ctx context.Context, r registry.Record) (registry.Record, error) {
	after := ""
	if r.After != (message.Attributes{}) {
		after = r.After.Key()
	}
	err := t.QueryRow(ctx, insertEvent, r.ID, string(r.Kind), string(r.Code), r.At.Unix(), r.Before.Key(), after,
		r.Municipality, flag(r.Shared), string(r.Outcome)).Scan(&r.Number)
	if err != nil {
		return r, fmt.Errorf("recording an event: %w", err)
	}
	return r, nil
}

const selectEvent = `SELECT number, id, kind, code, happened_at, before, after, municipality, shared, outcome FROM event `

func scanEvent(rows *sql.Rows) (r registry.Record, err error) {
	var before, after string
	var shared int64
	err = rows.Scan(&r.Number, &r.ID, &r.Kind, &r.Code, officedb.Time(&r.At), &before, &after, &r.Municipality, &shared, &r.Outcome)
	if err != nil {
		return r, err
	}
	r.Shared = shared != 0
	if r.Before, err = attributes(before); err != nil {
		return r, err
	}
	r.After, err = attributes(after)
	return r, err
}

func (t tx) Event(ctx context.Context, id string) (registry.Record, bool, error) {
	return officedb.First(ctx, t.Tx, "an event", scanEvent, selectEvent+`WHERE id = $1`, id)
}

func (t tx) EventsOf(ctx context.Context, code registry.ResidentCode) ([]registry.Record, error) {
	return officedb.All(ctx, t.Tx, "the events of a resident", scanEvent, selectEvent+`WHERE code = $1 ORDER BY number`, string(code))
}

func (t tx) NextEvent(ctx context.Context, h registry.Holder) (registry.Record, bool, error) {
	return officedb.First(ctx, t.Tx, "the next event of a holder", scanEvent,
		selectEvent+`WHERE before = $1 AND number > $2 AND happened_at > $3 ORDER BY number LIMIT 1`, h.Present.Key(), h.Position, h.IssuedAt.Unix())
}

func (t tx) SetOutcome(ctx context.Context, number int64, o registry.Outcome) error {
	return t.Change(ctx, "recording the outcome of an event", `UPDATE event SET outcome = $1 WHERE number = $2`, string(o), number)
}

func (t tx) Close(ctx context.Context, covered time.Time) error {
	return t.Change(ctx, "closing events", `UPDATE event SET outcome = $1 WHERE outcome = 'waiting' AND happened_at <= $2`,
		string(registry.NoHolder), covered.Unix())
}

const insertHolder = `INSERT INTO holder (listed, present, issued_at, position, question, ended)
	VALUES ($1, $2, $3, $4, $5, $6) RETURNING number`

func (t tx) AddHolder(ctx context.Context, h registry.Holder) (registry.Holder, error) {
	err := t.QueryRow(ctx, insertHolder, h.Listed.Key(), h.Present.Key(), h.IssuedAt.Unix(), h.Position, h.Question,
		flag(h.Ended)).Scan(&h.Number)
	if err != nil {
		return h, fmt.Errorf("recording a holder: %w", err)
	}
	return h, nil
}

func (t tx) SetHolder(ctx context.Context, h registry.Holder) error {
	return t.Change(ctx, "recording a holder", `UPDATE holder SET present = $1, position = $2, question = $3, ended = $4 WHERE number = $5`,
		h.Present.Key(), h.Position, h.Question, flag(h.Ended), h.Number)
}

const selectHolders = `SELECT number, listed, present, issued_at, position, question, ended FROM holder `

func scanHolder(rows *sql.Rows) (h registry.Holder, err error) {
	var listed, present string
	var ended int64
	if err := rows.Scan(&h.Number, &listed, &present, officedb.Time(&h.IssuedAt), &h.Position, &h.Question, &ended); err != nil {
		return h, err
	}
	h.Ended = ended != 0
	if h.Listed, err = attributes(listed); err != nil {
		return h, err
	}
	h.Present, err = attributes(present)
	return h, err
}

func (t tx) Holding(ctx context.Context, present message.Attributes) ([]registry.Holder, error) {
	return officedb.All(ctx, t.Tx, "holders", scanHolder,
		selectHolders+`WHERE present = $1 AND question = 0 AND ended = 0 ORDER BY number`, present.Key())
}

func (t tx) Candidates(ctx context.Context, event int64) ([]registry.Holder, error) {
	return officedb.All(ctx, t.Tx, "candidates", scanHolder, selectHolders+`WHERE question > 0 AND question = $1 ORDER BY number`, event)
}

func (t tx) Asked(ctx context.Context) ([]registry.Record, error) {
	return officedb.All(ctx, t.Tx, "questions", scanEvent,
		selectEvent+`WHERE number IN (SELECT question FROM holder WHERE question > 0) ORDER BY number`)
}

const insertNotice = `INSERT INTO notice (id, event, attributes, fact) VALUES ($1, $2, $3, $4)
	ON CONFLICT (event, attributes) DO NOTHING`

func (t tx) AddNotice(ctx context.Context, event int64, n message.ChangeNotice) (added bool, err error) {
	rows, err := t.Changed(ctx, "recording a notice", insertNotice, n.ID, event, n.Attributes.Key(), string(n.Fact))
	return rows == 1, err
}
