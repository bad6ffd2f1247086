package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
)

// card is a small card with one volatile byte. It is enough to see who drives it, when it is reset, and how it is interrupted.
type card struct {
	atr      []byte
	id       byte
	started  chan struct{} // gets a token when a hold command starts
	resets   chan struct{} // gets a token for each reset that finds the register set
	goOn     chan struct{} // closing it ends hold commands
	driving  sync.Mutex
	mu       sync.Mutex
	overlap  bool // two methods ran at a time
	mute     bool // Reset fails
	register byte
}

// What newCard's card understands: CLA 00, then INS.
var (
	setRegister = []byte{0x00, 0x10, 0x00, 0x2A} // register = P2
	getRegister = []byte{0x00, 0x12, 0x00, 0x00} // the register
	getID       = []byte{0x00, 0x14, 0x00, 0x00} // the card's number
	hold        = []byte{0x00, 0x16, 0x00, 0x00} // answers when goOn is closed, fails when interrupted
	fail        = []byte{0x00, 0x18, 0x00, 0x00} // fails
	silence     = []byte{0x00, 0x1A, 0x00, 0x00} // answers with one byte, which is no response
	echo        = []byte{0x00, 0x1C, 0x00, 0x00} // data follow: the whole command
)

func newCard(id byte) *card {
	return &card{
		atr: []byte{0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14}, id: id,
		started: make(chan struct{}, 1), resets: make(chan struct{}, 1), goOn: make(chan struct{}),
	}
}

// token puts a token into ch if there is room for it.
func token(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// drive notes when the card is used by two at a time.
func (c *card) drive() (done func()) {
	if !c.driving.TryLock() {
		c.mu.Lock()
		c.overlap = true
		c.mu.Unlock()
		return func() {}
	}
	return c.driving.Unlock
}

func (c *card) ATR() []byte {
	defer c.drive()()
	return bytes.Clone(c.atr)
}

func (c *card) Reset() error {
	defer c.drive()()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute {
		return errors.New("the test card is mute")
	}
	if c.register != 0 {
		token(c.resets)
	}
	c.register = 0
	return nil
}

func (c *card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	defer c.drive()()
	if len(command) < 4 {
		return []byte{0x67, 0x00}, nil
	}
	switch command[1] {
	case setRegister[1]:
		return c.set(command[3]), nil
	case getRegister[1]:
		return []byte{c.get(), 0x90, 0x00}, nil
	case getID[1]:
		return []byte{c.id, 0x90, 0x00}, nil
	case hold[1]:
		token(c.started)
		select {
		case <-c.goOn:
			return []byte{0x90, 0x00}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case fail[1]:
		return nil, errors.New("the test card is broken")
	case silence[1]:
		return []byte{0x90}, nil
	case echo[1]:
		return append(bytes.Clone(command), 0x90, 0x00), nil
	default:
		return []byte{0x6D, 0x00}, nil
	}
}

func (c *card) set(b byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.register = b
	return []byte{0x90, 0x00}
}

func (c *card) get() byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.register
}

func (c *card) setMute(mute bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = mute
}

// awaitReset waits until a reset has cleared the register.
func (c *card) awaitReset(t *testing.T) {
	t.Helper()
	select {
	case <-c.resets:
	case <-t.Context().Done():
		t.Fatal("the card was not reset")
	}
}

// checkAlone fails if the card was ever driven by two at a time.
func (c *card) checkAlone(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.overlap {
		t.Error("two goroutines drove the card at a time")
	}
}
