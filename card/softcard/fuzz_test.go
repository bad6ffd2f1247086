package softcard_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card/softcard"
)

// A sequence is one byte, odd for an issued card and even for a blank one, then
// commands, each after its length in two bytes. Length 0 is a reset.

// FuzzCommands plays sequences and checks after each command what must hold
// whatever was sent. Its seeds are written by TestSeeds with -update.
//
// Req: R-CRD-07
// Req: R-SEC-10
func FuzzCommands(f *testing.F) {
	cards := [2][]byte{}
	for i, name := range []string{"blank.json", "issued.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		cards[i] = b
	}
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, sequence []byte) {
		if len(sequence) == 0 {
			return
		}
		p := newPlayer(t, cards[sequence[0]&1])
		p.play(sequence[1:])
	})
}

// same is a source of challenges that repeats itself, so that a recorded
// cryptogram holds when it is played again.
type same struct{}

func (same) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 0x5A
	}
	return len(b), nil
}

// player plays a sequence on a card.
type player struct {
	*testing.T
	path  string
	card  *softcard.Card
	state file // as it was before the command
	// Since reset or selection: PINs verified (signature, authentication), and
	// the key reference of the party that has authenticated.
	verified [2]bool
	party    byte
	keys     map[string]*rsa.PrivateKey // parsed so far
}

func newPlayer(t *testing.T, state []byte) *player {
	p := &player{T: t, path: filepath.Join(t.TempDir(), "card.json"), keys: map[string]*rsa.PrivateKey{}}
	if err := os.WriteFile(p.path, state, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.card, err = softcard.Open(p.path, softcard.Options{Rand: same{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.card.Close() })
	p.state = readFile(t, p.path)
	return p
}

func (p *player) play(sequence []byte) {
	for steps := 0; len(sequence) >= 2 && steps < 200; steps++ {
		size := int(binary.BigEndian.Uint16(sequence))
		sequence = sequence[2:]
		if size == 0 {
			p.verified, p.party = [2]bool{}, 0
			if err := p.card.Reset(); err != nil {
				p.Fatal(err)
			}
			continue
		}
		size = min(size, len(sequence))
		p.step(sequence[:size])
		sequence = sequence[size:]
	}
}

func (p *player) step(command []byte) {
	answer, err := p.card.Transmit(p.Context(), command)
	if err != nil {
		p.Fatal(err)
	}
	response, err := apdu.ParseResponse(answer)
	if err != nil {
		p.Fatal(err)
	}
	cmd, err := apdu.Parse(command)
	if err != nil {
		if response.SW != apdu.WrongLength {
			p.Errorf("%X = %v, want WrongLength", command, response.SW)
		}
		return
	}
	if response.SW == apdu.Success {
		p.follow(cmd)
		p.checkData(cmd, response.Data)
	} else if len(response.Data) > 0 {
		p.Errorf("%X = %v with data", command, response.SW)
	}
	if cmd.INS == 0x82 && response.SW != apdu.Success {
		p.party = 0
	}
	p.checkState(cmd, response.SW)
}

// follow keeps the player's own account of who may do what.
func (p *player) follow(cmd apdu.Command) {
	switch {
	case cmd.INS == 0xA4 && cmd.P1 == 0x04:
		p.verified, p.party = [2]bool{}, 0
	case cmd.INS == 0x82:
		p.party = cmd.P2
	case cmd.INS == 0x20:
		slots := p.state.slots()
		i := 0
		if len(cmd.Data) == 4 {
			i = 1
		}
		if pin := slots[i].PIN; pin.Tries == 0 || pin.Value == nil || !bytes.Equal(pin.Value, cmd.Data) {
			p.Errorf("VERIFY takes a PIN that is not the card's, or is blocked")
		}
		p.verified[i] = true
	}
}

// checkData checks what a successful command returned.
func (p *player) checkData(cmd apdu.Command, data []byte) {
	if len(data) < 16 {
		return
	}
	for i, slot := range p.state.slots() {
		for _, key := range p.privateKeys(slot) {
			if leaks(data, key) {
				p.Errorf("INS %02X returns a part of a private key", cmd.INS)
			}
			signed := cmd.INS == 0x2A && rsa.VerifyPKCS1v15(&key.PublicKey, crypto.Hash(0), cmd.Data, data) == nil
			if signed && !p.verified[i] {
				p.Errorf("key %d signs without its PIN", i)
			}
		}
	}
	if cmd.INS == 0xB0 && !p.verified[0] && p.onlyInSignatureCertificate(data) {
		p.Errorf("the signature certificate is read without its PIN")
	}
}

// privateKeys are the keys in s, in use and waiting.
func (p *player) privateKeys(s fileSlot) []*rsa.PrivateKey {
	var keys []*rsa.PrivateKey
	for _, der := range [][]byte{s.Key, s.Pending} {
		if der == nil {
			continue
		}
		if p.keys[string(der)] == nil {
			key, err := x509.ParsePKCS8PrivateKey(der)
			if err != nil {
				p.Fatal(err)
			}
			p.keys[string(der)] = key.(*rsa.PrivateKey)
		}
		keys = append(keys, p.keys[string(der)])
	}
	return keys
}

func (p *player) onlyInSignatureCertificate(data []byte) bool {
	if !bytes.Contains(p.state.Signature.Certificate, data) {
		return false
	}
	other := p.state.Authentication
	for _, free := range [][]byte{p.state.Signature.CA, p.state.Signature.Proof, other.Certificate, other.CA, other.Proof} {
		if bytes.Contains(free, data) {
			return false
		}
	}
	return true
}

// checkState checks what a command has changed on the card.
func (p *player) checkState(cmd apdu.Command, sw apdu.SW) {
	before, now := p.state.slots(), readFile(p, p.path)
	p.state = now
	for i, slot := range now.slots() {
		old := before[i]
		did := func(ins byte, allowed bool) bool { return cmd.INS == ins && sw == apdu.Success && allowed }
		counter, kiosk := p.party == 0x81, p.party == 0x82
		if slot.PIN.Tries > old.PIN.Tries && !did(0x20, true) && !did(0x24, true) && !did(0x2C, counter) {
			p.Errorf("INS %02X raises the tries of PIN %d from %d to %d", cmd.INS, i, old.PIN.Tries, slot.PIN.Tries)
		}
		if !bytes.Equal(slot.PIN.Value, old.PIN.Value) && !did(0x24, p.verified[i] || kiosk && old.PIN.Value == nil) && !did(0x2C, counter) {
			p.Errorf("INS %02X changes PIN %d", cmd.INS, i)
		}
		if !bytes.Equal(slot.Pending, old.Pending) && !did(0x48, kiosk && p.verified[i]) && !did(0xD6, counter) {
			p.Errorf("INS %02X changes waiting key %d", cmd.INS, i)
		}
		certificateChanged := !bytes.Equal(slot.Certificate, old.Certificate)
		if (certificateChanged || !bytes.Equal(slot.Key, old.Key)) && !did(0xD6, counter) {
			p.Errorf("INS %02X changes key or certificate %d", cmd.INS, i)
		}
		if certificateChanged && !fits(p, slot) {
			p.Errorf("certificate %d does not fit its key", i)
		}
	}
}

func fits(t testing.TB, s fileSlot) bool {
	certificate, err := x509.ParseCertificate(s.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(s.Key)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PrivateKey).PublicKey.Equal(certificate.PublicKey)
}
