package pcsc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync"
)

// session is one client's connection to a Server.
type session struct {
	server  *Server
	conn    net.Conn
	handles map[int32]*handle // touched by the goroutine of run alone
	events  chan Error        // an event on its way to the client

	writing sync.Mutex // held while an answer or an event is written

	// Guarded by Server.mu:

	context uint32 // 0 if none is established
	waiting bool   // the client wants the next event
}

// sentAhead is how many requests a client may send before it has the answer to the first. libpcsclite never sends any.
const sentAhead = 16

func newSession(s *Server, conn net.Conn) *session {
	return &session{server: s, conn: conn, handles: make(map[int32]*handle), events: make(chan Error, 1)}
}

// run serves the client until it leaves, breaks the protocol or ctx ends, and cleans up behind it. Requests are read while
// others are answered, so that a client that dies while it waits for something is noticed.
func (c *session) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { c.conn.Close() })
	requests := make(chan request, sentAhead)
	var group sync.WaitGroup
	group.Go(func() {
		defer cancel()
		c.receive(requests)
	})
	group.Go(func() { c.deliver(ctx) })
	c.serve(ctx, requests)
	cancel()
	c.conn.Close()
	group.Wait()
	c.release()
	c.server.mu.Lock()
	delete(c.server.sessions, c)
	c.server.mu.Unlock()
}

// receive reads requests until the client leaves or breaks the protocol.
func (c *session) receive(requests chan<- request) {
	defer close(requests)
	in := bufio.NewReader(c.conn)
	for {
		q, err := readRequest(in)
		if err != nil {
			c.cutOff(err)
			return
		}
		select {
		case requests <- q:
		default:
			c.cutOff(fmt.Errorf("%w: more than %d requests sent ahead", errMalformed, sentAhead))
			return
		}
	}
}

// serve answers the requests in turn.
func (c *session) serve(ctx context.Context, requests <-chan request) {
	for q := range requests {
		if err := c.answer(ctx, q); err != nil {
			c.cutOff(err)
			return
		}
	}
}

// deliver writes the events. They come in other goroutines than the client's requests.
func (c *session) deliver(ctx context.Context) {
	for {
		select {
		case result := <-c.events:
			c.write(&eventBody{Result: result}, nil)
		case <-ctx.Done():
			return
		}
	}
}

// cutOff closes the connection, and logs why unless the client left by itself.
func (c *session) cutOff(err error) {
	if errors.Is(err, errMalformed) {
		c.server.config.Log.Warn("PC/SC client cut off", "error", err)
	}
	c.conn.Close()
}

// signal sends the client an event if it waits for one. Server.mu is held. A client with an event still on its way cannot be
// waiting unless it breaks the protocol.
func (c *session) signal(result Error) bool {
	if !c.waiting {
		return false
	}
	c.waiting = false
	select {
	case c.events <- result:
	default:
		c.conn.Close()
	}
	return true
}

// write sends the struct body points to and the bytes it announces.
func (c *session) write(body any, payload []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.conn.Write(append(encode(nil, body), payload...))
	return err
}

// answer does what q asks.
func (c *session) answer(ctx context.Context, q request) error {
	switch b := q.body.(type) {
	case *versionBody:
		b.Result = success
		if b.Major != protocolMajor || b.Minor != protocolMinor {
			b.Result = ErrServiceStopped // a newer libpcsclite asks again with the version it is told
		}
		b.Major, b.Minor = protocolMajor, protocolMinor
	case *establishBody:
		b.Result = c.establish(b)
	case *releaseBody:
		b.Result = c.releaseContext(b.Context)
	case *readersBody:
		return c.writeTable(false)
	case *waitBody:
		return c.writeTable(true)
	case *stopWaitingBody:
		if !c.stopWaiting() {
			return nil // the event is on its way and stands for the answer
		}
		return c.write(new(eventBody), nil)
	case *cancelBody:
		b.Result = c.server.cancel(b.Context)
	case *connectBody:
		b.Result = c.connect(ctx, b)
	default:
		return c.answerHandle(ctx, q)
	}
	return c.write(q.body, nil)
}

// answerHandle does what q asks for a handle.
func (c *session) answerHandle(ctx context.Context, q request) error {
	about, ok := q.body.(interface{ card() int32 })
	if !ok {
		return fmt.Errorf("%w: command %#02x", errMalformed, uint32(q.command))
	}
	h := c.handles[about.card()]
	if h == nil {
		return fmt.Errorf("%w: command %#02x for a handle of another client", errMalformed, uint32(q.command))
	}
	var payload []byte
	switch b := q.body.(type) {
	case *reconnectBody:
		b.Result = c.server.reconnect(ctx, h, b)
	case *disconnectBody:
		if b.Result = c.server.disconnect(ctx, h, b.Disposition); b.Result == success {
			delete(c.handles, h.id)
		}
	case *beginBody:
		b.Result = c.server.begin(ctx, h)
	case *endBody:
		b.Result = c.server.end(ctx, h, b.Disposition)
	case *statusBody:
		b.Result = c.server.status(h)
	case *transmitBody:
		room := b.ReceiveLength
		payload, b.Result = c.server.transmit(ctx, h, b.SendProtocol, q.payload)
		b.ReceiveLength = uint32(len(payload))
		if b.ReceiveLength > room {
			payload, b.Result = nil, ErrInsufficientBuffer
		}
	case *controlBody:
		b.Returned, b.Result = 0, ErrUnsupported
	case *getAttrBody:
		b.Result = c.server.attribute(h, b)
	case *setAttrBody:
		b.Result = ErrUnsupported
	}
	return c.write(q.body, payload)
}

// establish opens the client's context. A second one replaces the first, as with pcscd.
func (c *session) establish(b *establishBody) Error {
	const lastScope = 3
	if b.Scope > lastScope {
		return ErrInvalidValue
	}
	b.Context = 1 + rand.Uint32N(math.MaxInt32)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.context = b.Context
	return success
}

// releaseContext closes the context with all its handles; the client may establish another.
func (c *session) releaseContext(id uint32) Error {
	switch c.context {
	case 0:
		return ErrInvalidHandle
	case id:
		c.release()
		return success
	default:
		return ErrInvalidValue
	}
}

// release gives back all the client has.
func (c *session) release() {
	for _, h := range c.handles {
		c.server.abandon(h)
	}
	clear(c.handles)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.context, c.waiting = 0, false
}

func (c *session) connect(ctx context.Context, b *connectBody) Error {
	switch {
	case b.Context == 0 || b.Context != c.context:
		return ErrInvalidHandle
	case len(c.handles) >= c.server.config.MaxHandles:
		return ErrNoMemory
	}
	h, result := c.server.connect(ctx, c, b)
	if result != success {
		return result
	}
	c.handles[h.id] = h
	b.Card = h.id
	return success
}

// writeTable answers with the table of readers. A client that waits gets the first event after just this table, no other.
func (c *session) writeTable(wait bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.server.mu.Lock()
	table := c.server.table()
	c.waiting = c.waiting || wait
	c.server.mu.Unlock()
	_, err := c.conn.Write(encode(nil, table))
	return err
}

// stopWaiting reports whether the client was still waiting.
func (c *session) stopWaiting() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	was := c.waiting
	c.waiting = false
	return was
}

// cancel ends the wait of the client with that context. It comes on another connection.
func (s *Server) cancel(context uint32) Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		if context != 0 && c.context == context && c.signal(ErrCancelled) {
			return success
		}
	}
	return ErrInvalidHandle
}
