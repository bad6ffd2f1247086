package pcsc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Mode says who else may use a card at the same time.
type Mode uint32

const (
	// Exclusive keeps every other program away from the reader.
	Exclusive Mode = 1
	// Shared lets programs take turns, each within a transaction if it wants to.
	Shared Mode = 2
	// Direct connects to the reader whether a card is in it or not; no APDU can be sent.
	Direct Mode = 3
)

// Disposition says what becomes of the card.
type Disposition uint32

const (
	// Leave keeps the card as it is.
	Leave Disposition = 0
	// Reset makes it forget its volatile state; other handles to it get [ErrResetCard] until they reconnect.
	Reset Disposition = 1
	// Unpower switches it off; for other handles this is a reset.
	Unpower Disposition = 2
	// Eject would push it out of the reader; readers without a motor leave it.
	Eject Disposition = 3
)

// retryPause is the time between two attempts while another program holds a transaction. pcscd has no way to say when it ends.
const retryPause = 20 * time.Millisecond

// Conn is a handle to the card in a reader. It has its own connection to the service, so that waiting in one Conn holds up no
// other. One Conn is for one goroutine at a time.
//
// While another program holds a transaction on the card, Transmit, Begin, Reconnect, Reset and Status wait for its end.
//
// Every call ends when its context does. If that happens after the request was sent, the Conn is lost: the service closes the
// handle, releases its transaction and, if there was one, resets the card.
type Conn struct {
	link     *link
	reader   string
	handle   ofHandle
	mode     Mode
	protocol protocol
}

// Connect opens a handle to the card in the reader of that name. It fails with [ErrNoCard] if there is none, with [ErrSharing]
// if another handle is exclusive (or any other is open and mode is [Exclusive]), and waits while another holds a transaction.
func (c *Client) Connect(ctx context.Context, reader string, mode Mode) (*Conn, error) {
	if len(reader) > maxName {
		return nil, fmt.Errorf("connecting to reader %q: %w", reader, ErrUnknownReader)
	}
	l, err := dial(ctx, c.path)
	if err != nil {
		return nil, err
	}
	b := connectBody{Context: l.context, Reader: nameBytes(reader), Mode: mode, Preferred: mode.protocols()}
	if err = l.call(ctx, cmdConnect, &b); err == nil {
		err = b.Result.err()
	}
	if err != nil {
		l.close()
		return nil, fmt.Errorf("connecting to reader %q: %w", reader, err)
	}
	return &Conn{link: l, reader: reader, handle: ofHandle{b.Card}, mode: mode, protocol: b.Protocol}, nil
}

func (m Mode) protocols() protocol {
	if m == Direct {
		return protocolUndefined
	}
	return protocolAny
}

// Transmit sends one command APDU, 4 to 65548 bytes, and returns the response APDU, data and the two status bytes.
// The status word is the caller's to judge. Errors: [ErrResetCard], [ErrRemovedCard], [ErrNotTransacted] if the card did not
// answer. When a card is pulled out within a command, pcscd with the vpcd driver tells of an empty response; that is no answer.
func (c *Conn) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if len(command) < 4 || len(command) > maxExchange {
		return nil, fmt.Errorf("transmitting %d bytes to reader %q: %w", len(command), c.reader, ErrInvalidParameter)
	}
	var response []byte
	err := c.retry(ctx, func() (result Error, err error) {
		result, response, err = c.transmit(ctx, command)
		return result, err
	})
	if err == nil && len(response) < 2 {
		err = ErrNotTransacted
	}
	if err != nil {
		return nil, fmt.Errorf("transmitting to the card in reader %q: %w", c.reader, err)
	}
	return response, nil
}

