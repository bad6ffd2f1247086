package registry

import (
	"context"
	"fmt"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/message"
)

// Deliver hands over the notices that were not, as the register itself. A notice may be handed over twice, under the
// same ID.
//
//  1. Read what was not sent. Stopped here: nothing happened.
//  2. Hand a notice over. Stopped here: it may have arrived, and is handed over again.
//  3. Mark it as sent, with the audit entry. Stopped before the commit: as after 2. Stopped after it: sent.
//
// Law: 住民基本台帳法 §30-8
func (s *Service) Deliver(ctx context.Context) error {
	s.Step(Step{"Deliver", 1})
	var unsent []message.ChangeNotice
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		unsent, err = tx.Unsent(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("delivering notices: %w", err)
	}
	for _, n := range unsent {
		if err := s.deliver(ctx, n); err != nil {
			return fmt.Errorf("delivering notice %s: %w", n.ID, err)
		}
	}
	return nil
}

// deliver sends outside of any transaction: the carrier may write to a database of its own.
func (s *Service) deliver(ctx context.Context, n message.ChangeNotice) error {
	s.Step(Step{"Deliver", 2})
	if err := s.Send(ctx, n); err != nil {
		return err
	}
	entry := audit.Entry{Act: ActSend, Law: articleOfNotice, Subject: "notice:" + n.ID}
	return s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		s.Step(Step{"Deliver", 3})
		return tx.SetSent(ctx, n.ID)
	})
}
