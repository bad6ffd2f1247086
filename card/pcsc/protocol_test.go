package pcsc_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/pcsc"
)

// TestVersion: the server accepts 4.4 alone, and tells a newer library so, which then asks again on the same connection.
func TestVersion(t *testing.T) {
	_, socket := serve(t, pcsc.Config{})
	r := dialRaw(t, socket)
	for _, test := range []struct {
		major, minor int32
		want         uint32
	}{
		{4, 6, resultStopped},
		{4, 3, resultStopped},
		{3, 4, resultStopped},
		{4, 4, 0},
	} {
		answer := r.ask(message(cmdVersion, []any{test.major, test.minor, uint32(7)}), 12)
		r.wantResult(answer, test.want)
		if major, minor := word(answer, 0), word(answer, 4); major != 4 || minor != 4 {
			t.Errorf("version for %d.%d = %d.%d, want 4.4", test.major, test.minor, major, minor)
		}
	}
}

// TestMalformed: a client that breaks the protocol loses its connection, and no other does.
func TestMalformed(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	s, socket := serve(t, pcsc.Config{Log: slog.New(slog.NewTextHandler(&lockedWriter{mu: &mu, w: &log}, nil))})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	other := dialRaw(t, socket)
	card := other.connect(other.establish(), pcsc.ReaderName(0))
	for _, test := range []struct {
		name string
		sent []byte
	}{
		{"command 0", message(0, nil)},
		{"list readers, which no library sends", message(0x03, nil)},
		{"unknown command", message(0x15, nil)},
		{"huge command", message(0xFFFFFFFF, nil)},
		{"struct too short", message(cmdEstablish, []any{uint32(2)})},
		{"struct too long", message(cmdReaders, []any{uint32(2)})},
		{"huge struct", bytes.Repeat([]byte{0xFF}, 8)},
		{"command of 65549 bytes", message(cmdTransmit, []any{[8]uint32{card, 2, 16, 65549, 2, 16, 2, 0}})},
		{"huge command APDU", message(cmdTransmit, []any{[8]uint32{card, 2, 16, 0xFFFFFFFF, 2, 16, 2, 0}})},
		{"huge control", message(cmdControl, []any{[6]uint32{card, 1, 0xFFFFFFFF, 0, 0, 0}})},
		{"another client's handle", message(cmdStatus, []any{card, uint32(0)})},
		{"another client's handle for a PIN", transmitMessage(card, protocolT1, 300, []byte("\x00\x20\x00\x80\x041234"))},
		{"handle 0", message(cmdBegin, []any{uint32(0), uint32(0)})},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := dialRaw(t, socket)
			r.establish()
			r.send(test.sent)
			r.wantCutOff()
		})
	}
	other.wantResult(other.ask(message(cmdStatus, []any{card, uint32(0)}), 8), 0)
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "client cut off") || strings.Contains(log.String(), "1234") {
		t.Errorf("log = %q, want lines without what the clients sent", log.String())
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// TestMessageInPieces: the server does not depend on how the kernel cuts what a client sends.
func TestMessageInPieces(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	r := dialRaw(t, socket)
	card := r.connect(r.establish(), pcsc.ReaderName(0))
	for _, b := range transmitMessage(card, protocolT1, 300, getID) {
		r.send([]byte{b})
	}
	answer := r.read(32)
	r.wantResult(answer, 0)
	if got, want := r.read(int(word(answer, transmitAnswerLength))), []byte{1, 0x90, 0x00}; !bytes.Equal(got, want) {
		t.Errorf("response = %x, want %x", got, want)
	}
}

// TestContexts: handles need a context and go with it.
func TestContexts(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	r := dialRaw(t, socket)
	r.wantResult(r.ask(message(cmdEstablish, []any{[3]uint32{9, 0, 0}}), 12), resultInvalidValue)
	r.wantResult(r.ask(connectMessage(0, pcsc.ReaderName(0), 3), 152), resultInvalidHandle)
	r.wantResult(r.ask(message(cmdRelease, []any{[2]uint32{1, 0}}), 8), resultInvalidHandle)
	context := r.establish()
	r.wantResult(r.ask(connectMessage(context+1, pcsc.ReaderName(0), 3), 152), resultInvalidHandle)
	r.wantResult(r.ask(message(cmdRelease, []any{[2]uint32{context + 1, 0}}), 8), resultInvalidValue)
	card := r.connect(context, pcsc.ReaderName(0))
	r.wantResult(r.ask(transmitMessage(card, protocolT1, 300, setRegister), 32), 0)
	r.read(2)
	r.wantResult(r.ask(message(cmdRelease, []any{[2]uint32{context, 0}}), 8), 0)
	c.awaitReset(t)
	r.establish()
	r.send(message(cmdStatus, []any{card, uint32(0)}))
	r.wantCutOff()
}

// TestSharingViolation: a client that asks for a transaction within another's is told to ask again after LockWait.
func TestSharingViolation(t *testing.T) {
	s, socket := serve(t, pcsc.Config{LockWait: time.Millisecond})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	a, b := dialRaw(t, socket), dialRaw(t, socket)
	cardA, cardB := a.connect(a.establish(), pcsc.ReaderName(0)), b.connect(b.establish(), pcsc.ReaderName(0))
	begin := func(card uint32) []byte { return message(cmdBegin, []any{card, uint32(0)}) }
	a.wantResult(a.ask(begin(cardA), 8), 0)
	b.wantResult(b.ask(begin(cardB), 8), resultSharing)
	b.wantResult(b.ask(transmitMessage(cardB, protocolT1, 300, getID), 32), resultSharing)
	b.wantResult(b.ask(message(cmdStatus, []any{cardB, uint32(0)}), 8), resultSharing)
	a.conn.Close()
	for word(b.ask(begin(cardB), 8), 4) == resultSharing {
	}
}

// TestTransmitLimits: a response that does not fit is not sent; a handle speaks the card's protocol.
func TestTransmitLimits(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	r := dialRaw(t, socket)
	card := r.connect(r.establish(), pcsc.ReaderName(0))
	answer := r.ask(transmitMessage(card, protocolT1, 2, getID), 32)
	r.wantResult(answer, resultTooSmall)
	if got := word(answer, transmitAnswerLength); got != 3 {
		t.Errorf("length of the response that did not fit = %d, want 3", got)
	}
	r.wantResult(r.ask(transmitMessage(card, 1, 300, getID), 32), uint32(pcsc.ErrProtocol))
	r.wantResult(r.ask(transmitMessage(card, protocolT1, 300, getID), 32), 0)
	r.read(3)
	r.wantResult(r.ask(message(cmdControl, []any{[6]uint32{card, 0x42000D48, 3, 264, 0, 0}}, 1, 2, 3), 24), resultUnsupported)
	r.wantResult(r.ask(message(cmdSetAttr, []any{card, uint32(1), [264]byte{}, [2]uint32{1, 0}}), 280), resultUnsupported)
}

// TestProtocols: the first handle settles the protocol from what the card offers.
func TestProtocols(t *testing.T) {
	const t0, t1, raw, anyOld, mismatch = 1, 2, 4, 0x1000, uint32(pcsc.ErrProtocol)
	onlyT1 := newCard(1).atr
	both := []byte{0x3B, 0x80, 0x80, 0x01, 0x01}
	for _, test := range []struct {
		name      string
		atr       []byte
		preferred uint32
		want      uint32 // protocol, or the result code
	}{
		{"T=1 card, any", onlyT1, t0 | t1, t1},
		{"T=1 card, T=0", onlyT1, t0, mismatch},
		{"both, any", both, t0 | t1, t1},
		{"both, T=0", both, t0, t0},
		{"both, as first programs ask", both, anyOld, t1},
		{"raw", both, raw, raw},
		{"none", both, 0, mismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, socket := serve(t, pcsc.Config{})
			c := newCard(1)
			c.atr = test.atr
			insert(t, s, pcsc.ReaderName(0), c)
			r := dialRaw(t, socket)
			answer := r.ask(connectMessage(r.establish(), pcsc.ReaderName(0), test.preferred), 152)
			got := word(answer, connectAnswerCard+4)
			if result := word(answer, connectAnswerCard+8); result != 0 {
				got = result
			}
			if got != test.want {
				t.Errorf("protocol or result = %#x, want %#x", got, test.want)
			}
		})
	}
}