func (c *Conn) transmit(ctx context.Context, command []byte) (result Error, response []byte, err error) {
	const sizeofPCI = 16 // SCARD_IO_REQUEST
	b := transmitBody{
		ofHandle: c.handle, SendProtocol: c.protocol, SendPCI: sizeofPCI, SendLength: uint32(len(command)),
		ReceiveProtocol: c.protocol, ReceivePCI: sizeofPCI, ReceiveLength: maxExchange,
	}
	q := request{command: cmdTransmit, body: &b, payload: command}
	err = c.link.exchange(ctx, q, func(r io.Reader) error {
		if err := readAnswer(r, &b); err != nil || b.Result != success {
			return err
		}
		if b.ReceiveLength > maxExchange {
			return fmt.Errorf("%w: a response of %d bytes", errMalformed, b.ReceiveLength)
		}
		response = make([]byte, b.ReceiveLength)
		_, err := io.ReadFull(r, response)
		return err
	})
	return b.Result, response, err
}

// Begin starts a transaction: until End, no other handle can use the card. Transactions of one handle nest.
func (c *Conn) Begin(ctx context.Context) error {
	err := c.retry(ctx, func() (Error, error) {
		b := beginBody{ofHandle: c.handle}
		err := c.link.call(ctx, cmdBegin, &b)
		return b.Result, err
	})
	if err != nil {
		return fmt.Errorf("beginning a transaction in reader %q: %w", c.reader, err)
	}
	return nil
}

// End ends the transaction. With [Reset] or [Unpower], every handle to the card, this one too, must reconnect.
// Without a transaction the error is [ErrNotTransacted].
func (c *Conn) End(ctx context.Context, d Disposition) error {
	b := endBody{ofHandle: c.handle, Disposition: d}
	err := c.link.call(ctx, cmdEnd, &b)
	if err == nil {
		err = b.Result.err()
	}
	if err != nil {
		return fmt.Errorf("ending a transaction in reader %q: %w", c.reader, err)
	}
	return nil
}

// Reset resets the card and keeps the handle.
func (c *Conn) Reset(ctx context.Context) error { return c.Reconnect(ctx, c.mode, Reset) }

// Reconnect changes the mode and does to the card what d says. It is the way on after [ErrResetCard] and, when a card is in the
// reader again, after [ErrRemovedCard]. To become [Exclusive] it waits until no other handle is open.
func (c *Conn) Reconnect(ctx context.Context, mode Mode, d Disposition) error {
	err := c.retry(ctx, func() (Error, error) {
		b := reconnectBody{ofHandle: c.handle, Mode: mode, Preferred: mode.protocols(), Initialization: d}
		err := c.link.call(ctx, cmdReconnect, &b)
		if err == nil && b.Result == success {
			c.mode, c.protocol = mode, b.Protocol
		}
		return b.Result, err
	})
	if err != nil {
		return fmt.Errorf("reconnecting to reader %q: %w", c.reader, err)
	}
	return nil
}

// Status returns the reader's state, or [ErrResetCard] or [ErrRemovedCard] if that happened to the card since this handle was
// connected.
func (c *Conn) Status(ctx context.Context) (Reader, error) {
	err := c.retry(ctx, func() (Error, error) {
		b := statusBody{ofHandle: c.handle}
		err := c.link.call(ctx, cmdStatus, &b)
		return b.Result, err
	})
	var table *readerTable
	if err == nil {
		table, err = c.link.readers(ctx)
	}
	if err != nil {
		return Reader{}, fmt.Errorf("reading the status of reader %q: %w", c.reader, err)
	}
	for _, r := range table.readers() {
		if r.Name == c.reader {
			return r, nil
		}
	}
	return Reader{}, fmt.Errorf("reading the status of reader %q: %w", c.reader, ErrReaderUnavailable)
}

// Close closes the handle and does to the card what d says. The handle is gone whatever the error: if ctx has ended, the service
// just loses the connection. Closing a handle again, or after it was lost, is no error.
func (c *Conn) Close(ctx context.Context, d Disposition) error {
	defer c.link.close()
	b := disconnectBody{ofHandle: c.handle, Disposition: d}
	err := c.link.call(ctx, cmdDisconnect, &b)
	if err == nil {
		err = b.Result.err()
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("disconnecting from reader %q: %w", c.reader, err)
	}
	return nil
}

// retry repeats call while the card is in another program's transaction.
func (c *Conn) retry(ctx context.Context, call func() (Error, error)) error {
	for {
		result, err := call()
		if err != nil {
			return err
		}
		if result != ErrSharing {
			return result.err()
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
