package story

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/fault"
)

// Reader returns the reader at a place, for the pages of an office, with the card of the visitor who asks. Faults:
// "story.visitor", "story.no_card", "story.card_elsewhere", "app.card_in_use".
func (s *Story) Reader(at Place) func(*http.Request) (card.Transmitter, error) {
	return func(r *http.Request) (card.Transmitter, error) {
		v := visitorOf(r)
		if v == nil {
			return nil, fault.New(fault.Denied, "story.visitor")
		}
		look, err := s.look(r.Context(), v)
		if err != nil {
			return nil, err
		}
		return s.reader(v, at, look.step())
	}
}

// reader returns the reader at a place, as it serves a step of the story.
func (s *Story) reader(v *visitor, at Place, step string) (card.Transmitter, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case !v.kept.begun():
		return nil, fault.New(fault.NotFound, "story.no_card")
	case v.kept.Place != at:
		return nil, fault.New(fault.Conflict, "story.card_elsewhere", at, v.kept.Place)
	}
	if v.chip == nil {
		chip, err := app.OpenCard(s.Nation.Dir, v.kept.Person.ID)
		if err != nil {
			return nil, err
		}
		v.chip, v.tap = chip, &tap{Transmitter: chip, tape: v.tape, story: s, at: at}
	}
	v.tap.step.Store(&step)
	return v.tap, nil
}

// move takes the card out of where it is, which ends what was begun with it there, and puts it elsewhere.
func (s *Story) move(v *visitor, to Place) error {
	if v.life().Place == to {
		return nil
	}
	if err := s.release(v); err != nil {
		return err
	}
	return s.keep(v, func(l *life) { l.Place = to })
}

// release lets go of the card, so that other programs may have it.
func (s *Story) release(v *visitor) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.chip == nil {
		return nil
	}
	chip := v.chip
	v.chip, v.tap = nil, nil
	return chip.Close()
}

// tap is a reader that tapes what goes through it. It is the same as long as the card lies there.
type tap struct {
	card.Transmitter
	tape  *tape
	story *Story
	at    Place
	step  atomic.Pointer[string] // of the story, for which it is used
}

// Transmit carries a command to the card and tapes it with its answer.
func (t *tap) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	response, err := t.Transmitter.Transmit(ctx, command)
	if err == nil {
		t.tape.add(Item{
			Step: *t.step.Load(), Time: t.story.Nation.Now(), Place: t.at, Name: instructionOf(command), Command: maskCommand(command), Response: maskResponse(command, response),
		})
	}
	return response, err
}

// instructions are the commands that cards of this house know.
var instructions = map[byte]string{
	0x20: "VERIFY", 0x24: "CHANGE REFERENCE DATA", 0x2A: "PERFORM SECURITY OPERATION", 0x2C: "RESET RETRY COUNTER",
	0x48: "IMPORT PRIVATE KEY", 0x82: "EXTERNAL AUTHENTICATE", 0x84: "GET CHALLENGE", 0xA4: "SELECT", 0xB0: "READ BINARY",
	0xD6: "UPDATE BINARY", 0xD8: "PUT KEY",
}

func instructionOf(command []byte) string {
	c, err := apdu.Parse(command)
	if name, ok := instructions[c.INS]; ok && err == nil {
		return name
	}
	return "?"
}

// open are the commands whose data hold neither PIN nor key.
var open = []byte{0x2A, 0x84, 0xA4, 0xB0, 0xD6}

// maskCommand is a command for the tape: its header, and the data if they may be seen.
//
// Req: R-KSK-09
func maskCommand(command []byte) string {
	c, err := apdu.Parse(command)
	if err != nil {
		return masked(command)
	}
	shown := hex.EncodeToString([]byte{c.CLA, c.INS, c.P1, c.P2})
	switch {
	case len(c.Data) == 0:
	case slices.Contains(open, c.INS):
		shown += " " + hex.EncodeToString(c.Data)
	default:
		shown += " " + masked(c.Data)
	}
	return shown
}

// maskResponse is the answer to a command for the tape.
func maskResponse(command, response []byte) string {
	c, err := apdu.Parse(command)
	if err != nil || len(response) < 2 {
		return masked(response)
	}
	data, status := response[:len(response)-2], hex.EncodeToString(response[len(response)-2:])
	switch {
	case len(data) == 0:
		return status
	case slices.Contains(open, c.INS):
		return hex.EncodeToString(data) + " " + status
	}
	return masked(data) + " " + status
}

// masked stands for bytes that nobody keeps.
func masked(data []byte) string { return "[" + strconv.Itoa(len(data)) + "]" }
