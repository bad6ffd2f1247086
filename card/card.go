package card

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/openjpki/jpki/apdu"
)

var (
	// ErrNotJPKI is returned by [Open] for a card without the JPKI application.
	ErrNotJPKI = errors.New("card has no JPKI application")
	// ErrTerminated is returned by [Open] for a card that has erased itself.
	ErrTerminated = errors.New("card is terminated")
	// ErrNoCertificate is returned when a certificate file is empty or missing.
	ErrNoCertificate = errors.New("no certificate in the file")
)

// Transmitter carries commands to one card: a virtual card, or a reader. It
// returns the answer with its status word; an error means that no answer came.
type Transmitter interface {
	Transmit(ctx context.Context, command []byte) (response []byte, err error)
}

// Card is a card with the JPKI application selected. It may be used by many
// goroutines.
type Card struct {
	mu sync.Mutex // held over the commands of one operation
	t  Transmitter
}

// Open selects the JPKI application. The error wraps ErrNotJPKI or ErrTerminated
// if the card says so.
func Open(ctx context.Context, t Transmitter) (*Card, error) {
	c := &Card{t: t}
	err := c.Logout(ctx)
	switch {
	case errors.Is(err, apdu.FileNotFound):
		err = ErrNotJPKI
	case errors.Is(err, apdu.Terminated):
		err = ErrTerminated
	}
	if err != nil {
		return nil, fmt.Errorf("opening card: %w", err)
	}
	return c, nil
}

// Logout ends the effect of all PINs given so far, by selecting the application
// again. Counter and Kiosk sessions end too.
func (c *Card) Logout(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	aid := []byte{0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01}
	_, err := c.send(ctx, apdu.Command{INS: 0xA4, P1: 0x04, P2: 0x0C, Data: aid})
	if err != nil {
		return fmt.Errorf("selecting JPKI application: %w", err)
	}
	return nil
}

// Certificate reads the certificate in f, DER; what a card keeps behind it is
// left out. SignatureCertificate needs the signature PIN, else the error wraps
// apdu.SecurityNotSatisfied. It wraps ErrNoCertificate if there is none.
func (c *Card) Certificate(ctx context.Context, f File) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	der, err := c.readDER(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("reading certificate from card: %w", err)
	}
	return der, nil
}

// Availability tells which certificates a card has.
type Availability struct {
	Signature, Authentication bool
}

// Availability reads which certificates the card has, without a PIN.
func (c *Card) Availability(ctx context.Context) (Availability, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.readFile(ctx, availability)
	if err == nil && len(b) != 3 {
		err = fmt.Errorf("%s has %d bytes, want 3", availability, len(b))
	}
	if err != nil {
		return Availability{}, fmt.Errorf("reading certificate availability: %w", err)
	}
	return Availability{Signature: b[0] != 0, Authentication: b[1] != 0}, nil
}

// TokenInfo reads the token information, without a PIN.
func (c *Card) TokenInfo(ctx context.Context) (TokenInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.readFile(ctx, tokenInfo)
	if err != nil {
		return TokenInfo{}, fmt.Errorf("reading token information: %w", err)
	}
	return ParseTokenInfo(b)
}

// send transmits one command and returns the data of the answer. A status word
// other than 9000 is the error.
func (c *Card) send(ctx context.Context, command apdu.Command) ([]byte, error) {
	b, err := c.t.Transmit(ctx, command.Bytes())
	if err != nil {
		return nil, err
	}
	response, err := apdu.ParseResponse(b)
	if err != nil {
		return nil, fmt.Errorf("answer of %d bytes: %w", len(b), err)
	}
	return response.Data, response.Err()
}

// sendFile selects f and sends command, chained if its data is long.
func (c *Card) sendFile(ctx context.Context, f File, command apdu.Command) ([]byte, error) {
	if err := c.selectFile(ctx, f); err != nil {
		return nil, err
	}
	return c.sendChain(ctx, command)
}

func (c *Card) sendChain(ctx context.Context, command apdu.Command) (data []byte, err error) {
	for _, part := range command.Chain(apdu.MaxShort) {
		if data, err = c.send(ctx, part); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (c *Card) selectFile(ctx context.Context, f File) error {
	_, err := c.send(ctx, apdu.Command{INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{byte(f >> 8), byte(f)}})
	if err != nil {
		return fmt.Errorf("selecting %s: %w", f, err)
	}
	return nil
}
