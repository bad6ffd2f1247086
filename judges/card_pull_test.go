//go:build judges

package judges_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/openjpki/jpki/card/softcard"
)

// slippery is a card that is pulled out of its reader while it executes a command.
type slippery struct {
	*softcard.Card
	instruction byte   // of the command
	before      int    // how many of that instruction, with data, go well
	pull        func() // out of the reader
}

func (c *slippery) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	const header = 4 // VERIFY without data only asks for tries
	if command[1] != c.instruction || len(command) == header {
		return c.Card.Transmit(ctx, command)
	}
	if c.before--; c.before >= 0 {
		return c.Card.Transmit(ctx, command)
	}
	go c.pull()
	<-ctx.Done()
	return nil, ctx.Err()
}

// A card is pulled out while a program uses it: the program ends with an error and without a signature, the card forgets
// that a PIN was given, and when it is back in its reader, it works as before.
func TestCardPulled(t *testing.T) {
	n := newNation(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		h, s := n.newHolder(t), start(1)
		for _, tt := range []struct {
			name string
			slippery
			test bool   // the self-test instead of one signature
			want string // PKCS #11 gives as reason that the card is gone, or with pcscd at times none
		}{
			{"reading", slippery{instruction: 0xB0, before: 3}, false, "C_GetTokenInfo failed"},
			{"checking the PIN", slippery{instruction: 0x20}, false, "C_Login failed"},
			{"signing", slippery{instruction: 0x2A}, false, "C_SignFinal failed"},
			{"signing again", slippery{instruction: 0x2A, before: 3}, true, "C_Sign failed"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				document := newFile(t, []byte("a document"))
				act := authKey.sign(document, "SHA256-RSA-PKCS")
				if tt.test {
					act = authKey.login("--test")
				}
				tt.Card = h.open(t, softcard.Options{})
				tt.pull = s.insert(t, 0, &tt.slippery)
				s.refuses(t, tt.want, "pkcs11-tool", act...)
				tt.pull() // or wait until it is done
				if tt.before >= 0 {
					t.Error("the card was not pulled out in the middle")
				}
				if signature, err := os.ReadFile(document + ".sig"); len(signature) > 0 {
					t.Errorf("there is a signature of %d bytes (%v)", len(signature), err)
				}
				forgotten := []byte{0x69, 0x86}
				if got, err := tt.Card.Transmit(t.Context(), []byte{0x80, 0x2A, 0x00, 0x80, 1, 0, 0}); err != nil || !bytes.Equal(got, forgotten) {
					t.Errorf("the card asked to sign says %x, %v, want %x", got, err, forgotten)
				}
				s.insert(t, 0, tt.Card)
				s.wantTries(t, "3 5")
				s.mustRun(t, "pkcs11-tool", authKey.sign(document, "SHA256-RSA-PKCS")...)
				checkSignature(t, "sha256", document, h.auth)
			})
		}
	})
}
