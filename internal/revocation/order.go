package revocation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

// Order is an order as it was taken.
type Order struct {
	message.RevocationOrder
	From    post.Address // who sent it by letter; "" if it was given directly
	Digest  string       // tells a repetition from another order under the same ID of the same sender
	Outcome message.Outcome
	TakenAt time.Time
}

// Record is one entry of the file of revocation information 失効情報ファイル. It is never changed.
//
// Law: 公的個人認証法 §16
type Record struct {
	Seq         int64 // counts all records, in the order in which they were made
	Partition   Partition
	Serial      jpki.Serial
	Reason      message.Reason
	RevokedAt   time.Time // since when the certificate is without effect 記録年月日
	InvalidFrom time.Time // zero if not known
	NotAfter    time.Time // of the certificate
	Order       string    // ID of the order
	MadeAt      time.Time // when the record was made here
	Entry       []byte    // DER of its entry on lists
}

// OrderTx is what taking orders needs of a transaction.
type OrderTx interface {
	// Order returns the order that a sender gave an ID.
	Order(ctx context.Context, from post.Address, id string) (Order, bool, error)
	AddOrder(ctx context.Context, o Order) error
	// Waiting returns the orders that wait for a certificate, in the order in which they were taken.
	Waiting(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) ([]Order, error)
	// SettleOrder sets the outcome of an order that waited.
	SettleOrder(ctx context.Context, o Order) error
	// Newest returns the last record of a certificate.
	Newest(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (Record, bool, error)
	// AddRecord adds a record with the next Seq.
	AddRecord(ctx context.Context, r Record) error
}

// Revoke takes an order. The same order sent again, after a crash or a lost answer, changes nothing and gets an answer. An
// order for a certificate that is not in the register is kept until it is. The CA is told of each final record. Faults:
// revocation.order_invalid, revocation.order_reused, revocation.not_applicable, authz.denied.
//
//  1. Check: who orders, the form of the order, whether the ground is one for this certificate. Stopped here: nothing
//     happened.
//  2. Record: the order, the record it brings about, the letters that tell of it, and the audit entry, in one transaction.
//     Stopped before the commit: nothing happened. Stopped after it: on record, in OCSP answers from the next tick on, on
//     the next list.
//  3. Answer. Stopped here: on record, and the same order gets the answer.
//
// Law: 公的個人認証法 §9, §10, §12, §13, §14
func (s *Service) Revoke(ctx context.Context, actor authz.Actor, o message.RevocationOrder) (message.Revocation, error) {
	var answer message.Revocation
	t, _ := transitionOf(o.Ground)
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActRevoke, Law: t.Law}, func(tx Tx, e *audit.Entry) (err error) {
		answer, err = s.obey(ctx, tx, e, Order{RevocationOrder: o}, actor.Office)
		return err
	})
	if err != nil {
		return message.Revocation{}, fmt.Errorf("taking an order to revoke: %w", err)
	}
	s.Step("Revoke 3")
	return answer, nil
}

// obey takes the first two steps of Revoke within a transaction. It writes nothing if it returns a fault of the order.
func (s *Service) obey(ctx context.Context, tx Tx, e *audit.Entry, o Order, by authz.Office) (message.Revocation, error) {
	s.Step("Revoke 1")
	o.RecordedAt, o.InvalidFrom = o.RecordedAt.UTC().Truncate(time.Second), o.InvalidFrom.UTC().Truncate(time.Second)
	t, known := transitionOf(o.Ground)
	e.Law = t.Law
	if err := checkOrder(o.RevocationOrder, known); err != nil {
		return message.Revocation{}, err
	}
	e.Subject = "order:" + o.ID
	e.Detail["issuer"], e.Detail["serial"], e.Detail["ground"] = string(o.Issuer), o.Serial.String(), string(o.Ground)
	if !t.orderedBy(by) {
		return message.Revocation{}, fault.New(fault.Denied, "authz.denied", by, ActRevoke)
	}
	order, err := s.take(ctx, tx, o)
	if err != nil {
		return message.Revocation{}, err
	}
	e.Detail["outcome"] = string(order.Outcome)
	s.Step("Revoke 2")
	return answerTo(ctx, tx, order)
}

