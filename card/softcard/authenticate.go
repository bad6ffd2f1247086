package softcard

import (
	"crypto/aes"
	"fmt"
	"io"

	"github.com/openjpki/jpki/apdu"
)

// role is a party that has proved itself to the card. Its number, with the
// highest bit set, is the key reference of EXTERNAL AUTHENTICATE.
type role byte

const (
	nobody  role = iota
	counter      // 受付窓口端末, by the transport key
	kiosk        // 鍵ペア生成装置, by the kiosk authentication key
)

// authKey returns the key by which r proves itself.
func (s *state) authKey(r role) *authKey {
	if r == counter {
		return &s.Transport
	}
	return &s.Permit.Kiosk
}

// getChallenge is GET CHALLENGE: Le random bytes, 1 to 256. A challenge of 16
// bytes opens the way for one EXTERNAL AUTHENTICATE.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) getChallenge(cmd apdu.Command) ([]byte, error) {
	switch {
	case cmd.P1 != 0 || cmd.P2 != 0:
		return nil, apdu.WrongParameters
	case len(cmd.Data) > 0 || cmd.Le < 1 || cmd.Le > 256:
		return nil, apdu.WrongLength
	}
	b := make([]byte, cmd.Le)
	if _, err := io.ReadFull(c.rand, b); err != nil {
		return nil, fmt.Errorf("making challenge: %w", err)
	}
	c.session.challenge = b
	return b, nil
}

// externalAuthenticate is EXTERNAL AUTHENTICATE. The party has encrypted the
// card's challenge with its key; the card decrypts and compares. The challenge
// is used up and an earlier authentication is over, whatever the outcome.
//
// Assumed: algorithm and key references; the 2003 procedure says only that what
// a genuine kiosk encrypts must be decryptable with the key on the card.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) externalAuthenticate(cmd apdu.Command) ([]byte, error) {
	challenge := c.session.challenge
	c.session.challenge, c.session.role, c.session.bound = nil, nobody, nil
	r := role(cmd.P2 & 0x7F)
	if cmd.P1 != 0x00 || cmd.P2&0x80 == 0 || r != counter && r != kiosk {
		return nil, apdu.WrongParameters
	}
	key := *c.state.authKey(r)
	switch {
	case len(cmd.Data) != aes.BlockSize || cmd.Le != 0:
		return nil, apdu.WrongLength
	case key.Key == nil:
		return nil, apdu.ReferenceDataNotFound
	case len(challenge) != aes.BlockSize:
		return nil, apdu.ConditionsNotSatisfied
	case key.Tries == 0:
		return nil, c.blocked
	}
	if err := c.change(func(s *state) { s.authKey(r).Tries-- }); err != nil {
		return nil, err
	}
	if !key.opens(cmd.Data, challenge) {
		return nil, apdu.PINRetries(key.Tries - 1)
	}
	if err := c.change(func(s *state) { s.authKey(r).Tries = keyTries }); err != nil {
		return nil, err
	}
	c.session.role, c.session.bound = r, challenge
	return nil, nil
}
