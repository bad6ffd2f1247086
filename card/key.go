package card

import "fmt"

// Key names one of the two key pairs of a card. The zero value names none.
type Key int

const (
	// Signature (署名用) signs documents. Its PIN has 6 to 16 of A–Z and 0–9, and
	// five tries.
	Signature Key = 1
	// Authentication (利用者証明用) logs in. Its PIN has four digits and three tries.
	Authentication Key = 2
)

// String returns "signature" or "authentication".
func (k Key) String() string {
	switch k {
	case Signature:
		return "signature"
	case Authentication:
		return "authentication"
	}
	return fmt.Sprintf("Key(%d)", int(k))
}

// File is the identifier of an elementary file of the JPKI application.
type File uint16

// The certificate files, and those with information that needs no PIN. The
// permit is what the counter has written for the kiosk.
//
// Assumed: the permit, as all of loading; the others are those of a real card.
const (
	SignatureCertificate      File = 0x0001 // 署名用電子証明書; reading needs the signature PIN
	SignatureCA               File = 0x0002
	tokenInfo                 File = 0x0006
	availability              File = 0x0008
	AuthenticationCertificate File = 0x000A // 利用者証明用電子証明書
	AuthenticationCA          File = 0x000B
	permit                    File = 0x00F1
)

// String returns the identifier, such as "EF 000A".
func (f File) String() string {
	return fmt.Sprintf("EF %04X", uint16(f))
}

// keyFiles are the files that belong to a key.
type keyFiles struct {
	certificate, key, pin, proof, pending File
}

// files returns the files of k. A k that names no key gets the file 0000, which
// no card has.
func (k Key) files() keyFiles {
	switch k {
	case Signature:
		return keyFiles{certificate: SignatureCertificate, key: 0x001A, pin: 0x001B, proof: 0x00F2, pending: 0x00FA}
	case Authentication:
		return keyFiles{certificate: AuthenticationCertificate, key: 0x0017, pin: 0x0018, proof: 0x00F3, pending: 0x00F7}
	}
	return keyFiles{}
}

// pinBytes returns pin as the card compares it: the signature PIN in capitals,
// which is how the official client sends it. The error is ErrPINFormat.
func (k Key) pinBytes(pin string) ([]byte, error) {
	b := []byte(pin)
	ok := len(b) == 4
	if k == Signature {
		ok = len(b) >= 6 && len(b) <= 16
	}
	for i, c := range b {
		if k == Signature && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
			b[i] = c
		}
		ok = ok && ('0' <= c && c <= '9' || k == Signature && 'A' <= c && c <= 'Z')
	}
	if !ok {
		return nil, fmt.Errorf("%s PIN: %w", k, ErrPINFormat)
	}
	return b, nil
}
