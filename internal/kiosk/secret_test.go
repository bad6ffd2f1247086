package kiosk_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/kiosk"
)

// planted are PINs that no text holds by chance.
const (
	plantedPIN = "PLANTED77PIN"
	wrongPIN   = "WRONGLY88PIN"
	nextPIN    = "FOLLOWS99PIN"
	badPIN     = "not-the-form-of-a-pin"
)

// guises are the ways in which a secret may stand in a text.
func guises(secret []byte) map[string]string {
	units := utf16.Encode([]rune(string(secret)))
	var little, big []byte
	for _, u := range units {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	all := map[string]string{
		"plain": string(secret), "UTF-16LE": string(little), "UTF-16BE": string(big),
		"hex": hex.EncodeToString(secret), "HEX": strings.ToUpper(hex.EncodeToString(secret)),
		"decimal": strings.Trim(fmt.Sprint(secret), "[]"),
	}
	for shift := range 3 { // what stands before it moves the letters of base64
		padded := append(make([]byte, shift), secret...)
		encoded := base64.StdEncoding.EncodeToString(padded[:len(padded)/3*3])
		all[fmt.Sprintf("base64+%d", shift)] = encoded[(shift*8+5)/6:]
	}
	return all
}

// leaked returns the guises in which text holds secret.
func leaked(text string, secret []byte) []string {
	var names []string
	for name, guise := range guises(secret) {
		if strings.Contains(text, guise) {
			names = append(names, name)
		}
	}
	return names
}

// No PIN and no key is in what the kiosk says: errors, events, and its values formatted.
func TestSecretsAreNotTold(t *testing.T) {
	chip := prepared(t)
	var told strings.Builder
	say := func(v any) { fmt.Fprintf(&told, "%v %+v %#v %s %x\n", v, v, v, v, v) }
	k := newKiosk(t, chip, func(c *kiosk.Config) {
		c.Observe = func(e kiosk.Event) { say(e) }
		say(c.Master)
	})
	sayWork(t, k, chip, say)
	secrets := map[string][]byte{
		"PIN": []byte(plantedPIN), "wrong PIN": []byte(wrongPIN), "next PIN": []byte(nextPIN), "bad PIN": []byte(badPIN),
		"master key": chip.Master.Secret[:],
	}
	keys, err := chip.Master.Diversify(chip.Serial)
	must(t, err)
	secrets["kiosk key"], secrets["loading key"] = keys.Kiosk[:], keys.Loading[:]
	for name, number := range numbers(loaded(t, chip.Path, card.Signature)) {
		secrets[name] = number
	}
	for name, secret := range secrets {
		if got := leaked(told.String(), secret); len(got) != 0 {
			t.Errorf("%s is told as %v", name, got)
		}
		for guise, text := range guises(secret) {
			if len(leaked("before "+text+" after", secret)) == 0 {
				t.Errorf("the search does not find %s as %s", name, guise)
			}
		}
	}
}

// sayWork does all that can be done with a PIN, well and badly, and says every error and value.
func sayWork(t *testing.T, k *kiosk.Kiosk, chip *cardtest.Chip, say func(any)) {
	t.Helper()
	ctx := t.Context()
	s, err := k.Begin(ctx, chip.Card)
	must(t, err)
	failing := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("an act that must fail does not")
		}
		say(err)
	}
	choose(t, s, kiosk.KeyPair, card.Signature, kiosk.NewPIN)
	failing(s.SetPIN(ctx, badPIN))
	must(t, s.SetPIN(ctx, plantedPIN))
	failing(s.SetPIN(ctx, plantedPIN))
	must(t, s.Generate(ctx))
	must(t, s.Another())
	choose(t, s, kiosk.PINChange, card.Signature, kiosk.ExistingPIN)
	failing(s.SetPIN(ctx, nextPIN))
	failing(s.VerifyPIN(ctx, plantedPIN))
	failing(s.ChangePIN(ctx, wrongPIN, nextPIN))
	failing(s.ChangePIN(ctx, plantedPIN, badPIN))
	say(k)
	say(*k)
	say(s)
	say(*s)
	must(t, s.ChangePIN(ctx, plantedPIN, nextPIN))
	must(t, s.Return(ctx))
	_, err = newKiosk(t, chip, func(c *kiosk.Config) { c.Master[0].Secret[0]++ }).Begin(ctx, chip.Card)
	failing(err)
}
