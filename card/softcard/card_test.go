package softcard_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

func TestATR(t *testing.T) {
	chip := cardtest.Blank(t)
	if got, want := chip.Card.ATR(), unhex(t, "3B E0 00 FF 81 31 FE 45 14"); !bytes.Equal(got, want) {
		t.Errorf("ATR() = %X, want %X", got, want)
	}
	contactless := unhex(t, "3B 88 80 01 00 00 05 E0 B3 81 A1 00 7F")
	path := t.TempDir() + "/card.json"
	config := softcard.Config{Serial: "TEST000000000002", TransportKey: make([]byte, 32), ATR: contactless}
	if err := softcard.Create(path, config); err != nil {
		t.Fatal(err)
	}
	other, err := softcard.Open(path, softcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if got := other.ATR(); !bytes.Equal(got, contactless) {
		t.Errorf("ATR() = %X, want %X", got, contactless)
	}
}

func TestTokenInformation(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	selected(r)
	want := "JPKIAPICCTOKEN2                 " + "OPENJPKI TEST CARD              " +
		"SOFTCARD        " + "TEST000000000001" +
		"\x00\x00\x04\x0D" + "\x00\x00\x00\x01\x00\x00\x00\x00" + "\x00\x00\x00\x01\x00\x00\x00\x00" +
		"\x00\x00\x00\x10\x00\x00\x00\x06" +
		"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF" +
		"03" + "01" + "9999999999999999"
	if got := r.want("00B0860000", apdu.Success); string(got) != want || len(got) != 160 {
		t.Errorf("EF 0006 = %q, want %q", got, want)
	}
}

// The application is on the card before anything else is.
//
// Req: R-CRD-02
func TestSelect(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	tests := []struct {
		name, command string
		sw            apdu.SW
		data          string
	}{
		{"nothing after reset", "00A40000", apdu.WrongParameters, ""},
		{"file before application", "00A4020C020006", apdu.FileNotFound, ""},
		{"application, FCI wanted but no Le", "00A404000AD392F000260100000001", apdu.Success, ""},
		{"application with FCI", "00A404000AD392F00026010000000100", apdu.Success, "6F0C840AD392F000260100000001"},
		{"application with short FCI", "00A404000AD392F00026010000000102", apdu.Success, "6F0C"},
		{"application without FCI", "00A4040C0AD392F00026010000000100", apdu.Success, ""},
		{"part of the name", "00A4040C06D392F0002601", apdu.FileNotFound, ""},
		{"nothing in application", "00A40000", apdu.Success, ""},
		{"master file", "00A4000C023F00", apdu.FileNotFound, ""},
		{"file with FCI", "00A402000200060000", apdu.WrongLength, ""},
		{"file with FCI", "00A4020002000600", apdu.Success, "6F0483020006"},
		{"file of three bytes", "00A4020C03000600", apdu.WrongLength, ""},
		{"next occurrence", "00A4040E0AD392F000260100000001", apdu.WrongParameters, ""},
		{"by path", "00A4080C020006", apdu.WrongParameters, ""},
	}
	for _, tt := range tests {
		if got := r.want(tt.command, tt.sw); !bytes.Equal(got, unhex(t, tt.data)) {
			t.Errorf("%s: data %X, want %s", tt.name, got, tt.data)
		}
	}
}

func TestReadBinary(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	selected(r)
	whole := r.Certificates[card.Authentication].Raw
	size := len(whole)
	r.want("00A4020C02000A", apdu.Success)
	tests := []struct {
		name, command string
		sw            apdu.SW
		data          []byte
	}{
		{"extended Le", "00B00000000010", apdu.Success, whole[:16]},
		{"extended Le for all", "00B00000000000", apdu.Success, whole},
		{"more than the rest", "00B0030000", apdu.Success, whole[0x300:min(size, 0x400)]},
		{"short file with offset", "00B08AFF02", apdu.Success, whole[0xFF:0x101]},
		{"unknown short file", "00B0890004", apdu.FileNotFound, nil},
		{"no short file", "00B0800004", apdu.FileNotFound, nil},
		{"reserved bits", "00B0CA0004", apdu.WrongParameters, nil},
		{"past the end", "00B07FFF01", apdu.WrongOffset, nil},
		{"no Le", "00B00000", apdu.WrongLength, nil},
		{"data", "00B0000001FF04", apdu.WrongLength, nil},
		{"key by short identifier", "00B0970004", apdu.IncompatibleFile, nil},
	}
	for _, tt := range tests {
		if got := r.want(tt.command, tt.sw); !bytes.Equal(got, tt.data) {
			t.Errorf("%s: %d bytes, want %d", tt.name, len(got), len(tt.data))
		}
	}
	r.want("00A4020C02000A", apdu.Success)
	end := []byte{0x00, 0xB0, byte(size >> 8), byte(size), 0x01}
	if sw := r.transmit(end).SW; sw != apdu.WrongOffset {
		t.Errorf("reading at the end = %v, want WrongOffset", sw)
	}
}

func TestSignLengths(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	selected(r)
	r.want("0020009804"+"31323334", apdu.Success)
	tests := []struct {
		name, command string
		want          apdu.SW
	}{
		{"no data", "802A009700", apdu.WrongLength},
		{"no Le", "802A00970101", apdu.WrongLength},
		{"Le too short", "802A00970101FF", apdu.WrongLength},
		{"extended", "802A009700000101" + "0100", apdu.Success},
		{"key by wrong identifier", "802A0098010100", apdu.WrongParameters},
		{"P1 of PSS", "802A0497010100", apdu.WrongParameters},
		{"chained", "902A0097010100", apdu.ChainingNotSupported},
	}
	for _, tt := range tests {
		if got := r.send(tt.command).SW; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGetChallenge(t *testing.T) {
	r := newRig(t, cardtest.Blank(t))
	selected(r)
	for _, tt := range []struct {
		command string
		sw      apdu.SW
		size    int
	}{
		{"0084000001", apdu.Success, 1},
		{"0084000000", apdu.Success, 256},
		{"00840000", apdu.WrongLength, 0},
		{"00840000000101", apdu.WrongLength, 0}, // 257
		{"0084000108", apdu.WrongParameters, 0},
	} {
		if got := r.want(tt.command, tt.sw); len(got) != tt.size {
			t.Errorf("%s: %d bytes, want %d", tt.command, len(got), tt.size)
		}
	}
	if a, b := r.want("0084000010", apdu.Success), r.want("0084000010", apdu.Success); bytes.Equal(a, b) {
		t.Errorf("two challenges are both %X", a)
	}
}

// TestConcurrent signs from many goroutines at once.
func TestConcurrent(t *testing.T) {
	chip := cardtest.New(t)
	r := newRig(t, chip)
	selected(r)
	r.want("0020009804"+"31323334", apdu.Success)
	public := chip.Certificates[card.Authentication].PublicKey.(*rsa.PublicKey)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			data := []byte{byte(i)}
			answer, err := chip.Card.Transmit(t.Context(), unhex(t, fmt.Sprintf("802A009701%02X00", i)))
			if err == nil {
				err = rsa.VerifyPKCS1v15(public, crypto.Hash(0), data, answer[:max(len(answer)-2, 0)])
			}
			if err != nil {
				t.Errorf("signature %d: %v", i, err)
			}
		})
	}
	group.Wait()
}

