package softcard_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"os"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// wire carries commands to a card and shows each exchange to tap.
type wire struct {
	next card.Transmitter
	tap  func(command, response []byte)
}

func (w wire) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	response, err := w.next.Transmit(ctx, command)
	if err == nil {
		w.tap(command, response)
	}
	return response, err
}

// The card comes with its keys, then carries the public key to the counter, then
// gets its certificates there.
//
// Req: R-CRD-06
func TestLoading(t *testing.T) {
	chip := cardtest.Blank(t)
	opened, err := card.Open(t.Context(), chip.Card)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.AuthenticateKiosk(t.Context(), chip.Master); !errors.Is(err, card.ErrNotPrepared) {
		t.Errorf("kiosk with a blank card: %v, want ErrNotPrepared", err)
	}
	chip.Prepare(t)
	chip.Load(t, card.Signature, card.Authentication)
	if got := available(t, chip); got != (card.Availability{}) {
		t.Errorf("after loading: %+v, want no certificate", got)
	}
	public := map[card.Key]any{}
	for _, key := range []card.Key{card.Signature, card.Authentication} {
		proof, err := opened.Proof(t.Context(), key, chip.Nonce)
		if err != nil {
			t.Fatal(err)
		}
		public[key] = proof.PublicKey
	}
	chip.Issue(t, card.Signature)
	if got, want := available(t, chip), (card.Availability{Signature: true}); got != want {
		t.Errorf("after the first certificate: %+v, want %+v", got, want)
	}
	chip.Issue(t, card.Authentication)
	if got, want := available(t, chip), (card.Availability{Signature: true, Authentication: true}); got != want {
		t.Errorf("after the second certificate: %+v, want %+v", got, want)
	}
	for key, want := range public {
		if got := chip.Certificates[key].PublicKey.(*rsa.PublicKey); !got.Equal(want.(*rsa.PublicKey)) {
			t.Errorf("%s certificate is for another key than its proof", key)
		}
	}
	// The permit ends with the issue.
	if _, err := opened.AuthenticateKiosk(t.Context(), chip.Master); !errors.Is(err, card.ErrNotPrepared) {
		t.Errorf("kiosk with an issued card: %v, want ErrNotPrepared", err)
	}
}

