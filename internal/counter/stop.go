package counter

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Stop is a stop of the service サービスの停止: no case is taken in, no card prepared, no certificate asked for or stored.
type Stop struct {
	At       time.Time
	By       string // operator
	Reason   string // one lower-case word
	Case     string // whose image showed it; "" if none did
	Consents string // the operator who consented first to the restart; "" if none has
}

var word = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// running refuses what a stop forbids. The fault is "counter.stopped".
func (s *Service) running(ctx context.Context, tx Tx, t Transition) error {
	if !t.Halts {
		return nil
	}
	stop, stopped, err := tx.Stop(ctx)
	if err == nil && stopped {
		err = fault.New(fault.Unavailable, "counter.stopped", stop.Reason)
	}
	return err
}

// Stop stops the service. A service that is stopped stays stopped, for its first reason. Fault: counter.reason.
//
// Req: R-ISS-21
func (s *Service) Stop(ctx context.Context, actor authz.Actor, reason string) error {
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActStop}, func(tx Tx, e *audit.Entry) error {
		if !word.MatchString(reason) {
			return fault.New(fault.Invalid, "counter.reason")
		}
		e.Detail["reason"] = reason
		return s.stop(ctx, tx, Stop{At: s.now(), By: actor.Operator, Reason: reason})
	})
	if err != nil {
		return fmt.Errorf("stopping the service: %w", err)
	}
	return nil
}

func (s *Service) stop(ctx context.Context, tx Tx, stop Stop) error {
	earlier, stopped, err := tx.Stop(ctx)
	if err != nil {
		return err
	}
	if stopped {
		stop = earlier
		stop.Consents = "" // whoever consented did not know of this
	}
	return tx.SetStop(ctx, stop)
}

// Restart is the consent of one operator to go on. The service runs again when a second, another, has consented. Faults:
// counter.not_stopped, counter.same_operator.
//
// Req: R-ISS-21
func (s *Service) Restart(ctx context.Context, actor authz.Actor) (running bool, err error) {
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActRestart}, func(tx Tx, e *audit.Entry) error {
		stop, stopped, err := tx.Stop(ctx)
		switch {
		case err != nil:
			return err
		case !stopped:
			return fault.New(fault.Conflict, "counter.not_stopped")
		case actor.Operator == "" || actor.Operator == stop.Consents:
			return fault.New(fault.Denied, "counter.same_operator")
		}
		e.Detail["reason"] = stop.Reason
		if stop.Consents == "" {
			stop.Consents = actor.Operator
			return tx.SetStop(ctx, stop)
		}
		running = true
		e.Detail["first"] = stop.Consents
		return tx.ClearStop(ctx)
	})
	if err != nil {
		return false, fmt.Errorf("restarting the service: %w", err)
	}
	return running, nil
}

// Stopped returns the stop in force, for those who show it.
func (s *Service) Stopped(ctx context.Context) (stop Stop, stopped bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		stop, stopped, err = tx.Stop(ctx)
		return err
	})
	return stop, stopped, err
}
