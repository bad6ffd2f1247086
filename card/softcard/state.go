package softcard

import (
	"errors"
	"fmt"
)

const (
	format      = 1    // of the state file
	serialSize  = 16   // characters of the card's serial number
	nonceSize   = 16   // bytes of the nonce that a proof of possession repeats
	maxFileSize = 4096 // bytes of a certificate or a proof
)

// state is everything the chip remembers without power. It is copied by
// assignment before a change, so an edit puts new slices and keys in place and
// never writes into those that are there.
type state struct {
	Format         int     `json:"format"`
	Serial         string  `json:"serial"`
	ATR            []byte  `json:"atr"`
	Terminated     bool    `json:"terminated"`
	Transport      authKey `json:"transportKey"`
	Permit         permit  `json:"permit"`
	Signature      slot    `json:"signature"`
	Authentication slot    `json:"authentication"`
}

// permit is what the counter writes before a card may be loaded: the kiosk
// authentication key (外部認証鍵), the key-loading key (秘密鍵格納鍵), the version of
// the master key both come from, and the nonce of this visit. There is none if
// Nonce is nil.
type permit struct {
	Version uint32  `json:"version"`
	Kiosk   authKey `json:"kioskKey"`
	Loading []byte  `json:"loadingKey"`
	Nonce   []byte  `json:"nonce"`
}

// slot holds what one purpose of the card needs.
type slot struct {
	PIN         pin         `json:"pin"`
	Key         *privateKey `json:"key"`
	Certificate []byte      `json:"certificate"` // of Key
	CA          []byte      `json:"ca"`
	Pending     *privateKey `json:"pending"` // loaded, waiting for its certificate
	Proof       []byte      `json:"proof"`   // made with Pending
}

// purpose names a slot.
type purpose int

const (
	signature      purpose = iota // 署名用
	authentication                // 利用者証明用
)

func (s *state) slot(p purpose) *slot {
	if p == signature {
		return &s.Signature
	}
	return &s.Authentication
}

// check refuses a state that no card can have been left in.
func (s *state) check() error {
	if s.Format != format {
		return fmt.Errorf("state file has format %d, want %d", s.Format, format)
	}
	if err := checkIdentity(s.Serial, s.ATR); err != nil {
		return err
	}
	sound := s.Transport.sound() && s.Permit.sound() &&
		s.Signature.PIN.sound(signature) && s.Authentication.PIN.sound(authentication)
	if !sound {
		return errors.New("state file is damaged")
	}
	return nil
}

func (p permit) sound() bool {
	return p.Nonce == nil ||
		len(p.Nonce) == nonceSize && len(p.Loading) == keySize && p.Kiosk.Key != nil && p.Kiosk.sound()
}

func checkIdentity(serial string, atr []byte) error {
	if len(serial) != serialSize || !all([]byte(serial), alphanumeric) {
		return fmt.Errorf("card serial number is not %d characters of A to Z and 0 to 9", serialSize)
	}
	if len(atr) < 2 || len(atr) > 33 {
		return fmt.Errorf("ATR has %d bytes, want 2 to 33", len(atr))
	}
	return nil
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

func alphanumeric(b byte) bool { return digit(b) || 'A' <= b && b <= 'Z' }

func all(text []byte, ok func(byte) bool) bool {
	for _, b := range text {
		if !ok(b) {
			return false
		}
	}
	return true
}
