package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Question is an event of which nobody can compute whose certificates it meets: another resident had the same four
// attributes.
type Question struct {
	Event      Record
	Candidates []Holder
}

// Questions returns what a clerk must decide, by event.
func (s *Service) Questions(ctx context.Context, actor authz.Actor) ([]Question, error) {
	var questions []Question
	entry := audit.Entry{Act: ActReview, Law: articleOfNotice}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, _ *audit.Entry) error {
		events, err := tx.Asked(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			candidates, err := tx.Candidates(ctx, e.Number)
			if err != nil {
				return err
			}
			questions = append(questions, Question{e, candidates})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the questions: %w", err)
	}
	return questions, nil
}

// Decision is a clerk's answer to a [Question].
type Decision struct {
	Event  string  // Event.ID
	Chosen []int64 // numbers of the candidates whom the event meets; empty for nobody
}

// Decide settles a question: the chosen candidates follow the event, the others pass it over, and all go on from there.
// Faults: registry.no_question, registry.no_candidate.
//
//  1. Check: the question stands and the chosen are its candidates. Stopped here: nothing happened.
//  2. Settle: in the same transaction the holders go on; notices are recorded, with their letters. Stopped before the
//     commit: nothing happened. Stopped after it: done.
//
// Law: 住民基本台帳法 §30-8
func (s *Service) Decide(ctx context.Context, actor authz.Actor, d Decision) error {
	entry := audit.Entry{Act: ActDecide, Law: articleOfNotice}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, a *audit.Entry) error {
		s.Step("Decide 1")
		e, candidates, err := question(ctx, tx, d)
		if err != nil {
			return err
		}
		a.Subject = "event:" + d.Event
		a.Detail = map[string]string{"chosen": strconv.Itoa(len(d.Chosen)), "candidates": strconv.Itoa(len(candidates))}
		s.Step("Decide 2")
		return s.settle(ctx, tx, e, candidates, d.Chosen)
	})
	if err != nil {
		return fmt.Errorf("deciding on an event: %w", err)
	}
	return nil
}

func question(ctx context.Context, tx Tx, d Decision) (Record, []Holder, error) {
	e, found, err := tx.Event(ctx, d.Event)
	if err != nil {
		return e, nil, err
	}
	if !found || e.Outcome != Asked {
		return e, nil, fault.New(fault.Conflict, "registry.no_question")
	}
	candidates, err := tx.Candidates(ctx, e.Number)
	if err != nil {
		return e, nil, err
	}
	for _, number := range d.Chosen {
		if !slices.ContainsFunc(candidates, func(h Holder) bool { return h.Number == number }) {
			return e, nil, fault.New(fault.Invalid, "registry.no_candidate", number)
		}
	}
	return e, candidates, nil
}

func (s *Service) settle(ctx context.Context, tx Tx, e Record, candidates []Holder, chosen []int64) (err error) {
	if err := tx.SetOutcome(ctx, e.Number, Declined); err != nil {
		return err
	}
	for _, h := range candidates {
		if slices.Contains(chosen, h.Number) {
			h, err = s.apply(ctx, tx, h, e)
		} else {
			h.Position, h.Question = e.Number, 0
			err = tx.SetHolder(ctx, h)
		}
		if err != nil {
			return err
		}
		if err := s.follow(ctx, tx, h); err != nil {
			return err
		}
	}
	return nil
}
