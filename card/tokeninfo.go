package card

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// TokenInfo is the token information of a card, EF 0006: a CK_TOKEN_INFO of
// PKCS #11 whose numbers have four bytes. The texts come without the spaces that
// fill them up.
//
// Assumed: the layout was observed on cards; no public text specifies it.
type TokenInfo struct {
	// Label tells what answers: "JPKIAPICCTOKEN2" is a My Number Card,
	// "JPKIAPICCTOKEN" its forerunner (住民基本台帳カード), "JPKIAPGPSETOKEN" and
	// "JPKIAPIOSTOKEN" are phones.
	Label string
	// Manufacturer, Model and Serial identify the chip.
	Manufacturer, Model, Serial string
	TokenNumbers
}

// TokenNumbers is what follows the texts of the token information, in its order
// on the card.
type TokenNumbers struct {
	Flags                            uint32 // CKF_… of PKCS #11
	MaxSessions, Sessions            uint32
	MaxWriteSessions, WriteSessions  uint32
	MaxPIN, MinPIN                   uint32 // characters of the signature PIN
	PublicMemory, FreePublicMemory   uint32
	PrivateMemory, FreePrivateMemory uint32
	Hardware, Firmware               [2]byte  // digits, not the numbers of PKCS #11
	Time                             [16]byte // 16 times "9"
}

// ParseTokenInfo reads the 160 bytes of EF 0006.
func ParseTokenInfo(b []byte) (TokenInfo, error) {
	if len(b) != 160 {
		return TokenInfo{}, fmt.Errorf("token information has %d bytes, want 160", len(b))
	}
	t := TokenInfo{
		Label:        text(b[:32]),
		Manufacturer: text(b[32:64]),
		Model:        text(b[64:80]),
		Serial:       text(b[80:96]),
	}
	if _, err := binary.Decode(b[96:], binary.BigEndian, &t.TokenNumbers); err != nil {
		return TokenInfo{}, fmt.Errorf("reading token information: %w", err)
	}
	return t, nil
}

func text(b []byte) string { return strings.TrimRight(string(b), " ") }
