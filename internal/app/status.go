package app

import (
	"context"
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// Status is how an office stands, for those who watch over the offices.
type Status struct {
	Office post.Address
	Time   time.Time // by the office's clock
	// Waiting says that letters have not arrived yet, Due that something fell due and is not done yet.
	Waiting, Due bool
}

// Idle reports whether the office has nothing to do.
func (s Status) Idle() bool { return !s.Waiting && !s.Due }

// AskStatus is answered by every office to every other.
const AskStatus line.Question[struct{}, Status] = "/office/status"

// status returns how the office stands.
func (s *station) status(ctx context.Context, now time.Time) (Status, error) {
	_, waiting, err := s.outbox.NextDue(ctx)
	if err != nil {
		return Status{}, err
	}
	due := false
	if s.calendar != nil {
		_, due, err = s.calendar.FirstDue(ctx, now, nil)
	}
	return Status{Office: s.office, Time: now, Waiting: waiting, Due: due}, err
}

// mountStatus answers how the office stands.
func (p *process) mountStatus(mux *http.ServeMux, work *station) {
	AskStatus.Handle(mux, func(ctx context.Context, _ authz.Actor, _ post.Address, _ struct{}) (Status, error) {
		return work.status(ctx, p.now())
	})
}