// TestProtocolHolds: the protocol of the first handle binds the others until the card is reset.
func TestProtocolHolds(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	c.atr = []byte{0x3B, 0x80, 0x80, 0x01, 0x01} // T=0 and T=1
	insert(t, s, pcsc.ReaderName(0), c)
	r := dialRaw(t, socket)
	context := r.establish()
	answer := r.ask(connectMessage(context, pcsc.ReaderName(0), 1), 152)
	r.wantResult(answer, 0)
	r.wantResult(r.ask(connectMessage(context, pcsc.ReaderName(0), 2), 152), uint32(pcsc.ErrProtocol))
	card := word(answer, connectAnswerCard)
	r.wantResult(r.ask(message(cmdDisconnect, []any{card, uint32(pcsc.Reset), uint32(0)}), 12), 0)
	r.wantResult(r.ask(connectMessage(context, pcsc.ReaderName(0), 2), 152), 0)
}

// TestWaiting: one event for each wait, none without; a wait can be stopped, and cancelled from another connection.
func TestWaiting(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	reader := pcsc.ReaderName(0)
	r, other := dialRaw(t, socket), dialRaw(t, socket)
	context := r.establish()
	wait := func() { r.ask(message(cmdWait, nil), tableSize) }
	cancel := func() []byte { return other.ask(message(cmdCancel, []any{[2]uint32{context, 0}}), 8) }

	wait()
	insert(t, s, reader, newCard(1))
	r.wantResult(r.read(8), 0)
	wait()
	remove(t, s, reader)
	r.wantResult(r.read(8), 0)
	insert(t, s, reader, newCard(1))
	remove(t, s, reader)
	r.send(message(cmdStopWaiting, nil)) // not waiting: no answer
	r.ask(message(cmdReaders, nil), tableSize)

	wait()
	r.wantResult(r.ask(message(cmdStopWaiting, nil), 8), 0)
	insert(t, s, reader, newCard(1))
	r.ask(message(cmdReaders, nil), tableSize)

	other.wantResult(cancel(), resultInvalidHandle)
	wait()
	other.wantResult(cancel(), 0)
	r.wantResult(r.read(8), resultCancelled)
}

