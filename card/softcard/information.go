package softcard

import (
	"bytes"
	"encoding/binary"
)

// tokenInformation is EF 0006: a CK_TOKEN_INFO of PKCS #11 with numbers of four
// bytes, 160 bytes in all. Label, flags, limits, versions and time are those of
// a My Number Card; manufacturer and model say that this is none.
//
// Assumed: no public specification of this file exists; the layout was observed
// on cards.
func (s *state) tokenInformation() []byte {
	const unavailable = 0xFFFFFFFF
	b := make([]byte, 0, 160)
	b = appendPadded(b, "JPKIAPICCTOKEN2", 32)
	b = appendPadded(b, "OPENJPKI TEST CARD", 32)
	b = appendPadded(b, "SOFTCARD", 16)
	b = appendPadded(b, s.Serial, 16)
	for _, n := range []uint32{
		0x0000040D, // random numbers, log-in required, PIN and token set
		1, 0, 1, 0, // sessions, then sessions that write: most, open
		maxPIN, 6, // longest and shortest signature PIN
		unavailable, unavailable, // public memory: all, free
		unavailable, unavailable, // private memory: all, free
	} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, "03"+"01"+"9999999999999999"...) // hardware, firmware, time
}

func appendPadded(b []byte, text string, size int) []byte {
	b = append(b, text...)
	return append(b, bytes.Repeat([]byte{' '}, size-len(text))...)
}

// availability is EF 0008: which certificates there are.
func (s *state) availability() []byte {
	b := make([]byte, 3)
	if s.Signature.Certificate != nil {
		b[0] = 0x8F
	}
	if s.Authentication.Certificate != nil {
		b[1] = 0x8F
	}
	return b
}

// information is EF 00F1: the version of the master key and the nonce.
func (p permit) information() []byte {
	if p.Nonce == nil {
		return nil
	}
	return append(binary.BigEndian.AppendUint32(nil, p.Version), p.Nonce...)
}
