package counter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// RevocationNotice is the holder's own application for revocation 失効申請 or his notification that a key is no longer his
// alone 危殆化の届出.
type RevocationNotice struct {
	Number   string         // reception number, as for [Service.Open]
	Ground   message.Ground // Voluntary or Compromise
	Kinds    []jpki.Kind    // of the certificates
	Identity Identity
	Since    time.Time // Compromise: since when, if that is known. Optional.
}

func (n RevocationNotice) check(now time.Time) error {
	invalid := func(field Field) error { return fault.New(fault.Invalid, "counter.notice_invalid", field) }
	switch {
	case !validNumber(n.Number):
		return invalid(FieldNumber)
	case n.Ground != message.Voluntary && n.Ground != message.Compromise:
		return invalid(FieldGround)
	case len(n.Kinds) == 0 || len((Form{Kinds: n.Kinds}).kinds()) != len(n.Kinds):
		return invalid(FieldKinds)
	case n.Since.After(now) || n.Ground == message.Voluntary && !n.Since.IsZero():
		return invalid(FieldSince)
	}
	return n.Identity.proven()
}

// proven refuses a procedure without a passed identity check. Faults: counter.identity_invalid, counter.unproven.
func (i Identity) proven() error {
	err := i.check()
	if err == nil && !i.proves() {
		err = fault.New(fault.Denied, "counter.unproven")
	}
	return err
}

// Revoke orders the revocation of certificates on the card in the reader, at its holder's wish. Which ones those are is read
// from the card or, for what can be read with a PIN only, from this office's record of the card. The same number again
// gets the same orders. Faults: counter.notice_invalid, counter.identity_invalid, counter.unproven, counter.card_…,
// counter.certificate_unknown, counter.number_used.
//
//  1. Look: the card and its certificate are read. Stopped here: nothing happened.
//  2. Record: the notice, the orders with their letters, and the audit entry are one transaction. Stopped before the commit:
//     nothing happened. Stopped after it: ordered, once.
//
// Law: 公的個人認証法 §9, §10
// Req: R-CNT-07, R-CNT-08, R-CNT-09, R-REV-07
func (s *Service) Revoke(ctx context.Context, actor authz.Actor, n RevocationNotice, t card.Transmitter) ([]Order, error) {
	var orders []Order
	entry := audit.Entry{Act: ActRevoke, Law: articleOfWish}
	if n.Ground == message.Compromise {
		entry.Law = "公的個人認証法第10条"
	}
	card, unread := s.look(ctx, actor, t)
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) (err error) {
		if unread != nil {
			return unread
		}
		if err := n.check(s.now()); err != nil {
			return err
		}
		s.Step("Revoke 2")
		id := s.id(n.Number)
		e.Subject = "notice:" + id
		notice := Notice{ID: id, Work: string(n.Ground), Identity: n.Identity, CardSerial: card.serial, DoneAt: s.now()}
		if _, err := s.take(ctx, tx, notice); err != nil {
			return err
		}
		if err := s.orderSeen(ctx, tx, actor, n, card); err != nil {
			return err
		}
		orders, err = tx.OrdersOf(ctx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("taking a notice to revoke: %w", err)
	}
	return orders, nil
}

// seen is what a card shows without a PIN.
type seen struct {
	inserted
	issuer message.IssuerID // of the authentication certificate; "" if there is none
	number jpki.Serial
}

// look reads the card in the reader, if the actor may revoke at all.
func (s *Service) look(ctx context.Context, actor authz.Actor, t card.Transmitter) (seen, error) {
	if err := s.guard.Policy.Check(actor, ActRevoke); err != nil {
		return seen{}, err
	}
	s.Step("Revoke 1")
	in, err := insert(ctx, t)
	if err != nil {
		return seen{}, err
	}
	der, err := readable(ctx, in, pairOf(jpki.Authentication).own)
	if err != nil || der == nil {
		return seen{inserted: in}, explain(err)
	}
	c, err := jpki.Parse(der)
	if err != nil {
		return seen{}, fault.Wrap(err, fault.Invalid, "counter.card_unusable")
	}
	return seen{in, message.IssuerID(c.IssuerKeyID().String()), c.Serial}, nil
}

// orderSeen gives the orders of a notice.
func (s *Service) orderSeen(ctx context.Context, tx Tx, actor authz.Actor, n RevocationNotice, card seen) error {
	for _, kind := range n.Kinds {
		o := Order{Of: s.id(n.Number), Kind: kind, CardSerial: card.serial}
		o.Ground, o.InvalidFrom = n.Ground, n.Since
		if kind == jpki.Authentication {
			o.Issuer, o.Serial = card.issuer, card.number
		} else {
			known, _, err := tx.CertificateOn(ctx, card.serial, kind)
			if err != nil {
				return err
			}
			o.Issuer, o.Serial = known.Issuer, known.Serial
		}
		if o.Serial == 0 {
			return fault.New(fault.NotFound, "counter.certificate_unknown", kind)
		}
		if err := s.order(ctx, tx, actor, o); err != nil {
			return err
		}
	}
	return nil
}