func available(t *testing.T, chip *cardtest.Chip) card.Availability {
	t.Helper()
	opened, err := card.Open(t.Context(), chip.Card)
	if err != nil {
		t.Fatal(err)
	}
	got, err := opened.Availability(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The counter writes the two keys by itself, and what passes between it and the
// card shows none of them.
//
// Req: R-CRD-05
func TestCardKeysTravelSealed(t *testing.T) {
	chip := cardtest.Blank(t)
	var sniffed []byte
	opened, err := card.Open(t.Context(), wire{chip.Card, func(command, response []byte) {
		sniffed = append(append(sniffed, command...), response...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	counter, err := opened.AuthenticateCounter(t.Context(), chip.Transport)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := chip.Master.Diversify(chip.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := counter.PutKeys(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	written := readFile(t, chip.Path).Permit
	if !bytes.Equal(written.Kiosk.Key, keys.Kiosk[:]) || !bytes.Equal(written.Loading, keys.Loading[:]) {
		t.Error("the card did not get its keys")
	}
	for name, key := range map[string]card.Secret{"transport": chip.Transport, "kiosk": keys.Kiosk, "loading": keys.Loading} {
		if bytes.Contains(sniffed, key[:8]) || bytes.Contains(sniffed, key[24:]) {
			t.Errorf("the %s key is in the exchange", name)
		}
	}
}

// What passes between kiosk and card holds no part of the private key.
//
// Req: R-CRD-04
func TestPrivateKeyTravelsSealed(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	var sniffed, lastCommand []byte
	tapped := wire{chip.Card, func(command, response []byte) {
		sniffed = append(append(sniffed, command...), response...)
		if parsed, err := apdu.Parse(command); err == nil {
			lastCommand = append(lastCommand, parsed.Data...) // chained data without headers
		}
	}}
	key := newKey(t, 2048)
	der := pkcs8(t, key)
	if !leaks(der, key) {
		t.Fatal("leaks does not find a key in its own PKCS#8")
	}
	load(t, chip, tapped, card.Signature, key)
	for name, data := range map[string][]byte{"exchange": sniffed, "command data": lastCommand} {
		if len(data) < len(der) || leaks(data, key) {
			t.Errorf("%s of %d bytes holds a part of the private key, or not even its length", name, len(data))
		}
	}
	if got := readFile(t, chip.Path).Signature.Pending; !bytes.Equal(got, der) {
		t.Error("the card did not get this key")
	}
}

// load is what the kiosk does for one key.
func load(t *testing.T, chip *cardtest.Chip, through card.Transmitter, key card.Key, private *rsa.PrivateKey) {
	t.Helper()
	opened, err := card.Open(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	kiosk, err := opened.AuthenticateKiosk(t.Context(), chip.Master)
	if err != nil {
		t.Fatal(err)
	}
	if err := kiosk.SetPIN(t.Context(), key, cardtest.PIN(key)); err != nil {
		t.Fatal(err)
	}
	if err := kiosk.LoadPrivateKey(t.Context(), key, pkcs8(t, private)); err != nil {
		t.Fatal(err)
	}
	if err := kiosk.ProvePossession(t.Context(), key, &private.PublicKey); err != nil {
		t.Fatal(err)
	}
}

// Keys that are not sealed for this card, this session and this file are refused
// and change nothing.
//
// Req: R-CRD-04
func TestImportRefuses(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	chip.Load(t, card.Signature, card.Authentication)
	r := newRig(t, chip)
	key := pkcs8(t, newKey(t, 2048))
	tests := []struct {
		name  string
		build func() []byte
		want  apdu.SW
	}{
		{"in clear", func() []byte { return command(0x48, 0, 0x97, key) }, apdu.WrongSecuredData},
		{"other loading key", func() []byte { return r.importKey(card.Secret{1}, key) }, apdu.WrongSecuredData},
		{"kiosk key", func() []byte { return r.importKey(r.keys().Kiosk, key) }, apdu.WrongSecuredData},
		{"other file", func() []byte {
			return command(0x48, 0, 0x9A, r.seal(r.keys().Loading, 0x48, 0x9A, 0x0017, key))
		}, apdu.WrongSecuredData},
		{"other parameters", func() []byte {
			return command(0x48, 0, 0x97, r.seal(r.keys().Loading, 0x48, 0x80, 0x0017, key))
		}, apdu.WrongSecuredData},
		{"other session", func() []byte {
			old := r.importKey(r.keys().Loading, key)
			atKioskWithPINs(r)
			return old
		}, apdu.WrongSecuredData},
		{"other card", func() []byte {
			sealed := *r.Chip
			sealed.Serial = "TEST000000000002"
			return (&rig{TB: t, Chip: &sealed, bound: r.bound}).importKey(r.keys().Loading, key)
		}, apdu.WrongSecuredData},
		{"too short", func() []byte { return command(0x48, 0, 0x97, []byte{1}) }, apdu.WrongSecuredData},
		{"no key", func() []byte { return r.importKey(r.keys().Loading, []byte("no key")) }, apdu.WrongData},
		{"RSA-1024", func() []byte { return r.importKey(r.keys().Loading, pkcs8(t, newKey(t, 1024))) }, apdu.WrongData},
		{"P1", func() []byte { return command(0x48, 1, 0x97, key) }, apdu.WrongParameters},
	}
	before, err := os.ReadFile(chip.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			atKioskWithPINs(r)
			if got := r.transmit(tt.build()).SW; got != tt.want {
				t.Errorf("IMPORT PRIVATE KEY = %v, want %v", got, tt.want)
			}
		})
	}
	after, err := os.ReadFile(chip.Path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the card has changed (error %v)", err)
	}
}

func TestPutKeyRefuses(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	atCounter(r)
	old := putKeys(r)
	if sw := r.transmit(old).SW; sw != apdu.Success {
		t.Fatal(sw)
	}
	atCounter(r)
	if sw := r.transmit(old).SW; sw != apdu.WrongSecuredData {
		t.Errorf("PUT KEY of an earlier session = %v, want WrongSecuredData", sw)
	}
	if sw := r.transmit(r.putKey(r.permit(r.keys())[1:])).SW; sw != apdu.WrongData {
		t.Errorf("PUT KEY with a byte less = %v, want WrongData", sw)
	}
	if sw := r.transmit(command(0xD8, 0, 1, nil)).SW; sw != apdu.WrongParameters {
		t.Errorf("PUT KEY with P2 = 01: %v, want WrongParameters", sw)
	}
}

func TestUpdateBinary(t *testing.T) {
	chip := cardtest.New(t)
	r := newRig(t, chip)
	atCounter(r)
	r.want("00A4020C02000A", apdu.Success)
	whole := apdu.Command{INS: 0xD6, Data: chip.Certificates[card.Authentication].Raw}
	send := func(parts ...apdu.Command) (last apdu.SW) {
		for _, part := range parts {
			last = r.transmit(part.Bytes()).SW
		}
		return last
	}
	chain := whole.Chain(200)
	other := chain[0]
	other.P2 = 1
	other.CLA = 0
	tests := []struct {
		name string
		send []apdu.Command
		want apdu.SW
	}{
		{"extended", []apdu.Command{whole}, apdu.Success},
		{"chained", chain, apdu.Success},
		{"the end of a chain alone", chain[1:], apdu.WrongData},
		{"chain broken by another command", append([]apdu.Command{chain[0], {INS: 0x84, Le: 16}}, chain[1:]...), apdu.WrongData},
		{"chain broken by other parameters", []apdu.Command{chain[0], other}, apdu.WrongOffset},
		{"chained again", chain, apdu.Success},
		{"too long", apdu.Command{INS: 0xD6, Data: make([]byte, 4097)}.Chain(255), apdu.WrongLength},
		{"with Le", []apdu.Command{{INS: 0xD6, Data: whole.Data, Le: 1}}, apdu.WrongLength},
		{"nothing", []apdu.Command{{INS: 0xD6}}, apdu.WrongLength},
		{"not from the start", []apdu.Command{{INS: 0xD6, P2: 1, Data: whole.Data}}, apdu.WrongOffset},
	}
	for _, tt := range tests {
		if got := send(tt.send...); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := login(t, chip); !bytes.Equal(got, whole.Data) {
		t.Error("the certificate has changed")
	}
}

func TestWriteProofRefuses(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	chip.Load(t, card.Authentication)
	r := newRig(t, chip)
	atKiosk(r)
	foreign := newRequest(t, newKey(t, 2048))
	for name, der := range map[string][]byte{"another key's": foreign, "nonsense": {0x30, 0x00}} {
		r.want("00A4020C0200F3", apdu.Success)
		if got := r.transmit(command(0xD6, 0, 0, der)).SW; got != apdu.WrongData {
			t.Errorf("%s proof = %v, want WrongData", name, got)
		}
	}
}
