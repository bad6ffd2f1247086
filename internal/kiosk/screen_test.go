package kiosk_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
)

// A new issue passes the five screens in their order, once each.
func TestFiveScreens(t *testing.T) {
	chip := prepared(t)
	s := begin(t, chip, chip.Card)
	seen := []kiosk.Screen{kiosk.SetCard, s.Screen()}
	for _, act := range []kiosk.Act{kiosk.ActChoose, kiosk.ActSetPIN, kiosk.ActGenerate} {
		must(t, perform(t.Context(), s, act, kiosk.KeyPair))
		seen = append(seen, s.Screen())
	}
	if got, want := fmt.Sprint(seen), "[1 set card 2 choose work 3 password 4 generate 5 store and return card]"; got != want {
		t.Errorf("screens are %s, want %s", got, want)
	}
	must(t, s.Return(t.Context()))
	if s.Screen() != kiosk.SetCard {
		t.Errorf("after Return the screen is %s", s.Screen())
	}
}

// perform does an act with what the virtual card of the tests expects.
func perform(ctx context.Context, s *kiosk.Session, act kiosk.Act, work kiosk.Work) error {
	switch act {
	case kiosk.ActChoose:
		_, err := s.Choose(ctx, work, card.Authentication)
		return err
	case kiosk.ActSetPIN:
		return s.SetPIN(ctx, cardtest.AuthenticationPIN)
	case kiosk.ActVerifyPIN:
		return s.VerifyPIN(ctx, cardtest.AuthenticationPIN)
	case kiosk.ActChangePIN:
		return s.ChangePIN(ctx, cardtest.AuthenticationPIN, "5678")
	case kiosk.ActGenerate:
		return s.Generate(ctx)
	case kiosk.ActAnother:
		return s.Another()
	case kiosk.ActReturn:
		return s.Return(ctx)
	}
	return fmt.Errorf("no such act: %s", act)
}

// place is a screen and how the tests come there after Begin.
type place struct {
	screen kiosk.Screen
	work   kiosk.Work
	path   []kiosk.Act // PIN stands for the way in that fits the card
}

// PIN is SetPIN on a new card, VerifyPIN or ChangePIN on one with a PIN.
const PIN kiosk.Act = "PIN"

var places = []place{
	{kiosk.ChooseWork, kiosk.KeyPair, nil},
	{kiosk.Password, kiosk.KeyPair, []kiosk.Act{kiosk.ActChoose}},
	{kiosk.Password, kiosk.PINChange, []kiosk.Act{kiosk.ActChoose}},
	{kiosk.Generation, kiosk.KeyPair, []kiosk.Act{kiosk.ActChoose, PIN}},
	{kiosk.ReturnCard, kiosk.KeyPair, []kiosk.Act{kiosk.ActChoose, PIN, kiosk.ActGenerate}},
	{kiosk.ReturnCard, kiosk.PINChange, []kiosk.Act{kiosk.ActChoose, PIN}},
	{kiosk.SetCard, kiosk.KeyPair, []kiosk.Act{kiosk.ActReturn}},
}

// pin is the act that gets work past the password screen.
func pin(work kiosk.Work, isNew bool) kiosk.Act {
	switch {
	case isNew:
		return kiosk.ActSetPIN
	case work == kiosk.KeyPair:
		return kiosk.ActVerifyPIN
	}
	return kiosk.ActChangePIN
}

// Every act on every screen: along an edge of the table it leads where the edge says, otherwise it is refused, changes
// nothing and sends nothing to the card. All edges are walked.
func TestEdges(t *testing.T) {
	acts := []kiosk.Act{kiosk.ActChoose, kiosk.ActSetPIN, kiosk.ActVerifyPIN, kiosk.ActChangePIN, kiosk.ActGenerate, kiosk.ActAnother, kiosk.ActReturn}
	first, again := prepared(t), renewing(t)
	walked := map[kiosk.Edge]bool{}
	for _, p := range places {
		for _, act := range acts {
			t.Run(fmt.Sprintf("%s of work %d, %s", p.screen, p.work, act), func(t *testing.T) {
				chip := again.Copy(t)
				if act == kiosk.ActSetPIN {
					chip = first.Copy(t)
				}
				if e, ok := try(t, chip, p, act); ok {
					walked[e] = true
				}
			})
		}
	}
	for _, e := range kiosk.Edges() {
		if e.Act != kiosk.ActBegin && !walked[e] {
			t.Errorf("no way along the edge %v", e)
		}
	}
}

// try comes to a place and does one act there. It returns the edge it went.
func try(t *testing.T, chip *cardtest.Chip, p place, act kiosk.Act) (kiosk.Edge, bool) {
	t.Helper()
	sent := 0
	s := begin(t, chip, transmitter(func(ctx context.Context, command []byte) ([]byte, error) {
		sent++
		return chip.Card.Transmit(ctx, command)
	}))
	for _, a := range p.path {
		if a == PIN {
			a = pin(p.work, act == kiosk.ActSetPIN)
		}
		must(t, perform(t.Context(), s, a, p.work))
	}
	if s.Screen() != p.screen {
		t.Fatalf("the screen is %s, want %s", s.Screen(), p.screen)
	}
	sent = 0
	err := perform(t.Context(), s, act, p.work)
	edges := kiosk.Edges()
	i := slices.IndexFunc(edges, func(e kiosk.Edge) bool {
		return e.From == p.screen && e.Act == act && (e.Work == 0 || e.Work == p.work)
	})
	if i < 0 {
		if fault.KeyOf(err) != "kiosk.order" || s.Screen() != p.screen || sent != 0 {
			t.Errorf("%s = %v, on screen %s, %d commands sent; want kiosk.order and nothing else", act, err, s.Screen(), sent)
		}
		return kiosk.Edge{}, false
	}
	if err != nil || s.Screen() != edges[i].To {
		t.Errorf("%s = %v, leads to %s, want %s", act, err, s.Screen(), edges[i].To)
	}
	return edges[i], err == nil
}

// What is not on the menu cannot be chosen.
func TestChooseRefuses(t *testing.T) {
	chip := prepared(t)
	s := begin(t, chip, chip.Card)
	for _, c := range []struct {
		work kiosk.Work
		key  card.Key
	}{{0, card.Signature}, {3, card.Signature}, {kiosk.KeyPair, 0}, {kiosk.KeyPair, 3}} {
		_, err := s.Choose(t.Context(), c.work, c.key)
		wantFault(t, fmt.Sprintf("Choose(%d, %d)", c.work, c.key), err, "kiosk.no_such_work")
	}
	if s.Screen() != kiosk.ChooseWork {
		t.Errorf("the screen is %s, want the menu", s.Screen())
	}
}
