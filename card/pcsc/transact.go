package pcsc

import (
	"context"
	"time"
)

// This file holds what a handle does with the card: exchanges and transactions.

// transmit has the card answer a command.
func (s *Server) transmit(ctx context.Context, h *handle, p protocol, command []byte) ([]byte, Error) {
	r := h.reader
	if !r.take(ctx) {
		return nil, ErrServiceStopped
	}
	defer r.give()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	card, result := s.admitCommand(h, p, cancel)
	if result != success {
		return nil, result
	}
	response, err := card.Transmit(ctx, command)
	if s.config.Trace != nil {
		s.config.Trace(describe(r.name, command, response))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.interrupt = nil
	switch {
	case h.event != success: // pulled out meanwhile
		return nil, h.event
	case ctx.Err() != nil:
		return nil, ErrServiceStopped
	case err != nil, len(response) < 2, len(response) > maxExchange:
		return nil, ErrNotTransacted
	}
	return response, success
}

// admitCommand checks that h may send a command by protocol p now, and notes how to interrupt it.
func (s *Server) admitCommand(h *handle, p protocol, interrupt func()) (Card, Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := h.reader
	switch result := r.check(h); {
	case result != success:
		return nil, result
	case r.card == nil:
		return nil, ErrNoCard
	case r.state&stateMute != 0:
		return nil, ErrNotTransacted
	case p != protocolRaw && p != protocolAnyOld && p != r.protocol:
		return nil, ErrProtocol
	}
	r.interrupt = interrupt
	return r.card, success
}

// describe keeps of an exchange what may be shown.
func describe(reader string, command, response []byte) Exchange {
	x := Exchange{Reader: reader, Sent: len(command), Received: len(response)}
	if len(command) >= 4 {
		x.Header = append(x.Header, command[:4]...)
	}
	if n := len(response); n >= 2 {
		x.Status = uint16(response[n-2])<<8 | uint16(response[n-1])
	}
	return x
}

// begin starts a transaction. It waits a little for the end of another's, then has the client ask again, as pcscd does.
func (s *Server) begin(ctx context.Context, h *handle) Error {
	timeout := time.NewTimer(s.config.LockWait)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		event, barred, free := h.event, h.reader.barred(h), h.reader.free
		if event == success && !barred {
			h.reader.lock(h)
		}
		s.mu.Unlock()
		if event != success || !barred {
			return event
		}
		select {
		case <-free:
		case <-timeout.C:
			return ErrSharing
		case <-ctx.Done():
			return ErrServiceStopped
		}
	}
}

// end ends a transaction. A card reset at its end is reset for this handle too.
func (s *Server) end(ctx context.Context, h *handle, d Disposition) Error {
	if d > Eject {
		return ErrInvalidValue
	}
	if d == Reset || d == Unpower {
		return s.endAndReset(ctx, h)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.event != success {
		return h.event
	}
	return h.unnest()
}

func (s *Server) endAndReset(ctx context.Context, h *handle) Error {
	r := h.reader
	if !r.take(ctx) {
		return ErrServiceStopped
	}
	defer r.give()
	s.mu.Lock()
	result := h.event
	if result == success && r.barred(h) {
		result = ErrSharing
	}
	if result == success {
		r.notify(ErrResetCard)
	}
	s.mu.Unlock()
	if result != success {
		return result
	}
	result = s.reset(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ended := h.unnest(); result == success {
		result = ended
	}
	return result
}

// unnest ends one transaction of h. An exclusive handle keeps the one it was opened with. Server.mu is held.
func (h *handle) unnest() Error {
	r := h.reader
	switch {
	case r.barred(h):
		return ErrSharing
	case r.owner == nil, r.exclusive && r.depth == 1:
		return ErrNotTransacted
	case r.depth > 1:
		r.depth--
	default:
		r.unlock()
	}
	return success
}

// status answers whether the handle is good.
func (s *Server) status(h *handle) Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return h.reader.check(h)
}
