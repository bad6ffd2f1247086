package apdu

import (
	"bytes"
	"encoding/binary"
	"errors"
)

const (
	// Chained is the bit of the class byte that says: this command is not the
	// last one of its chain.
	//
	// Spec: ISO/IEC 7816-4:2020 §5.3.3
	Chained byte = 0x10

	// MaxShort is the longest data field of a command in short form, in bytes.
	MaxShort = 255
	// MaxExtended is the longest data field of a command in extended form, in bytes.
	MaxExtended = 65535
)

// ErrLength is returned by [Parse] and [ParseResponse] for a byte string whose
// length fits none of the forms of an APDU.
var ErrLength = errors.New("apdu: wrong length")

// Command is a command APDU. The zero value is the four bytes 00 00 00 00.
//
// Spec: ISO/IEC 7816-4:2020 §5.2
type Command struct {
	// CLA, INS, P1 and P2 are the four bytes of the header.
	CLA, INS, P1, P2 byte
	// Data is the command data field, up to MaxExtended bytes. Empty means that
	// the command has none (and no Lc).
	Data []byte
	// Le is the number of bytes expected in the answer, 1 to 65,536. 0 means
	// that the command has no Le field; 256 (short) and 65,536 (extended) are
	// written as zero bytes.
	Le int
	// Extended asks for the extended length fields where the short ones would do.
	Extended bool
}

// Parse reads one command APDU: cases 1 to 4, short and extended. The command
// keeps no reference to b. The error is ErrLength.
//
// Spec: ISO/IEC 7816-4:2020 §5.2
func Parse(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, ErrLength
	}
	c := Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0: // case 1
		return c, nil
	case len(body) == 1: // case 2, short
		c.Le = expected(body)
		return c, nil
	case body[0] != 0: // cases 3 and 4, short
		return c.split(body[1:], int(body[0]), 1)
	case len(body) < 3:
		return Command{}, ErrLength
	case len(body) == 3: // case 2, extended
		c.Extended = true
		c.Le = expected(body[1:])
		return c, nil
	default: // cases 3 and 4, extended
		c.Extended = true
		return c.split(body[3:], int(binary.BigEndian.Uint16(body[1:])), 2)
	}
}

// split divides rest into lc bytes of data and either nothing or an Le field of
// leSize bytes.
func (c Command) split(rest []byte, lc, leSize int) (Command, error) {
	if lc == 0 || len(rest) != lc && len(rest) != lc+leSize {
		return Command{}, ErrLength
	}
	c.Data = bytes.Clone(rest[:lc])
	if len(rest) > lc {
		c.Le = expected(rest[lc:])
	}
	return c, nil
}

// expected reads an Le field of one or two bytes, where zero is the maximum.
func expected(le []byte) int {
	n, limit := 0, 1
	for _, b := range le {
		n, limit = n<<8|int(b), limit<<8
	}
	if n == 0 {
		return limit
	}
	return n
}

// Bytes returns the encoding of c: short if it fits and Extended is not set. A
// command whose Data or Le is out of range has no encoding: Bytes returns nil.
func (c Command) Bytes() []byte {
	if len(c.Data) > MaxExtended || c.Le < 0 || c.Le > MaxExtended+1 {
		return nil
	}
	b := []byte{c.CLA, c.INS, c.P1, c.P2}
	if !c.Extended && len(c.Data) <= MaxShort && c.Le <= MaxShort+1 {
		return c.appendShort(b)
	}
	return c.appendExtended(b)
}

func (c Command) appendShort(b []byte) []byte {
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Le > 0 {
		b = append(b, byte(c.Le))
	}
	return b
}

func (c Command) appendExtended(b []byte) []byte {
	if len(c.Data) == 0 && c.Le == 0 {
		return b
	}
	b = append(b, 0)
	if len(c.Data) > 0 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Le > 0 {
		b = binary.BigEndian.AppendUint16(b, uint16(c.Le))
	}
	return b
}

// Chain splits c into commands of at most size data bytes each, to be sent in
// this order: all but the last carry the bit [Chained] and no Le. A size
// outside 1 to MaxShort means MaxShort. A command that fits stays as it is. The
// parts share the memory of c.Data.
//
// Spec: ISO/IEC 7816-4:2020 §5.3.3
func (c Command) Chain(size int) []Command {
	if size < 1 || size > MaxShort {
		size = MaxShort
	}
	var parts []Command
	for len(c.Data) > size {
		part := c
		part.CLA |= Chained
		part.Le = 0
		part.Data, c.Data = c.Data[:size], c.Data[size:]
		parts = append(parts, part)
	}
	return append(parts, c)
}
