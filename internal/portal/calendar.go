package portal

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/schedule"
)

// Calendar returns what the office does by the calendar: with each new answer of the validity service it examines what still
// waits, and each night it erases what is old.
func (s *Service) Calendar() schedule.Runner { return s.calendar }

func (s *Service) newCalendar() (*schedule.Scheduler[Tx], error) {
	return schedule.New(schedule.Config[Tx]{
		Actor: itself, Guard: s.guard, View: s.Store.View, Step: s.Step,
		Jobs: []schedule.Job[Tx]{
			{Name: "examine", Every: 15 * time.Minute, Collapse: true, Do: s.examineWaiting},
			{Name: "erase", Every: 24 * time.Hour, Anchor: schedule.At(2, 0), Collapse: true, Act: ActErase, Law: article, Apply: erase},
		},
	})
}

// examineWaiting judges every application that waits. One that cannot be judged does not keep the others waiting.
func (s *Service) examineWaiting(ctx context.Context, _ time.Time) error {
	var waiting []string
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		waiting, err = tx.Waiting(ctx)
		return err
	})
	for _, number := range waiting {
		_, failed := s.Judge(ctx, itself, number)
		err = errors.Join(err, failed)
	}
	return err
}

func erase(ctx context.Context, tx Tx, e *audit.Entry, due time.Time) error {
	n, err := tx.Erase(ctx, due.Add(-Retention))
	e.Detail["erased"] = strconv.FormatInt(n, 10)
	return err
}
