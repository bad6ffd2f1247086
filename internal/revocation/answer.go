package revocation

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// AnswerTx is what answering OCSP requests needs of a transaction.
type AnswerTx interface {
	// Tick returns the last tick.
	Tick(ctx context.Context) (Tick, bool, error)
	SetTick(ctx context.Context, t Tick) error
	// Status returns whether a certificate is in the register, and its last record with a Seq up to through.
	Status(ctx context.Context, issuer message.IssuerID, serial jpki.Serial, through int64) (known, onRecord bool, r Record, err error)
	// Responder returns the newest responder of an issuer, Certified the newest with a certificate.
	Responder(ctx context.Context, issuer message.IssuerID) (Responder, bool, error)
	Certified(ctx context.Context, issuer message.IssuerID) (Responder, bool, error)
	AddResponder(ctx context.Context, r Responder) error
	SetResponderCertificate(ctx context.Context, r Responder) error
}

// Reply is an OCSP response for the one who asked.
type Reply struct {
	DER []byte
	// Until is when the next tick is due, until when others may be given the same response; zero if they may not.
	ProducedAt, Until time.Time
}

// Answer answers an OCSP request. Whatever the request is, there is a response, if only one that says why there is no
// answer. The error is for the operator: it tells what went wrong inside, when the response is internalError.
//
// All certificates of a request must be of issuers in the register that are in force. The responder of the issuer of the
// first one signs.
//
// Law: 公的個人認証法 §18
// Spec: RFC 6960 §2.2, §2.3
func (s *Service) Answer(ctx context.Context, who Caller, request []byte) (Reply, error) {
	r, err := ocsp.ParseRequest(request)
	if err != nil {
		return Reply{DER: ocsp.Failure(ocsp.MalformedRequest)}, nil
	}
	q, ok, err := s.question(ctx, r)
	if err != nil {
		return Reply{DER: ocsp.Failure(ocsp.InternalError)}, fmt.Errorf("answering OCSP request: %w", err)
	}
	if !ok || s.mayAsk(ctx, who, q) != nil {
		return Reply{DER: ocsp.Failure(ocsp.Unauthorized)}, nil
	}
	reply, err := s.answer(ctx, q)
	if err != nil {
		return Reply{DER: ocsp.Failure(ocsp.InternalError)}, fmt.Errorf("answering OCSP request: %w", err)
	}
	return reply, nil
}

// question is a request of which all issuers are known.
type question struct {
	certificates []asked
	nonce        []byte // nil if there is none
}

// asked is one certificate that is asked for.
type asked struct {
	id     ocsp.CertID
	issuer message.IssuerID
	ca     jpki.Kind
}

// question finds the issuers that a request names; ok is false if one of them is not ours, or not any more.
func (s *Service) question(ctx context.Context, r *ocsp.Request) (q question, ok bool, err error) {
	known := s.knownIssuers()
	q.nonce = r.Nonce()
	now := s.now()
	for _, query := range r.Queries {
		issuer, ok := known.byHash[query.ID.Issuer]
		if !ok { // perhaps a new one
			if known, err = s.readIssuers(ctx); err != nil {
				return q, false, err
			}
			issuer = known.byHash[query.ID.Issuer]
		}
		certificate := known.byKey[issuer]
		if !inForce(certificate, now) {
			return q, false, nil
		}
		q.certificates = append(q.certificates, asked{query.ID, issuer, certificate.Kind})
	}
	return q, true, nil
}

func (s *Service) mayAsk(ctx context.Context, who Caller, q question) error {
	for _, a := range q.certificates {
		if err := s.Access(ctx, who, ByOCSP, a.ca); err != nil {
			return err
		}
	}
	return nil
}

// answer answers a question from what is on record at the last tick.
func (s *Service) answer(ctx context.Context, q question) (Reply, error) {
	now := s.now()
	tick, err := s.currentTick(ctx, now)
	if err != nil {
		return Reply{}, err
	}
	due := tick.At.Add(s.Terms.Tick)
	until := due.Add(s.Terms.TickGrace)
	responder, err := s.responder(ctx, q.certificates[0].issuer, now)
	if err != nil {
		return Reply{}, err
	}
	if responder == nil || now.After(until) {
		return Reply{DER: ocsp.Failure(ocsp.TryLater)}, nil
	}
	answers, err := s.statuses(ctx, q, tick)
	if err != nil {
		return Reply{}, err
	}
	for i := range answers {
		answers[i].ThisUpdate, answers[i].NextUpdate = tick.At, until
	}
	encoded, err := responder.sign(ocsp.Response{ProducedAt: now, Answers: answers, Nonce: q.nonce})
	reply := Reply{DER: encoded, ProducedAt: now}
	if q.nonce == nil && now.Before(due) {
		reply.Until = due
	}
	return reply, err
}

// statuses looks the certificates of a question up as of a tick.
func (s *Service) statuses(ctx context.Context, q question, tick Tick) ([]ocsp.Answer, error) {
	answers := make([]ocsp.Answer, len(q.certificates))
	err := s.Store.View(ctx, func(tx Tx) error {
		for i, a := range q.certificates {
			answers[i].ID = a.id
			serial, ok := a.id.Number()
			if !ok {
				continue // no number of ours: unknown
			}
			known, onRecord, r, err := tx.Status(ctx, a.issuer, serial, tick.Through)
			switch {
			case err != nil:
				return err
			case onRecord:
				answers[i].Status, answers[i].RevokedAt, answers[i].Reason = ocsp.Revoked, r.RevokedAt, r.Reason
			case known:
				answers[i].Status = ocsp.Good
			}
		}
		return nil
	})
	return answers, err
}
