package revocation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Order is an order as it was taken.
type Order struct {
	message.RevocationOrder
	Digest  string // tells a repetition from another order under the same ID
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
}

// OrderTx is what taking orders needs of a transaction.
type OrderTx interface {
	Order(ctx context.Context, id string) (Order, bool, error)
	AddOrder(ctx context.Context, o Order) error
	// Waiting returns the orders that wait for a certificate, in the order in which they were taken.
	Waiting(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) ([]Order, error)
	// Settle sets the outcome of an order that waited.
	Settle(ctx context.Context, id string, outcome message.Outcome) error
	// Newest returns the last record of a certificate.
	Newest(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (Record, bool, error)
	// AddRecord adds a record with the next Seq.
	AddRecord(ctx context.Context, r Record) error
}

// Revoke takes an order. The same order sent again, after a crash or a lost answer, changes nothing and gets an answer. An
// order for a certificate that is not in the register is kept until it is. Faults: revocation.order_invalid,
// revocation.order_reused, revocation.not_applicable, authz.denied.
//
//  1. Check: who orders, the form of the order, whether the ground is one for this certificate. Stopped here: nothing
//     happened.
//  2. Record: the order, the record it brings about, and the audit entry, in one transaction. Stopped before the commit:
//     nothing happened. Stopped after it: on record, in OCSP answers from the next tick on, on the next list.
//  3. Answer. Stopped here: on record, and the same order gets the answer.
//
// Law: 公的個人認証法 §9, §10, §12, §13, §14
func (s *Service) Revoke(ctx context.Context, actor authz.Actor, o message.RevocationOrder) (message.Revocation, error) {
	var answer message.Revocation
	o.RecordedAt, o.InvalidFrom = o.RecordedAt.UTC().Truncate(time.Second), o.InvalidFrom.UTC().Truncate(time.Second)
	entry := audit.Entry{Act: ActRevoke}
	t, known := transitionOf(o.Ground)
	entry.Law = t.Law
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) (err error) {
		s.Step(Step{"Revoke", 1})
		if err := checkOrder(o, known); err != nil {
			return err
		}
		e.Subject = "order:" + o.ID
		e.Detail = map[string]string{"issuer": string(o.Issuer), "serial": o.Serial.String(), "ground": string(o.Ground)}
		if !t.orderedBy(actor.Office) {
			return fault.New(fault.Denied, "authz.denied", actor.Office, ActRevoke)
		}
		if answer, err = s.take(ctx, tx, o); err != nil {
			return err
		}
		e.Detail["outcome"] = string(answer.Outcome)
		s.Step(Step{"Revoke", 2})
		return nil
	})
	if err != nil {
		return message.Revocation{}, fmt.Errorf("taking an order to revoke: %w", err)
	}
	s.Step(Step{"Revoke", 3})
	return answer, nil
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
	case o.Serial == 0:
		return invalid("serial")
	case !known:
		return invalid("ground")
	case o.RecordedAt.IsZero():
		return invalid("date of record")
	case o.InvalidFrom.After(o.RecordedAt):
		return invalid("date of invalidity")
	}
	return nil
}

// take keeps an order, and carries it out if its certificate is in the register.
func (s *Service) take(ctx context.Context, tx Tx, o message.RevocationOrder) (message.Revocation, error) {
	digest, err := digestOf(o)
	if err != nil {
		return message.Revocation{}, err
	}
	order, ok, err := tx.Order(ctx, o.ID)
	if err != nil {
		return message.Revocation{}, err
	}
	switch {
	case ok && order.Digest != digest:
		return message.Revocation{}, fault.New(fault.Conflict, "revocation.order_reused", o.ID)
	case !ok:
		order = Order{RevocationOrder: o, Digest: digest, Outcome: message.OutcomeWaiting, TakenAt: s.now()}
		certificate, found, err := tx.Entry(ctx, o.Issuer, o.Serial)
		if err != nil {
			return message.Revocation{}, err
		}
		if found {
			if order.Outcome, err = s.carryOut(ctx, tx, certificate, o); err != nil {
				return message.Revocation{}, err
			}
		}
		if err := tx.AddOrder(ctx, order); err != nil {
			return message.Revocation{}, err
		}
	}
	record, _, err := tx.Newest(ctx, o.Issuer, o.Serial)
	return message.Revocation{OrderID: o.ID, Outcome: order.Outcome, Reason: record.Reason, RevokedAt: record.RevokedAt}, err
}

// carryOut makes the record that an order brings about, if it brings about one.
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
	outcome := message.OutcomeRevoked
	if onRecord {
		record.RevokedAt = last.RevokedAt
	}
	if t.To == Held {
		outcome = message.OutcomeHeld
	}
	return outcome, tx.AddRecord(ctx, record)
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
