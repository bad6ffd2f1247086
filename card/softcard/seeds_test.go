package softcard_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

// TestSeeds plays the seeds of FuzzCommands and sees that each still does what it
// was recorded for. With -update it records them anew.
func TestSeeds(t *testing.T) {
	if *update {
		record(t)
	}
	blank, issued := read(t, "blank.json"), read(t, "issued.json")
	tests := []struct {
		name string
		card []byte
		done func(file) bool
	}{
		{"opensc", issued, func(file) bool { return true }},
		{"client", issued, func(f file) bool { return f.Signature.PIN.Tries == 4 && string(f.Authentication.PIN.Value) == "4321" }},
		{"loading", blank, func(f file) bool { return f.Signature.Certificate != nil && f.Authentication.Certificate != nil }},
		{"renewal", issued, func(f file) bool {
			return !bytes.Equal(f.Authentication.Key, stateOf(t, issued).Authentication.Key)
		}},
		{"unlock", issued, func(f file) bool { return f.Signature.PIN.Value == nil && f.Authentication.PIN.Tries == 3 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlayer(t, tt.card)
			p.play(seedOf(t, tt.name)[1:])
			if !tt.done(p.state) {
				t.Error("the seed does not reach its end")
			}
		})
	}
}

// seedOf returns a recorded sequence.
func seedOf(t *testing.T, name string) (sequence []byte) {
	t.Helper()
	if _, err := fmt.Sscanf(string(read(t, "fuzz/FuzzCommands/"+name)), "go test fuzz v1\n[]byte(%q)", &sequence); err != nil {
		t.Fatal(err)
	}
	return sequence
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func stateOf(t *testing.T, state []byte) file {
	t.Helper()
	path := filepath.Join(t.TempDir(), "card.json")
	if err := os.WriteFile(path, state, 0o600); err != nil {
		t.Fatal(err)
	}
	return readFile(t, path)
}

// record writes the cards and seeds in testdata.
func record(t *testing.T) {
	chip := cardtest.Blank(t)
	recorded := func(name string, first byte, chip *cardtest.Chip, act func(*recorder)) *cardtest.Chip {
		r := &recorder{T: t, Chip: chip.Copy(t), sequence: []byte{first}}
		if err := r.Card.Close(); err != nil {
			t.Fatal(err)
		}
		r.Open(t, softcard.Options{Rand: same{}})
		act(r)
		save(t, "fuzz/FuzzCommands/"+name, fmt.Appendf(nil, "go test fuzz v1\n[]byte(%+q)\n", r.sequence))
		return r.Chip
	}
	save(t, "blank.json", state(t, chip))
	issued := recorded("loading", 0, chip, (*recorder).loading)
	save(t, "issued.json", state(t, issued))
	recorded("opensc", 1, issued, (*recorder).opensc)
	recorded("client", 1, issued, (*recorder).client)
	recorded("renewal", 1, issued, func(r *recorder) { renew(t, r.Chip, wire{r.Card, r.tap}) })
	recorded("unlock", 1, issued, (*recorder).unlock)
}

func state(t *testing.T, chip *cardtest.Chip) []byte {
	t.Helper()
	b, err := os.ReadFile(chip.Path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func save(t *testing.T, name string, b []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// recorder writes down what is sent to a card.
type recorder struct {
	*testing.T
	*cardtest.Chip
	sequence []byte
}

func (r *recorder) tap(command, _ []byte) {
	r.sequence = binary.BigEndian.AppendUint16(r.sequence, uint16(len(command)))
	r.sequence = append(r.sequence, command...)
}

func (r *recorder) reset() {
	r.sequence = append(r.sequence, 0, 0)
	if err := r.Card.Reset(); err != nil {
		r.Fatal(err)
	}
}

func (r *recorder) open() *card.Card {
	r.Helper()
	r.reset()
	opened, err := card.Open(r.Context(), wire{r.Card, r.tap})
	if err != nil {
		r.Fatal(err)
	}
	return opened
}

// loading is the first issue of a card.
func (r *recorder) loading() {
	through := wire{r.Card, r.tap}
	keys, err := r.Master.Diversify(r.Serial)
	if err != nil {
		r.Fatal(err)
	}
	counter, err := r.open().AuthenticateCounter(r.Context(), r.Transport)
	if err != nil {
		r.Fatal(err)
	}
	if _, err := counter.PutKeys(r.Context(), keys); err != nil {
		r.Fatal(err)
	}
	r.reset()
	signature, authentication := newKey(r, 2048), newKey(r, 2048)
	load(r.T, r.Chip, through, card.Signature, signature)
	load(r.T, r.Chip, through, card.Authentication, authentication)
	if counter, err = r.open().AuthenticateCounter(r.Context(), r.Transport); err != nil {
		r.Fatal(err)
	}
	for _, w := range []struct {
		file card.File
		key  *rsa.PrivateKey
	}{
		{card.SignatureCA, newKey(r, 2048)}, {card.SignatureCertificate, signature},
		{card.AuthenticationCA, newKey(r, 2048)}, {card.AuthenticationCertificate, authentication},
	} {
		if err := counter.WriteCertificate(r.Context(), w.file, certify(r, &w.key.PublicKey)); err != nil {
			r.Fatal(err)
		}
	}
}

// client is a day in the life of a card.
func (r *recorder) client() {
	ctx := r.Context()
	c := r.open()
	for _, key := range []card.Key{card.Signature, card.Authentication} {
		signer, err := c.Signer(ctx, key, func(key card.Key, _ int) (string, error) { return cardtest.PIN(key), nil })
		if err != nil {
			r.Fatal(err)
		}
		if _, err := signer.Sign(nil, make([]byte, 32), crypto.SHA256); err != nil {
			r.Fatal(err)
		}
	}
	if err := c.ChangePIN(ctx, card.Authentication, "1234", "4321"); err != nil {
		r.Fatal(err)
	}
	if err := c.Verify(ctx, card.Signature, "WRONG1"); err == nil {
		r.Fatal("a wrong PIN is taken")
	}
	if _, err := c.TokenInfo(ctx); err != nil {
		r.Fatal(err)
	}
}

// unlock blocks a PIN; the counter unlocks it and removes the other one.
func (r *recorder) unlock() {
	ctx := r.Context()
	c := r.open()
	for range 3 {
		if err := c.VerifyLastTry(ctx, card.Authentication, "0000"); err == nil {
			r.Fatal("a wrong PIN is taken")
		}
	}
	counter, err := c.AuthenticateCounter(ctx, r.Transport)
	if err != nil {
		r.Fatal(err)
	}
	if err := counter.UnlockPIN(ctx, card.Authentication); err != nil {
		r.Fatal(err)
	}
	if err := counter.InitialisePIN(ctx, card.Signature); err != nil {
		r.Fatal(err)
	}
}

// opensc is what OpenSC sends: its search for other cards, then the JPKI driver
// listing objects and signing with the authentication key.
func (r *recorder) opensc() {
	const aid, read, header = "00A4040C0AD392F000260100000001", "00B0000000", "00B0000004"
	commands := []string{
		"00A40400076276 01FF000000", "00A4040006A00000000101", "00CADF3005", "00CB3FFF035C017E08",
		"00A4040009A00000030800001000 00", "00A404000CF276A288BCFBA69D34F31001", aid,
		aid, "00A4020C020018", "00200080", "00A4020C02001B", "00200080",
		"00A4020C02000A", header, read, "00B0010000", "00A4020C020001", header,
		"00A4020C02000B", header, read, "00B0010000", "00A4020C020002", header, read, "00B0010000",
		"00A4020C020018", "00200080", "00A4020C020018", "002000800431323334", "00A4020C020017",
		"802A0080333031300D060960864801650304020105000420" + strings.Repeat("A5", 32) + "00",
	}
	r.reset()
	for _, command := range commands {
		if _, err := (wire{r.Card, r.tap}).Transmit(r.Context(), unhex(r, command)); err != nil {
			r.Fatal(err)
		}
	}
}
