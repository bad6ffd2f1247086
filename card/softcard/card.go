package softcard

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/openjpki/jpki/apdu"
)

// Options changes how an open card behaves. The zero value is the usual card.
type Options struct {
	// Blocked6983 makes a blocked PIN or key answer 6983, as some clients
	// expect, instead of the 6984 of a My Number Card.
	Blocked6983 bool
	// Rand is the source of challenges. Optional; crypto/rand if nil.
	Rand io.Reader
}

// Card is an open card: a chip with power. It may be used by many goroutines;
// commands are executed one at a time.
type Card struct {
	mu      sync.Mutex
	path    string
	lock    io.Closer // nil when closed
	rand    io.Reader
	blocked apdu.SW
	state   state
	session session
}

// session is the volatile part of the chip.
type session struct {
	selected  bool // the JPKI application
	ef        ef   // current file
	verified  [2]bool
	role      role   // who has authenticated
	bound     []byte // challenge of that authentication
	challenge []byte // not yet used
	chain     *apdu.Command
}

// Open inserts the card whose state file is at path. The error wraps ErrInUse if
// it is open elsewhere, fs.ErrNotExist if there is none.
func Open(path string, options Options) (*Card, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening card: %w", err) // and leave no lock file behind
	}
	l, err := lock(path)
	if err != nil {
		return nil, fmt.Errorf("opening card: %w", err)
	}
	s, err := readState(path)
	if err != nil {
		return nil, fmt.Errorf("opening card: %w", errors.Join(err, l.Close()))
	}
	c := &Card{path: path, lock: l, rand: options.Rand, blocked: apdu.ReferenceDataNotUsable, state: s}
	if c.rand == nil {
		c.rand = rand.Reader
	}
	if options.Blocked6983 {
		c.blocked = apdu.AuthenticationBlocked
	}
	return c, nil
}

// Close removes the card and frees its state file. A second Close does nothing.
func (c *Card) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock == nil {
		return nil
	}
	err := c.lock.Close()
	c.lock = nil
	c.session = session{}
	return err
}

// ATR returns the answer to reset.
func (c *Card) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.state.ATR)
}

// Reset switches the card off and on, or resets it warm: the selection, verified
// PINs, authentications and challenges are gone; retry counters stay. The error
// wraps os.ErrClosed if the card is closed.
func (c *Card) Reset() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = session{}
	if c.lock == nil {
		return fmt.Errorf("resetting card: %w", os.ErrClosed)
	}
	return nil
}

// Tamper is what the chip does when it notices an attack: it erases its keys,
// certificates and PINs for good. The application then answers 6285 to its
// selection and nothing else.
func (c *Card) Tamper() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock == nil {
		return fmt.Errorf("erasing card: %w", os.ErrClosed)
	}
	c.session = session{}
	return c.change(func(s *state) {
		*s = state{Format: format, Serial: s.Serial, ATR: s.ATR, Terminated: true}
	})
}

// Transmit executes one command APDU and returns the response APDU. The card
// answers every command, be it nonsense; an error means that there was no
// answer: the card is closed (os.ErrClosed), ctx has ended, or the state file
// could not be written, in which case nothing has changed.
func (c *Card) Transmit(ctx context.Context, command []byte) (response []byte, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("transmitting to card: %w", err)
	}
	if c.lock == nil {
		return nil, fmt.Errorf("transmitting to card: %w", os.ErrClosed)
	}
	data, err := c.execute(command)
	if err == nil {
		return apdu.Response{Data: data, SW: apdu.Success}.Bytes(), nil
	}
	if sw, ok := errors.AsType[apdu.SW](err); ok {
		return apdu.Response{SW: sw}.Bytes(), nil
	}
	return nil, err
}
