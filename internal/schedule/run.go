package schedule

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
)

// MaxRuns is how many instants one call of [Scheduler.Run] runs at most: more than a hundred days of quarters of an hour.
const MaxRuns = 10_000

// Due is an instant at which a job is to be run.
type Due struct {
	Job string
	At  time.Time
}

// Run runs what fell due by now, in order, and returns how many instants it ran: [MaxRuns] if there may be more. The error
// joins those of the jobs that failed.
func (s *Scheduler[T]) Run(ctx context.Context, now time.Time) (ran int, err error) {
	return Run(ctx, now, MaxRuns, s)
}

// Next returns when a job is due next, which may be past; ok is false if there is no job. A job that was never seen before
// is due at its first instant from now on.
func (s *Scheduler[T]) Next(ctx context.Context, now time.Time) (at time.Time, ok bool, err error) {
	stored, err := s.jobs(ctx, now)
	if err != nil {
		return time.Time{}, false, err
	}
	for _, j := range s.Jobs {
		if due := stored[j.Name].Due; !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok, nil
}

// FirstDue returns the earliest instant that fell due by now, leaving out the jobs in aside.
func (s *Scheduler[T]) FirstDue(ctx context.Context, now time.Time, aside map[string]bool) (first Due, ok bool, err error) {
	stored, err := s.jobs(ctx, now)
	if err != nil {
		return Due{}, false, err
	}
	for _, j := range s.Jobs {
		due := stored[j.Name].Due
		if aside[j.Name] || due.After(now) {
			continue
		}
		if j.Collapse {
			due = stored[j.Name].latest(now)
		}
		if !ok || due.Before(first.At) {
			first, ok = Due{j.Name, due}, true
		}
	}
	return first, ok, nil
}

// jobs returns what is stored of the jobs, after storing those that are new or have another grid than before.
func (s *Scheduler[T]) jobs(ctx context.Context, now time.Time) (stored map[string]Stored, err error) {
	read := func(tx T) error {
		stored, err = tx.Jobs(ctx)
		return err
	}
	if err := s.View(ctx, read); err != nil {
		return nil, fmt.Errorf("reading jobs: %w", err)
	}
	if len(s.changed(stored, now)) == 0 {
		return stored, nil
	}
	err = s.Guard.Update(ctx, func(tx T) error {
		if err := read(tx); err != nil {
			return err
		}
		for _, job := range s.changed(stored, now) {
			if err := tx.SaveJob(ctx, job); err != nil {
				return err
			}
			stored[job.Name] = job
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("storing jobs: %w", err)
	}
	return stored, nil
}

// changed returns what must be stored of jobs that are new or have another grid than before. On a new grid, the first
// instant after the last that was run is next, so that none is left out.
func (s *Scheduler[T]) changed(stored map[string]Stored, now time.Time) []Stored {
	var all []Stored
	for _, j := range s.Jobs {
		was, known := stored[j.Name]
		anchor := j.Anchor
		if anchor.IsZero() {
			anchor = At(0, 0)
		}
		is := Stored{Name: j.Name, Every: j.Every, Anchor: anchor.UTC(), Last: was.Last}
		if known && was.Every == is.Every && was.Anchor.Equal(is.Anchor) {
			continue
		}
		is.Due = is.first(now)
		if !was.Last.IsZero() {
			is.Due = is.following(was.Last)
		}
		all = append(all, is)
	}
	return all
}

// errRun says that somebody else ran the instant between our look and our transaction.
var errRun = fault.New(fault.Conflict, "schedule.run")

// RunDue runs a job for an instant that [Scheduler.FirstDue] found.
//
//  1. Work: a job with Do does it now. A job with Apply does it in the transaction of step 2. Stopped here: for Do it may be
//     done, and is done again for the same instant; for Apply nothing happened.
//  2. Note: the instant is done, the next one is due. With Apply, the work and its audit entry are in this transaction.
//     Stopped before the commit: as after 1. Stopped after it: done.
func (s *Scheduler[T]) RunDue(ctx context.Context, due Due) error {
	for _, j := range s.Jobs {
		if j.Name != due.Job {
			continue
		}
		if err := s.run(ctx, j, due.At); err != nil && !errors.Is(err, errRun) {
			return fmt.Errorf("running %s of %s: %w", j.Name, due.At.Format(time.RFC3339), err)
		}
	}
	return nil
}

func (s *Scheduler[T]) run(ctx context.Context, j Job[T], due time.Time) error {
	s.Step("RunDue 1")
	if j.Do != nil {
		if err := j.Do(ctx, due); err != nil {
			return err
		}
		return s.Guard.Update(ctx, func(tx T) error {
			return s.note(ctx, tx, j, due, func() error { return nil })
		})
	}
	entry := audit.Entry{
		Act: j.Act, Law: j.Law, Subject: "job:" + j.Name, Detail: map[string]string{"due": strconv.FormatInt(due.Unix(), 10)},
	}
	return s.Guard.Do(ctx, s.Actor, entry, func(tx T, e *audit.Entry) error {
		return s.note(ctx, tx, j, due, func() error { return j.Apply(ctx, tx, e, due) })
	})
}

// note does the work of an instant and stores that it was run, unless it was noted before.
func (s *Scheduler[T]) note(ctx context.Context, tx T, j Job[T], due time.Time, work func() error) error {
	stored, err := tx.Jobs(ctx)
	if err != nil {
		return err
	}
	job := stored[j.Name]
	if job.Due.After(due) {
		return errRun
	}
	if err := work(); err != nil {
		return err
	}
	s.Step("RunDue 2")
	job.Last, job.Due = due, job.following(due)
	return tx.SaveJob(ctx, job)
}

// Runner is the scheduler of an office.
type Runner interface {
	FirstDue(ctx context.Context, now time.Time, aside map[string]bool) (Due, bool, error)
	RunDue(ctx context.Context, due Due) error
}

// Run runs what fell due at several offices by now, in the order of the instants, and returns how many it ran: limit if
// there may be more. A job that fails is set aside, and so is an office whose store fails. The error joins theirs.
func Run(ctx context.Context, now time.Time, limit int, offices ...Runner) (ran int, err error) {
	queues := make([]*queue, len(offices))
	for i, o := range offices {
		queues[i] = &queue{Runner: o, aside: map[string]bool{}}
		queues[i].look(ctx, now)
	}
	for ran < limit && ctx.Err() == nil {
		q := earliest(queues)
		if q == nil {
			break
		}
		if err := q.RunDue(ctx, q.first); err != nil {
			q.aside[q.first.Job] = true
			q.failures = append(q.failures, err)
		} else {
			ran++
		}
		q.look(ctx, now)
	}
	failures := []error{ctx.Err()}
	for _, q := range queues {
		failures = append(failures, q.failures...)
	}
	return ran, errors.Join(failures...)
}

// queue is an office with what it has to run first.
type queue struct {
	Runner
	first    Due
	waits    bool // first is to be run
	aside    map[string]bool
	failures []error
}

func (q *queue) look(ctx context.Context, now time.Time) {
	var err error
	if q.first, q.waits, err = q.FirstDue(ctx, now, q.aside); err != nil {
		q.failures = append(q.failures, err)
	}
}

// earliest returns the queue whose first instant is the earliest, nil if nothing is to be run.
func earliest(queues []*queue) (first *queue) {
	for _, q := range queues {
		if q.waits && (first == nil || q.first.At.Before(first.first.At)) {
			first = q
		}
	}
	return first
}
