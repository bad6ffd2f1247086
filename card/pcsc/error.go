package pcsc

import "fmt"

// Error is a PC/SC result code as the service answers it. Two errors with the same code are equal, so that
// errors.Is(err, ErrNoCard) finds a code within any chain.
type Error uint32

// The codes programs act on. Others come through as plain Error values.
const (
	ErrInternal           Error = 0x80100001
	ErrCancelled          Error = 0x80100002
	ErrInvalidHandle      Error = 0x80100003
	ErrInvalidParameter   Error = 0x80100004
	ErrNoMemory           Error = 0x80100006
	ErrInsufficientBuffer Error = 0x80100008
	ErrUnknownReader      Error = 0x80100009
	ErrTimeout            Error = 0x8010000A
	ErrSharing            Error = 0x8010000B
	ErrNoCard             Error = 0x8010000C
	ErrProtocol           Error = 0x8010000F
	ErrInvalidValue       Error = 0x80100011
	ErrCommunication      Error = 0x80100013
	ErrNotTransacted      Error = 0x80100016
	ErrReaderUnavailable  Error = 0x80100017
	ErrNoService          Error = 0x8010001D
	ErrServiceStopped     Error = 0x8010001E
	ErrUnsupported        Error = 0x8010001F
	ErrNoReaders          Error = 0x8010002E
	ErrUnresponsiveCard   Error = 0x80100066
	ErrUnpoweredCard      Error = 0x80100067
	ErrResetCard          Error = 0x80100068
	ErrRemovedCard        Error = 0x80100069
)

// Error gives the sentence, the standard name and the code.
func (e Error) Error() string {
	_, sentence := e.describe()
	return fmt.Sprintf("%s (%s, 0x%08X)", sentence, e.Name(), uint32(e))
}

// Name returns the name of the code in pcsclite.h, as in SCARD_W_RESET_CARD, or SCARD_UNKNOWN for a code that has none here.
func (e Error) Name() string {
	name, _ := e.describe()
	return "SCARD_" + name
}

// err turns success, code 0, into nil.
func (e Error) err() error {
	if e == success {
		return nil
	}
	return e
}

const success Error = 0

func (e Error) describe() (name, sentence string) {
	switch e {
	case success:
		return "S_SUCCESS", "no error"
	case ErrInternal:
		return "F_INTERNAL_ERROR", "the smart card service found itself in an impossible state"
	case ErrCancelled:
		return "E_CANCELLED", "the call was cancelled"
	case ErrInvalidHandle:
		return "E_INVALID_HANDLE", "the handle is not open"
	case ErrInvalidParameter:
		return "E_INVALID_PARAMETER", "a parameter cannot be used"
	case ErrNoMemory:
		return "E_NO_MEMORY", "the smart card service has no room for another handle"
	case ErrInsufficientBuffer:
		return "E_INSUFFICIENT_BUFFER", "the answer is longer than the buffer for it"
	case ErrUnknownReader:
		return "E_UNKNOWN_READER", "no reader has that name"
	case ErrTimeout:
		return "E_TIMEOUT", "the time for the call is over"
	case ErrSharing:
		return "E_SHARING_VIOLATION", "another program is using the card"
	case ErrNoCard:
		return "E_NO_SMARTCARD", "no card is in the reader"
	case ErrProtocol:
		return "E_PROTO_MISMATCH", "the card does not speak the protocol asked for"
	case ErrInvalidValue:
		return "E_INVALID_VALUE", "a value is outside its range"
	case ErrCommunication:
		return "F_COMM_ERROR", "the conversation with the smart card service broke off"
	case ErrNotTransacted:
		return "E_NOT_TRANSACTED", "the exchange with the card, or the transaction, did not take place"
	default:
		return e.describeRest()
	}
}

func (e Error) describeRest() (name, sentence string) {
	switch e {
	case ErrReaderUnavailable:
		return "E_READER_UNAVAILABLE", "the reader cannot be used now"
	case ErrNoService:
		return "E_NO_SERVICE", "no smart card service is running"
	case ErrServiceStopped:
		return "E_SERVICE_STOPPED", "the smart card service stopped, or speaks another version of the protocol"
	case ErrUnsupported:
		return "E_UNSUPPORTED_FEATURE", "the reader does not have this feature"
	case ErrNoReaders:
		return "E_NO_READERS_AVAILABLE", "no reader is attached"
	case ErrUnresponsiveCard:
		return "W_UNRESPONSIVE_CARD", "the card does not answer to a reset"
	case ErrUnpoweredCard:
		return "W_UNPOWERED_CARD", "the card has no power"
	case ErrResetCard:
		return "W_RESET_CARD", "the card was reset by another program"
	case ErrRemovedCard:
		return "W_REMOVED_CARD", "the card was removed"
	default:
		return "UNKNOWN", "the smart card service answered with a code unknown here"
	}
}
