package softcard

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Config says what the manufacturer (製造者) puts into a blank card.
type Config struct {
	// Serial is the card's serial number, 16 characters of A to Z and 0 to 9. It
	// is also the serial number in the token information.
	Serial string
	// TransportKey (搬送鍵) opens the card to the municipal counter: an AES-256
	// key, 32 bytes, different for each card.
	TransportKey []byte
	// ATR is the answer to reset, 2 to 33 bytes. Optional; that of a My Number
	// Card on a contact reader if empty.
	ATR []byte
}

// Create makes a blank card at path: no PIN, no key, no certificate. The error
// wraps fs.ErrExist if there is a file at path, which stays as it is.
func Create(path string, config Config) error {
	s, err := blank(config)
	if err != nil {
		return fmt.Errorf("creating card: %w", err)
	}
	l, err := lock(path)
	if err != nil {
		return fmt.Errorf("creating card: %w", err)
	}
	err = create(path, &s)
	if err = errors.Join(err, l.Close()); err != nil {
		return fmt.Errorf("creating card: %w", err)
	}
	return nil
}

// create writes the first state of a card, under its lock.
func create(path string, s *state) error {
	_, err := os.Lstat(path)
	if err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeState(path, s)
}

func blank(config Config) (state, error) {
	atr := bytes.Clone(config.ATR)
	if len(atr) == 0 {
		atr = []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}
	}
	if err := checkIdentity(config.Serial, atr); err != nil {
		return state{}, err
	}
	if len(config.TransportKey) != keySize {
		return state{}, fmt.Errorf("transport key has %d bytes, want %d", len(config.TransportKey), keySize)
	}
	return state{
		Format:    format,
		Serial:    config.Serial,
		ATR:       atr,
		Transport: authKey{Key: bytes.Clone(config.TransportKey), Tries: keyTries},
	}, nil
}
