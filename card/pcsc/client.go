package pcsc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
)

// DefaultSocket is where pcscd listens unless a program is told otherwise.
const DefaultSocket = "/run/pcscd/pcscd.comm"

// SocketPath returns the path every PC/SC program on this machine uses: the value of PCSCLITE_CSOCK_NAME, or [DefaultSocket].
// Nothing else in this package reads the environment.
func SocketPath() string {
	if path := os.Getenv("PCSCLITE_CSOCK_NAME"); path != "" {
		return path
	}
	return DefaultSocket
}

// Client asks a smart card service for its readers and opens connections to cards. It holds no connection of its own between
// calls, so it needs no closing, outlives a restart of the service, and can be used by any number of goroutines.
type Client struct {
	path string
}

// Reader is a card reader (a slot of one) as the service described it at one moment.
type Reader struct {
	Name string
	// Present is true if a card is in the reader.
	Present bool
	// ATR is the card's answer to reset, 2 to 33 bytes; nil without a card and for a card that does not answer.
	ATR []byte
	// Events counts insertions and removals since the service started, modulo 65536.
	Events uint32
}

// Dial checks that a smart card service answers on the unix socket path ([DefaultSocket] if empty) and speaks our protocol.
// Without a service the error is [ErrNoService]; with one of another protocol, [ErrServiceStopped].
func Dial(ctx context.Context, path string) (*Client, error) {
	if path == "" {
		path = DefaultSocket
	}
	l, err := dial(ctx, path)
	if err != nil {
		return nil, err
	}
	l.close()
	return &Client{path: path}, nil
}

// Readers returns all readers in the order of the service. No reader is not an error.
func (c *Client) Readers(ctx context.Context) ([]Reader, error) {
	l, err := dial(ctx, c.path)
	if err != nil {
		return nil, err
	}
	defer l.close()
	table, err := l.readers(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the readers: %w", err)
	}
	return table.readers(), nil
}

// WaitChange returns the readers as soon as they differ from known: a reader came or went, or a card was inserted or removed,
// be it before the call. An event between two calls is thus never lost. It waits until ctx ends.
func (c *Client) WaitChange(ctx context.Context, known []Reader) ([]Reader, error) {
	l, err := dial(ctx, c.path)
	if err != nil {
		return nil, err
	}
	defer l.close()
	for {
		// The service answers with the table now and, from then on, with one event for the first thing that happens.
		var table readerTable
		var now []Reader
		err := l.exchange(ctx, request{command: cmdWait, body: new(waitBody)}, func(r io.Reader) error {
			if err := readAnswer(r, &table); err != nil {
				return err
			}
			if now = table.readers(); !slices.EqualFunc(now, known, Reader.equal) {
				return nil
			}
			return readAnswer(r, new(eventBody))
		})
		if err != nil {
			return nil, fmt.Errorf("waiting for a card to be inserted or removed: %w", err)
		}
		if !slices.EqualFunc(now, known, Reader.equal) {
			return now, nil
		}
	}
}

func (r Reader) equal(o Reader) bool {
	return r.Name == o.Name && r.Present == o.Present && r.Events == o.Events && bytes.Equal(r.ATR, o.ATR)
}

func (t *readerTable) readers() []Reader {
	var readers []Reader
	for i := range t {
		if s := &t[i]; nameOf(s.Name) != "" {
			readers = append(readers, s.reader())
		}
	}
	return readers
}

func (s *readerState) reader() Reader {
	r := Reader{Name: nameOf(s.Name), Present: s.State&statePresent != 0, Events: s.Events}
	if r.Present {
		r.ATR = s.atr()
	}
	return r
}
