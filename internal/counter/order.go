package counter

import (
	"context"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// write puts a letter into the outbox, with the operator who wrote it.
func write[M any](ctx context.Context, tx Tx, actor authz.Actor, f post.Form[M], to post.Address, topic post.Topic, body M) error {
	letter, err := f.Letter(to, topic, body)
	if err != nil {
		return err
	}
	letter.Operator = actor.Operator
	_, err = tx.Send(ctx, letter)
	return err
}

// discards is the ground on which a certificate that nobody gets is revoked 交付前破棄.
func discards(jpki.Kind) message.Ground { return message.Discard }

// substitutes is the ground where other substitute characters are wished. The certificate that shows no name is not wrong,
// it is only never handed over.
func substitutes(kind jpki.Kind) message.Ground {
	if kind == jpki.Signing {
		return message.Substitution
	}
	return message.Discard
}

// orderAll orders the revocation of all certificates of a case that have arrived.
func (s *Service) orderAll(ctx context.Context, tx Tx, actor authz.Actor, c *Case, ground func(jpki.Kind) message.Ground) error {
	for _, certificate := range c.Certificates {
		if certificate.Serial == 0 {
			continue
		}
		o := Order{Of: c.ID, Kind: certificate.Kind}
		if !certificate.StoredAt.IsZero() {
			o.CardSerial = c.CardSerial
		}
		o.Issuer, o.Serial, o.Ground = certificate.Issuer, certificate.Serial, ground(certificate.Kind)
		if err := s.order(ctx, tx, actor, o); err != nil {
			return err
		}
	}
	return nil
}

// order gives an order, once. Its ID follows from case or notice, kind and ground.
func (s *Service) order(ctx context.Context, tx Tx, actor authz.Actor, o Order) error {
	o.ID, o.RecordedAt = o.Of+"-"+o.Kind.String()+"-"+string(o.Ground), s.now()
	if _, found, err := tx.Order(ctx, o.ID); err != nil || found {
		return err
	}
	if err := tx.AddOrder(ctx, o); err != nil {
		return err
	}
	return write(ctx, tx, actor, message.RevocationOrderLetter, message.AtRevocation, message.TopicOrders, o.RevocationOrder)
}

// noteOutcome notes what became of an order.
func (s *Service) noteOutcome(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, answer message.Revocation) error {
	_, found, err := tx.Order(ctx, answer.OrderID)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "counter.no_order")
	}
	if err != nil {
		return err
	}
	e.Detail["order"], e.Detail["outcome"] = answer.OrderID, string(answer.Outcome)
	return tx.SetOutcome(ctx, answer)
}
