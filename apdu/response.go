package apdu

import (
	"bytes"
	"encoding/binary"
)

// Response is a response APDU: data, which may be empty, and the status word.
//
// Spec: ISO/IEC 7816-4:2020 §5.2
type Response struct {
	Data []byte
	SW   SW
}

// ParseResponse reads one response APDU. The response keeps no reference to b.
// The error is ErrLength.
func ParseResponse(b []byte) (Response, error) {
	n := len(b) - 2
	if n < 0 {
		return Response{}, ErrLength
	}
	return Response{Data: bytes.Clone(b[:n]), SW: SW(binary.BigEndian.Uint16(b[n:]))}, nil
}

// Bytes returns the encoding of r.
func (r Response) Bytes() []byte {
	b := make([]byte, 0, len(r.Data)+2)
	return binary.BigEndian.AppendUint16(append(b, r.Data...), uint16(r.SW))
}

// Err returns nil if the status word is Success, else the status word.
func (r Response) Err() error {
	if r.SW == Success {
		return nil
	}
	return r.SW
}
