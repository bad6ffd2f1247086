package revocation

import (
	"github.com/openjpki/jpki/internal/schedule"
)

// Calendar runs what the service does by the clock: the tick, and the day's lists at half past three in Japan's night. Of
// both at one instant the tick comes first, so that answers know at least what the lists know.
//
// When the clock jumps, each is run once, for its last instant. An answer or a list shows all that is on record at its
// date, so one made for an earlier date would be replaced at once, unseen. The numbers of lists count the lists that were
// made and not the days; they need only grow. An entry that would have left one of the lists in between stays on the one
// that is made: entries leave by what the list before could have had ([Cut]).
//
// Assumed: the lists come out at half past three in the night; the hour is not published.
//
// Req: R-SLA-01, R-VAL-05
func (s *Service) Calendar() schedule.Runner { return s.calendar }

func (s *Service) newCalendar() (*schedule.Scheduler[Tx], error) {
	return schedule.New(schedule.Config[Tx]{
		Actor: itself, Guard: s.guard, View: s.Store.View, Step: s.Step,
		Jobs: []schedule.Job[Tx]{
			{Name: "ocsp_tick", Every: s.Terms.Tick, Collapse: true, Do: s.Tick},
			{Name: "crl", Every: s.Terms.List, Anchor: schedule.At(3, 30), Collapse: true, Do: s.Publish},
		},
	})
}
