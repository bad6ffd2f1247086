package softcard

import (
	"crypto/subtle"

	"github.com/openjpki/jpki/apdu"
)

const maxPIN = 16

// pin is a PIN (暗証番号) and its tries left. It is not set if Value is nil.
type pin struct {
	Value []byte `json:"value"`
	Tries int    `json:"tries"`
}

func (n pin) sound(p purpose) bool {
	return n.Tries >= 0 && n.Tries <= p.tries() && (n.Value == nil || p.accepts(n.Value))
}

// tries is how many wrong PINs in a row block it.
func (p purpose) tries() int {
	if p == signature {
		return 5
	}
	return 3
}

// accepts reports whether value has the form of a PIN of p.
func (p purpose) accepts(value []byte) bool {
	if p == signature {
		return len(value) >= 6 && len(value) <= maxPIN && all(value, alphanumeric)
	}
	return len(value) == 4 && all(value, digit)
}

// verify is VERIFY. Without data it asks for the tries left, costs none and
// never says 9000. The PIN is compared as it comes; capitals are the client's task.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) verify(cmd apdu.Command) ([]byte, error) {
	if cmd.P1 != 0x00 {
		return nil, apdu.WrongParameters
	}
	f, err := c.reference(cmd.P2, pinObject)
	if err != nil {
		return nil, err
	}
	p := f.purpose
	code := c.state.slot(p).PIN
	switch {
	case cmd.Le != 0 || len(cmd.Data) > maxPIN:
		return nil, apdu.WrongLength
	case len(cmd.Data) == 0:
		return nil, apdu.PINRetries(code.Tries)
	case code.Value == nil:
		return nil, apdu.ReferenceDataNotUsable
	case code.Tries == 0:
		return nil, c.blocked
	}
	c.session.verified[p] = false
	if err := c.change(func(s *state) { s.slot(p).PIN.Tries-- }); err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(cmd.Data, code.Value) != 1 {
		return nil, apdu.PINRetries(code.Tries - 1)
	}
	if err := c.change(func(s *state) { s.slot(p).PIN.Tries = p.tries() }); err != nil {
		return nil, err
	}
	c.session.verified[p] = true
	return nil, nil
}

// changePIN is CHANGE REFERENCE DATA with the new PIN alone: after VERIFY, or at
// the kiosk where no PIN is set.
//
// Spec: ISO/IEC 7816-4:2020 §11
func (c *Card) changePIN(cmd apdu.Command) ([]byte, error) {
	if cmd.P1 != 0x01 {
		return nil, apdu.WrongParameters
	}
	f, err := c.reference(cmd.P2, pinObject)
	if err != nil {
		return nil, err
	}
	p := f.purpose
	first := c.session.role == kiosk && c.state.slot(p).PIN.Value == nil
	switch {
	case cmd.Le != 0 || len(cmd.Data) == 0:
		return nil, apdu.WrongLength
	case !c.session.verified[p] && !first:
		return nil, apdu.SecurityNotSatisfied
	case !p.accepts(cmd.Data):
		return nil, apdu.WrongData
	}
	return nil, c.change(func(s *state) { s.slot(p).PIN = pin{Value: cmd.Data, Tries: p.tries()} })
}

// resetPIN is RESET RETRY COUNTER at the counter. P1 = 03 unlocks a PIN and
// keeps it (ロック解除); P1 = 02 removes it, so that the kiosk can set a new one
// (初期化).
//
// Assumed: the commands by which counters do this to a real card are not public.
func (c *Card) resetPIN(cmd apdu.Command) ([]byte, error) {
	unlock := cmd.P1 == 0x03
	if !unlock && cmd.P1 != 0x02 {
		return nil, apdu.WrongParameters
	}
	f, err := c.reference(cmd.P2, pinObject)
	if err != nil {
		return nil, err
	}
	p := f.purpose
	code := c.state.slot(p).PIN
	switch {
	case len(cmd.Data) > 0 || cmd.Le != 0:
		return nil, apdu.WrongLength
	case c.session.role != counter:
		return nil, apdu.SecurityNotSatisfied
	case unlock && code.Value == nil:
		return nil, apdu.ReferenceDataNotUsable
	case unlock:
		code.Tries = p.tries()
	default:
		code = pin{}
	}
	c.session.verified[p] = false
	return nil, c.change(func(s *state) { s.slot(p).PIN = code })
}
