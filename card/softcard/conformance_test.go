package softcard_test

import (
	"testing"

	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

// TestConformance runs the suite for all JPKI cards.
//
// Req: R-CRD-07
// Req: R-CRD-08
func TestConformance(t *testing.T) {
	issued := cardtest.New(t)
	for name, options := range map[string]softcard.Options{
		"usual":       {},
		"blocked6983": {Blocked6983: true},
	} {
		t.Run(name, func(t *testing.T) {
			cardtest.Run(t, func(t *testing.T) cardtest.Fixture {
				chip := issued.Copy(t)
				if err := chip.Card.Close(); err != nil {
					t.Fatal(err)
				}
				chip.Open(t, options)
				return cardtest.Fixture{
					Transmitter:       chip.Card,
					Reset:             chip.Card.Reset,
					SignaturePIN:      cardtest.SignaturePIN,
					AuthenticationPIN: cardtest.AuthenticationPIN,
					Expendable:        true,
				}
			})
		})
	}
}
