package kioskweb

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
)

// visit is a session with what was chosen and entered in it.
type visit struct {
	name   string
	reader card.Transmitter

	mu sync.Mutex // held over each act
	*kiosk.Session
	over    bool
	last    time.Time // of its last act
	limit   time.Duration
	work    kiosk.Work
	key     card.Key
	made    []card.Key // key pairs that were made
	stages  []stage    // what the PIN screen asks for, one after the other
	entered [][]byte   // the PINs of the stages that are done
	typed   []byte     // of the PIN under way
	lastTry bool       // the resident knows that one try is left
}

// stage is what the PIN screen asks for.
type stage int

const (
	existing stage = iota
	chosen
	again
)

// menu are the choices of the second screen, by their values in the form.
var menu = map[string]struct {
	work kiosk.Work
	key  card.Key
}{
	"make_login": {kiosk.KeyPair, card.Authentication}, "make_sign": {kiosk.KeyPair, card.Signature},
	"pin_login": {kiosk.PINChange, card.Authentication}, "pin_sign": {kiosk.PINChange, card.Signature},
}

// choose picks a work and prepares the PIN screen.
//
// Req: R-KSK-02, R-KSK-08, R-ISS-32
func choose(ctx context.Context, v *visit, r *http.Request) error {
	picked := menu[r.PostFormValue("choice")]
	entry, err := v.Choose(ctx, picked.work, picked.key)
	if err != nil {
		return err
	}
	v.work, v.key, v.lastTry = picked.work, picked.key, false
	switch {
	case entry == kiosk.NewPIN:
		v.stages = []stage{chosen, again}
	case picked.work == kiosk.KeyPair:
		v.stages = []stage{existing}
	default:
		v.stages = []stage{existing, chosen, again}
	}
	return nil
}

// longest is how many bytes an entry may have before it is no PIN for certain.
const longest = 64

// enter takes a key of the pad, or what was typed on a keyboard, and uses the PINs when all are there.
//
// Req: R-KSK-03, R-KSK-06, R-KSK-09
func enter(ctx context.Context, v *visit, r *http.Request) error {
	if v.Screen() != kiosk.Password {
		return fault.New(fault.Conflict, "kiosk.order")
	}
	v.typed = append(v.typed, r.PostFormValue("pin")...)
	switch press := r.PostFormValue("press"); {
	case press == "clear":
		v.clear()
	case press == "delete":
		v.typed = v.typed[:max(0, len(v.typed)-1)]
	case press == "ok":
		return v.next(ctx)
	case len(press) == 1:
		v.typed = append(v.typed, press...)
	}
	if len(v.typed) > longest {
		v.clear()
		return fault.New(fault.Invalid, "kiosk.pin_form")
	}
	return nil
}

// next ends the entry under way and, after the last, uses them.
func (v *visit) next(ctx context.Context) error {
	stage := v.stages[len(v.entered)]
	if stage == chosen && v.key.CheckPIN(string(v.typed)) != nil {
		v.clear()
		return fault.New(fault.Invalid, "kiosk.pin_form")
	}
	if stage == again && !bytes.Equal(v.typed, v.entered[len(v.entered)-1]) {
		v.clear()
		clear(v.entered[len(v.entered)-1])
		v.entered = v.entered[:len(v.entered)-1]
		return fault.New(fault.Invalid, "kioskweb.pin_differs")
	}
	v.entered, v.typed = append(v.entered, v.typed), nil
	if len(v.entered) < len(v.stages) {
		return nil
	}
	err := v.use(ctx)
	v.forget()
	if fault.KeyOf(err) == "kiosk.pin_last_try" && v.work == kiosk.KeyPair {
		v.lastTry = true
	}
	return err
}

// use gives the PINs to the card.
func (v *visit) use(ctx context.Context) error {
	first := string(v.entered[0])
	switch {
	case v.stages[0] == chosen:
		return v.SetPIN(ctx, first)
	case len(v.stages) > 1:
		return v.ChangePIN(ctx, first, string(v.entered[1]))
	case v.lastTry:
		return v.VerifyLastTry(ctx, first)
	}
	return v.VerifyPIN(ctx, first)
}

// clear zeroes the entry under way.
func (v *visit) clear() {
	clear(v.typed[:cap(v.typed)])
	v.typed = nil
}

// forget zeroes every entry.
func (v *visit) forget() {
	v.clear()
	for _, pin := range v.entered {
		clear(pin[:cap(pin)])
	}
	v.entered = nil
}

// generate makes the key pair.
//
// Req: R-KSK-04
func generate(ctx context.Context, v *visit, _ *http.Request) error {
	err := v.Generate(ctx)
	if err == nil && !slices.Contains(v.made, v.key) {
		v.made = append(v.made, v.key)
	}
	return err
}

// another goes back to the menu with the card.
func another(_ context.Context, v *visit, _ *http.Request) error {
	err := v.Another()
	if err == nil {
		v.forget()
		v.stages = nil
	}
	return err
}

// giveBack ends the session.
//
// Req: R-KSK-05
func giveBack(ctx context.Context, v *visit, _ *http.Request) error { return v.Return(ctx) }

// pad are the keys on the screen: digits, and letters for the PIN that may have them.
func pad(k card.Key) []string {
	keys := "1234567890"
	if k == card.Signature {
		keys += "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	}
	return strings.Split(keys, "")
}
