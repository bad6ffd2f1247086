package pcsc_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/openjpki/jpki/card/pcsc"
)

// TestEightReaders: eight cards, four programs at each, and someone who pulls the cards out and puts them back. Whatever happens,
// a program meets its own card alone within a transaction, learns of what happened to it, and leaves it free at the end.
func TestEightReaders(t *testing.T) {
	const readers, programs, rounds = 8, 4, 40
	var names []string
	for i := range readers {
		names = append(names, pcsc.ReaderName(i))
	}
	s, socket := serve(t, pcsc.Config{Readers: names})
	var cards []*card
	var group sync.WaitGroup
	for i, name := range names {
		c := newCard(byte(i))
		cards = append(cards, c)
		insert(t, s, name, c)
		for n := range programs {
			p := &visitor{t: t, socket: socket, reader: name, id: byte(i), dice: rand.New(rand.NewPCG(uint64(i), uint64(n)))}
			group.Go(func() {
				for range rounds {
					p.visit()
				}
			})
		}
		group.Go(func() {
			for range rounds {
				remove(t, s, name)
				insert(t, s, name, c)
			}
		})
	}
	group.Wait()
	for i, c := range cards {
		client := dialClient(t, socket)
		h, err := client.Connect(t.Context(), names[i], pcsc.Shared)
		for errors.Is(err, pcsc.ErrSharing) { // an exclusive client that just died
			h, err = client.Connect(t.Context(), names[i], pcsc.Shared)
		}
		if err != nil {
			t.Fatalf("Connect at the end = %v", err)
		}
		want(t, "Begin at the end", h.Begin(t.Context()), nil)
		wantResponse(t, h, getRegister, forgotten)
		want(t, "Close at the end", h.Close(t.Context(), pcsc.Leave), nil)
		c.checkAlone(t)
	}
}

// visitor is a program that uses a card now and then.
type visitor struct {
	t      *testing.T
	socket string
	reader string
	id     byte
	dice   *rand.Rand
}

// expected are the errors of a program whose card others reset, use and pull out.
var expected = []error{pcsc.ErrNoCard, pcsc.ErrRemovedCard, pcsc.ErrResetCard, pcsc.ErrSharing, pcsc.ErrNotTransacted}

// check reports an error that no one else's doing explains.
func (v *visitor) check(call string, err error) bool {
	if err != nil && !slices.ContainsFunc(expected, func(e error) bool { return errors.Is(err, e) }) {
		v.t.Errorf("%s = %v", call, err)
	}
	return err == nil
}

// visit connects, does something in a transaction or without one, and leaves, politely or not.
func (v *visitor) visit() {
	client, err := pcsc.Dial(v.t.Context(), v.socket)
	if err != nil {
		v.t.Errorf("Dial = %v", err)
		return
	}
	modes := []pcsc.Mode{pcsc.Shared, pcsc.Shared, pcsc.Shared, pcsc.Exclusive}
	h, err := client.Connect(v.t.Context(), v.reader, modes[v.dice.IntN(len(modes))])
	if !v.check("Connect", err) {
		return
	}
	if v.check("Begin", h.Begin(v.t.Context())) {
		v.useAlone(h)
	}
	switch v.dice.IntN(4) {
	case 0:
		v.drop(h)
		return
	case 1:
		v.check("Reset", h.Reset(v.t.Context()))
	case 2:
		v.check("End", h.End(v.t.Context(), pcsc.Disposition(v.dice.IntN(3))))
	}
	v.check("Close", h.Close(v.t.Context(), pcsc.Disposition(v.dice.IntN(3))))
}

// useAlone writes and reads the register a few times: nobody else may come between.
func (v *visitor) useAlone(h handle) {
	for range 3 {
		mine := byte(1 + v.dice.IntN(255))
		for _, exchange := range []struct{ command, want []byte }{
			{[]byte{0x00, setRegister[1], 0x00, mine}, ok},
			{getID, []byte{v.id, 0x90, 0x00}},
			{getRegister, []byte{mine, 0x90, 0x00}},
		} {
			got, err := h.Transmit(v.t.Context(), exchange.command)
			if !v.check("Transmit", err) {
				return
			}
			if !bytes.Equal(got, exchange.want) {
				v.t.Errorf("reader %s: response = %x, want %x", v.reader, got, exchange.want)
			}
		}
	}
}

// drop leaves without a word, as a program that is killed does: the connection closes, transaction or not.
func (v *visitor) drop(h handle) {
	ctx, cancel := context.WithCancel(v.t.Context())
	cancel()
	if err := h.Close(ctx, pcsc.Leave); !errors.Is(err, context.Canceled) {
		v.t.Errorf("Close = %v, want %v", err, context.Canceled)
	}
}
