package revocation

import (
	"context"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// Receive takes letters: notices of certificates and orders to revoke. Each is applied in the transaction of its receipt,
// by the same steps as [Service.Issued] and [Service.Revoke]. It is a [post.Receiver].
//
// An order gets its answer by letter to the office that sent it: at once, and again when it has waited for its
// certificate. An order that a rule refuses is answered too, so that whoever gave it learns why; a letter that is no
// order at all becomes a dead letter on both sides.
func (s *Service) Receive(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	return s.inbox.Receive(ctx, from, batch)
}

func (s *Service) newInbox() *post.Inbox[Tx] {
	return &post.Inbox[Tx]{
		Office: message.AtRevocation, Guard: s.guard, View: s.Store.View, Now: s.Now, Observe: s.Observe,
		Step: s.Step,
		Handlers: map[post.Kind]post.Handler[Tx]{
			post.Kind(message.IssuedNoticeLetter):    {Act: ActRegister, Law: articleOfProvision, Apply: s.applyNotice},
			post.Kind(message.RevocationOrderLetter): {Act: ActRevoke, Apply: s.applyOrder}, // the article is that of the ground
		},
	}
}

func (s *Service) applyNotice(ctx context.Context, tx Tx, e *audit.Entry, m post.Message) error {
	notice, err := message.IssuedNoticeLetter.Read(m)
	if err != nil {
		return err
	}
	err = s.register(ctx, tx, e, notice)
	e.Detail["message"] = m.ID()
	return err
}

func (s *Service) applyOrder(ctx context.Context, tx Tx, e *audit.Entry, m post.Message) error {
	o, err := message.RevocationOrderLetter.Read(m)
	if err != nil {
		return err
	}
	answer, err := s.obey(ctx, tx, e, Order{RevocationOrder: o, From: m.From}, m.From.Office())
	e.Detail["message"] = m.ID()
	if refusal := fault.KeyOf(err); refusals[refusal] { // then nothing was written
		e.Undone(err)
		answer, err = message.Revocation{OrderID: o.ID, Outcome: message.OutcomeRefused, Refusal: refusal}, nil
	}
	if err != nil {
		return err
	}
	return reply(ctx, tx, m.From, answer)
}

// refusals are the rules that a well-formed order may be against.
var refusals = map[string]bool{"authz.denied": true, "revocation.order_reused": true, notApplicable: true}

// notApplicable is the fault of a ground that does not fit the certificate.
const notApplicable = "revocation.not_applicable"

// reply answers an order by letter.
func reply(ctx context.Context, tx Tx, to post.Address, answer message.Revocation) error {
	return office.Send(ctx, tx, message.RevocationLetter, to, message.TopicOrders, answer)
}