// Without power nothing stays selected, verified or authenticated.
func TestReset(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	atCounter(r)
	r.want("0020009804"+"31323334", apdu.Success)
	if err := r.Card.Reset(); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"802A0097010100", "00B08A0004", "002C0398", "002401980439393939"} {
		r.want(command, apdu.NoCurrentFile)
	}
}

func TestClosed(t *testing.T) {
	chip := cardtest.Blank(t)
	for range 2 {
		if err := chip.Card.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chip.Card.Transmit(t.Context(), unhex(t, selectAP)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Transmit = %v, want os.ErrClosed", err)
	}
	if err := chip.Card.Reset(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Reset = %v, want os.ErrClosed", err)
	}
	if err := chip.Card.Tamper(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Tamper = %v, want os.ErrClosed", err)
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := cardtest.Blank(t).Card.Transmit(ctx, unhex(t, selectAP)); !errors.Is(err, context.Canceled) {
		t.Errorf("Transmit = %v, want context.Canceled", err)
	}
}

// TestTamper erases a complete card: no secret is left in its file, and the card
// says what has happened.
//
// Req: R-CRD-09
func TestTamper(t *testing.T) {
	chip := cardtest.New(t)
	secrets := secretsOf(t, chip)
	if err := chip.Card.Tamper(); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, chip.Copy(t))
	r.want(selectAP, apdu.Terminated)
	r.want("00200098", apdu.NoCurrentFile)
	for name, left := range secretsOf(t, chip) {
		if len(left) > 0 {
			t.Errorf("%s is left in the file (had %d bytes)", name, len(secrets[name]))
		}
	}
	if _, err := card.Open(t.Context(), chip.Card); !errors.Is(err, card.ErrTerminated) {
		t.Errorf("Open = %v, want ErrTerminated", err)
	}
}
