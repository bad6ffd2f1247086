package softcard_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

func TestCreateRefuses(t *testing.T) {
	key := make([]byte, 32)
	tests := []struct {
		name   string
		config softcard.Config
		want   string
	}{
		{"short serial", softcard.Config{Serial: "TEST", TransportKey: key}, "serial number"},
		{"serial in small letters", softcard.Config{Serial: "test000000000001", TransportKey: key}, "serial number"},
		{"no transport key", softcard.Config{Serial: "TEST000000000001"}, "transport key has 0 bytes"},
		{"ATR", softcard.Config{Serial: "TEST000000000001", TransportKey: key, ATR: []byte{0x3B}}, "ATR has 1 byte"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "card.json")
			err := softcard.Create(path, tt.config)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Create = %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the file is there (%v)", err)
			}
		})
	}
}

func TestCreateKeepsOldCard(t *testing.T) {
	chip := cardtest.Blank(t)
	config := softcard.Config{Serial: chip.Serial, TransportKey: make([]byte, 32)}
	if err := softcard.Create(chip.Path, config); !errors.Is(err, softcard.ErrInUse) {
		t.Errorf("Create over an open card = %v, want ErrInUse", err)
	}
	if err := chip.Card.Close(); err != nil {
		t.Fatal(err)
	}
	if err := softcard.Create(chip.Path, config); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a card = %v, want fs.ErrExist", err)
	}
	chip.Open(t, softcard.Options{})
	chip.Prepare(t) // by the old transport key
}

func TestStateFileIsPrivate(t *testing.T) {
	chip := cardtest.New(t)
	info, err := os.Stat(chip.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the state file = %v, %v, want 0600", info.Mode(), err)
	}
}

func TestTwoOpeners(t *testing.T) {
	chip := cardtest.Blank(t)
	if _, err := softcard.Open(chip.Path, softcard.Options{}); !errors.Is(err, softcard.ErrInUse) {
		t.Errorf("second Open = %v, want ErrInUse", err)
	}
	child := newChild(t, chip.Path)
	child.start()
	if line := child.line(); line != "in use" {
		t.Errorf("another process says %q, want \"in use\"", line)
	}
	if err := chip.Card.Close(); err != nil {
		t.Fatal(err)
	}
	chip.Open(t, softcard.Options{})
}

func TestOpenRefuses(t *testing.T) {
	chip := cardtest.New(t)
	good, err := os.ReadFile(chip.Path)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, old, new string
	}{
		{"no JSON", "{", ""},
		{"other format", `"format": 1`, `"format": 2`},
		{"serial", chip.Serial, "?"},
		{"tries", `"tries": 5`, `"tries": 6`},
		{"negative tries", `"tries": 3`, `"tries": -1`},
		{"transport key", `"key": "`, `"key": "AAAA`},
		{"private key", `"key": "MII`, `"key": "MIIC`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "card.json")
			bad := bytes.Replace(good, []byte(tt.old), []byte(tt.new), 1)
			if bytes.Equal(bad, good) {
				t.Fatalf("%q is not in the file", tt.old)
			}
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if opened, err := softcard.Open(path, softcard.Options{}); err == nil {
				t.Error("Open takes the file")
				opened.Close()
			}
		})
	}
	folder := t.TempDir()
	if _, err := softcard.Open(filepath.Join(folder, "none"), softcard.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing = %v, want fs.ErrNotExist", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("Open of nothing leaves %v behind (error %v)", left, err)
	}
}

