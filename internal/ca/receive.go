package ca

import (
	"context"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

var _ post.Receiver = (*Service)(nil).Receive

// Receive takes letters from other offices, then signs what is recorded. It is a [post.Receiver]; what it answers for is
// the record, and a signature that fails is told to Config.Trouble and made later.
//
// Requests to issue go through the steps of [Service.Issue]: 1 to 4 in the transaction that notes the letter, 5 and 6
// after the batch. Each request is answered by one letter to its applicant: issued/1 in the transaction that records the
// certificate, or issue_refusal/1 in the one that notes the letter. What a rule refuses is no dead letter, leaves no
// record and uses up no serial number; it may be asked again under the same ID. What is only not possible now (no CA, no
// rule of validity) is tried again by the post.
//
// A second letter with the same request from the same office changes nothing and gets no second answer: that the first
// one arrives is the promise of the post. From another office, or with another content, it is refused: nobody gets the
// certificate of another's request.
func (s *Service) Receive(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	receipts, err := s.inbox.Receive(ctx, from, batch)
	if err != nil {
		return nil, err
	}
	if err := s.completeRecords(ctx); err != nil {
		s.Trouble(err)
	}
	return receipts, nil
}

func (s *Service) handlers() map[post.Kind]post.Handler[Tx] {
	return map[post.Kind]post.Handler[Tx]{
		// The article is known before the letter is read; the entry of the signature has the one of its kind.
		post.Kind(message.IssueRequestLetter):  {Act: ActIssue, Law: "公的個人認証法第3条・第22条", Apply: post.Applying(message.IssueRequestLetter, s.takeRequest)},
		post.Kind(message.MistakenIssueLetter): {Act: ActMistake, Law: articleOfMistake, Apply: post.Applying(message.MistakenIssueLetter, s.takeMistake)},
		post.Kind(message.RevokedLetter):       {Act: ActEnd, Law: articleOfDoubleIssue, Apply: post.Applying(message.RevokedLetter, takeRevoked)},
		post.Kind(message.RevocationLetter):    {Act: ActAnswered, Law: articleOfDoubleIssue, Apply: post.Applying(message.RevocationLetter, takeAnswer)},
	}
}

// takeRequest records the intent to issue, or refuses.
func (s *Service) takeRequest(ctx context.Context, tx Tx, e *audit.Entry, from post.Address, r message.IssueRequest) error {
	in, err := s.consider(ctx, tx, e, from, r)
	if refusal(err) {
		e.Detail = map[string]string{"fault": fault.KeyOf(err)}
		refused := message.IssueRefusal{RequestID: r.ID, Reason: fault.KeyOf(err)}
		return office.Send(ctx, tx, message.IssueRefusalLetter, from, message.TopicIssue, refused)
	}
	if err != nil {
		return err
	}
	return s.record(ctx, tx, e, r, in)
}

// refusal reports whether an error is the refusal of a request by a rule.
func refusal(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Denied, fault.NotFound, fault.Conflict:
		return true
	}
	return false
}

// takeMistake ends a certificate that says something wrong. Only the office that asked for it may say so.
//
// Law: 公的個人認証法 §13
// Req: R-ISS-20, R-REV-06
func (s *Service) takeMistake(ctx context.Context, tx Tx, e *audit.Entry, from post.Address, m message.MistakenIssue) error {
	if !requestID.MatchString(m.RequestID) {
		return fault.New(fault.Invalid, "ca.request_invalid", "id")
	}
	e.Subject = "request:" + m.RequestID
	record, ok, err := tx.RecordOf(ctx, m.RequestID)
	switch {
	case err != nil:
		return err
	case !ok:
		return fault.New(fault.NotFound, "ca.no_record", m.RequestID)
	case record.Applicant != from && from.Office() != authz.Sandbox:
		return fault.New(fault.Denied, "ca.not_applicant", m.RequestID)
	}
	e.Detail = map[string]string{
		"issuer": record.Issuer.String(), "serial": record.Serial.String(), "found": m.FoundAt.UTC().Format(time.RFC3339),
	}
	if !record.EndedAt.IsZero() { // its order is under way, or it is revoked
		return nil
	}
	return endByOrder(ctx, tx, record, message.Mistake, s.now())
}

// takeRevoked ends the record of a certificate that the validity service has revoked, or an issuer: its holder may have
// another one.
//
// Law: 公的個人認証法 §6
func takeRevoked(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, r message.Revoked) error {
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return err
	}
	issuer, err := byKey(issuers, r.Issuer)
	if err != nil {
		return err
	}
	e.Subject = "certificate:" + string(r.Issuer) + "/" + r.Serial.String()
	if r.Serial == issuer.Serial {
		return tx.EndIssuer(ctx, issuer.ID, r.RevokedAt)
	}
	record, ok, err := tx.RecordBySerial(ctx, issuer.ID, r.Serial)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "ca.no_record", r.Serial)
	}
	if err != nil {
		return err
	}
	return tx.End(ctx, record.Issuer, record.Serial, r.RevokedAt)
}

// takeAnswer notes in the audit log what became of an order of this office. Its certificate has ended here already.
func takeAnswer(_ context.Context, _ Tx, e *audit.Entry, _ post.Address, r message.Revocation) error {
	e.Detail = map[string]string{"order": r.OrderID, "outcome": string(r.Outcome)}
	return nil
}
