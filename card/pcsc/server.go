package pcsc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Card is what a reader needs of a card; *softcard.Card is one. The server never calls two of a card's methods at a time.
type Card interface {
	// ATR returns the answer to reset, 2 to 33 bytes.
	ATR() []byte
	// Reset makes the card forget its volatile state (power-on, warm reset). After an error the card counts as mute.
	Reset() error
	// Transmit answers a command APDU, however malformed, with data and status word. An error means that the card is broken.
	// ctx ends when the card is pulled out, the program that sent the command is gone, or the server stops.
	Transmit(ctx context.Context, command []byte) (response []byte, err error)
}

// Exchange describes one command and its response without their data, so that no PIN and nothing personal is in it.
type Exchange struct {
	Reader   string
	Header   []byte // CLA INS P1 P2; nil for a command too short to have one
	Sent     int    // length of the command in bytes
	Received int    // length of the response in bytes, 0 if there was none
	Status   uint16 // status word, 0 if there was none
}

// Config describes a server. The zero value is one reader, pcscd's limits and silence.
type Config struct {
	// Readers are the names of the readers, at most [MaxReaders], each of 1 to 127 bytes. Default: ReaderName(0).
	Readers []string
	// MaxClients is how many programs (connections) are served at a time; one more is turned away. Default: 200.
	MaxClients int
	// MaxHandles is how many handles one client may have open. Default: 200.
	MaxHandles int
	// LockWait is how long a client waits for the end of another's transaction before it is told to ask again. Default: 100 ms.
	LockWait time.Duration
	// Log gets a line for each client that is turned away or cut off. Default: none.
	Log *slog.Logger
	// Trace is called after each exchange with a card, by the goroutine that drives that card. Default: none.
	Trace func(Exchange)
}

// ReaderName is the name of our i-th reader in pcscd's convention: a model, the number of the reader, the number of the slot.
func ReaderName(i int) string { return fmt.Sprintf("OpenJPKI Virtual Reader %02X 00", i) }

// Errors of Insert and Remove besides the codes.
var (
	ErrOccupied    = errors.New("a card is in the reader already")
	ErrInserted    = errors.New("the card is in another reader")
	ErrUnusableATR = errors.New("the ATR is not 2 to 33 bytes long")
)

// Server is a smart card service whose readers hold [Card] values. Readers and cards live as long as the Server; clients come
// through any number of listeners.
type Server struct {
	config  Config
	readers []*reader

	mu       sync.Mutex // guards sessions and all that is marked so in reader, handle and session; never held while a card works
	sessions map[*session]struct{}
}

// NewServer returns a server whose readers are empty.
func NewServer(c Config) (*Server, error) {
	if len(c.Readers) == 0 {
		c.Readers = []string{ReaderName(0)}
	}
	if len(c.Readers) > MaxReaders {
		return nil, fmt.Errorf("%d readers: the limit is %d", len(c.Readers), MaxReaders)
	}
	c.MaxClients = orDefault(c.MaxClients, 200)
	c.MaxHandles = orDefault(c.MaxHandles, 200)
	c.LockWait = orDefault(c.LockWait, 100*time.Millisecond)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: c, sessions: make(map[*session]struct{})}
	for _, name := range c.Readers {
		if name == "" || len(name) > maxName || strings.ContainsRune(name, 0) || s.reader(name) != nil {
			return nil, fmt.Errorf("reader %q: a name has 1 to %d bytes, none zero, and no twin", name, maxName)
		}
		s.readers = append(s.readers, newReader(name))
	}
	return s, nil
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Serve answers the clients that connect to l until ctx ends; it then closes l and every connection, waits for the commands
// under way and returns nil. It returns an error only if l fails. Who may reach the readers is decided by who may connect to l:
// for a unix socket, by the mode of its folder.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	context.AfterFunc(ctx, func() { l.Close() })
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("accepting a PC/SC client: %w", err)
		}
		if c := s.admit(conn); c != nil {
			clients.Go(func() { c.run(ctx) })
		}
	}
}

