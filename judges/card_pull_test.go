//go:build judges

package judges_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/openjpki/jpki/card/softcard"
)

// slippery is a card that keeps one command for itself until it is pulled out of its reader.
type slippery struct {
	*softcard.Card
	pullCase
	reached chan struct{} // closed when that command has come
}

func (c *slippery) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	const header = 4 // VERIFY without data only asks for tries
	if command[1] != c.instruction || len(command) == header {
		return c.Card.Transmit(ctx, command)
	}
	if c.before--; c.before >= 0 {
		return c.Card.Transmit(ctx, command)
	}
	close(c.reached)
	<-ctx.Done()
	return nil, ctx.Err()
}

// pullCase says when a card is pulled out.
type pullCase struct {
	name        string
	instruction byte   // of the command, which has data or asks for some
	before      int    // how many such commands go well
	test        bool   // of the self-test, not of making one signature
	want        string // with pcscd the code that follows is at times that of a removed device, at times that of any error
}

// A card is pulled out while a program uses it: the program ends with an error and without a signature, the card forgets
// that a PIN was given, and when it is back in its reader, it works as before.
func TestCardPulled(t *testing.T) {
	h := newNation(t).newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := start(1)
		for _, tt := range []pullCase{
			{"reading", 0xB0, 3, false, " failed: rv = CKR_"},
			{"checking the PIN", 0x20, 0, false, "C_Login failed: rv = CKR_"},
			{"signing", 0x2A, 0, false, "C_SignFinal failed: rv = CKR_"},
			{"signing again", 0x2A, 3, true, "C_Sign failed: rv = CKR_"},
		} {
			t.Run(tt.name, func(t *testing.T) { tt.check(t, s, h) })
		}
	})
}

func (c pullCase) check(t *testing.T, s *service, h *holder) {
	document := newFile(t, []byte("a document"))
	sign := authKey.sign(document, "SHA256-RSA-PKCS")
	act := sign
	if c.test {
		act = authKey.login("--test")
	}
	chip, reached := h.open(t, softcard.Options{}), make(chan struct{})
	pull := s.insert(t, 0, &slippery{chip, c, reached})
	go func() {
		select {
		case <-reached:
			pull()
		case <-t.Context().Done():
		}
	}()
	s.refuses(t, c.want, "pkcs11-tool", act...)
	pull() // or wait until it is done
	select {
	case <-reached:
	default:
		t.Error("the card was not pulled out in the middle")
	}
	if signature, _ := os.ReadFile(document + ".sig"); len(signature) > 0 {
		t.Errorf("there is a signature of %d bytes", len(signature))
	}
	forgotten := []byte{0x69, 0x86} // no file is selected
	if got, err := chip.Transmit(t.Context(), []byte{0x80, 0x2A, 0x00, 0x80, 1, 0, 0}); err != nil || !bytes.Equal(got, forgotten) {
		t.Errorf("asked for another signature, the card says %x, %v, want %x", got, err, forgotten)
	}
	s.insert(t, 0, chip)
	s.wantTries(t, "3 5")
	s.mustRun(t, "pkcs11-tool", sign...)
	checkSignature(t, "sha256", document, h.auth)
}
