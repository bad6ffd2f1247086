package pcsc

import (
	"context"
	"math"
	"math/rand/v2"
)

// This file holds how a handle is opened, changed and closed. Each method answers with a result code, success being 0. The
// order of the checks is pcscd's, since programs see it.

// usable reports whether a mode and the protocols asked for go together.
func usable(mode Mode, preferred protocol) Error {
	switch {
	case mode != Exclusive && mode != Shared && mode != Direct:
		return ErrInvalidValue
	case mode != Direct && preferred&(protocolAny|protocolRaw|protocolAnyOld) == 0:
		return ErrProtocol
	}
	return success
}

// enter waits until the caller alone may drive the card in r and barred, which is asked under s.mu, says no: it is true while
// another's transaction is in the way. It returns with s.mu held, or false with nothing held if ctx ends first.
func (s *Server) enter(ctx context.Context, r *reader, barred func() bool) bool {
	for r.take(ctx) {
		s.mu.Lock()
		if !barred() {
			return true
		}
		free := r.free
		s.mu.Unlock()
		r.give()
		select {
		case <-free:
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// connect opens a handle for c, after the end of a transaction that may be under way, and fills in the protocol.
func (s *Server) connect(ctx context.Context, c *session, b *connectBody) (*handle, Error) {
	if result := usable(b.Mode, b.Preferred); result != success {
		return nil, result
	}
	r := s.reader(nameOf(b.Reader))
	if r == nil {
		return nil, ErrUnknownReader
	}
	if !s.enter(ctx, r, func() bool { return r.waits(c) && !r.exclusive }) {
		return nil, ErrServiceStopped
	}
	defer r.give()
	defer s.mu.Unlock()
	h, result := s.openHandle(r, c, b.Mode, b.Preferred)
	b.Protocol = r.protocol
	return h, result
}

// openHandle adds a handle of c to r. s.mu is held.
func (s *Server) openHandle(r *reader, c *session, mode Mode, preferred protocol) (*handle, Error) {
	if r.exclusive || mode == Exclusive && len(r.handles) > 0 {
		return nil, ErrSharing
	}
	if mode != Direct {
		switch {
		case r.card == nil:
			return nil, ErrNoCard
		case r.state&stateMute != 0:
			return nil, ErrUnpoweredCard
		}
		r.state = stateReady // an unpowered card gets its power back
	}
	if result := r.negotiate(mode, preferred); result != success {
		return nil, result
	}
	h := &handle{id: s.newID(), session: c, reader: r}
	r.handles[h.id] = h
	if mode == Exclusive {
		r.exclusive = true
		r.lock(h)
	}
	s.wake() // clients are shown who uses a reader
	return h, success
}

// newID returns a positive number that no open handle has. s.mu is held.
func (s *Server) newID() int32 {
	for {
		id := 1 + rand.Int32N(math.MaxInt32)
		taken := false
		for _, r := range s.readers {
			taken = taken || r.handles[id] != nil
		}
		if !taken {
			return id
		}
	}
}

// reconnect changes how a handle shares the card, resets it if asked to, and makes the handle good again after an event.
func (s *Server) reconnect(ctx context.Context, h *handle, b *reconnectBody) Error {
	if b.Initialization > Unpower {
		return ErrInvalidValue
	}
	if result := usable(b.Mode, b.Preferred); result != success {
		return result
	}
	r := h.reader
	if !r.take(ctx) {
		return ErrServiceStopped
	}
	defer r.give()
	if result := s.begun(h, b.Initialization); result != success {
		return result
	}
	if b.Initialization != Leave {
		if result := s.reset(r); result != success {
			return result
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reshare(h, b)
}

// begun is the part of a reconnect before the reset: the checks, and the other handles are told.
func (s *Server) begun(h *handle, d Disposition) Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := h.reader
	switch {
	case r.barred(h):
		return ErrSharing
	case r.card == nil:
		return ErrNoCard
	case d != Leave:
		r.notify(ErrResetCard)
	case r.state&stateMute != 0:
		return ErrUnresponsiveCard
	}
	return success
}

// reshare is the part of a reconnect after the reset. s.mu is held.
func (s *Server) reshare(h *handle, b *reconnectBody) Error {
	r := h.reader
	if r.card == nil {
		return ErrNoCard
	}
	if b.Mode != Direct {
		r.state = stateReady
	}
	if result := r.negotiate(b.Mode, b.Preferred); result != success {
		return result
	}
	switch {
	case b.Mode == Exclusive && r.exclusive:
	case b.Mode == Exclusive && len(r.handles) > 1:
		return ErrSharing
	case b.Mode == Exclusive:
		r.exclusive = true
		r.lock(h)
	case r.exclusive:
		r.exclusive = false
		r.unlock()
	}
	h.event = success
	b.Protocol = r.protocol
	s.wake()
	return success
}

// disconnect closes a handle. It waits for another's transaction only if the card is to be touched.
func (s *Server) disconnect(ctx context.Context, h *handle, d Disposition) Error {
	if d > Eject {
		return ErrInvalidValue
	}
	if !s.enter(ctx, h.reader, func() bool { return d != Leave && h.reader.waits(h.session) }) {
		return ErrServiceStopped
	}
	defer h.reader.give()
	s.closeHandle(h, d)
	return success
}

// abandon closes a handle whose client is gone. A card left within a transaction is reset.
func (s *Server) abandon(h *handle) {
	s.enter(context.Background(), h.reader, func() bool { return false })
	defer h.reader.give()
	d := Leave
	if h.reader.owner == h && h.event == success {
		d = Reset
	}
	s.closeHandle(h, d)
}

// closeHandle removes h and leaves the card as d says; a card without handles loses its power. The caller drives the card and holds
// s.mu, which closeHandle gives up.
func (s *Server) closeHandle(h *handle, d Disposition) {
	r := h.reader
	last := r.remove(h)
	touch := d == Reset || d == Unpower
	if touch {
		r.notify(ErrResetCard)
	}
	s.wake()
	s.mu.Unlock()
	if touch || last {
		s.reset(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d == Unpower && r.state == stateReady {
		r.state = statePresent
	}
}

// reset makes the card in r forget its volatile state. The caller drives the card; s.mu is not held.
func (s *Server) reset(r *reader) Error {
	s.mu.Lock()
	card := r.card
	s.mu.Unlock()
	if card == nil {
		return ErrNoCard
	}
	atr, err := powerOn(card)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.card == nil: // pulled out meanwhile
		return ErrNoCard
	case err != nil:
		r.atr, r.state, r.protocol = nil, statePresent|stateMute, protocolUndefined
		return ErrUnresponsiveCard
	}
	r.atr, r.state, r.protocol = atr, stateReady, protocolUndefined
	return success
}

// powerOn resets a card and returns its ATR.
func powerOn(card Card) ([]byte, error) {
	if err := card.Reset(); err != nil {
		return nil, err
	}
	atr := card.ATR()
	if len(atr) < 2 || len(atr) > maxATR {
		return nil, ErrUnusableATR
	}
	return atr, nil
}
