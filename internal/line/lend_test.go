package line_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/post"
)

// desk is a counter's server that takes readers, and says when a lend is over.
type desk struct {
	*linetest.Authority
	readers *line.Readers
	url     string
	over    chan struct{} // at each lend that has ended
}

func newDesk(t *testing.T, readers *line.Readers) *desk {
	t.Helper()
	d := &desk{Authority: linetest.New(t), readers: readers, over: make(chan struct{}, 16)}
	d.url = d.Serve(t, counter, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { d.over <- struct{}{} }()
		readers.ServeHTTP(w, r)
	}))
	return d
}

// lend lends a reader, and returns when the counter has it.
func (d *desk) lend(t *testing.T, terminal post.Address, reader card.Transmitter) (end func(), ended chan error) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	client := d.Client(t, terminal, counter, d.url)
	ended = make(chan error, 1)
	before, _ := d.readers.Of(terminal)
	go func() { ended <- line.Lend(ctx, client, "/reader", reader) }()
	for {
		now, err := d.readers.Of(terminal)
		if err == nil && now != before {
			return end, ended
		}
		select {
		case err := <-ended:
			t.Fatalf("Lend = %v", err)
		default:
			runtime.Gosched()
		}
	}
}

// of returns the reader that a terminal has lent.
func (d *desk) of(t *testing.T, terminal post.Address) card.Transmitter {
	t.Helper()
	reader, err := d.readers.Of(terminal)
	must(t, err)
	return reader
}

// transmitter is a reader with something between it and the card.
type transmitter func(ctx context.Context, command []byte) ([]byte, error)

func (f transmitter) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	return f(ctx, command)
}

// The counter prepares a card that lies in the reader of a terminal, and writes certificates to it.
//
// Req: R-SYS-08, R-ISS-13
func TestCounterUsesCardAtTerminal(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	chip := cardtest.Blank(t)
	end, ended := d.lend(t, terminal1, chip.Card)
	opened, err := card.Open(t.Context(), d.of(t, terminal1))
	must(t, err)
	has, err := opened.Availability(t.Context())
	if err != nil || has.Authentication || has.Signature {
		t.Errorf("Availability of a blank card = %v, %v", has, err)
	}
	office, err := opened.AuthenticateCounter(t.Context(), chip.Transport)
	must(t, err)
	keys, err := chip.Master.Diversify(chip.Serial)
	must(t, err)
	chip.Nonce, err = office.PutKeys(t.Context(), keys)
	must(t, err)
	chip.Load(t, card.Authentication) // as the kiosk does
	opened, err = card.Open(t.Context(), d.of(t, terminal1))
	must(t, err)
	if _, err := opened.Proof(t.Context(), card.Authentication, chip.Nonce); err != nil {
		t.Errorf("Proof through the terminal: %v", err)
	}
	chip.Issue(t, card.Authentication)
	has, err = opened.Availability(t.Context())
	if err != nil || !has.Authentication {
		t.Errorf("Availability of an issued card = %v, %v", has, err)
	}
	end()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Lend = %v, want that its caller ended it", err)
	}
	<-d.over
	_, err = d.readers.Of(terminal1)
	wantFault(t, "Of after the end", err, "line.no_reader")
}

// Two terminals have two cards: what the counter does for one never reaches the other's, and a terminal that lent nothing
// has none.
func TestTerminalsApart(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	said := map[post.Address][]byte{terminal1: {1, 0x90, 0}, terminal2: {2, 0x90, 0}}
	for terminal, answer := range said {
		d.lend(t, terminal, transmitter(func(context.Context, []byte) ([]byte, error) { return answer, nil }))
	}
	var all sync.WaitGroup
	for terminal, want := range said {
		reader := d.of(t, terminal)
		for range 50 {
			all.Go(func() {
				if got, err := reader.Transmit(t.Context(), []byte{0, 1, 2, 3}); err != nil || !bytes.Equal(got, want) {
					t.Errorf("the card at %s says %X, %v, want %X", terminal, got, err, want)
				}
			})
		}
	}
	all.Wait()
	_, err := d.readers.Of("terminal-99201-3")
	wantFault(t, "Of a terminal without a reader", err, "line.no_reader")
}

