package vpcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"syscall"
)

// DefaultAddr is the first slot of the driver as its package configures it: port 0x8C7B.
const DefaultAddr = "127.0.0.1:35963"

// Card is what the driver needs of a card; *softcard.Card is one. Its methods are called by one goroutine.
type Card interface {
	// ATR returns the answer to reset, 2 to 33 bytes.
	ATR() []byte
	// Reset makes the card forget its volatile state (power-on, power-off, warm reset).
	Reset() error
	// Transmit answers a command APDU, however malformed, with data and status word, 2 to 65535 bytes.
	Transmit(ctx context.Context, command []byte) (response []byte, err error)
}

// Errors of Dial and Serve.
var (
	// ErrNoReader says that nobody listens at the address.
	ErrNoReader = errors.New("no virtual reader listens there; start pcscd with vsmartcard-vpcd installed, or check the port of its slot")
	// ErrRemote says that the address is not on this machine.
	ErrRemote = errors.New("not a loopback address")
	// ErrClosed says that the driver closed the connection: pcscd ended.
	ErrClosed = errors.New("the virtual reader is gone")
)

// Config says which slot a card goes into.
type Config struct {
	// Addr is host:port of the slot. Default: DefaultAddr.
	Addr string
	// Remote accepts an address that is not loopback. PINs cross the network in clear then.
	Remote bool
}

// Slot is a connection to one slot of a virtual reader. It is for one goroutine, except Close.
type Slot struct {
	conn net.Conn
	addr string
}

// Dial connects to a slot. The card is inserted when Serve answers for it. Errors: [ErrNoReader], [ErrRemote].
func Dial(ctx context.Context, c Config) (*Slot, error) {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	d := net.Dialer{ControlContext: onlyLoopback}
	if c.Remote {
		d.ControlContext = nil
	}
	conn, err := d.DialContext(ctx, "tcp", c.Addr)
	if errors.Is(err, syscall.ECONNREFUSED) {
		err = fmt.Errorf("%w: %w", ErrNoReader, err)
	}
	if err != nil {
		return nil, fmt.Errorf("connecting to the virtual reader at %s: %w", c.Addr, err)
	}
	return &Slot{conn: conn, addr: c.Addr}, nil
}

// onlyLoopback looks at the address a host name has become, before anything is sent there.
func onlyLoopback(_ context.Context, _, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().IsLoopback() {
		return ErrRemote
	}
	return nil
}

// Run keeps card in the slot at addr (a loopback address, DefaultAddr if empty) until ctx ends, which is no error.
func Run(ctx context.Context, addr string, card Card) error {
	s, err := Dial(ctx, Config{Addr: addr})
	if ctx.Err() != nil && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Serve(ctx, card)
}

// Close pulls the card out: Serve returns.
func (s *Slot) Close() error { return s.conn.Close() }

// Serve lets card answer until ctx ends, which is no error, or until the driver goes away ([ErrClosed]) or the card breaks,
// which pulls it out. The card is reset at both ends: it goes in and out without power. When Serve has returned, the card is
// not used any more; the Slot cannot be used again.
func (s *Slot) Serve(ctx context.Context, card Card) error {
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	defer stop()
	defer s.conn.Close()
	err := card.Reset()
	for err == nil {
		err = s.answer(ctx, card)
	}
	card.Reset() // out of power; a card that cannot reset says so when it is next inserted
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		err = ErrClosed
	}
	return fmt.Errorf("serving the virtual reader at %s: %w", s.addr, err)
}

// Control messages, each a single byte.
const (
	controlOff   = 0
	controlOn    = 1
	controlReset = 2
	controlATR   = 4
)

// answer handles one message.
func (s *Slot) answer(ctx context.Context, card Card) error {
	message, err := s.read()
	if err != nil {
		return err
	}
	if len(message) == 1 {
		switch message[0] {
		case controlOff, controlOn, controlReset:
			return card.Reset()
		case controlATR:
			return s.write(card.ATR())
		}
	}
	response, err := card.Transmit(ctx, message)
	if err != nil {
		return err
	}
	return s.write(response)
}

func (s *Slot) read() ([]byte, error) {
	var length [2]byte
	if err := s.readFull(length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	return message, s.readFull(message)
}

// readFull has the kernel acknowledge each piece at once: vpcd 3.3 sends length and message apart and, for Nagle's algorithm,
// waits with the second until the first is acknowledged. A delayed acknowledgement would cost 40 ms a command.
func (s *Slot) readFull(b []byte) error {
	for len(b) > 0 {
		n, err := s.conn.Read(b)
		acknowledge(s.conn)
		if err != nil && n < len(b) {
			return err
		}
		b = b[n:]
	}
	return nil
}

// write sends a message. The driver takes an empty one for a pulled card, and so does a card that has nothing to say.
func (s *Slot) write(message []byte) error {
	if len(message) < 2 || len(message) > math.MaxUint16 {
		return fmt.Errorf("the card answers with %d bytes", len(message))
	}
	b := binary.BigEndian.AppendUint16(nil, uint16(len(message)))
	_, err := s.conn.Write(append(b, message...))
	return err
}
