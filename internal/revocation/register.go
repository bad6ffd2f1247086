package revocation

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"golang.org/x/crypto/cryptobyte"
)

// RegisterTx is what the register of certificates needs of a transaction.
type RegisterTx interface {
	// Entry returns what the register has of a certificate, without the Certificate of a CA.
	Entry(ctx context.Context, issuer message.IssuerID, serial jpki.Serial) (message.IssuedNotice, bool, error)
	AddEntry(ctx context.Context, n message.IssuedNotice) error
	// Issuers returns the certificates of the CAs in the register.
	Issuers(ctx context.Context) ([][]byte, error)
}

// Issued enters certificates in the register. Notices may come in any order and more than once; orders that waited for a
// certificate are carried out with its entry. Faults: revocation.notice_invalid, revocation.notice_differs.
//
//  1. Check: who tells, and the form of each notice. Stopped here: nothing happened.
//  2. Record: the entries, what waiting orders bring about, and the audit entry, in one transaction. Stopped before the
//     commit: nothing happened; the notices come again. Stopped after it: known.
func (s *Service) Issued(ctx context.Context, actor authz.Actor, notices ...message.IssuedNotice) error {
	entry := audit.Entry{Act: ActRegister, Law: articleOfProvision}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error { return s.register(ctx, tx, e, notices...) })
	if err != nil {
		return fmt.Errorf("entering certificates in the register: %w", err)
	}
	return nil
}

// register takes the steps of Issued within a transaction.
func (s *Service) register(ctx context.Context, tx Tx, e *audit.Entry, notices ...message.IssuedNotice) error {
	s.Step("Issued 1")
	settled := 0
	for _, n := range notices {
		if err := checkNotice(n); err != nil {
			return err
		}
		e.Subject = "certificate:" + string(n.Issuer) + "/" + n.Serial.String()
		carried, err := s.enter(ctx, tx, n)
		if err != nil {
			return err
		}
		settled += carried
	}
	e.Detail["notices"], e.Detail["orders"] = strconv.Itoa(len(notices)), strconv.Itoa(settled)
	s.Step("Issued 2")
	return nil
}

var issuerID = regexp.MustCompile(`^[0-9A-F]{40}$`)

// checkNotice checks what can be seen from the notice alone.
func checkNotice(n message.IssuedNotice) error {
	invalid := func(field string) error { return fault.New(fault.Invalid, "revocation.notice_invalid", field) }
	switch {
	case !issuerID.MatchString(string(n.Issuer)):
		return invalid("issuer")
	case !numbered(n.Serial):
		return invalid("serial")
	case !slices.Contains(jpki.Kinds[:], n.Kind):
		return invalid("kind")
	case !n.NotBefore.Before(n.NotAfter):
		return invalid("validity")
	}
	if len(n.Point) > 0 {
		s := cryptobyte.String(n.Point)
		if _, err := der.ReadName(&s); err != nil || !s.Empty() {
			return invalid("point")
		}
	}
	if n.Kind.IsCA() {
		c, err := jpki.Parse(n.Certificate)
		if err != nil || c.Kind != n.Kind || c.Serial != n.Serial || c.KeyID().String() != string(n.Issuer) {
			return invalid("certificate")
		}
	}
	return nil
}

// enter adds an entry, if it is new, and carries out the orders that wait for it. It returns how many those were.
func (s *Service) enter(ctx context.Context, tx Tx, n message.IssuedNotice) (int, error) {
	known, ok, err := tx.Entry(ctx, n.Issuer, n.Serial)
	if err != nil {
		return 0, err
	}
	if ok {
		if !same(known, n) {
			err = fault.New(fault.Conflict, "revocation.notice_differs", n.Serial)
		}
		return 0, err
	}
	if err := tx.AddEntry(ctx, n); err != nil {
		return 0, err
	}
	waiting, err := tx.Waiting(ctx, n.Issuer, n.Serial)
	if err != nil {
		return 0, err
	}
	for _, o := range waiting {
		if err := s.settle(ctx, tx, n, o); err != nil {
			return 0, err
		}
	}
	return len(waiting), nil
}

// settle carries out an order that waited for its certificate, and answers it again.
func (s *Service) settle(ctx context.Context, tx Tx, n message.IssuedNotice, o Order) (err error) {
	o.Outcome, err = s.carryOut(ctx, tx, n, o.RevocationOrder)
	if fault.KeyOf(err) == notApplicable { // its sender was told that it waits, and nobody is there to read an error
		o.Outcome, err = message.OutcomeRefused, nil
	}
	if err != nil {
		return err
	}
	if err := tx.SettleOrder(ctx, o); err != nil || o.From == "" {
		return err
	}
	answer, err := answerTo(ctx, tx, o)
	if err != nil {
		return err
	}
	return reply(ctx, tx, o.From, answer)
}

func same(a, b message.IssuedNotice) bool {
	return a.Kind == b.Kind && a.NotBefore.Equal(b.NotBefore) && a.NotAfter.Equal(b.NotAfter) && bytes.Equal(a.Point, b.Point)
}
