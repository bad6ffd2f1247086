package jpki

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Serial is a serial number 発行番号: positive, from one sequence for all generations of a CA, the CA certificates
// included. J-LIS has reached four bytes; a Serial holds up to 63 bits.
//
// Spec: RFC 5280 §4.1.2.2
type Serial uint64

// String returns upper-case hexadecimal in whole bytes, as other programs print serial numbers: "067C6A21".
func (s Serial) String() string {
	text := strconv.FormatUint(uint64(s), 16)
	return strings.ToUpper(strings.Repeat("0", len(text)%2) + text)
}

// ParseSerial is the inverse of [Serial.String]; lower case is taken too.
func ParseSerial(text string) (Serial, error) {
	n, err := strconv.ParseUint(text, 16, 63)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("serial number %q: want hexadecimal digits, at most 63 bits, not zero", text)
	}
	return Serial(n), nil
}

func readSerial(s *cryptobyte.String, tag asn1.Tag) (Serial, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, tag) {
		return 0, errors.New("serial number expected")
	}
	padded := len(content) > 1 && content[0] == 0 && content[1] < 0x80
	if len(content) == 0 || len(content) > 8 || content[0] >= 0x80 || padded {
		return 0, errors.New("serial number is negative, padded or larger than 63 bits")
	}
	n := new(big.Int).SetBytes(content).Uint64()
	if n == 0 {
		return 0, errors.New("serial number is zero")
	}
	return Serial(n), nil
}

func addSerial(b *cryptobyte.Builder, tag asn1.Tag, s Serial) {
	if s == 0 || s > math.MaxInt64 {
		b.SetError(fmt.Errorf("serial number %s out of range", s))
		return
	}
	content := new(big.Int).SetUint64(uint64(s)).Bytes()
	if content[0]&0x80 != 0 {
		content = append([]byte{0}, content...)
	}
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(content) })
}

// KeyID is a key identifier: SHA-1 over the bits of the public key.
//
// Spec: RFC 5280 §4.2.1.2
type KeyID string

// String returns upper-case hexadecimal.
func (k KeyID) String() string {
	const digits = "0123456789ABCDEF"
	text := make([]byte, 0, 40) // of a SHA-1; with a size that is known it costs nothing
	for i := range len(k) {
		text = append(text, digits[k[i]>>4], digits[k[i]&0xF])
	}
	return string(text)
}
