package revocation

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
)

// Tick is a state of OCSP data: all records made until an instant. It is never changed.
type Tick struct {
	At      time.Time
	Through int64 // Seq of the last record
}

// Tick lets OCSP answers show what is on record at the last full period before now, prepares the responders, and
// publishes the first list of partitions that have none. It is called once in each period, and when the service starts;
// called more often it changes nothing.
//
//  1. Record the tick, with its audit entry. Stopped before the commit: answers show the last tick, until they are too old
//     to be given. Stopped after it: answers show this one.
//  2. Renew the certificates of responders that end soon.
//  3. Publish the first lists.
//
// What fails in one step does not keep the others from being taken; the errors come together.
//
// Law: 公的個人認証法 §18
func (s *Service) Tick(ctx context.Context, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	s.Step("Tick 1")
	err := s.recordTick(ctx, now.Truncate(s.Terms.Tick))
	s.Step("Tick 2")
	err = errors.Join(err, s.renewAll(ctx, now))
	s.Step("Tick 3")
	return errors.Join(err, s.publishAll(ctx, now, func(_ List, published bool) bool { return !published }))
}

func (s *Service) recordTick(ctx context.Context, at time.Time) error {
	if last, err := s.lastTick(ctx); err != nil || !last.At.Before(at) {
		return err
	}
	entry := audit.Entry{Act: ActTick, Law: articleOfProvision}
	tick := Tick{At: at}
	err := s.guard.Do(ctx, itself, entry, func(tx Tx, e *audit.Entry) error {
		last, _, err := tx.Tick(ctx)
		if err != nil || !last.At.Before(at) { // another process was faster
			tick = last
			return err
		}
		if tick.Through, err = tx.Through(ctx, at); err != nil {
			return err
		}
		e.Detail = map[string]string{"at": strconv.FormatInt(at.Unix(), 10), "through": strconv.FormatInt(tick.Through, 10)}
		return tx.SetTick(ctx, tick)
	})
	if err != nil {
		return fmt.Errorf("recording tick: %w", err)
	}
	s.remember(tick)
	return nil
}

// lastTick returns the last tick on record; the zero value if there is none.
func (s *Service) lastTick(ctx context.Context) (tick Tick, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		tick, _, err = tx.Tick(ctx)
		return err
	})
	if err != nil {
		return Tick{}, fmt.Errorf("reading tick: %w", err)
	}
	s.remember(tick)
	return tick, nil
}

// currentTick returns the last tick. One that this process has seen is not read again before the next is due.
func (s *Service) currentTick(ctx context.Context, now time.Time) (Tick, error) {
	s.mu.Lock()
	tick := s.tick
	s.mu.Unlock()
	if now.Before(tick.At.Add(s.Terms.Tick)) {
		return tick, nil
	}
	return s.lastTick(ctx)
}

func (s *Service) remember(tick Tick) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tick.At.Before(tick.At) {
		s.tick = tick
	}
}
