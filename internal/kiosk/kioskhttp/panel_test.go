package kioskhttp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/kiosk/kioskhttp"
)

// A new issue passes the five screens, twice for two keys, and the counter finds both proofs.
//
// Req: R-KSK-02, R-KSK-03, R-KSK-04, R-KSK-05, R-KSK-07
func TestWholeWay(t *testing.T) {
	r, c := newRig(t, prepared(t)), checks{t}
	w, ctx := r.window(), t.Context()
	c.is("State", at(kiosk.SetCard))(w.State(ctx))
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	for _, key := range []card.Key{card.Authentication, card.Signature} {
		chosen := []string{"key_pair", key.String(), "new"}
		c.is("Choose", at(kiosk.Password, chosen...))(w.Choose(ctx, kiosk.KeyPair, key))
		c.fails("Generate before the PIN", "kiosk.order")(w.Generate(ctx))
		c.is("SetPIN", at(kiosk.Generation, chosen...))(w.SetPIN(ctx, cardtest.PIN(key)))
		c.is("Generate", at(kiosk.ReturnCard, chosen...))(w.Generate(ctx))
		c.is("State", at(kiosk.ReturnCard, chosen...))(w.State(ctx))
		if key == card.Authentication {
			c.is("Another", at(kiosk.ChooseWork))(w.Another(ctx))
		}
	}
	c.is("Return", at(kiosk.SetCard))(w.Return(ctx))
	c.fails("Return again", "kiosk.session_over")(w.Return(ctx))
	r.pull(t)
	r.chip.Issue(t, card.Authentication, card.Signature) // needs the proofs
}

// A PIN is changed, and a wrong one costs a try that the resident is told of.
//
// Req: R-KSK-08, R-ISS-32
func TestPINs(t *testing.T) {
	r, c := newRig(t, renewing(t)), checks{t}
	w, ctx := r.window(), t.Context()
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	c.fails("Choose nothing", "kiosk.no_such_work")(w.Choose(ctx, 0, card.Authentication))
	c.fails("Choose for no key", "kiosk.no_such_work")(w.Choose(ctx, kiosk.KeyPair, 0))
	chosen := []string{"key_pair", "authentication", "existing"}
	c.is("Choose", at(kiosk.Password, chosen...))(w.Choose(ctx, kiosk.KeyPair, card.Authentication))
	for _, left := range []string{"2", "1"} {
		_, err := w.VerifyPIN(ctx, "9999")
		if args := fault.ArgsOf(err); fault.KeyOf(err) != "kiosk.pin_wrong" || len(args) != 1 || args[0] != left {
			t.Errorf("a wrong PIN: %v, want kiosk.pin_wrong with %s", err, left)
		}
	}
	c.fails("VerifyPIN with one try left", "kiosk.pin_last_try")(w.VerifyPIN(ctx, cardtest.AuthenticationPIN))
	c.is("VerifyLastTry", at(kiosk.Generation, chosen...))(w.VerifyLastTry(ctx, cardtest.AuthenticationPIN))
	c.is("Generate", at(kiosk.ReturnCard, chosen...))(w.Generate(ctx))
	c.is("Another", at(kiosk.ChooseWork))(w.Another(ctx))
	chosen = []string{"pin_change", "signature", "existing"}
	c.is("Choose", at(kiosk.Password, chosen...))(w.Choose(ctx, kiosk.PINChange, card.Signature))
	c.is("ChangePIN", at(kiosk.ReturnCard, chosen...))(w.ChangePIN(ctx, cardtest.SignaturePIN, "SECOND2"))
	c.is("Return", at(kiosk.SetCard))(w.Return(ctx))
}

// A card that is pulled ends the session, and the next one begins afresh.
func TestCardRemoved(t *testing.T) {
	r, c := newRig(t, prepared(t)), checks{t}
	w, ctx := r.window(), t.Context()
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	c.is("Choose", at(kiosk.Password, "key_pair", "signature", "new"))(w.Choose(ctx, kiosk.KeyPair, card.Signature))
	r.pull(t)
	c.fails("SetPIN without the card", "kiosk.card_gone")(w.SetPIN(ctx, cardtest.SignaturePIN))
	c.is("State", at(kiosk.SetCard))(w.State(ctx))
	c.fails("SetPIN after the end", "kiosk.session_over")(w.SetPIN(ctx, cardtest.SignaturePIN))
	c.fails("Begin without a card", "kiosk.no_card")(w.Begin(ctx))
	r.insert(t)
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	r.pull(t)
	c.fails("Return without the card", "kiosk.card_gone")(w.Return(ctx))
	c.is("State", at(kiosk.SetCard))(w.State(ctx))
}

