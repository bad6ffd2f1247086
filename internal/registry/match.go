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
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
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

// match takes a holder list, or a part of one, and matches its holders with all events since each was issued. The same part
// again changes nothing; the order of lists and parts does not matter. Faults: registry.list_invalid,
// registry.list_reused.
//
//  1. Check: the form of the part, its control total, that it was not matched yet; with the last part of a list, the control
//     total of the list. Stopped here: nothing happened.
//  2. Match: in the same transaction each entry follows the events since its issue; notices are recorded, with their
//     letters. Stopped here: nothing happened.
//  3. Close: events that waited for whole lists up to here, and met nobody, end. Stopped before the commit: nothing happened,
//     the letter comes again. Stopped after it: done.
//
// Law: 住民基本台帳法 §30-8
// Req: R-REG-09, R-STM-03
func (s *Service) match(ctx context.Context, tx Tx, a *audit.Entry, _ post.Address, l message.HolderList) error {
	s.Step("match 1")
	if err := checkList(l); err != nil {
		return err
	}
	a.Subject, a.Detail["count"] = fmt.Sprintf("list:%s/%d", l.Date, l.Part), strconv.Itoa(l.Count)
	if known, err := addPart(ctx, tx, l); err != nil || known {
		return err
	}
	s.Step("match 2")
	for _, e := range l.Entries {
		h, err := tx.AddHolder(ctx, Holder{Listed: e.Attributes, Present: e.Attributes, IssuedAt: e.IssuedAt})
		if err != nil {
			return err
		}
		if err := s.follow(ctx, tx, h); err != nil {
			return err
		}
	}
	s.Step("match 3")
	return closeCovered(ctx, tx)
}

func checkList(l message.HolderList) error {
	_, err := time.Parse(time.DateOnly, l.Date)
	switch {
	case err != nil:
		return fault.New(fault.Invalid, "registry.list_invalid", "date")
	case l.Part < 1 || l.Part > l.Parts:
		return fault.New(fault.Invalid, "registry.list_invalid", "part")
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

// addPart records a part of a list, or reports that it is known; another under its name is a fault.
func addPart(ctx context.Context, tx Tx, l message.HolderList) (known bool, err error) {
	encoded, err := json.Marshal(l)
	if err != nil {
		return false, fmt.Errorf("encoding a holder list: %w", err)
	}
	sum := sha256.Sum256(encoded)
	digest := hex.EncodeToString(sum[:])
	earlier, known, err := tx.PartDigest(ctx, l.Date, l.Part)
	if err != nil || known {
		if err == nil && earlier != digest {
			err = fault.New(fault.Conflict, "registry.list_reused", l.Date, l.Part)
		}
		return known, err
	}
	whole, err := joined(ctx, tx, l)
	if err != nil {
		return false, err
	}
	if err := tx.SetList(ctx, whole); err != nil {
		return false, err
	}
	return false, tx.AddPart(ctx, l.Date, l.Part, digest)
}

// joined returns the list of a part's day with the part. Its parts must say the same of it, and together have as many
// entries as they say.
func joined(ctx context.Context, tx Tx, l message.HolderList) (List, error) {
	since, through := l.Since.UTC().Truncate(time.Second), l.Through.UTC().Truncate(time.Second)
	said := List{Date: l.Date, Since: since, Through: through, Parts: l.Parts, Total: l.Total}
	whole, found, err := tx.List(ctx, l.Date)
	if err != nil {
		return List{}, err
	}
	if found {
		said.Arrived, said.Entries = whole.Arrived, whole.Entries
		if said != whole {
			return List{}, fault.New(fault.Invalid, "registry.list_invalid", "parts")
		}
	}
	said.Arrived, said.Entries = said.Arrived+1, said.Entries+l.Count
	if said.Entries > said.Total || said.Arrived == said.Parts && said.Entries < said.Total {
		return List{}, fault.New(fault.Invalid, "registry.list_invalid", "total")
	}
	return said, nil
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
		if err := s.notify(ctx, tx, h, e, rule.fact()); err != nil {
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

// notify records a notice of an event for the holder's listed spelling and writes its letter, unless the event has one.
func (s *Service) notify(ctx context.Context, tx Tx, h Holder, e Record, fact message.Fact) error {
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, id); err != nil {
		return fmt.Errorf("naming a notice: %w", err)
	}
	n := message.ChangeNotice{ID: hex.EncodeToString(id), Attributes: h.Listed, Fact: fact, At: e.At}
	if added, err := tx.AddNotice(ctx, e.Number, n); err != nil || !added {
		return err
	}
	return office.Send(ctx, tx, message.ChangeNoticeLetter, message.AtLink, message.TopicNotices, n)
}

func closeCovered(ctx context.Context, tx Tx) error {
	covered, err := tx.Covered(ctx)
	if err != nil {
		return err
	}
	return tx.Close(ctx, covered)
}
