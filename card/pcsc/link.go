package pcsc

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// link is a client's connection to the service with a context established on it, for one goroutine.
type link struct {
	conn    net.Conn
	context uint32
}

// dial opens a link and agrees on the protocol. The service must speak 4.4; a newer pcscd does when it is asked for it.
func dial(ctx context.Context, path string) (*link, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, fmt.Errorf("connecting to the smart card service at %s: %w", path, context.Cause(ctx))
	default:
		return nil, fmt.Errorf("connecting to the smart card service at %s: %w: %w", path, ErrNoService, err)
	}
	l := &link{conn: conn}
	if err := l.open(ctx); err != nil {
		l.close()
		return nil, fmt.Errorf("opening a session with the smart card service at %s: %w", path, err)
	}
	return l, nil
}

func (l *link) open(ctx context.Context) error {
	version := versionBody{Major: protocolMajor, Minor: protocolMinor}
	if err := l.call(ctx, cmdVersion, &version); err != nil {
		return err
	}
	if version.Result != success {
		return fmt.Errorf("it speaks protocol %d.%d, not %d.%d: %w",
			version.Major, version.Minor, protocolMajor, protocolMinor, version.Result)
	}
	const scopeSystem = 2
	establish := establishBody{Scope: scopeSystem}
	if err := l.call(ctx, cmdEstablish, &establish); err != nil {
		return err
	}
	l.context = establish.Context
	return establish.Result.err()
}

func (l *link) close() { l.conn.Close() }

// call sends the struct body points to and replaces it with the answer.
func (l *link) call(ctx context.Context, c command, body any) error {
	return l.exchange(ctx, request{command: c, body: body}, func(r io.Reader) error {
		return readAnswer(r, body)
	})
}

// readers asks for the table of readers.
func (l *link) readers(ctx context.Context) (*readerTable, error) {
	table := new(readerTable)
	q := request{command: cmdReaders, body: new(readersBody)}
	return table, l.exchange(ctx, q, func(r io.Reader) error { return readAnswer(r, table) })
}

// exchange sends q and lets read take the answer off the connection. When ctx ends or the connection fails on the way, the
// link is closed: what the service would answer could not be told from the answer to the next request.
func (l *link) exchange(ctx context.Context, q request, read func(io.Reader) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	stop := context.AfterFunc(ctx, func() { l.conn.SetDeadline(time.Unix(1, 0)) })
	_, err := l.conn.Write(q.bytes())
	if err == nil {
		err = read(l.conn)
	}
	if stop() && err == nil {
		return nil
	}
	l.close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", ErrCommunication, unexpected(err))
}
