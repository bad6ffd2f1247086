package apdu

import "fmt"

// SW is the status word that ends every answer of a card. Each value other than
// [Success] is an error.
//
// Spec: ISO/IEC 7816-4:2020 §5.6
type SW uint16

// Status words of ISO/IEC 7816-4 that cards of this house give or expect.
const (
	Success                 SW = 0x9000
	Terminated              SW = 0x6285 // the selected application is dead for good
	WrongLength             SW = 0x6700
	ChainingNotSupported    SW = 0x6884
	IncompatibleFile        SW = 0x6981 // the command does not suit the kind of file
	SecurityNotSatisfied    SW = 0x6982 // a PIN or an authentication is missing
	AuthenticationBlocked   SW = 0x6983
	ReferenceDataNotUsable  SW = 0x6984 // the PIN or key is blocked or not set
	ConditionsNotSatisfied  SW = 0x6985
	NoCurrentFile           SW = 0x6986
	WrongSecuredData        SW = 0x6988 // the sealed data cannot be opened
	WrongData               SW = 0x6A80
	FileNotFound            SW = 0x6A82
	WrongParameters         SW = 0x6A86 // P1 or P2
	ReferenceDataNotFound   SW = 0x6A88
	WrongOffset             SW = 0x6B00
	InstructionNotSupported SW = 0x6D00
	ClassNotSupported       SW = 0x6E00
)

// PINRetries returns the status word 63Cx of a PIN or key with n tries left. n
// is held between 0 and 15.
func PINRetries(n int) SW {
	return 0x63C0 | SW(min(max(n, 0), 15))
}

// IsPINRetry reports whether s has the form 63Cx: a wrong or missing PIN, with
// the tries left in the last digit.
func (s SW) IsPINRetry() bool {
	return s&0xFFF0 == 0x63C0
}

// Retries returns the tries left that a status word 63Cx tells; 0 for any other.
func (s SW) Retries() int {
	if !s.IsPINRetry() {
		return 0
	}
	return int(s & 0x000F)
}

// Error returns the status word with its meaning, such as
// "status word 6A82: file or application not found".
func (s SW) Error() string {
	return fmt.Sprintf("status word %04X: %s", uint16(s), s.text())
}

func (s SW) text() string {
	switch s {
	case Success:
		return "success"
	case Terminated:
		return "application terminated"
	case WrongLength:
		return "wrong length"
	case ChainingNotSupported:
		return "command chaining not supported"
	case IncompatibleFile:
		return "command does not suit the file"
	case SecurityNotSatisfied:
		return "security status not satisfied"
	case AuthenticationBlocked:
		return "authentication method blocked"
	case ReferenceDataNotUsable:
		return "reference data not usable"
	case ConditionsNotSatisfied:
		return "conditions of use not satisfied"
	case NoCurrentFile:
		return "no current file"
	case WrongSecuredData:
		return "secured data incorrect"
	case WrongData:
		return "wrong data"
	case FileNotFound:
		return "file or application not found"
	case WrongParameters:
		return "wrong parameters P1 P2"
	case ReferenceDataNotFound:
		return "reference data not found"
	case WrongOffset:
		return "offset outside the file"
	case InstructionNotSupported:
		return "instruction not supported"
	case ClassNotSupported:
		return "class not supported"
	}
	if s.IsPINRetry() {
		return fmt.Sprintf("verification failed, %d tries left", s.Retries())
	}
	return "unknown"
}
