package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/internal/schedule"
)

// Settle delivers letters until nothing moves.
func (s *Sandbox) Settle(ctx context.Context) error {
	s.settling.Lock()
	defer s.settling.Unlock()
	return settle(ctx, s.Now, s.stations)
}

// Advance moves the clock on, and lets happen what falls due meanwhile, each thing at its time. What was written before is
// delivered first. Those who move the clock at the same time do it one after the other.
func (s *Sandbox) Advance(ctx context.Context, to time.Time) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	return s.advance(ctx, to)
}

// AdvanceBy is [Sandbox.Advance] by a time, from where the clock stands when it is its turn.
func (s *Sandbox) AdvanceBy(ctx context.Context, by time.Duration) error {
	s.advancing.Lock()
	defer s.advancing.Unlock()
	return s.advance(ctx, s.Now().Add(by))
}

func (s *Sandbox) advance(ctx context.Context, to time.Time) error {
	if err := s.Settle(ctx); err != nil {
		return err
	}
	for {
		due, runner, err := first(ctx, to, s.calendars())
		if err != nil {
			return err
		}
		if runner == nil {
			break
		}
		if due.At.After(s.Now()) {
			if err := s.Clock.Set(due.At); err != nil {
				return err
			}
		}
		if err := errors.Join(runner.RunDue(ctx, due), s.Settle(ctx)); err != nil {
			return fmt.Errorf("running %s due at %s: %w", due.Job, due.At.Format(time.RFC3339), err)
		}
	}
	if to.After(s.Now()) {
		if err := s.Clock.Set(to); err != nil {
			return err
		}
	}
	return s.Settle(ctx)
}

func (s *Sandbox) calendars() []schedule.Runner {
	var all []schedule.Runner
	for _, w := range s.stations {
		if w.calendar != nil {
			all = append(all, w.calendar)
		}
	}
	return all
}

// first returns what falls due first by an instant, and where; no runner if nothing does.
func first(ctx context.Context, by time.Time, calendars []schedule.Runner) (first schedule.Due, at schedule.Runner, err error) {
	for _, c := range calendars {
		due, ok, err := c.FirstDue(ctx, by, nil)
		if err != nil {
			return first, nil, fmt.Errorf("reading calendars: %w", err)
		}
		if ok && (at == nil || due.At.Before(first.At)) {
			first, at = due, c
		}
	}
	return first, at, nil
}

// Status tells how each office stands.
func (s *Sandbox) Status(ctx context.Context) (all []Status, err error) {
	for _, w := range s.stations {
		status, err := w.status(ctx, s.Now())
		if err != nil {
			return nil, fmt.Errorf("asking %s how it stands: %w", w.office, err)
		}
		all = append(all, status)
	}
	return all, nil
}