// A card that the kiosk does not take is let go.
func TestBeginRefused(t *testing.T) {
	r, c := newRig(t, cardtest.Blank(t)), checks{t}
	c.fails("Begin", "kiosk.not_prepared")(r.window().Begin(t.Context()))
	r.pull(t)
	r.chip.Prepare(t)
	r.insert(t)
	c.is("Begin when it is prepared", at(kiosk.ChooseWork))(r.window().Begin(t.Context()))
}

// A second window sees that the machine is busy and nothing else, and can do nothing.
func TestSecondWindow(t *testing.T) {
	r, c := newRig(t, renewing(t)), checks{t}
	w, other, ctx := r.window(), r.window(), t.Context()
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	c.is("Choose", at(kiosk.Password, "key_pair", "authentication", "existing"))(w.Choose(ctx, kiosk.KeyPair, card.Authentication))
	busy := kioskhttp.State{Screen: kiosk.SetCard, Busy: true}
	c.is("State of another window", busy)(other.State(ctx))
	c.fails("Begin of another window", "kiosk.busy")(other.Begin(ctx))
	c.fails("VerifyPIN of another window", "kiosk.session_over")(other.VerifyPIN(ctx, "9999"))
	c.fails("Return of another window", "kiosk.session_over")(other.Return(ctx))
	c.is("VerifyPIN", at(kiosk.Generation, "key_pair", "authentication", "existing"))(w.VerifyPIN(ctx, cardtest.AuthenticationPIN))
	c.is("Return", at(kiosk.SetCard))(w.Return(ctx))
	c.is("Begin of another window", at(kiosk.ChooseWork))(other.Begin(ctx))
	c.fails("Choose in the earlier session", "kiosk.session_over")(w.Choose(ctx, kiosk.KeyPair, card.Authentication))
	r.now = r.now.Add(time.Minute)
	c.is("State", at(kiosk.ChooseWork))(other.State(ctx))
}

// A session that was left alone is over, and the card has forgotten its PIN.
func TestLeftAlone(t *testing.T) {
	r, c := newRig(t, renewing(t)), checks{t}
	w, ctx := r.window(), t.Context()
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	r.now = r.now.Add(time.Minute)
	chosen := []string{"key_pair", "authentication", "existing"}
	c.is("Choose", at(kiosk.Password, chosen...))(w.Choose(ctx, kiosk.KeyPair, card.Authentication))
	c.is("VerifyPIN", at(kiosk.Generation, chosen...))(w.VerifyPIN(ctx, cardtest.AuthenticationPIN))
	if !r.signs(t) {
		t.Error("the card does not sign though it has its PIN")
	}
	r.now = r.now.Add(2 * time.Minute)
	c.fails("Generate too late", "kiosk.session_over")(w.Generate(ctx))
	c.is("State", at(kiosk.SetCard))(r.window().State(ctx))
	if r.signs(t) {
		t.Error("the card signs for who comes next")
	}
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
}

// signs reports whether the card signs as it lies in the reader.
func (r *rig) signs(t *testing.T) bool {
	t.Helper()
	var answer []byte
	for _, command := range [][]byte{{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x17}, {0x80, 0x2A, 0x00, 0x80, 0x01, 0x01, 0x00}} {
		var err error
		answer, err = r.chip.Card.Transmit(t.Context(), command)
		must(t, err)
	}
	return answer[len(answer)-2] == 0x90
}

// An act is carried out though the window is closed within it.
func TestWindowClosed(t *testing.T) {
	r, c := newRig(t, prepared(t)), checks{t}
	w, ctx := r.window(), t.Context()
	c.is("Begin", at(kiosk.ChooseWork))(w.Begin(ctx))
	chosen := []string{"key_pair", "authentication", "new"}
	c.is("Choose", at(kiosk.Password, chosen...))(w.Choose(ctx, kiosk.KeyPair, card.Authentication))
	c.is("SetPIN", at(kiosk.Generation, chosen...))(w.SetPIN(ctx, cardtest.AuthenticationPIN))
	within, closeWindow := context.WithCancel(ctx)
	closed := make(chan struct{})
	r.step = func(step string) {
		if step == "Generate 2" {
			closeWindow()
			<-closed
		}
	}
	if _, err := w.Generate(within); !errors.Is(err, context.Canceled) {
		t.Errorf("Generate = %v, want that the window was closed", err)
	}
	close(closed)
	c.is("State", at(kiosk.ReturnCard, chosen...))(w.State(ctx))
}
