package counter

import (
	"context"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/schedule"
)

// Calendar returns what the office does by the calendar: each night it erases the papers whose time is over.
//
// Req: R-CNT-04
func (s *Service) Calendar() schedule.Runner { return s.calendar }

func (s *Service) newCalendar() (schedule.Runner, error) {
	job := schedule.Job[Tx]{
		Name: "papers", Every: 24 * time.Hour, Anchor: schedule.At(2, 0), Collapse: true, Act: ActErase,
		Apply: func(ctx context.Context, tx Tx, e *audit.Entry, due time.Time) error {
			n, err := tx.Erase(ctx, due)
			e.Detail["erased"] = strconv.FormatInt(n, 10)
			return err
		},
	}
	return schedule.New(schedule.Config[Tx]{Actor: itself, Guard: s.guard, View: s.Store.View, Jobs: []schedule.Job[Tx]{job}})
}
