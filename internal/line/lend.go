package line

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
)

// lendProtocol names what is spoken on the connection of a lent reader.
const lendProtocol = "jpki-reader/1"

// silence is how long the borrower may say nothing before the terminal takes the connection for dead.
const silence = 4 * beat

// Assumed: how the real counter terminal reaches the keys that open a card is not public; here the server that has them
// drives the card in the terminal's reader.

// Lend lends the card in a reader to an office, which takes it at path ([Readers]), until ctx ends, the connection is lost or
// the card gives no answer. It always returns an error: why the lend is over. The card may then have verified PINs; the
// caller resets it, and lends again when a card is there. Faults: that of [Refuse], "line.unreachable", "line.reader_lost".
func Lend(ctx context.Context, to *Client, path string, reader card.Transmitter) error {
	return lend(ctx, to, path, reader, silence)
}

func lend(ctx context.Context, to *Client, path string, reader card.Transmitter, silence time.Duration) error {
	conn, in, err := to.upgrade(ctx, path)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	for {
		_ = conn.SetDeadline(time.Now().Add(silence))
		f, err := readFrame(in, string([]byte{frameCommand, framePing}))
		if err == nil {
			var failed error
			f, failed = transmit(ctx, reader, f)
			_ = conn.SetDeadline(time.Now().Add(silence)) // the card may have taken its time
			if err = writeFrame(conn, f); failed != nil {
				return fmt.Errorf("lending the reader to %s: %w", to.Office, failed)
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("lending the reader to %s: %w", to.Office, context.Cause(ctx))
		}
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "line.reader_lost", to.Office)
		}
	}
}

// transmit answers a frame. The error is that of the card.
func transmit(ctx context.Context, reader card.Transmitter, f frame) (frame, error) {
	if f.kind == framePing {
		return f, nil
	}
	response, err := reader.Transmit(ctx, f.body)
	clear(f.body) // may hold a key or a PIN
	if err == nil && (len(response) < 2 || len(response) > maxAPDU) {
		err = fmt.Errorf("response of %d bytes", len(response))
	}
	if err != nil {
		return frame{kind: frameNone}, err
	}
	return frame{frameResponse, response}, nil
}

// upgrade opens a connection of its own to the office and turns it over to the protocol of lent readers.
//
// Spec: RFC 9110 §7.8
func (c *Client) upgrade(ctx context.Context, path string) (net.Conn, *bufio.Reader, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.JoinPath(path).String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("lending the reader to %s: %w", c.Office, err)
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", lendProtocol)
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	address := c.url.Host
	if c.url.Port() == "" {
		address = net.JoinHostPort(c.url.Hostname(), "443")
	}
	conn, err := (&tls.Dialer{Config: c.tls}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "line.unreachable", c.Office)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	in := bufio.NewReader(conn)
	var response *http.Response
	if err = request.Write(conn); err == nil {
		response, err = http.ReadResponse(in, request)
	}
	if err != nil {
		conn.Close()
		return nil, nil, fault.Wrap(err, fault.Unavailable, "line.unreachable", c.Office)
	}
	if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Upgrade") != lendProtocol {
		defer conn.Close()
		return nil, nil, Refusal(response, c.Office)
	}
	return conn, in, nil
}
