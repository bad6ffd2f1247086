package kiosk

import (
	"context"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
)

// Session is one card in the reader, from Begin to Return. It formats as "[kiosk session]".
type Session struct {
	kiosk  *Kiosk
	card   *card.Card
	loader *card.Kiosk
	serial string
	screen Screen
	work   Work
	key    card.Key
	entry  PINEntry
}

// PINEntry says what the password screen asks for.
type PINEntry int

// The entries. Choose returns one.
const (
	NewPIN      PINEntry = 1 // none is set: the resident chooses one
	ExistingPIN PINEntry = 2 // one is set, as at renewal: he enters it
)

// Format writes "[kiosk session]".
func (Session) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[kiosk session]") }

// Screen returns the present screen.
func (s *Session) Screen() Screen { return s.screen }

// CardSerial returns the serial number of the card.
func (s *Session) CardSerial() string { return s.serial }

// act does f if the table allows the act on this screen, moves on if f succeeds, and tells the observer.
func (s *Session) act(a Act, f func() error) error {
	to, ok := next(s.screen, s.work, a)
	err := fault.New(fault.Conflict, "kiosk.order")
	if ok {
		err = explain(f())
	}
	if ok && (err == nil || a == ActReturn) {
		s.screen = to
	}
	s.kiosk.tell(a, s.serial, err)
	return err
}

// Choose picks a work of the menu and the key it is for, and returns what the password screen asks for: NewPIN also for
// a PIN that is blocked, which SetPIN finds out.
//
// Req: R-KSK-02, R-KSK-08
func (s *Session) Choose(ctx context.Context, work Work, key card.Key) (PINEntry, error) {
	err := s.act(ActChoose, func() error {
		known := (work == KeyPair || work == PINChange) && (key == card.Signature || key == card.Authentication)
		if !known {
			return fault.New(fault.Invalid, "kiosk.no_such_work")
		}
		tries, err := s.card.Retries(ctx, key)
		if err != nil {
			return err
		}
		s.work, s.key, s.entry = work, key, ExistingPIN
		if tries == 0 {
			s.entry = NewPIN
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return s.entry, nil
}

// SetPIN sets the first PIN of the key. The faults are kiosk.pin_exists, kiosk.pin_form and kiosk.pin_blocked.
//
// Req: R-KSK-03, R-KSK-08
func (s *Session) SetPIN(ctx context.Context, pin string) error {
	return s.act(ActSetPIN, func() error {
		if s.entry == ExistingPIN {
			return fault.New(fault.Conflict, "kiosk.pin_exists")
		}
		err := s.loader.SetPIN(ctx, s.key, pin)
		if errors.Is(err, apdu.SecurityNotSatisfied) {
			return fmt.Errorf("%w: %w", card.ErrBlocked, err) // there is one, with no try left
		}
		return err
	})
}

// VerifyPIN takes the PIN that the card has, instead of a new one. The faults are kiosk.pin_wrong, kiosk.pin_form,
// kiosk.pin_blocked, and kiosk.pin_last_try, on which nothing was sent: VerifyLastTry sends it.
//
// Req: R-ISS-32
func (s *Session) VerifyPIN(ctx context.Context, pin string) error {
	return s.act(ActVerifyPIN, func() error { return s.card.Verify(ctx, s.key, pin) })
}

// VerifyLastTry is VerifyPIN for a resident who was told that one try is left.
func (s *Session) VerifyLastTry(ctx context.Context, pin string) error {
	return s.act(ActVerifyPIN, func() error { return s.card.VerifyLastTry(ctx, s.key, pin) })
}

// ChangePIN replaces the PIN of the key. The faults are those of VerifyPIN.
//
// Req: R-KSK-08
func (s *Session) ChangePIN(ctx context.Context, pin, next string) error {
	return s.act(ActChangePIN, func() error { return s.card.ChangePIN(ctx, s.key, pin, next) })
}

// Another goes back to the menu with the same card.
func (s *Session) Another() error {
	return s.act(ActAnother, func() error { return nil })
}

// Return ends the session: the card forgets the PINs it was given and the proof of the kiosk. The session is over even
// if the card does not answer, since it forgets them without power too.
//
// Req: R-KSK-05
func (s *Session) Return(ctx context.Context) error {
	return s.act(ActReturn, func() error {
		defer func() { s.loader = nil }()
		return s.card.Logout(ctx)
	})
}

// explain gives an error of the card the text that the resident reads.
func explain(err error) error {
	if err == nil || fault.KeyOf(err) != "" {
		return err
	}
	wrong, isWrong := errors.AsType[*card.PINError](err)
	_, isRefused := errors.AsType[*card.RefusedError](err)
	_, answered := errors.AsType[apdu.SW](err)
	switch {
	case errors.Is(err, card.ErrNotJPKI), errors.Is(err, card.ErrTerminated):
		return fault.Wrap(err, fault.Invalid, "kiosk.card_unusable")
	case errors.Is(err, card.ErrNotPrepared):
		return fault.Wrap(err, fault.Denied, "kiosk.not_prepared")
	case errors.Is(err, card.ErrKeyVersion):
		return fault.Wrap(err, fault.Denied, "kiosk.key_version")
	case isRefused:
		return fault.Wrap(err, fault.Denied, "kiosk.refused")
	case errors.Is(err, card.ErrPINFormat):
		return fault.Wrap(err, fault.Invalid, "kiosk.pin_form")
	case errors.Is(err, card.ErrBlocked):
		return fault.Wrap(err, fault.Denied, "kiosk.pin_blocked")
	case errors.Is(err, card.ErrLastTry):
		return fault.Wrap(err, fault.Denied, "kiosk.pin_last_try")
	case isWrong:
		return fault.Wrap(err, fault.Denied, "kiosk.pin_wrong", wrong.Retries)
	case answered:
		return fault.Wrap(err, fault.Conflict, "kiosk.card_refuses")
	}
	return fault.Wrap(err, fault.Unavailable, "kiosk.card_gone")
}
