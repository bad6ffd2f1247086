package card_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/verify/verifytest"
)

func FuzzParseTokenInfo(f *testing.F) {
	info := append(bytes.Repeat([]byte("JPKIAPICCTOKEN2 "), 6), make([]byte, 64)...)
	f.Add(info)
	f.Add(append([]byte("JPKIAPGPSETOKEN"+"                 "), bytes.Repeat([]byte{0x20}, 128)...))
	f.Add(info[:159])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := card.ParseTokenInfo(b)
		if (err == nil) != (len(b) == 160) {
			t.Fatalf("ParseTokenInfo of %d bytes: %v", len(b), err)
		}
		if err != nil {
			return
		}
		var again []byte
		for _, field := range []struct {
			text string
			size int
		}{{got.Label, 32}, {got.Manufacturer, 32}, {got.Model, 16}, {got.Serial, 16}} {
			again = append(again, field.text...)
			again = append(again, bytes.Repeat([]byte{' '}, field.size-len(field.text))...)
		}
		again, err = binary.Append(again, binary.BigEndian, got.TokenNumbers)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%X comes back as %X (error %v)", b, again, err)
		}
	})
}

// FuzzAnswers is a client with a card that answers anything: what it returns has
// the promised form, and it comes to an end.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(recorded(f))
	f.Add([]byte("\x02\x90\x00\x02\x90\x00\x06\x30\x82\xFF\xFF\x90\x00"))
	f.Fuzz(func(t *testing.T, answers []byte) {
		converse(t, answers)
	})
}

// converse has a client use a card that gives the answers, each after its length in one byte.
func converse(t *testing.T, answers []byte) {
	t.Helper()
	sent := 0
	c, err := card.Open(t.Context(), transmitter(func([]byte) ([]byte, error) {
		sent++
		if len(answers) == 0 {
			return []byte{0x90, 0x00}, nil
		}
		size := min(int(answers[0]), len(answers)-1)
		answer := answers[1 : 1+size]
		answers = answers[1+size:]
		return answer, nil
	}))
	if err != nil {
		return
	}
	if der, err := c.Certificate(t.Context(), card.AuthenticationCertificate); err == nil {
		if len(der) > 0x8000 || len(der) != 4+int(binary.BigEndian.Uint16(der[2:])) {
			t.Errorf("Certificate returns %d bytes beginning %X", len(der), der[:4])
		}
	}
	if n, err := c.Retries(t.Context(), card.Signature); err == nil && (n < 0 || n > 15) {
		t.Errorf("Retries = %d", n)
	}
	if signature, err := c.SignPKCS1(t.Context(), card.Signature, []byte{1}); err == nil && len(signature) != 256 {
		t.Errorf("SignPKCS1 returns %d bytes", len(signature))
	}
	c.TokenInfo(t.Context())
	c.Availability(t.Context())
	c.Permit(t.Context())
	c.Proof(t.Context(), card.Signature, card.Nonce{})
	c.AuthenticateCounter(t.Context(), card.Secret{})
	c.AuthenticateKiosk(t.Context(), card.MasterKey{})
	if limit := 0x8000/4 + 1000; sent > limit {
		t.Errorf("%d commands sent, want at most %d", sent, limit)
	}
}

// A thousand altered conversations: the client returns what it promises or an error, and comes to an end.
func TestMutatedAnswers(t *testing.T) {
	verifytest.Bounded(t, verifytest.Mutations(9, 1000, recorded(t)), func(m verifytest.Mutation) { converse(t, m.Bytes) })
}

// recorded is what a real conversation answers, up to 255 bytes each.
func recorded(f testing.TB) []byte {
	chip := cardtest.Blank(f)
	var answers []byte
	c, err := card.Open(f.Context(), transmitter(func(command []byte) ([]byte, error) {
		answer, err := chip.Card.Transmit(f.Context(), command)
		if err == nil && len(answer) < 256 {
			answers = append(answers, byte(len(answer)))
			answers = append(answers, answer...)
		}
		return answer, err
	}))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := c.TokenInfo(f.Context()); err != nil {
		f.Fatal(err)
	}
	if _, err := c.AuthenticateCounter(f.Context(), chip.Transport); err != nil {
		f.Fatal(err)
	}
	return answers
}
