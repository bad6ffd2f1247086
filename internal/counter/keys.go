package counter

import (
	"context"
	"errors"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// PrepareCard writes the two device keys and a nonce to the card in the reader, which the applicant then takes to the
// kiosk. Done again, also when the applicant comes back from a kiosk that failed him, it writes them anew. Faults:
// counter.order before the identity check, counter.stopped, counter.card_…, counter.card_in_case.
//
//  1. Bind: the card's serial number is recorded with the case. Stopped here: before the commit nothing happened; after it,
//     the case knows its card, which is as it was.
//  2. Write: the office proves itself to the card and writes. Stopped here: keys may be on the card, with a nonce that
//     nobody knows; what a kiosk makes with them proves nothing. The act done again replaces them.
//  3. Record: nonce and version of the keys. Stopped before the commit: as after 2. Stopped after it: the card can go.
//
// Law: 公的個人認証法 §3
// Req: R-ISS-13, R-ISS-14
func (s *Service) PrepareCard(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (Case, error) {
	if _, _, err := s.ready(ctx, actor, id, Bind); err != nil {
		return Case{}, err
	}
	in, err := insert(ctx, t)
	if err != nil {
		return Case{}, err
	}
	_, err = s.carry(ctx, actor, id, Bind, func(tx Tx, c *Case) error {
		s.Step("PrepareCard 1")
		c.CardSerial, c.Nonce, c.KeyVersion = in.serial, nil, 0
		return unbound(ctx, tx, in.serial, id)
	})
	if err != nil {
		return Case{}, err
	}
	s.Step("PrepareCard 2")
	counter, err := s.authenticate(ctx, in)
	if err != nil {
		return Case{}, err
	}
	nonce, version, err := s.permit(ctx, in, counter)
	if err != nil {
		return Case{}, err
	}
	return s.carry(ctx, actor, id, Prepare, func(_ Tx, c *Case) error {
		s.Step("PrepareCard 3")
		if c.CardSerial != in.serial { // another terminal was faster
			return fault.New(fault.Conflict, "counter.other_card")
		}
		c.Nonce, c.KeyVersion = nonce[:], version
		return nil
	})
}

// unbound refuses a card that is in the way of another open case. The fault is "counter.card_in_case".
func unbound(ctx context.Context, tx Tx, cardSerial, but string) error {
	open, err := tx.OpenCases(ctx)
	if err != nil {
		return err
	}
	for _, c := range open {
		if c.CardSerial == cardSerial && c.ID != but {
			return fault.New(fault.Conflict, "counter.card_in_case", c.ID)
		}
	}
	return nil
}

// ReadKeys reads from the card that came back the public keys, each in a proof that the card has the private one
// 公開鍵読込. The card is not changed. Faults: counter.card_…, counter.other_card, counter.no_key, counter.proof_invalid.
//
// Req: R-ISS-15
func (s *Service) ReadKeys(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (Case, error) {
	c, repeated, err := s.ready(ctx, actor, id, ReadKeys)
	if err != nil || repeated {
		return c, err
	}
	in, err := insertOf(ctx, t, c)
	if err != nil {
		return Case{}, err
	}
	proofs := map[jpki.Kind][]byte{}
	for _, certificate := range c.Certificates {
		if proofs[certificate.Kind], err = readProof(ctx, in, certificate.Kind, c.Nonce); err != nil {
			return Case{}, err
		}
	}
	return s.carry(ctx, actor, id, ReadKeys, func(_ Tx, now *Case) error {
		if string(now.Nonce) != string(c.Nonce) {
			return fault.New(fault.Conflict, "counter.other_card")
		}
		for i := range now.Certificates {
			now.Certificates[i].PKCS10 = proofs[now.Certificates[i].Kind]
		}
		return nil
	})
}

// readProof reads the proof of possession that the kiosk left for a kind.
func readProof(ctx context.Context, in inserted, kind jpki.Kind, nonce []byte) ([]byte, error) {
	if len(nonce) != len(card.Nonce{}) {
		return nil, fmt.Errorf("reading proof of possession: the case has no nonce")
	}
	request, err := in.Proof(ctx, pairOf(kind).key, card.Nonce(nonce))
	if errors.Is(err, card.ErrNoCertificate) {
		return nil, fault.Wrap(err, fault.Conflict, "counter.no_key", kind)
	}
	if err = explain(err); err != nil {
		if fault.KeyOf(err) == "" {
			err = fault.Wrap(err, fault.Conflict, "counter.proof_invalid", kind)
		}
		return nil, err
	}
	return request.Raw, nil
}

// Request asks the CA for the certificates of a case 発行要求: authentication first, since its end bounds that of the
// other. Faults: counter.stopped, counter.order.
//
//  1. Record: the letters, the new state and the audit entry are one transaction. Stopped before the commit: nothing
//     happened. Stopped after it: the CA is asked, once, whoever delivers the letters and how often.
//
// Law: 公的個人認証法 §3, §22
// Req: R-ISS-16
func (s *Service) Request(ctx context.Context, actor authz.Actor, id string) (Case, error) {
	return s.carry(ctx, actor, id, Request, func(tx Tx, c *Case) error {
		for _, certificate := range c.Certificates {
			err := write(ctx, tx, actor, message.IssueRequestLetter, message.AtCA, message.TopicIssue, message.IssueRequest{
				ID: c.requestID(certificate.Kind), Kind: certificate.Kind, Holder: c.Holder, Municipality: s.Municipality,
				Person: c.Form.person(*c.Registered), Registered: *c.Registered, CardEnd: c.Form.CardEnd,
				Renewal: c.Form.Occasion == Renewal,
				Proof:   message.Proof{CardSerial: c.CardSerial, Nonce: c.Nonce, PKCS10: certificate.PKCS10},
			})
			if err != nil {
				return err
			}
		}
		s.Step("Request 1")
		return nil
	})
}
