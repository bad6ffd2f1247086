package pcsc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errMalformed ends the connection of the client that sent the message.
var errMalformed = errors.New("malformed message")

// request is one message of a client.
type request struct {
	command command
	body    any    // a pointer to the command's struct
	payload []byte // the bytes announced by a transmitBody or controlBody
}

// readRequest reads one message. It returns io.EOF when the client has closed the connection between two messages.
func readRequest(r io.Reader) (request, error) {
	var h header
	raw := make([]byte, binary.Size(h))
	if _, err := io.ReadFull(r, raw); err != nil {
		return request{}, err
	}
	decode(raw, &h)
	q := request{command: h.Command, body: bodyOf(h.Command)}
	if q.body == nil {
		return request{}, fmt.Errorf("%w: unknown command %#02x", errMalformed, uint32(h.Command))
	}
	if int64(h.Size) != int64(binary.Size(q.body)) {
		return request{}, fmt.Errorf("%w: command %#02x with %d bytes", errMalformed, uint32(h.Command), h.Size)
	}
	if err := readAnswer(r, q.body); err != nil {
		return request{}, unexpected(err)
	}
	n := q.announced()
	if n > maxExchange {
		return request{}, fmt.Errorf("%w: command %#02x announces %d bytes", errMalformed, uint32(h.Command), n)
	}
	q.payload = make([]byte, n)
	_, err := io.ReadFull(r, q.payload)
	return q, unexpected(err)
}

// announced is the number of bytes that follow the struct of q.
func (q request) announced() uint32 {
	switch b := q.body.(type) {
	case *transmitBody:
		return b.SendLength
	case *controlBody:
		return b.SendLength
	default:
		return 0
	}
}

// bytes is the message as readRequest reads it.
func (q request) bytes() []byte {
	b := encode(nil, header{Size: uint32(binary.Size(q.body)), Command: q.command})
	return append(encode(b, q.body), q.payload...)
}

// readAnswer fills the struct that body points to.
func readAnswer(r io.Reader, body any) error {
	raw := make([]byte, binary.Size(body))
	if _, err := io.ReadFull(r, raw); err != nil {
		return err
	}
	decode(raw, body)
	return nil
}

// encode appends the bytes of the struct v, or of the one it points to. All structs of this file have a fixed size, so that
// encoding/binary cannot fail.
func encode(b []byte, v any) []byte {
	b, _ = binary.Append(b, binary.NativeEndian, v)
	return b
}

// decode fills the struct v points to from exactly as many bytes as it has.
func decode(b []byte, v any) {
	_, _ = binary.Decode(b, binary.NativeEndian, v)
}

// unexpected says that a message broke off where the connection ended within it.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// nameBytes pads a reader's name with zeros; it must not be longer than maxName.
func nameBytes(name string) (b [maxName + 1]byte) {
	copy(b[:maxName], name)
	return b
}

// nameOf is the name up to the first zero.
func nameOf(b [maxName + 1]byte) string {
	name, _, _ := bytes.Cut(b[:maxName], []byte{0})
	return string(name)
}

// atr returns a copy of the ATR, or nil if there is none. pcscd stores a length beyond the field while a reader starts.
func (s *readerState) atr() []byte {
	if s.ATRLength == 0 || s.ATRLength > maxATR {
		return nil
	}
	return bytes.Clone(s.ATR[:s.ATRLength])
}
