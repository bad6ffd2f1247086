package softcard_test

import (
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/card/softcard"
)

// step is a command in hexadecimal, or "off", with the answer to it.
type step struct {
	command string
	want    apdu.SW
}

func (r *rig) steps(steps ...step) {
	r.Helper()
	for i, s := range steps {
		if s.command == "off" {
			r.reset()
			continue
		}
		if got := r.send(s.command).SW; got != s.want {
			r.Fatalf("step %d, %s = %v, want %v", i, s.command, got, s.want)
		}
	}
}

// VERIFY, its query and CHANGE REFERENCE DATA of both PINs.
const (
	askAuthentication    = "00200098"
	verifyAuthentication = "0020009804"
	changeAuthentication = "0024019804"
	askSignature         = "0020009B"
	verifySignature      = "0020009B06"
	changeSignature      = "0024019B06"
)

func TestRetryCounterSurvivesPowerOff(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	r.steps(
		step{"off", 0},
		step{verifyAuthentication + "30303030", 0x63C2},
		step{"off", 0},
		step{askAuthentication, 0x63C2},
		step{verifyAuthentication + "30303030", 0x63C1},
		step{"off", 0},
		step{verifyAuthentication + "31323334", 0x9000}, // the right one
		step{"off", 0},
		step{askAuthentication, 0x63C3},
		step{verifyAuthentication + "30303030", 0x63C2},
		step{verifyAuthentication + "30303030", 0x63C1},
		step{verifyAuthentication + "30303030", 0x63C0},
		step{"off", 0},
		step{verifyAuthentication + "31323334", 0x6984},
		step{askAuthentication, 0x63C0},
		step{askSignature, 0x63C5},
	)
}

func TestBlocked6983(t *testing.T) {
	chip := cardtest.New(t)
	if err := chip.Card.Close(); err != nil {
		t.Fatal(err)
	}
	chip.Open(t, softcard.Options{Blocked6983: true})
	r := newRig(t, chip)
	block(r)
	r.steps(
		step{verifyAuthentication + "31323334", 0x6983},
		step{askAuthentication, 0x63C0},
	)
}

func TestVerifyForms(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	r.steps(
		step{"off", 0},
		step{askAuthentication + "00", 0x6700},                                 // Le
		step{"00200098" + "05" + "3132333435", 0x63C2},                         // five digits count
		step{"00200098" + "04" + "31323334" + "00", 0x6700},                    // data and Le
		step{"00200098" + "11" + "3131313131313131313131313131313131", 0x6700}, // 17 characters
		step{askAuthentication, 0x63C2},
		step{"00200118", 0x6A86},                      // P1
		step{"00200018", 0x6A86},                      // P2 without its high bit
		step{"00200097", 0x6A86},                      // a key, no PIN
		step{"0020008104" + "31323334", 0x6A86},       // a certificate
		step{"0020009804" + "31323334", 0x9000},       //
		step{"00200080", 0x63C3},                      // the short identifier made it current
		step{"10200098", 0x6884},                      // no chaining
		step{"80200098", 0x6E00},                      // class
		step{"00200098" + "0000000431323334", 0x6700}, // nonsense
		step{"00200098" + "00000431323334", 0x9000},   // extended form
	)
}

func TestChangePIN(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	r.steps(
		step{"off", 0},
		step{changeAuthentication + "39393939", 0x6982},
		step{verifyAuthentication + "31323334", 0x9000},
		step{"00240198", 0x6700},
		step{"0024009804" + "39393939", 0x6A86}, // the form with old and new PIN
		step{"0024019803" + "393939", 0x6A80},
		step{changeAuthentication + "3939393A", 0x6A80},
		step{changeSignature + "5A5A5A393939", 0x6982}, // the other PIN
		step{changeAuthentication + "39393939", 0x9000},
		step{changeAuthentication + "38383838", 0x9000}, // still verified
		step{"off", 0},
		step{verifyAuthentication + "31323334", 0x63C2},
		step{verifyAuthentication + "39393939", 0x63C1},
		step{verifyAuthentication + "38383838", 0x9000},
		step{verifySignature + "414243313233", 0x9000},
		step{"0024019B05" + "5A5A5A3939", 0x6A80},
		step{"0024019B11" + "4141414141414141414141414141414141", 0x6A80},
		step{changeSignature + "7A5A5A393939", 0x6A80}, // a small letter
		step{"0024019B10" + "41414141414141414141414141414141", 0x9000},
		step{"off", 0},
		step{"0020009B10" + "41414141414141414141414141414141", 0x9000},
	)
}

// A wrong PIN ends what the right one allowed.
func TestWrongPINEndsVerification(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	r.steps(
		step{"off", 0},
		step{verifyAuthentication + "31323334", 0x9000},
		step{"802A0097010100", 0x9000},
		step{verifyAuthentication + "30303030", 0x63C2},
		step{"802A0097010100", 0x6982},
	)
}

// The counter unlocks a PIN and removes one; only the kiosk sets one, so that no
// clerk comes to know it.
//
// Req: R-CRD-10
// Req: R-KSK-09
func TestCounterResetsPIN(t *testing.T) {
	r := newRig(t, cardtest.New(t))
	block(r)
	r.steps(step{"002C0398", 0x6982})
	if sw := r.counter(); sw != apdu.Success {
		t.Fatal(sw)
	}
	r.steps(
		step{"002C0198", 0x6A86},
		step{"002C0398" + "0431323334", 0x6700},
		step{"002C0398", 0x9000},
		step{verifyAuthentication + "31323334", 0x9000}, // unlocked, and the same PIN
		step{"002C0398", 0x9000},
		step{"802A0097010100", 0x6982}, // to be verified anew
		step{verifyAuthentication + "31323334", 0x9000},
		step{"002C0298", 0x9000},
		step{changeAuthentication + "39393939", 0x6982}, // the counter may not set it
		step{"002C029B", 0x9000},
		step{askSignature, 0x63C0},
		step{verifySignature + "414243313233", 0x6984},
		step{"002C039B", 0x6984},
	)
	r.Prepare(t)
	atKiosk(r)
	r.steps(
		step{changeAuthentication + "39393939", 0x9000},
		step{changeSignature + "4E4557303031", 0x9000},
		step{changeSignature + "4E4557303032", 0x6982}, // now it is set
		step{verifySignature + "4E4557303031", 0x9000},
		step{"802A009A010100", 0x9000}, // the key was kept
	)
}
