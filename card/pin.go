package card

import (
	"context"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/apdu"
)

var (
	// ErrBlocked is returned for a PIN that has no try left, or that was never
	// set: only the counter and the kiosk of a municipal office can help.
	ErrBlocked = errors.New("PIN is blocked")
	// ErrLastTry is returned instead of using the last try of a PIN.
	ErrLastTry = errors.New("one try is left for the PIN")
	// ErrPINFormat is returned for a PIN that cannot be one; no try is used.
	ErrPINFormat = errors.New("not the form of this PIN")
)

// PINError tells that a card refused a PIN. With no retries left it is an
// ErrBlocked as well.
type PINError struct {
	Key     Key
	Retries int // tries left
}

// Error names the key and the tries left.
func (e *PINError) Error() string {
	return fmt.Sprintf("wrong PIN of %s key, %d tries left", e.Key, e.Retries)
}

// Is reports whether target is ErrBlocked and no try is left.
func (e *PINError) Is(target error) bool {
	return target == ErrBlocked && e.Retries == 0
}

// Retries returns how many tries are left for the PIN of key; 0 if it is blocked
// or not set. Asking costs none.
func (c *Card) Retries(ctx context.Context, key Key) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retries(ctx, key)
}

func (c *Card) retries(ctx context.Context, key Key) (int, error) {
	_, err := c.sendFile(ctx, key.files().pin, apdu.Command{INS: 0x20, P2: 0x80})
	sw, ok := errors.AsType[apdu.SW](err)
	switch {
	case ok && sw.IsPINRetry():
		return sw.Retries(), nil
	case ok && isBlocked(sw):
		return 0, nil
	case err == nil:
		err = errors.New("card does not tell")
	}
	return 0, fmt.Errorf("reading tries left of %s PIN: %w", key, err)
}

func isBlocked(sw apdu.SW) bool {
	return sw == apdu.AuthenticationBlocked || sw == apdu.ReferenceDataNotUsable
}

// Verify gives the card the PIN of key, which allows use of the key until the
// card is reset or logged out. A signature PIN may be in small letters. The last
// try is not used: with one left the error wraps ErrLastTry. Other errors wrap
// *PINError for a wrong PIN, ErrBlocked, or ErrPINFormat.
func (c *Card) Verify(ctx context.Context, key Key, pin string) error {
	return c.verify(ctx, key, pin, 2)
}

// VerifyLastTry is [Card.Verify] for a holder who has been told that one try is
// left: it is used.
func (c *Card) VerifyLastTry(ctx context.Context, key Key, pin string) error {
	return c.verify(ctx, key, pin, 1)
}

// verify gives the PIN if at least need tries are left.
func (c *Card) verify(ctx context.Context, key Key, pin string, need int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	code, err := key.pinBytes(pin)
	if err != nil {
		return fmt.Errorf("verifying PIN: %w", err)
	}
	retries, err := c.retries(ctx, key)
	switch {
	case err != nil:
	case retries == 0:
		err = ErrBlocked
	case retries < need:
		err = ErrLastTry
	default:
		_, err = c.send(ctx, apdu.Command{INS: 0x20, P2: 0x80, Data: code})
		err = pinError(key, err)
	}
	if err != nil {
		return fmt.Errorf("verifying PIN: %w", err)
	}
	return nil
}

// pinError says what a status word means for a PIN.
func pinError(key Key, err error) error {
	sw, ok := errors.AsType[apdu.SW](err)
	switch {
	case ok && sw.IsPINRetry():
		return &PINError{Key: key, Retries: sw.Retries()}
	case ok && isBlocked(sw):
		return ErrBlocked
	}
	return err
}

// CheckPIN says whether a text can be a PIN of the key at all, without a card. The error is ErrPINFormat.
func (k Key) CheckPIN(pin string) error {
	_, err := k.pinBytes(pin)
	return err
}

// ChangePIN gives the card the PIN of key and replaces it by next. Errors are
// those of [Card.Verify]; a next without the form of a PIN is refused first.
func (c *Card) ChangePIN(ctx context.Context, key Key, pin, next string) error {
	if _, err := key.pinBytes(next); err != nil {
		return fmt.Errorf("changing PIN: %w", err)
	}
	if err := c.Verify(ctx, key, pin); err != nil {
		return fmt.Errorf("changing PIN: %w", err)
	}
	return c.setPIN(ctx, key, next)
}

// setPIN sends a new PIN, which the card takes after the old one or, at a kiosk,
// as its first.
func (c *Card) setPIN(ctx context.Context, key Key, pin string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	code, err := key.pinBytes(pin)
	if err == nil {
		_, err = c.sendFile(ctx, key.files().pin, apdu.Command{INS: 0x24, P1: 0x01, P2: 0x80, Data: code})
	}
	if err != nil {
		return fmt.Errorf("setting PIN: %w", err)
	}
	return nil
}
