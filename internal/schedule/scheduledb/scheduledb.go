package scheduledb

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/schedule"
)

//go:embed schema
var schema embed.FS

// Migrate makes or updates the table of jobs in the database of an office.
func Migrate(ctx context.Context, d *db.DB) error {
	return d.Migrate(ctx, "schedule", schema)
}

// Calendar is the table of jobs in one transaction of an office.
type Calendar struct{ tx *db.Tx }

// In returns the calendar in a transaction.
func In(tx *db.Tx) Calendar { return Calendar{tx} }

const selectJobs = `SELECT name, every, anchor, due, last FROM schedule_job ORDER BY name`

// Jobs returns the stored jobs by name.
func (c Calendar) Jobs(ctx context.Context) (map[string]schedule.Stored, error) {
	rows, err := c.tx.Query(ctx, selectJobs)
	if err != nil {
		return nil, fmt.Errorf("reading jobs: %w", err)
	}
	defer rows.Close()
	jobs := map[string]schedule.Stored{}
	for rows.Next() {
		var s schedule.Stored
		var every, anchor, due int64
		var last *int64
		if err := rows.Scan(&s.Name, &every, &anchor, &due, &last); err != nil {
			return nil, fmt.Errorf("reading jobs: %w", err)
		}
		s.Every, s.Anchor, s.Due = time.Duration(every)*time.Second, time.Unix(anchor, 0).UTC(), time.Unix(due, 0).UTC()
		if last != nil {
			s.Last = time.Unix(*last, 0).UTC()
		}
		jobs[s.Name] = s
	}
	return jobs, rows.Err()
}

const saveJob = `INSERT INTO schedule_job (name, every, anchor, due, last) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (name) DO UPDATE SET every = excluded.every, anchor = excluded.anchor, due = excluded.due, last = excluded.last`

// SaveJob stores a job, in the place of one of the same name if there is one.
func (c Calendar) SaveJob(ctx context.Context, s schedule.Stored) error {
	var last *int64
	if !s.Last.IsZero() {
		last = new(int64)
		*last = s.Last.Unix()
	}
	_, err := c.tx.Exec(ctx, saveJob, s.Name, int64(s.Every/time.Second), s.Anchor.Unix(), s.Due.Unix(), last)
	if err != nil {
		return fmt.Errorf("storing job %s: %w", s.Name, err)
	}
	return nil
}