var orderID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// checkOrder checks what can be seen from the order alone.
func checkOrder(o message.RevocationOrder, known bool) error {
	invalid := func(field string) error { return fault.New(fault.Invalid, "revocation.order_invalid", field) }
	switch {
	case !orderID.MatchString(o.ID):
		return invalid("id")
	case !issuerID.MatchString(string(o.Issuer)):
		return invalid("issuer")
	case !numbered(o.Serial):
		return invalid("serial")
	case !known:
		return invalid("ground")
	case !crl.Encodable(o.RecordedAt): // or no list could be made any more
		return invalid("date of record")
	case !o.InvalidFrom.IsZero() && !crl.Encodable(o.InvalidFrom), o.InvalidFrom.After(o.RecordedAt):
		return invalid("date of invalidity")
	}
	return nil
}

// numbered reports whether a serial number is one that a certificate can have.
func numbered(s jpki.Serial) bool { return s > 0 && s <= math.MaxInt64 }

// take keeps an order, and carries it out if its certificate is in the register.
func (s *Service) take(ctx context.Context, tx Tx, o Order) (Order, error) {
	var err error
	if o.Digest, err = digestOf(o.RevocationOrder); err != nil {
		return o, err
	}
	earlier, known, err := tx.Order(ctx, o.From, o.ID)
	switch {
	case err != nil:
		return o, err
	case known && earlier.Digest != o.Digest:
		return o, fault.New(fault.Conflict, "revocation.order_reused", o.ID)
	case known:
		return earlier, nil
	}
	o.Outcome, o.TakenAt = message.OutcomeWaiting, s.now()
	certificate, found, err := tx.Entry(ctx, o.Issuer, o.Serial)
	if err != nil {
		return o, err
	}
	if found {
		if o.Outcome, err = s.carryOut(ctx, tx, certificate, o.RevocationOrder); err != nil {
			return o, err
		}
	}
	return o, tx.AddOrder(ctx, o)
}

// answerTo says what is on record for an order that was taken.
func answerTo(ctx context.Context, tx Tx, o Order) (message.Revocation, error) {
	if o.Outcome == message.OutcomeRefused { // it can only have waited for a certificate of another kind
		return message.Revocation{OrderID: o.ID, Outcome: o.Outcome, Refusal: notApplicable}, nil
	}
	record, _, err := tx.Newest(ctx, o.Issuer, o.Serial)
	return message.Revocation{OrderID: o.ID, Outcome: o.Outcome, Reason: record.Reason, RevokedAt: record.RevokedAt}, err
}

// carryOut makes the record that an order brings about, if it brings about one, and tells the CA of a final one.
//
// A hold that becomes final keeps the date of the hold.
//
// Spec: X.509
func (s *Service) carryOut(ctx context.Context, tx Tx, c message.IssuedNotice, o message.RevocationOrder) (message.Outcome, error) {
	t, _ := transitionOf(o.Ground)
	if !slices.Contains(t.Kinds, c.Kind) {
		return "", fault.New(fault.Invalid, "revocation.not_applicable", o.Ground, c.Kind)
	}
	last, onRecord, err := tx.Newest(ctx, c.Issuer, c.Serial)
	if err != nil {
		return "", err
	}
	if !slices.Contains(t.From, stateOf(last, onRecord)) {
		return message.OutcomeUnchanged, nil
	}
	now := s.now()
	record := Record{
		Partition: Partition{c.Issuer, string(c.Point)}, Serial: c.Serial, Reason: t.Reason, NotAfter: c.NotAfter,
		RevokedAt: o.RecordedAt, InvalidFrom: o.InvalidFrom, Order: o.ID, MadeAt: now,
	}
	if record.RevokedAt.After(now) { // the other office's clock is ahead
		record.RevokedAt = now
	}
	if onRecord {
		record.RevokedAt = last.RevokedAt
	}
	entry := crl.Entry{Serial: record.Serial, RevokedAt: record.RevokedAt, Reason: record.Reason, InvalidFrom: record.InvalidFrom}
	if record.Entry, err = new(crl.Encoder).Append(nil, entry); err != nil {
		return "", err
	}
	if err := tx.AddRecord(ctx, record); err != nil || t.To == Held {
		return message.OutcomeHeld, err
	}
	revoked := message.Revoked{Issuer: c.Issuer, Serial: c.Serial, RevokedAt: record.RevokedAt}
	return message.OutcomeRevoked, office.Send(ctx, tx, message.RevokedLetter, message.AtCA, message.TopicRevoked, revoked)
}

// stateOf reads the state of a certificate from its last record.
func stateOf(r Record, onRecord bool) State {
	switch {
	case !onRecord:
		return InForce
	case r.Reason == message.CertificateHold:
		return Held
	}
	return Revoked
}

func digestOf(o message.RevocationOrder) (string, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return "", fmt.Errorf("encoding order: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
