package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Holder is a certificate as the register side knows it: without serial number or kind.
//
// Req: R-SYS-19, R-AMB-13
type Holder struct {
	Number   int64
	Listed   message.Attributes // as the CA's side gave them
	Present  message.Attributes // as the register has them now
	IssuedAt time.Time
	Position int64 // number of the last event that the holder followed or passed over
	Question int64 // number of the event that a clerk must decide on; 0 if none
	Ended    bool  // dead
}

// Match takes a holder list and matches its holders with all events since each was issued. The same list again changes
// nothing; the order of lists does not matter. Faults: registry.list_invalid, registry.list_reused.
//
//  1. Check: the form of the list, its control total, that it was not matched yet. Stopped here: nothing happened.
//  2. Match: in the same transaction each entry follows the events since its issue; notices are recorded. Stopped here:
//     nothing happened.
//  3. Close: events that waited for lists up to here, and met nobody, end. Stopped before the commit: nothing happened.
//     Stopped after it: all is done but the sending, see [Service.Deliver].
//
// Law: 住民基本台帳法 §30-8
// Req: R-REG-09, R-STM-03
func (s *Service) Match(ctx context.Context, actor authz.Actor, l message.HolderList) error {
	entry := audit.Entry{Act: ActMatch, Law: articleOfNotice}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, a *audit.Entry) error {
		s.Step(Step{"Match", 1})
		if err := checkList(l); err != nil {
			return err
		}
		a.Subject, a.Detail = "list:"+l.ID, map[string]string{"count": strconv.Itoa(l.Count)}
		if known, err := addList(ctx, tx, l); err != nil || known {
			return err
		}
		s.Step(Step{"Match", 2})
		for _, e := range l.Entries {
			h, err := tx.AddHolder(ctx, Holder{Listed: e.Attributes, Present: e.Attributes, IssuedAt: e.IssuedAt})
			if err != nil {
				return err
			}
			if err := s.follow(ctx, tx, h); err != nil {
				return err
			}
		}
		s.Step(Step{"Match", 3})
		return closeCovered(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("matching a holder list: %w", err)
	}
	return nil
}

func checkList(l message.HolderList) error {
	switch {
	case !identifier.MatchString(l.ID):
		return fault.New(fault.Invalid, "registry.list_invalid", "id")
	case l.Count != len(l.Entries):
		return fault.New(fault.Invalid, "registry.list_invalid", "count")
	case !l.Through.After(l.Since):
		return fault.New(fault.Invalid, "registry.list_invalid", "through")
	}
	for _, e := range l.Entries {
		if err := e.Attributes.Validate(); err != nil {
			return fault.Wrap(err, fault.Invalid, "registry.list_invalid", "entries")
		}
	}
	return nil
}

// addList records a list, or reports that it is known; another under its name is a fault.
func addList(ctx context.Context, tx Tx, l message.HolderList) (known bool, err error) {
	encoded, err := json.Marshal(l)
	if err != nil {
		return false, fmt.Errorf("encoding a holder list: %w", err)
	}
	sum := sha256.Sum256(encoded)
	digest := hex.EncodeToString(sum[:])
	earlier, known, err := tx.ListDigest(ctx, l.ID)
	if err != nil || known {
		if err == nil && earlier != digest {
			err = fault.New(fault.Conflict, "registry.list_reused", l.ID)
		}
		return known, err
	}
	return false, tx.AddList(ctx, l, digest)
}

// matchEvent lets the holders with the attributes of before follow a new event.
func (s *Service) matchEvent(ctx context.Context, tx Tx, e Record) error {
	holders, err := tx.Holding(ctx, e.Before)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if err := s.follow(ctx, tx, h); err != nil {
			return err
		}
	}
	return closeCovered(ctx, tx)
}

// follow takes a holder through the events to the present, or to one that a clerk must decide on.
func (s *Service) follow(ctx context.Context, tx Tx, h Holder) error {
	for !h.Ended {
		e, found, err := tx.NextEvent(ctx, h)
		if err != nil || !found {
			return err
		}
		if e.Shared {
			h.Question = e.Number
			if err := tx.SetHolder(ctx, h); err != nil {
				return err
			}
			return tx.SetOutcome(ctx, e.Number, Asked)
		}
		if h, err = s.apply(ctx, tx, h, e); err != nil {
			return err
		}
	}
	return nil
}

// apply makes an event the holder's: notice of the listed attributes, if its rule says so, and the attributes of after.
func (s *Service) apply(ctx context.Context, tx Tx, h Holder, e Record) (Holder, error) {
	rule, _ := ruleOf(e.Kind)
	outcome := Silent
	if rule.Notice {
		id := make([]byte, 16)
		if _, err := io.ReadFull(s.Rand, id); err != nil {
			return h, fmt.Errorf("naming a notice: %w", err)
		}
		n := message.ChangeNotice{ID: hex.EncodeToString(id), Attributes: h.Listed, Fact: rule.fact(), At: e.At}
		if err := tx.AddNotice(ctx, e.Number, n); err != nil {
			return h, err
		}
		outcome = Noticed
	}
	if err := tx.SetOutcome(ctx, e.Number, outcome); err != nil {
		return h, err
	}
	h.Position, h.Question = e.Number, 0
	if rule.Event == Death {
		h.Ended = true
	} else {
		h.Present = e.After
	}
	return h, tx.SetHolder(ctx, h)
}

func closeCovered(ctx context.Context, tx Tx) error {
	covered, err := tx.Covered(ctx)
	if err != nil {
		return err
	}
	return tx.Close(ctx, covered)
}