// admit makes a session for a new connection, or closes it if there are too many.
func (s *Server) admit(conn net.Conn) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions) >= s.config.MaxClients {
		s.config.Log.Warn("PC/SC client turned away", "clients", len(s.sessions))
		conn.Close()
		return nil
	}
	c := newSession(s, conn)
	s.sessions[c] = struct{}{}
	return c
}

// Insert puts card into the reader of that name and powers it on. It waits for a card that is still being removed.
// Errors: [ErrUnknownReader], [ErrOccupied], [ErrInserted], [ErrUnusableATR], and what the card says to its reset.
func (s *Server) Insert(ctx context.Context, reader string, card Card) error {
	r := s.reader(reader)
	if r == nil {
		return fmt.Errorf("inserting a card into reader %q: %w", reader, ErrUnknownReader)
	}
	if !r.take(ctx) {
		return fmt.Errorf("inserting a card into reader %q: %w", reader, context.Cause(ctx))
	}
	defer r.give()
	if err := s.insert(r, card); err != nil {
		return fmt.Errorf("inserting a card into reader %q: %w", reader, err)
	}
	return nil
}

func (s *Server) insert(r *reader, card Card) error {
	if err := s.claim(r, card); err != nil {
		return err
	}
	atr, err := powerOn(card)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		r.inside = nil
		return err
	}
	r.card, r.atr, r.state, r.protocol = card, atr, stateReady, protocolUndefined
	r.count()
	s.wake()
	return nil
}

// claim notes that card is inside r, unless r is occupied or the card is in another reader.
func (s *Server) claim(r *reader, card Card) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.inside != nil {
		return ErrOccupied
	}
	for _, other := range s.readers {
		// Cards are pointers as a rule; two values that cannot be compared are two cards.
		if other.inside != nil && reflect.ValueOf(card).Comparable() && other.inside == card {
			return ErrInserted
		}
	}
	r.inside = card
	return nil
}

// Remove pulls the card out of the reader of that name, whatever it is doing: the command under way is cancelled, and every
// handle to the card gets [ErrRemovedCard] from now on. Remove returns when the card has stopped working, so that the caller
// may use it again; if ctx ends first, the reader stays occupied until then. Errors: [ErrUnknownReader], [ErrNoCard].
func (s *Server) Remove(ctx context.Context, reader string) error {
	r := s.reader(reader)
	if r == nil {
		return fmt.Errorf("removing the card from reader %q: %w", reader, ErrUnknownReader)
	}
	if !s.pull(r) {
		return fmt.Errorf("removing the card from reader %q: %w", reader, ErrNoCard)
	}
	out := make(chan struct{})
	go func() {
		defer close(out)
		r.take(context.WithoutCancel(ctx))
		defer r.give()
		r.inside.Reset() // it has lost its power; a card that cannot reset says so when it is inserted again
		s.mu.Lock()
		defer s.mu.Unlock()
		r.inside = nil
	}()
	select {
	case <-out:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("removing the card from reader %q, which is still working: %w", reader, context.Cause(ctx))
	}
}

// pull takes the card out as clients see it, and reports whether there was one.
func (s *Server) pull(r *reader) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.card == nil {
		return false
	}
	r.card, r.atr, r.state, r.protocol = nil, nil, stateAbsent, protocolUndefined
	r.notify(ErrRemovedCard)
	r.unlock()
	if r.interrupt != nil {
		r.interrupt()
	}
	r.count()
	s.wake()
	return true
}

// reader returns the reader of that name, or nil.
func (s *Server) reader(name string) *reader {
	for _, r := range s.readers {
		if r.name == name {
			return r
		}
	}
	return nil
}

// table is what clients see of the readers. s.mu is held.
func (s *Server) table() *readerTable {
	t := new(readerTable)
	for i, r := range s.readers {
		t[i] = r.public()
	}
	return t
}

// wake tells each waiting client that something happened. s.mu is held.
func (s *Server) wake() {
	for c := range s.sessions {
		c.signal(success)
	}
}
