package pcsc

import "context"

// reader is one card reader of a Server.
type reader struct {
	name  string
	drive chan struct{} // holds a token while someone drives the card, inserts or removes it

	// Guarded by Server.mu:

	card      Card // as clients see it; nil if the reader is empty
	inside    Card // as above, but until a removed card has stopped working; written only by who drives
	atr       []byte
	state     uint32
	protocol  protocol // in use, undefined since the last reset
	events    uint32
	handles   map[int32]*handle
	exclusive bool          // the only handle keeps others out
	owner     *handle       // within a transaction
	depth     int           // of the owner's nested transactions
	free      chan struct{} // closed when the owner's transaction ends
	interrupt func()        // cancels the command under way
}

// handle is one connection of a client to a reader.
type handle struct {
	id      int32
	session *session
	reader  *reader
	event   Error // what happened to the card since: success, ErrResetCard or ErrRemovedCard; guarded by Server.mu
}

func newReader(name string) *reader {
	return &reader{
		name: name, state: stateAbsent,
		drive:   make(chan struct{}, 1),
		handles: make(map[int32]*handle),
	}
}

// take waits until the caller alone may drive the card; it returns false if ctx ends first.
func (r *reader) take(ctx context.Context) bool {
	select {
	case r.drive <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *reader) give() { <-r.drive }

// The methods below need Server.mu.

// count counts an insertion or a removal, in 16 bits as pcscd does.
func (r *reader) count() { r.events = (r.events + 1) & 0xFFFF }

// notify makes every handle answer with event until it reconnects.
func (r *reader) notify(event Error) {
	for _, h := range r.handles {
		h.event = event
	}
}

// lock makes h the owner of a transaction, or of one more.
func (r *reader) lock(h *handle) {
	if r.owner == nil {
		r.owner, r.free = h, make(chan struct{})
	}
	r.depth++
}

// unlock ends all transactions.
func (r *reader) unlock() {
	if r.owner != nil {
		close(r.free)
	}
	r.owner, r.depth, r.free = nil, 0, nil
}

// barred reports whether another handle's transaction keeps h out.
func (r *reader) barred(h *handle) bool { return r.owner != nil && r.owner != h }

// waits reports whether c must wait for the end of another client's transaction. A client never waits for its own: it could
// not end it.
func (r *reader) waits(c *session) bool { return r.owner != nil && r.owner.session != c }

// check returns why h may not use the card now, or success.
func (r *reader) check(h *handle) Error {
	if r.barred(h) {
		return ErrSharing
	}
	return h.event
}

// remove forgets h and reports whether it was the last handle.
func (r *reader) remove(h *handle) (last bool) {
	if r.owner == h {
		r.unlock()
	}
	delete(r.handles, h.id)
	r.exclusive = false
	return len(r.handles) == 0
}

// negotiate settles the protocol for a handle, as pcscd does: the first one since a reset chooses, the others must accept it.
func (r *reader) negotiate(mode Mode, preferred protocol) Error {
	if preferred&protocolAnyOld != 0 {
		preferred |= protocolAny
	}
	switch {
	case preferred&protocolRaw != 0:
		r.protocol = protocolRaw
	case mode == Direct:
	case r.protocol == protocolUndefined:
		r.protocol = choose(preferred, atrProtocols(r.atr))
		if r.protocol == protocolUndefined {
			return ErrProtocol
		}
	case preferred&r.protocol == 0:
		return ErrProtocol
	}
	return success
}

// public is the reader's row in the table of readers.
func (r *reader) public() readerState {
	s := readerState{
		Name: nameBytes(r.name), Events: r.events, State: r.state, Protocol: r.protocol,
		Sharing: int32(len(r.handles)), ATRLength: uint32(len(r.atr)),
	}
	if r.exclusive {
		s.Sharing = -1
	}
	copy(s.ATR[:], r.atr)
	return s
}
