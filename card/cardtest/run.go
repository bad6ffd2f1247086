package cardtest

import (
	"testing"

	"github.com/openjpki/jpki/card"
)

// Fixture is a card under test: complete, with both certificates, and with no try
// of a PIN used.
type Fixture struct {
	Transmitter card.Transmitter
	// Reset switches the card off and on.
	Reset func() error
	// SignaturePIN and AuthenticationPIN are the card's PINs.
	SignaturePIN, AuthenticationPIN string
	// Expendable says that PINs of this card may be blocked. If not, Run spends
	// one try at a time and gives it back.
	Expendable bool
}

// Run tests that cards from open do what a JPKI card must do. Each subtest opens
// one; it may be the same card each time if it is not expendable.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	tests := []struct {
		name string
		test func(*terminal)
	}{
		{"select", (*terminal).testSelect},
		{"refuse", (*terminal).testRefuse},
		{"token information", (*terminal).testTokenInformation},
		{"availability", (*terminal).testAvailability},
		{"read", (*terminal).testRead},
		{"signature certificate needs PIN", (*terminal).testSignatureCertificate},
		{"tries", (*terminal).testTries},
		{"signing needs PIN", (*terminal).testSigningNeedsPIN},
		{"sign", (*terminal).testSign},
		{"signing refuses", (*terminal).testSigningRefuses},
		{"PINs are independent", (*terminal).testIndependent},
		{"security state is volatile", (*terminal).testVolatile},
		{"change PIN", (*terminal).testChangePIN},
		{"client", (*terminal).testClient},
		{"block", (*terminal).testBlock},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &terminal{T: t, Fixture: open(t)}
			c.restart()
			tt.test(c)
		})
	}
}
