package card

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/apdu"
)

var (
	// ErrNotPrepared is returned by a kiosk for a card that did not get its keys
	// at the counter.
	ErrNotPrepared = errors.New("card was not prepared at the counter")
	// ErrKeyVersion is returned by a kiosk for a card whose keys come from another
	// version of the master key.
	ErrKeyVersion = errors.New("card was prepared with another version of the master key")
)

// RefusedError tells that a card does not take the other side for genuine.
type RefusedError struct {
	Party   string // "counter" or "kiosk"
	Retries int    // tries left before the card blocks the key
}

// Error names the party and the tries left.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("card does not accept this %s, %d tries left", e.Party, e.Retries)
}

// Secret is an AES-256 key. It formats as "[secret]" whatever the verb.
type Secret [32]byte

// Format writes "[secret]".
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// Nonce ties a proof of possession to one visit to the counter.
type Nonce [16]byte

// MasterKey (親鍵) is what the counter and the kiosk of one municipality share.
// Every card gets keys of its own from it. To shut a stolen kiosk out, counter
// and remaining kiosk get a new Secret with a new Version: cards prepared from
// then on refuse the old one.
type MasterKey struct {
	Version uint32
	Secret  Secret
}

// CardKeys are the two keys of one card: what the counter writes and what the
// kiosk computes again.
type CardKeys struct {
	Version uint32 // of the master key
	Kiosk   Secret // 外部認証鍵: the kiosk proves itself with it
	Loading Secret // 秘密鍵格納鍵: private keys travel under it
}

// Diversify returns the keys of the card with a serial number.
//
// Assumed: HKDF-SHA256 of the secret without salt; the info is
// "openjpki/1 <purpose> <version> <serial>" with the purposes "kiosk key" and
// "loading key".
//
// Spec: RFC 5869 §2
func (m MasterKey) Diversify(cardSerial string) (CardKeys, error) {
	kiosk, err := m.derive("kiosk key", cardSerial)
	if err != nil {
		return CardKeys{}, err
	}
	loading, err := m.derive("loading key", cardSerial)
	return CardKeys{Version: m.Version, Kiosk: kiosk, Loading: loading}, err
}

func (m MasterKey) derive(purpose, cardSerial string) (Secret, error) {
	return derive(m.Secret, fmt.Sprintf("openjpki/1 %s %d %s", purpose, m.Version, cardSerial))
}

func derive(from Secret, info string) (Secret, error) {
	key, err := hkdf.Key(sha256.New, from[:], nil, info, len(from))
	if err != nil {
		return Secret{}, fmt.Errorf("deriving key: %w", err)
	}
	return Secret(key), nil
}

// Permit is what a card tells of its preparation at the counter.
type Permit struct {
	Version uint32 // of the master key
	Nonce   Nonce
}

// Permit reads the card's permit. The error wraps ErrNotPrepared if it has none:
// it was never prepared, or its certificate has been written since.
func (c *Card) Permit(ctx context.Context) (Permit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.readFile(ctx, permit)
	switch {
	case errors.Is(err, apdu.FileNotFound), err == nil && len(b) == 0:
		err = ErrNotPrepared
	case err == nil && len(b) != 20:
		err = fmt.Errorf("%s has %d bytes, want 20", permit, len(b))
	}
	if err != nil {
		return Permit{}, fmt.Errorf("reading permit: %w", err)
	}
	return Permit{Version: binary.BigEndian.Uint32(b), Nonce: Nonce(b[4:])}, nil
}

// session is an authentication that a card has accepted.
type session struct {
	card      *Card
	serial    string // of the card
	challenge []byte
}

// authenticate proves to the card that this side has key, which the card knows
// by reference.
func (c *Card) authenticate(ctx context.Context, party string, reference byte, serial string, key Secret) (session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	challenge, err := c.send(ctx, apdu.Command{INS: 0x84, Le: aes.BlockSize})
	if err != nil {
		return session{}, fmt.Errorf("getting challenge: %w", err)
	}
	if len(challenge) != aes.BlockSize {
		return session{}, fmt.Errorf("getting challenge: %d bytes, want %d", len(challenge), aes.BlockSize)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return session{}, err
	}
	cryptogram := make([]byte, aes.BlockSize)
	block.Encrypt(cryptogram, challenge)
	_, err = c.send(ctx, apdu.Command{INS: 0x82, P2: reference, Data: cryptogram})
	sw, ok := errors.AsType[apdu.SW](err)
	if ok && (sw.IsPINRetry() || isBlocked(sw)) {
		err = &RefusedError{Party: party, Retries: sw.Retries()}
	}
	return session{card: c, serial: serial, challenge: challenge}, err
}

// sendSealed selects f, unless it is 0, and sends command with plain sealed
// under key for this card, this session and f.
func (s session) sendSealed(ctx context.Context, f File, command apdu.Command, key Secret, plain []byte) error {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	bound := []byte{command.CLA, command.INS, command.P1, command.P2, byte(f >> 8), byte(f)}
	bound = append(bound, s.serial...)
	bound = append(bound, s.challenge...)
	command.Data = aead.Seal(nil, nil, plain, bound)
	s.card.mu.Lock()
	defer s.card.mu.Unlock()
	if f == 0 {
		_, err = s.card.sendChain(ctx, command)
	} else {
		_, err = s.card.sendFile(ctx, f, command)
	}
	return err
}

// newNonce returns a random nonce.
func newNonce() Nonce {
	var n Nonce
	rand.Read(n[:]) // never fails
	return n
}
