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
	ErrUnresponsiveCard   Error = 0x80100066
	ErrUnpoweredCard      Error = 0x80100067
	ErrResetCard          Error = 0x80100068
	ErrRemovedCard        Error = 0x80100069
)

// Error gives a sentence, the standard name and the code.
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
	for _, d := range [...]struct {
		code           Error
		name, sentence string
	}{
		{success, "S_SUCCESS", "no error"},
		{ErrInternal, "F_INTERNAL_ERROR", "the smart card service found itself in an impossible state"},
		{ErrCancelled, "E_CANCELLED", "the call was cancelled"},
		{ErrInvalidHandle, "E_INVALID_HANDLE", "the handle is not open"},
		{ErrInvalidParameter, "E_INVALID_PARAMETER", "a parameter cannot be used"},
		{ErrNoMemory, "E_NO_MEMORY", "the smart card service has no room for another handle"},
		{ErrInsufficientBuffer, "E_INSUFFICIENT_BUFFER", "the answer is longer than the buffer for it"},
		{ErrUnknownReader, "E_UNKNOWN_READER", "no reader has that name"},
		{ErrTimeout, "E_TIMEOUT", "the time for the call is over"},
		{ErrSharing, "E_SHARING_VIOLATION", "another program is using the card"},
		{ErrNoCard, "E_NO_SMARTCARD", "no card is in the reader"},
		{ErrProtocol, "E_PROTO_MISMATCH", "the card does not speak the protocol asked for"},
		{ErrInvalidValue, "E_INVALID_VALUE", "a value is outside its range"},
		{ErrCommunication, "F_COMM_ERROR", "the conversation with the smart card service broke off"},
		{ErrNotTransacted, "E_NOT_TRANSACTED", "the exchange with the card, or the transaction, did not take place"},
		{ErrReaderUnavailable, "E_READER_UNAVAILABLE", "the reader cannot be used now"},
		{ErrNoService, "E_NO_SERVICE", "no smart card service is running"},
		{ErrServiceStopped, "E_SERVICE_STOPPED", "the smart card service stopped, or speaks another version of the protocol"},
		{ErrUnsupported, "E_UNSUPPORTED_FEATURE", "the reader does not have this feature"},
		{ErrUnresponsiveCard, "W_UNRESPONSIVE_CARD", "the card does not answer to a reset"},
		{ErrUnpoweredCard, "W_UNPOWERED_CARD", "the card has no power"},
		{ErrResetCard, "W_RESET_CARD", "the card was reset by another program"},
		{ErrRemovedCard, "W_REMOVED_CARD", "the card was removed"},
	} {
		if d.code == e {
			return d.name, d.sentence
		}
	}
	return "UNKNOWN", "the smart card service answered with a code unknown here"
}
