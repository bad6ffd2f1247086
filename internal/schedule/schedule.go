package schedule

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
)

// Stored is what the office's database knows of a job.
type Stored struct {
	Name   string
	Every  time.Duration // whole seconds, as Anchor and the times below
	Anchor time.Time
	Due    time.Time // the next instant to be run
	Last   time.Time // the last that was run; zero if none
}

// Tx is the part of the office's transaction that [Scheduler] needs. Package scheduledb has it.
type Tx interface {
	audit.Tx
	// Jobs returns the stored jobs by name.
	Jobs(ctx context.Context) (map[string]Stored, error)
	// SaveJob stores a job, in the place of one of the same name if there is one.
	SaveJob(ctx context.Context, s Stored) error
}

// Job is what an office does by the calendar. Fields without "Optional" must be set.
type Job[T Tx] struct {
	Name string // one lower-case word: "holder_list"
	// Every is the time from one instant to the next, in whole seconds.
	Every time.Duration
	// Anchor is one of the instants, see [At]. Optional; midnight in Japan if zero.
	Anchor time.Time
	// Collapse runs the job once, for the last of several instants that were missed. Optional.
	Collapse bool

	// Either Apply does the work of an instant in the given transaction, and has no effect outside it; Act and Law say what
	// it does, as in audit.Entry.
	Act   authz.Act
	Law   string
	Apply func(ctx context.Context, tx T, e *audit.Entry, due time.Time) error
	// Or Do does it, in transactions of its own or outside any. It may be called again for the same instant.
	Do func(ctx context.Context, due time.Time) error
}

// At returns the anchor of jobs that fall due at a time of day in Japan.
func At(hour, minute int) time.Time {
	return time.Date(2000, 1, 1, hour, minute, 0, 0, jpki.Japan)
}

var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

func (j Job[T]) check() error {
	switch {
	case !word.MatchString(j.Name):
		return errors.New("its name is no word")
	case j.Every < time.Second || j.Every%time.Second != 0:
		return errors.New("every must be whole seconds")
	case (j.Apply == nil) == (j.Do == nil):
		return errors.New("one of apply and do must be set")
	case (j.Apply == nil) != (j.Act == ""):
		return errors.New("act goes with apply")
	}
	return nil
}

// first returns the first instant of the grid at or after a time.
func (s Stored) first(at time.Time) time.Time {
	every, anchor := int64(s.Every/time.Second), s.Anchor.Unix()
	n := (at.Unix() - anchor) / every
	for anchor+n*every < at.Unix() {
		n++
	}
	for anchor+(n-1)*every >= at.Unix() {
		n--
	}
	return time.Unix(anchor+n*every, 0).UTC()
}

// following returns the first instant after a time.
func (s Stored) following(at time.Time) time.Time { return s.first(at.Add(time.Second)) }

// latest returns the last instant at or before a time.
func (s Stored) latest(at time.Time) time.Time { return s.following(at).Add(-s.Every) }

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config[T Tx] struct {
	// Actor is the office itself.
	Actor authz.Actor
	// Guard holds the office's policy and its store.
	Guard audit.Guard[T]
	// View runs f in a transaction that changes nothing.
	View func(ctx context.Context, f func(T) error) error
	Jobs []Job[T]
	// Step is called with each numbered step of an act as it begins, such as "RunDue 2", for those who watch or test. Optional.
	Step func(string)
}

// Scheduler runs the jobs of one office. It is safe for concurrent use.
type Scheduler[T Tx] struct {
	Config[T]
}

// New returns the scheduler of an office. The names of its jobs must differ.
func New[T Tx](c Config[T]) (*Scheduler[T], error) {
	if c.Actor.Office == "" || c.Guard.Update == nil || c.View == nil {
		return nil, errors.New("making a scheduler: actor, guard and view must be set")
	}
	names := map[string]bool{}
	for _, j := range c.Jobs {
		if err := j.check(); err != nil {
			return nil, fmt.Errorf("scheduling %q: %w", j.Name, err)
		}
		if names[j.Name] {
			return nil, fmt.Errorf("scheduling %q: there are two", j.Name)
		}
		names[j.Name] = true
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	return &Scheduler[T]{c}, nil
}