// TestLimits: clients and handles are counted.
func TestLimits(t *testing.T) {
	s, socket := serve(t, pcsc.Config{MaxClients: 2, MaxHandles: 2})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	a, b := dialRaw(t, socket), dialRaw(t, socket)
	b.establish()
	context := a.establish()
	a.connect(context, pcsc.ReaderName(0))
	a.connect(context, pcsc.ReaderName(0))
	a.wantResult(a.ask(connectMessage(context, pcsc.ReaderName(0), 3), 152), resultNoMemory)
	dialRaw(t, socket).wantCutOff()
	b.establish()
}

// TestOwnTransaction: a client with a transaction opens and closes another handle to the same card without waiting for itself.
func TestOwnTransaction(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	insert(t, s, pcsc.ReaderName(0), newCard(1))
	r := dialRaw(t, socket)
	context := r.establish()
	first := r.connect(context, pcsc.ReaderName(0))
	r.wantResult(r.ask(message(cmdBegin, []any{first, uint32(0)}), 8), 0)
	second := r.connect(context, pcsc.ReaderName(0))
	r.wantResult(r.ask(message(cmdDisconnect, []any{second, uint32(pcsc.Reset), uint32(0)}), 12), 0)
	r.wantResult(r.ask(message(cmdStatus, []any{first, uint32(0)}), 8), uint32(pcsc.ErrResetCard))
}

// TestDeathWhileWaiting: two clients that wait for each other's transaction lose both when they die.
func TestDeathWhileWaiting(t *testing.T) {
	readers := []string{pcsc.ReaderName(0), pcsc.ReaderName(1)}
	s, socket := serve(t, pcsc.Config{Readers: readers})
	for i, reader := range readers {
		insert(t, s, reader, newCard(byte(i)))
	}
	var clients []*raw
	var contexts []uint32
	for i, reader := range readers {
		clients = append(clients, dialRaw(t, socket))
		contexts = append(contexts, clients[i].establish())
		card := clients[i].connect(contexts[i], reader)
		clients[i].wantResult(clients[i].ask(message(cmdBegin, []any{card, uint32(0)}), 8), 0)
	}
	for i, r := range clients {
		r.send(connectMessage(contexts[i], readers[1-i], 3))
	}
	for _, r := range clients {
		r.conn.Close()
	}
	r := dialRaw(t, socket)
	context := r.establish()
	for _, reader := range readers {
		r.connect(context, reader)
	}
}

// TestSendingAhead: requests may be sent before earlier ones are answered, but not without end.
func TestSendingAhead(t *testing.T) {
	s, socket := serve(t, pcsc.Config{})
	c := newCard(1)
	insert(t, s, pcsc.ReaderName(0), c)
	r := dialRaw(t, socket)
	establish := message(cmdEstablish, []any{[3]uint32{2, 0, 0}})
	r.ask(bytes.Repeat(establish, 8), 8*12)
	card := r.connect(r.establish(), pcsc.ReaderName(0))
	r.send(transmitMessage(card, protocolT1, 300, hold))
	<-c.started
	r.send(bytes.Repeat(establish, 17))
	r.wantCutOff()
}
