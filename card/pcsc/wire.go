package pcsc

// The messages of protocol 4.4, laid out as pcsc-lite's winscard_msg.h (structs and commands) and eventhandler.h (READER_STATE)
// do for Linux. Integers have the byte order of the machine. A request is a header, its struct and, for transmit and control,
// the bytes that struct announces. An answer is the same struct without a header, again with its bytes.

const (
	protocolMajor = 4
	protocolMinor = 4

	maxATR      = 33                    // MAX_ATR_SIZE
	maxName     = 127                   // MAX_READERNAME without the closing zero
	maxAttr     = 264                   // MAX_BUFFER_SIZE
	maxExchange = 4 + 3 + 1<<16 + 3 + 2 // MAX_BUFFER_SIZE_EXTENDED: the longest command or response

	// MaxReaders is the number of places in the table of readers: PCSCLITE_MAX_READERS_CONTEXTS.
	MaxReaders = 16
)

type command uint32

const (
	cmdEstablish   command = 0x01
	cmdRelease     command = 0x02
	cmdConnect     command = 0x04
	cmdReconnect   command = 0x05
	cmdDisconnect  command = 0x06
	cmdBegin       command = 0x07
	cmdEnd         command = 0x08
	cmdTransmit    command = 0x09
	cmdControl     command = 0x0A
	cmdStatus      command = 0x0B
	cmdCancel      command = 0x0D
	cmdGetAttr     command = 0x0F
	cmdSetAttr     command = 0x10
	cmdVersion     command = 0x11
	cmdReaders     command = 0x12
	cmdWait        command = 0x13
	cmdStopWaiting command = 0x14
)

// header precedes each request: rxHeader, 8 bytes.
type header struct {
	Size    uint32 // of the struct that follows, without this header and without announced bytes
	Command command
}

// versionBody: version_struct, 12 bytes.
type versionBody struct {
	Major, Minor int32
	Result       Error
}

// establishBody: establish_struct, 12 bytes.
type establishBody struct {
	Scope, Context uint32
	Result         Error
}

// releaseBody: release_struct, 8 bytes.
type releaseBody struct {
	Context uint32
	Result  Error
}

// connectBody: connect_struct, 152 bytes.
type connectBody struct {
	Context   uint32
	Reader    [maxName + 1]byte
	Mode      Mode
	Preferred protocol
	Card      int32
	Protocol  protocol
	Result    Error
}

// ofHandle begins each struct about a handle.
type ofHandle struct {
	Card int32
}

func (h *ofHandle) card() int32 { return h.Card }

// reconnectBody: reconnect_struct, 24 bytes.
type reconnectBody struct {
	ofHandle
	Mode           Mode
	Preferred      protocol
	Initialization Disposition
	Protocol       protocol
	Result         Error
}

// disconnectBody: disconnect_struct, 12 bytes.
type disconnectBody struct {
	ofHandle
	Disposition Disposition
	Result      Error
}

// beginBody: begin_struct, 8 bytes.
type beginBody struct {
	ofHandle
	Result Error
}

// endBody: end_struct, 12 bytes.
type endBody struct {
	ofHandle
	Disposition Disposition
	Result      Error
}

// transmitBody: transmit_struct, 32 bytes. SendLength bytes follow a request, ReceiveLength bytes an answer without error.
type transmitBody struct {
	ofHandle
	SendProtocol    protocol
	SendPCI         uint32
	SendLength      uint32
	ReceiveProtocol protocol
	ReceivePCI      uint32
	ReceiveLength   uint32 // request: room for the response; answer: its length
	Result          Error
}

// controlBody: control_struct, 24 bytes. SendLength bytes follow a request.
type controlBody struct {
	ofHandle
	Code          uint32
	SendLength    uint32
	ReceiveLength uint32
	Returned      uint32
	Result        Error
}

// statusBody: status_struct, 8 bytes. The reader's state itself is in the table of readers.
type statusBody struct {
	ofHandle
	Result Error
}

// cancelBody: cancel_struct, 8 bytes.
type cancelBody struct {
	Context uint32
	Result  Error
}

// attrBody: getset_struct, 280 bytes.
type attrBody struct {
	ofHandle
	Attr   uint32
	Value  [maxAttr]byte
	Length uint32
	Result Error
}

type (
	getAttrBody attrBody
	setAttrBody attrBody
)

// Requests without a struct. The first two are answered with a readerTable; a waiting client later gets an eventBody.
type (
	readersBody     struct{}
	waitBody        struct{}
	stopWaitingBody struct{}
)

// eventBody: wait_reader_state_change, 8 bytes: something happened, or the wait was stopped or cancelled.
type eventBody struct {
	Timeout uint32 // not used
	Result  Error
}

// readerState: READER_STATE, 184 bytes.
type readerState struct {
	Name      [maxName + 1]byte
	Events    uint32 // insertions and removals
	State     uint32 // state… bits
	Sharing   int32  // number of handles, -1 if exclusive
	ATR       [maxATR]byte
	_         [3]byte
	ATRLength uint32
	Protocol  protocol
}

// readerTable is the answer to readersBody and waitBody, 2944 bytes. A place without a name is empty.
type readerTable [MaxReaders]readerState

// Bits of readerState.State.
const (
	stateAbsent     uint32 = 0x02
	statePresent    uint32 = 0x04
	stateMute       uint32 = 0x08 // SCARD_SWALLOWED
	statePowered    uint32 = 0x10
	stateNegotiable uint32 = 0x20
	stateReady             = statePresent | statePowered | stateNegotiable
)

// bodyOf returns an empty struct for a command, or nil for a command that pcscd does not serve.
func bodyOf(c command) any {
	switch c {
	case cmdEstablish:
		return new(establishBody)
	case cmdRelease:
		return new(releaseBody)
	case cmdConnect:
		return new(connectBody)
	case cmdReconnect:
		return new(reconnectBody)
	case cmdDisconnect:
		return new(disconnectBody)
	case cmdBegin:
		return new(beginBody)
	case cmdEnd:
		return new(endBody)
	case cmdTransmit:
		return new(transmitBody)
	case cmdControl:
		return new(controlBody)
	case cmdStatus:
		return new(statusBody)
	case cmdCancel:
		return new(cancelBody)
	case cmdGetAttr:
		return new(getAttrBody)
	case cmdSetAttr:
		return new(setAttrBody)
	case cmdVersion:
		return new(versionBody)
	case cmdReaders:
		return new(readersBody)
	case cmdWait:
		return new(waitBody)
	case cmdStopWaiting:
		return new(stopWaitingBody)
	default:
		return nil
	}
}
