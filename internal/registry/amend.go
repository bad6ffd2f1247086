package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Amend records an event, amends the resident's record and matches the event with the holders. The same event again
// changes nothing. Faults: registry.event_invalid, registry.event_reused, registry.event_order, registry.no_resident.
//
//  1. Check: the form of the event, that it is not there yet, that its rule allows the change. Stopped here: nothing
//     happened.
//  2. Amend: the event and the record, in the same transaction. Stopped here: nothing happened.
//  3. Match: the holders with the attributes of before follow the event; notices are recorded, with their letters. Stopped
//     before the commit: nothing happened. Stopped after it: done.
//
// Law: 住民基本台帳法 §8
// Req: R-REG-03, R-REG-09
func (s *Service) Amend(ctx context.Context, actor authz.Actor, e Event) error {
	e.At = e.At.UTC().Truncate(time.Second)
	rule, _ := ruleOf(e.Kind)
	entry := audit.Entry{Act: ActAmend, Law: rule.Law}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, a *audit.Entry) error {
		s.Step("Amend 1")
		if err := s.checkEvent(e); err != nil {
			return err
		}
		a.Subject = "event:" + e.ID
		if known, err := repeated(ctx, tx, e); err != nil || known {
			return err
		}
		before, after, err := change(ctx, tx, e)
		if err != nil {
			return err
		}
		s.Step("Amend 2")
		record, err := amend(ctx, tx, e, before, after)
		if err != nil {
			return err
		}
		s.Step("Amend 3")
		return s.matchEvent(ctx, tx, record)
	})
	if err != nil {
		return fmt.Errorf("amending a resident record: %w", err)
	}
	return nil
}

// checkEvent checks what can be seen from the event alone.
func (s *Service) checkEvent(e Event) error {
	_, known := ruleOf(e.Kind)
	switch {
	case !identifier.MatchString(e.ID) || message.MayBeMyNumber(e.ID) || e.Code != "" && strings.Contains(e.ID, string(e.Code)):
		return fault.New(fault.Invalid, "registry.event_invalid", "id")
	case !known:
		return fault.New(fault.Invalid, "registry.event_invalid", "kind")
	case e.At.After(s.now()):
		return fault.New(fault.Invalid, "registry.event_invalid", "time")
	case e.Kind == Death:
		if e.After != (message.Attributes{}) || e.Municipality != "" {
			return fault.New(fault.Invalid, "registry.event_invalid", "after")
		}
		return nil
	case !municipalityCode.MatchString(e.Municipality):
		return fault.New(fault.Invalid, "registry.event_invalid", "municipality")
	}
	if err := e.After.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "registry.event_invalid", "after")
	}
	return nil
}

// repeated reports whether the event is there already; another under its name is a fault.
func repeated(ctx context.Context, tx Tx, e Event) (bool, error) {
	earlier, known, err := tx.Event(ctx, e.ID)
	if err == nil && known && earlier.Event != e {
		err = fault.New(fault.Conflict, "registry.event_reused", e.ID)
	}
	return known, err
}

// change returns the resident's record before and after the event.
func change(ctx context.Context, tx Tx, e Event) (before, after Resident, err error) {
	before, err = resident(ctx, tx, e.Code)
	if err != nil {
		return before, after, err
	}
	if e.At.Before(before.AmendedAt) {
		return before, after, fault.New(fault.Conflict, "registry.event_order", e.ID)
	}
	after = before
	after.AmendedAt = e.At
	if e.Kind == Death {
		after.Removed = true
	} else {
		after.Attributes, after.Municipality = e.After, e.Municipality
	}
	if rule, _ := ruleOf(e.Kind); !rule.allows(before, after) {
		return before, after, fault.New(fault.Invalid, "registry.event_invalid", "after")
	}
	return before, after, nil
}

// amend records the event and the resident as he is after it.
func amend(ctx context.Context, tx Tx, e Event, before, after Resident) (Record, error) {
	shared, err := tx.Shared(ctx, before)
	if err != nil {
		return Record{}, err
	}
	record := Record{Event: e, Before: before.Attributes, Shared: shared, Outcome: Silent}
	if rule, _ := ruleOf(e.Kind); rule.Notice {
		record.Outcome = Waiting
	}
	if record, err = tx.AddEvent(ctx, record); err != nil {
		return Record{}, err
	}
	return record, tx.SetResident(ctx, after)
}
