package card_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// transmitter is a card that is none of ours: a function.
type transmitter func(command []byte) ([]byte, error)

func (t transmitter) Transmit(_ context.Context, command []byte) ([]byte, error) {
	return t(command)
}

func open(t *testing.T, through card.Transmitter) *card.Card {
	t.Helper()
	c, err := card.Open(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpen(t *testing.T) {
	broken := errors.New("no reader")
	tests := []struct {
		name   string
		answer string
		err    error
		want   error
	}{
		{"other card", "6A82", nil, card.ErrNotJPKI},
		{"erased card", "6285", nil, card.ErrTerminated},
		{"other status", "6F00", nil, apdu.SW(0x6F00)},
		{"half an answer", "90", nil, apdu.ErrLength},
		{"no answer", "", broken, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := card.Open(t.Context(), transmitter(func([]byte) ([]byte, error) {
				b, _ := hex.DecodeString(tt.answer)
				return b, tt.err
			}))
			if !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTokenInfo(t *testing.T) {
	got, err := open(t, cardtest.Blank(t).Card).TokenInfo(t.Context())
	want := card.TokenInfo{
		Label: "JPKIAPICCTOKEN2", Manufacturer: "OPENJPKI TEST CARD", Model: "SOFTCARD", Serial: "TEST000000000001",
		TokenNumbers: card.TokenNumbers{
			Flags: 0x40D, MaxSessions: 1, MaxWriteSessions: 1, MaxPIN: 16, MinPIN: 6,
			PublicMemory: 0xFFFFFFFF, FreePublicMemory: 0xFFFFFFFF, PrivateMemory: 0xFFFFFFFF, FreePrivateMemory: 0xFFFFFFFF,
			Hardware: [2]byte{'0', '3'}, Firmware: [2]byte{'0', '1'}, Time: [16]byte([]byte(strings.Repeat("9", 16))),
		},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("TokenInfo: %v\n%s", err, diff)
	}
}

func TestCertificate(t *testing.T) {
	chip := cardtest.New(t)
	c := open(t, chip.Card)
	if _, err := c.Certificate(t.Context(), card.SignatureCertificate); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("signature certificate without PIN: %v, want SecurityNotSatisfied", err)
	}
	if err := c.Verify(t.Context(), card.Signature, cardtest.SignaturePIN); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[card.File][]byte{
		card.SignatureCertificate:      chip.Certificates[card.Signature].Raw,
		card.SignatureCA:               chip.Authorities[card.Signature].Raw,
		card.AuthenticationCertificate: chip.Certificates[card.Authentication].Raw,
		card.AuthenticationCA:          chip.Authorities[card.Authentication].Raw,
	} {
		got, err := c.Certificate(t.Context(), file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("Certificate(%s) has %d bytes (error %v), want %d", file, len(got), err, len(want))
		}
	}
	got, err := c.Availability(t.Context())
	if want := (card.Availability{Signature: true, Authentication: true}); err != nil || got != want {
		t.Errorf("Availability = %+v, %v, want %+v", got, err, want)
	}
	if err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Certificate(t.Context(), card.SignatureCertificate); !errors.Is(err, apdu.SecurityNotSatisfied) {
		t.Errorf("signature certificate after Logout: %v, want SecurityNotSatisfied", err)
	}
}

func TestNoCertificate(t *testing.T) {
	c := open(t, cardtest.Blank(t).Card)
	for _, file := range []card.File{card.AuthenticationCertificate, card.SignatureCA, 0x0099, 0x0006} {
		if _, err := c.Certificate(t.Context(), file); !errors.Is(err, card.ErrNoCertificate) {
			t.Errorf("Certificate(%s) = %v, want ErrNoCertificate", file, err)
		}
	}
	if got, err := c.Availability(t.Context()); err != nil || got != (card.Availability{}) {
		t.Errorf("Availability = %+v, %v, want none", got, err)
	}
}

// Real files are longer than the certificate in them, and readers may return
// less than was asked for.
func TestCertificateOfOtherCards(t *testing.T) {
	object := append([]byte{0x30, 0x82, 0x02, 0x00}, bytes.Repeat([]byte{0xA5}, 0x200)...)
	tests := []struct {
		name  string
		file  []byte
		limit int // bytes the card returns at most
		want  error
	}{
		{"filled up", append(bytes.Clone(object), 0xFF, 0xFF, 0xFF), 256, nil},
		{"in pieces", object, 100, nil},
		{"cut off", object[:0x180], 256, apdu.WrongOffset},
		{"in tiny pieces", object, 5, nil},
		{"other object", append([]byte{0x04, 0x82}, object[2:]...), 256, card.ErrNoCertificate},
		{"three bytes", object[:3], 256, card.ErrNoCertificate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, fileCard(tt.file, tt.limit))
			got, err := c.Certificate(t.Context(), card.AuthenticationCertificate)
			if !errors.Is(err, tt.want) || err == nil && !bytes.Equal(got, object) {
				t.Errorf("Certificate = %d bytes, %v, want %d, %v", len(got), err, len(object), tt.want)
			}
		})
	}
	stuck := open(t, transmitter(func(command []byte) ([]byte, error) {
		if command[1] == 0xB0 && command[3] == 0 {
			return append(object[:4:4], 0x90, 0x00), nil
		}
		return []byte{0x90, 0x00}, nil
	}))
	if _, err := stuck.Certificate(t.Context(), card.SignatureCA); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Certificate of a card that returns nothing = %v, want io.ErrUnexpectedEOF", err)
	}
}

// fileCard is a card that has the same content in all its files.
func fileCard(content []byte, limit int) transmitter {
	return func(command []byte) ([]byte, error) {
		cmd, err := apdu.Parse(command)
		if err != nil || cmd.INS != 0xB0 {
			return []byte{0x90, 0x00}, err
		}
		offset := int(cmd.P1)<<8 | int(cmd.P2)
		if offset >= len(content) {
			return []byte{0x6B, 0x00}, nil
		}
		end := min(offset+min(cmd.Le, limit), len(content))
		return append(bytes.Clone(content[offset:end]), 0x90, 0x00), nil
	}
}