// One command at a time, whatever the counter does; the largest command and response pass whole.
func TestCommandsTakeTurns(t *testing.T) {
	d := newDesk(t, &line.Readers{Beat: time.Microsecond}) // pings between all of them
	working := make(chan struct{}, 1)
	d.lend(t, terminal1, transmitter(func(_ context.Context, command []byte) ([]byte, error) {
		select {
		case working <- struct{}{}:
			defer func() { <-working }()
		default:
			t.Error("two commands at a time")
		}
		return append(bytes.Clone(command), 0x90, 0), nil
	}))
	reader := d.of(t, terminal1)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			command := bytes.Repeat([]byte{byte(i)}, 4+i)
			if got, err := reader.Transmit(t.Context(), command); err != nil || !bytes.Equal(got[:len(got)-2], command) {
				t.Errorf("command %d: %X, %v", i, got, err)
			}
		})
	}
	all.Wait()
	largest := bytes.Repeat([]byte{7}, 65542)
	if got, err := reader.Transmit(t.Context(), largest); err != nil || len(got) != 65544 {
		t.Errorf("the largest command: %d bytes, %v", len(got), err)
	}
	for _, size := range []int{0, 65545} {
		if _, err := reader.Transmit(t.Context(), make([]byte, size)); err == nil {
			t.Errorf("a command of %d bytes is sent", size)
		}
	}
	if _, err := reader.Transmit(t.Context(), []byte{0, 1, 2, 3}); err != nil {
		t.Errorf("after what was not sent: %v", err)
	}
}

// A card that is pulled, or says what is no answer, is an error at the counter and ends the lend at both ends. The terminal
// can lend again, and what was begun with the earlier card does not reach the next.
func TestCardPulled(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	pulled := errors.New("no card in the reader")
	for name, answer := range map[string][]byte{"pulled": nil, "half an answer": {0x90}, "a monstrous answer": make([]byte, 70000)} {
		_, ended := d.lend(t, terminal1, transmitter(func(context.Context, []byte) ([]byte, error) {
			if answer == nil {
				return nil, pulled
			}
			return answer, nil
		}))
		earlier := d.of(t, terminal1)
		_, err := earlier.Transmit(t.Context(), []byte{0, 1, 2, 3})
		wantFault(t, name, err, "line.no_answer")
		if err := <-ended; err == nil || answer == nil && !errors.Is(err, pulled) {
			t.Errorf("%s: Lend = %v", name, err)
		}
		<-d.over
		d.lend(t, terminal1, cardtest.Blank(t).Card)
		_, err = earlier.Transmit(t.Context(), []byte{0, 1, 2, 3})
		wantFault(t, name+", the earlier card", err, "line.reader_lost")
		if _, err := card.Open(t.Context(), d.of(t, terminal1)); err != nil {
			t.Errorf("%s, the next card: %v", name, err)
		}
	}
}

// A terminal that lends again takes the place of its earlier lend, which may hang on a dead connection.
func TestLendsAgain(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	_, ended := d.lend(t, terminal1, cardtest.Blank(t).Card)
	earlier := d.of(t, terminal1)
	d.lend(t, terminal1, cardtest.Blank(t).Card)
	wantFault(t, "the earlier Lend", <-ended, "line.reader_lost")
	_, err := earlier.Transmit(t.Context(), []byte{0, 1, 2, 3})
	wantFault(t, "the earlier reader", err, "line.reader_lost")
	<-d.over // does not take the later one away
	if _, err := card.Open(t.Context(), d.of(t, terminal1)); err != nil {
		t.Errorf("the later reader: %v", err)
	}
}

// A connection that is cut while the card works is an error at the counter, not a wait, and so is a command that the
// counter gives up. The next lend works.
func TestCutWithinCommand(t *testing.T) {
	d := newDesk(t, &line.Readers{})
	for name, cut := range map[string]func(endLend, endCommand func()){
		"terminal gone":    func(endLend, _ func()) { endLend() },
		"command given up": func(_, endCommand func()) { endCommand() },
	} {
		working := make(chan struct{})
		endLend, ended := d.lend(t, terminal1, transmitter(func(ctx context.Context, _ []byte) ([]byte, error) {
			close(working)
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		ctx, endCommand := context.WithCancel(t.Context())
		go func() {
			<-working
			cut(endLend, endCommand)
		}()
		_, err := d.of(t, terminal1).Transmit(ctx, []byte{0, 1, 2, 3})
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		endCommand()
		endLend()
		<-ended
		<-d.over
		end, _ := d.lend(t, terminal1, cardtest.Blank(t).Card)
		if _, err := card.Open(t.Context(), d.of(t, terminal1)); err != nil {
			t.Errorf("%s, the next lend: %v", name, err)
		}
		end()
		<-d.over
	}
}
