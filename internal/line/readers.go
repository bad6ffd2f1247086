package line

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

const (
	beat     = 15 * time.Second // between two pings
	patience = 30 * time.Second // for an answer of the terminal
)

// Readers are the readers that terminals have lent to this office. It is the handler of the path at which they lend them.
// The zero value is ready for use.
type Readers struct {
	Beat     time.Duration // how often a terminal is asked whether it is there. Default: 15 seconds; longer than 60 ends the lend.
	Patience time.Duration // how long a card may take for an answer. Default: 30 seconds.

	mu   sync.Mutex
	lent map[post.Address]*lentReader
}

// Of returns the card in the reader that a terminal has lent last. What it returns is bound to this lend: when the lend is
// over it fails, whatever the terminal lends next. Commands of several goroutines take turns. Fault: "line.no_reader"; of
// Transmit: "line.no_answer", "line.reader_lost".
func (r *Readers) Of(terminal post.Address) (card.Transmitter, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.lent[terminal]
	if !ok {
		return nil, fault.New(fault.Unavailable, "line.no_reader", terminal)
	}
	return l, nil
}

// ServeHTTP takes the reader of a terminal and keeps the request until the lend is over. A terminal that lends again takes
// the place of its earlier lend. Faults: those of [Caller], "line.not_terminal", "line.question_invalid".
func (r *Readers) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	l, err := accept(w, req)
	if err != nil {
		Refuse(w, err)
		return
	}
	defer l.cut()
	l.patience = orDefault(r.Patience, patience)
	if earlier := r.put(l); earlier != nil {
		earlier.cut()
	}
	defer r.remove(l)
	go l.read()
	pings := time.NewTicker(orDefault(r.Beat, beat))
	defer pings.Stop()
	for {
		select {
		case <-pings.C:
			_, _ = l.exchange(req.Context(), frame{kind: framePing}, framePing) // cuts the line if it fails
		case <-l.over:
			return
		case <-req.Context().Done(): // the server ends
			return
		}
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// accept turns the connection of a request over to the protocol of lent readers.
func accept(w http.ResponseWriter, req *http.Request) (*lentReader, error) {
	actor, from, err := Caller(req)
	switch {
	case err != nil:
		return nil, err
	case actor.Office != authz.Terminal:
		return nil, fault.New(fault.Denied, "line.not_terminal", from)
	case req.Method != http.MethodGet || !strings.EqualFold(req.Header.Get("Connection"), "Upgrade") || req.Header.Get("Upgrade") != lendProtocol:
		return nil, fault.New(fault.Invalid, "line.question_invalid")
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{}) // a lend lasts as long as it is answered
	l := &lentReader{
		terminal: from, conn: conn, in: buffered.Reader,
		turn: make(chan struct{}, 1), answers: make(chan frame, 1), over: make(chan struct{}),
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+lendProtocol+"\r\n\r\n"); err != nil {
		l.cut()
	}
	return l, nil
}

func (r *Readers) put(l *lentReader) (earlier *lentReader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	earlier = r.lent[l.terminal]
	if r.lent == nil {
		r.lent = map[post.Address]*lentReader{}
	}
	r.lent[l.terminal] = l
	return earlier
}

func (r *Readers) remove(l *lentReader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lent[l.terminal] == l {
		delete(r.lent, l.terminal)
	}
}

// lentReader is one lend.
type lentReader struct {
	terminal post.Address
	patience time.Duration
	conn     io.ReadWriteCloser
	in       io.Reader
	turn     chan struct{} // holds a token while a frame waits for its answer
	waiting  atomic.Bool   // for a frame
	answers  chan frame
	once     sync.Once
	over     chan struct{} // closed when the lend is over
}

func (l *lentReader) cut() {
	l.once.Do(func() {
		l.conn.Close()
		close(l.over)
	})
}

// read hands on the frames of the terminal. One that nobody waits for ends the lend.
func (l *lentReader) read() {
	defer l.cut()
	for {
		f, err := readFrame(l.in, string([]byte{frameResponse, frameNone, framePing}))
		if err != nil || !l.waiting.CompareAndSwap(true, false) {
			return
		}
		l.answers <- f // has room: one frame for each that was waited for
	}
}

// Transmit sends a command to the card and returns its response.
func (l *lentReader) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if len(command) == 0 || len(command) > maxAPDU {
		return nil, errors.New("command is empty or too long")
	}
	answer, err := l.exchange(ctx, frame{frameCommand, command}, frameResponse)
	return answer.body, err
}

// exchange sends a frame and returns the answer, which must be of a kind. Every error ends the lend: an answer that comes
// too late would be taken for that of the next command.
func (l *lentReader) exchange(ctx context.Context, f frame, want byte) (answer frame, err error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return frame{}, context.Cause(ctx)
	}
	if l.isOver() {
		return frame{}, fault.New(fault.Unavailable, "line.reader_lost", l.terminal)
	}
	ctx, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	defer context.AfterFunc(ctx, l.cut)() // also while it writes
	l.waiting.Store(true)
	if err := writeFrame(l.conn, f); err != nil {
		l.cut()
	}
	switch answer = l.answer(); answer.kind {
	case want:
		return answer, nil
	case frameNone:
		err = fault.New(fault.Unavailable, "line.no_answer", l.terminal)
	default:
		err = fault.Wrap(context.Cause(ctx), fault.Unavailable, "line.reader_lost", l.terminal)
	}
	l.cut()
	return frame{}, err
}

// answer waits for the frame that answers; the zero frame if the lend is over before.
func (l *lentReader) answer() (f frame) {
	select {
	case f = <-l.answers:
	case <-l.over:
		select {
		case f = <-l.answers: // came just before the end
		default:
		}
	}
	return f
}

func (l *lentReader) isOver() bool {
	select {
	case <-l.over:
		return true
	default:
		return false
	}
}