// TestWrittenBeforeAnswer looks at a copy of the state file after each answer
// that tells of a change.
func TestWrittenBeforeAnswer(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	r.spare = newKey(t, 2048)
	at := func() file { return readFile(t, r.Path) }
	steps := []struct {
		name string
		do   func()
		done func(file) bool
	}{
		{"wrong transport key", func() { r.reset(); r.authenticate(0x81, card.Secret{1}) }, func(f file) bool { return f.Transport.Tries == 9 }},
		{"transport key", func() { r.counter() }, func(f file) bool { return f.Transport.Tries == 10 }},
		{"PUT KEY", func() { r.transmit(putKeys(r)) }, func(f file) bool { return f.Permit.Loading != nil }},
		{"wrong kiosk key", func() { r.authenticate(0x82, card.Secret{1}) }, func(f file) bool { return f.Permit.Kiosk.Tries == 9 }},
		{"kiosk key", func() { r.kiosk() }, func(f file) bool { return f.Permit.Kiosk.Tries == 10 }},
		{"first PIN", func() { r.send("0024019804 31323334") }, func(f file) bool { return string(f.Authentication.PIN.Value) == "1234" }},
		{"wrong PIN", func() { r.send("0020009804 30303030") }, func(f file) bool { return f.Authentication.PIN.Tries == 2 }},
		{"PIN", func() { r.send("0020009804 31323334") }, func(f file) bool { return f.Authentication.PIN.Tries == 3 }},
		{"new PIN", func() { r.send("0024019804 35363738") }, func(f file) bool { return string(f.Authentication.PIN.Value) == "5678" }},
		{"private key", func() { r.transmit(importKey(r)) }, func(f file) bool { return f.Authentication.Pending != nil }},
		{"proof", func() { r.send("00A4020C0200F3"); r.transmit(command(0xD6, 0, 0, newRequest(r, r.spare))) }, func(f file) bool { return f.Authentication.Proof != nil }},
		{"another private key", func() { r.transmit(importKey(r)) }, func(f file) bool { return f.Authentication.Proof == nil }},
		{"CA certificate", func() { r.counter(); r.send("00A4020C02000B"); r.transmit(writeForeign(r)) }, func(f file) bool { return f.Authentication.CA != nil }},
		{"certificate", func() { r.transmit(writeCertificate(r)) }, func(f file) bool {
			return f.Authentication.Key != nil && f.Authentication.Pending == nil && f.Authentication.Certificate != nil && f.Authentication.Proof == nil && f.Permit.Loading == nil
		}},
		{"one try less", func() { r.send("0020009804 30303030") }, func(f file) bool { return f.Authentication.PIN.Tries == 2 }},
		{"unlocked", func() { r.send("002C0398") }, func(f file) bool { return f.Authentication.PIN.Tries == 3 }},
		{"initialised", func() { r.send("002C0298") }, func(f file) bool { return f.Authentication.PIN.Value == nil }},
	}
	for _, s := range steps {
		if s.done(at()) {
			t.Fatalf("%s: the file says so before", s.name)
		}
		s.do()
		if !s.done(at()) {
			t.Fatalf("%s: the answer has come, but not to the file", s.name)
		}
		r.Copy(t) // and it is a card
	}
}

// TestNoAnswerWithoutWriting takes the folder of the card away: there is then no
// answer that would tell a right PIN from a wrong one, and no try is gained.
func TestNoAnswerWithoutWriting(t *testing.T) {
	chip := cardtest.New(t)
	r := newRig(t, chip)
	selected(r)
	folder := filepath.Dir(chip.Path)
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	var errs []string
	for _, pin := range []string{"30303030", "31323334"} {
		answer, err := chip.Card.Transmit(t.Context(), unhex(t, verifyAuthentication+pin))
		if err == nil {
			t.Fatalf("VERIFY = %X, want no answer", answer)
		}
		errs = append(errs, err.Error())
	}
	if errs[0] != errs[1] {
		t.Errorf("a wrong PIN gives %q, the right one %q", errs[0], errs[1])
	}
	r.want("802A0097010100", apdu.SecurityNotSatisfied)
	if err := os.Rename(folder+".away", folder); err != nil {
		t.Fatal(err)
	}
	r.want(askAuthentication, apdu.PINRetries(3))
	r.want(verifyAuthentication+"31323334", apdu.Success)
}
