package cardtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// The suite runs over any transport, here one that only forwards, and leaves a
// card that is not expendable as it found it.
func TestRunKeepsCard(t *testing.T) {
	chip := cardtest.New(t)
	before := state(t, chip)
	cardtest.Run(t, func(*testing.T) cardtest.Fixture {
		return cardtest.Fixture{
			Transmitter:       forward{chip.Card},
			Reset:             chip.Card.Reset,
			SignaturePIN:      cardtest.SignaturePIN,
			AuthenticationPIN: cardtest.AuthenticationPIN,
		}
	})
	if after := state(t, chip); after != before {
		t.Error("the card has changed")
	}
}

func state(t *testing.T, chip *cardtest.Chip) string {
	t.Helper()
	b, err := os.ReadFile(chip.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type forward struct{ next card.Transmitter }

func (f forward) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	return f.next.Transmit(ctx, command)
}
