package link

import (
	"context"
	"fmt"
	"strconv"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// HoldRequest is a call to the call centre about a lost card 一時停止の申出.
type HoldRequest struct {
	// ID names the call; the same call again changes nothing. At most 64 letters, digits, "-".
	ID         string
	Attributes message.Attributes `json:",omitzero"` // of the caller, as the register spells them
}

// Hold orders a hold on every certificate with these attributes that has not ended, of both kinds, and returns how many
// there are. 0 says that the caller is not known as he spelt himself. Faults: link.hold_invalid, link.hold_reused.
//
//  1. Check: the form of the call, that it did not come before. Stopped here: nothing happened.
//  2. Order: record the call and an order for each certificate, with its letter. Stopped before the commit: nothing
//     happened. Stopped after it: done; the same call gets the same answer.
//
// Assumed: the call centre finds the certificates by the four attributes; how it makes sure of the caller, and on which
// article a hold rests, is not public.
//
// Law: 公的個人認証法 §10
func (s *Service) Hold(ctx context.Context, actor authz.Actor, h HoldRequest) (met int, err error) {
	entry := audit.Entry{Act: ActHold, Law: "公的個人認証法第10条"}
	err = s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step("Hold 1")
		if !identifier.MatchString(h.ID) || message.MayBeMyNumber(h.ID) {
			return fault.New(fault.Invalid, "link.hold_invalid", "id")
		}
		if err := h.Attributes.Validate(); err != nil {
			return fault.Wrap(err, fault.Invalid, "link.hold_invalid", "attributes")
		}
		e.Subject = "hold:" + h.ID
		met, err = s.hold(ctx, tx, h)
		e.Detail["met"] = strconv.Itoa(met)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("holding certificates: %w", err)
	}
	return met, nil
}

func (s *Service) hold(ctx context.Context, tx Tx, h HoldRequest) (met int, err error) {
	earlier, met, known, err := tx.Hold(ctx, h.ID)
	if err != nil || known {
		if err == nil && earlier != h {
			err = fault.New(fault.Conflict, "link.hold_reused", h.ID)
		}
		return met, err
	}
	s.Step("Hold 2")
	certificates, err := tx.ValidAt(ctx, h.Attributes, s.now())
	if err != nil {
		return 0, err
	}
	for _, r := range certificates {
		if err := s.order(ctx, tx, "hold "+h.ID, r, message.Suspicion); err != nil {
			return 0, err
		}
	}
	return len(certificates), tx.AddHold(ctx, h, len(certificates))
}