// take keeps a notice, or finds the one of the same number, which must be the same. Faults: counter.number_used.
func (s *Service) take(ctx context.Context, tx Tx, n Notice) (Notice, error) {
	earlier, found, err := tx.Notice(ctx, n.ID)
	if err != nil {
		return n, err
	}
	if found {
		if earlier.Work != n.Work || earlier.Key != n.Key || earlier.CardSerial != n.CardSerial {
			err = fault.New(fault.Conflict, "counter.number_used", n.ID)
		}
		return earlier, err
	}
	n.TakenAt = s.now()
	n.KeepUntil = n.TakenAt.AddDate(s.Keep, 0, 0)
	return n, tx.AddNotice(ctx, n)
}

// PINWork is what is done about a PIN at the counter.
type PINWork string

// The works.
const (
	ChangePIN PINWork = "change_pin" // パスワード変更の届出: the card is prepared for the kiosk
	UnlockPIN PINWork = "unlock_pin" // ロック解除: all tries again
	ResetPIN  PINWork = "reset_pin"  // 初期化: the PIN is removed; the holder sets a new one at the kiosk
)

var pinWorks = []PINWork{ChangePIN, UnlockPIN, ResetPIN}

// PINNotice is a notice on the PIN of one key.
type PINNotice struct {
	Number   string // reception number, as for [Service.Open]
	Work     PINWork
	Kind     jpki.Kind // of the certificate whose PIN it is
	Identity Identity
}

func (n PINNotice) check() error {
	switch {
	case !validNumber(n.Number):
		return fault.New(fault.Invalid, "counter.notice_invalid", FieldNumber)
	case !slices.Contains(pinWorks, n.Work):
		return fault.New(fault.Invalid, "counter.notice_invalid", FieldGround)
	case n.Kind != jpki.Authentication && n.Kind != jpki.Signing:
		return fault.New(fault.Invalid, "counter.notice_invalid", FieldKind)
	}
	return n.Identity.proven()
}

// ServePIN does what a notice on a PIN asks for, on the card in the reader. The clerk never learns a PIN. The same number
// again is done again only if it was not finished. Faults: counter.notice_invalid, counter.identity_invalid,
// counter.unproven, counter.card_…, counter.card_in_case, counter.number_used.
//
//  1. Record: the notice with the card's serial number. Stopped before the commit: nothing happened. Stopped after it: the
//     card is as it was, and the act done again goes on.
//  2. Card: tries, PIN or permit. Stopped here: done or not; the act done again does it again, which harms nothing.
//  3. Record that it is done. Stopped before the commit: as after 2.
//
// Req: R-CNT-01, R-CNT-02, R-CNT-03, R-CRD-10
func (s *Service) ServePIN(ctx context.Context, actor authz.Actor, n PINNotice, t card.Transmitter) (Notice, error) {
	if err := s.guard.Policy.Check(actor, ActPIN); err != nil {
		return Notice{}, s.guard.Do(ctx, actor, audit.Entry{Act: ActPIN}, nil)
	}
	in, err := insert(ctx, t)
	if err != nil {
		return Notice{}, err
	}
	notice := Notice{ID: s.id(n.Number), Work: string(n.Work), Key: n.Kind.String(), Identity: n.Identity, CardSerial: in.serial}
	err = s.guard.Do(ctx, actor, audit.Entry{Act: ActPIN}, func(tx Tx, e *audit.Entry) error {
		if err := n.check(); err != nil {
			return err
		}
		s.Step("ServePIN 1")
		e.Subject, e.Detail["work"], e.Detail["key"] = "notice:"+notice.ID, notice.Work, notice.Key
		if err := unbound(ctx, tx, in.serial, ""); err != nil {
			return err
		}
		notice, err = s.take(ctx, tx, notice)
		return err
	})
	if err != nil || !notice.DoneAt.IsZero() {
		return notice, err
	}
	s.Step("ServePIN 2")
	if err := s.servePIN(ctx, in, n); err != nil {
		return notice, err
	}
	notice.DoneAt = s.now()
	entry := audit.Entry{Act: ActPINDone, Subject: "notice:" + notice.ID}
	return notice, s.guard.Do(ctx, actor, entry, func(tx Tx, _ *audit.Entry) error {
		s.Step("ServePIN 3")
		return tx.SetNoticeDone(ctx, notice.ID, notice.DoneAt)
	})
}

func (s *Service) servePIN(ctx context.Context, in inserted, n PINNotice) error {
	counter, err := s.authenticate(ctx, in)
	if err != nil {
		return err
	}
	key := pairOf(n.Kind).key
	switch n.Work {
	case UnlockPIN:
		return explain(counter.UnlockPIN(ctx, key))
	case ResetPIN:
		if err := counter.InitialisePIN(ctx, key); err != nil {
			return explain(err)
		}
	}
	_, _, err = s.permit(ctx, in, counter)
	return err
}
