package softcard

import (
	"crypto"
	"crypto/rsa"
	"fmt"

	"github.com/openjpki/jpki/apdu"
)

const (
	signatureSize = rsaBits / 8
	maxMessage    = signatureSize - 11 // what PKCS#1 v1.5 padding leaves
)

// sign is COMPUTE DIGITAL SIGNATURE: the card pads the data as it comes (PKCS#1
// v1.5, type 1) and applies the private key of the current file. A DigestInfo
// around a hash is the client's task. A key that waits for its certificate signs
// at the kiosk only: its proof of possession.
//
// Assumed: the other forms of P1 seen on real cards (hashing on the card, PSS)
// are refused like any unknown value; public clients do not use them.
//
// Spec: RFC 8017 §8.2.1
func (c *Card) sign(cmd apdu.Command) ([]byte, error) {
	if cmd.P1 != 0x00 {
		return nil, apdu.WrongParameters
	}
	f, err := c.reference(cmd.P2, activeKey, pendingKey)
	if err != nil {
		return nil, err
	}
	key := c.state.slot(f.purpose).Key
	if f.kind == pendingKey {
		key = c.state.slot(f.purpose).Pending
	}
	switch {
	case len(cmd.Data) == 0 || len(cmd.Data) > maxMessage || cmd.Le < signatureSize:
		return nil, apdu.WrongLength
	case !c.session.verified[f.purpose], f.kind == pendingKey && c.session.role != kiosk:
		return nil, apdu.SecurityNotSatisfied
	case key == nil:
		return nil, apdu.ConditionsNotSatisfied
	}
	signed, err := rsa.SignPKCS1v15(nil, key.PrivateKey, crypto.Hash(0), cmd.Data)
	if err != nil {
		return nil, fmt.Errorf("signing on card: %w", err)
	}
	return signed, nil
}
