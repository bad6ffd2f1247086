package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// order records the order to revoke a certificate and writes its letter, unless the same cause has ordered it before. The
// order has the same name for the same cause and certificate.
//
// Req: R-REG-06, R-REG-07
func (s *Service) order(ctx context.Context, tx Tx, cause string, r message.HolderRecord, ground message.Ground) error {
	sum := sha256.Sum256([]byte(cause + " " + string(r.Issuer) + " " + r.Serial.String()))
	o := message.RevocationOrder{
		ID: hex.EncodeToString(sum[:]), Issuer: r.Issuer, Serial: r.Serial, Ground: ground, RecordedAt: s.now(),
	}
	if added, err := tx.AddOrder(ctx, o); err != nil || !added {
		return err
	}
	return office.Send(ctx, tx, message.RevocationOrderLetter, message.AtRevocation, message.TopicOrders, o)
}

// noteAnswer notes what came of an order. An order that waited is answered once more; nothing is taken back to waiting.
// Faults: link.answer_invalid, link.no_order.
//
//  1. Check: that there is such an order. Stopped here: nothing happened.
//  2. Note. Stopped before the commit: nothing happened, the answer comes again. Stopped after it: done.
func (s *Service) noteAnswer(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, r message.Revocation) error {
	s.Step("noteAnswer 1")
	switch r.Outcome {
	case message.OutcomeRevoked, message.OutcomeHeld, message.OutcomeUnchanged, message.OutcomeWaiting, message.OutcomeRefused:
	default:
		return fault.New(fault.Invalid, "link.answer_invalid")
	}
	_, earlier, found, err := tx.Order(ctx, r.OrderID)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.NotFound, "link.no_order")
	}
	e.Subject, e.Detail["outcome"] = "order:"+r.OrderID, string(r.Outcome)
	if earlier != "" && r.Outcome == message.OutcomeWaiting {
		return nil
	}
	s.Step("noteAnswer 2")
	return tx.SetOutcome(ctx, r.OrderID, r.Outcome)
}
