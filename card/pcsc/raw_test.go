package pcsc_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
)

// Commands and results of the protocol, as numbers, to speak it without this package.
const (
	cmdEstablish   = 0x01
	cmdRelease     = 0x02
	cmdConnect     = 0x04
	cmdDisconnect  = 0x06
	cmdBegin       = 0x07
	cmdTransmit    = 0x09
	cmdControl     = 0x0A
	cmdStatus      = 0x0B
	cmdCancel      = 0x0D
	cmdSetAttr     = 0x10
	cmdVersion     = 0x11
	cmdReaders     = 0x12
	cmdWait        = 0x13
	cmdStopWaiting = 0x14

	resultInvalidHandle  = 0x80100003
	resultNoMemory       = 0x80100006
	resultTooSmall       = 0x80100008
	resultSharing        = 0x8010000B
	resultInvalidValue   = 0x80100011
	resultStopped        = 0x8010001E
	resultUnsupported    = 0x8010001F
	resultCancelled      = 0x80100002
	protocolT1           = 2
	shared               = 2
	tableSize            = 16 * 184
	connectAnswerCard    = 4 + 128 + 4 + 4
	transmitAnswerLength = 6 * 4
)

// message builds a request: header, fields, and what follows them uncounted.
func message(command uint32, fields []any, payload ...byte) []byte {
	var body []byte
	for _, f := range fields {
		body, _ = binary.Append(body, binary.NativeEndian, f)
	}
	m, _ := binary.Append(nil, binary.NativeEndian, [2]uint32{uint32(len(body)), command})
	return append(append(m, body...), payload...)
}

// connectMessage asks for a shared handle.
func connectMessage(context uint32, reader string, preferred uint32) []byte {
	var name [128]byte
	copy(name[:], reader)
	return message(cmdConnect, []any{context, name, uint32(shared), preferred, [3]uint32{}})
}

func transmitMessage(card, protocol, room uint32, command []byte) []byte {
	return message(cmdTransmit, []any{[8]uint32{card, protocol, 16, uint32(len(command)), protocol, 16, room, 0}}, command...)
}

// raw is a connection on which a test says what it likes.
type raw struct {
	t    *testing.T
	conn net.Conn
}

func dialRaw(t *testing.T, socket string) *raw {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &raw{t, conn}
}

func (r *raw) send(m []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(m); err != nil {
		r.t.Fatal(err)
	}
}

// ask sends m and reads an answer of n bytes.
func (r *raw) ask(m []byte, n int) []byte {
	r.t.Helper()
	r.send(m)
	return r.read(n)
}

func (r *raw) read(n int) []byte {
	r.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r.conn, b); err != nil {
		r.t.Fatalf("reading an answer of %d bytes: %v", n, err)
	}
	return b
}

// wantResult fails unless the answer ends with that result code.
func (r *raw) wantResult(answer []byte, want uint32) {
	r.t.Helper()
	if got := word(answer, len(answer)-4); got != want {
		r.t.Errorf("result = %#x, want %#x", got, want)
	}
}

// wantCutOff fails unless the server closes the connection without another byte.
func (r *raw) wantCutOff() {
	r.t.Helper()
	if rest, err := io.ReadAll(r.conn); len(rest) > 0 {
		r.t.Errorf("the server answers %x, %v, want a closed connection", rest, err)
	}
}

func word(b []byte, offset int) uint32 { return binary.NativeEndian.Uint32(b[offset:]) }

// establish opens a context and returns its number.
func (r *raw) establish() uint32 {
	r.t.Helper()
	answer := r.ask(message(cmdEstablish, []any{[3]uint32{2, 0, 0}}), 12)
	r.wantResult(answer, 0)
	return word(answer, 4)
}

// connect opens a shared handle and returns its number.
func (r *raw) connect(context uint32, reader string) uint32 {
	r.t.Helper()
	answer := r.ask(connectMessage(context, reader, 3), 152)
	r.wantResult(answer, 0)
	return word(answer, connectAnswerCard)
}

func zeros(n int) []byte { return bytes.Repeat([]byte{0}, n) }
