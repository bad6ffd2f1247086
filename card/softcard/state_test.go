package softcard_test

import (
	"crypto/rsa"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

var update = flag.Bool("update", false, "write the golden files")

// situation is a card in some state; enter brings a copy of the chip of the
// given make there.
type situation struct {
	name, meaning string
	make          string
	enter         func(*rig)
}

var situations = []situation{
	{"off", "issued card after reset, nothing selected", "issued", func(*rig) {}},
	{"selected", "issued card, application selected", "issued", selected},
	{"PIN 0018", "and the authentication PIN verified", "issued", verified("0018", "1234")},
	{"PIN 001B", "and the signature PIN verified", "issued", verified("001B", "ABC123")},
	{"blocked", "issued card, no try left for both PINs", "issued", block},
	{"counter", "issued card, the counter authenticated", "issued", atCounter},
	{"blank", "card from the manufacturer, selected", "blank", selected},
	{"blank, counter", "the same, the counter authenticated", "blank", atCounter},
	{"kiosk", "card prepared at the counter, the kiosk authenticated", "prepared", atKiosk},
	{"kiosk, PIN", "new keys loaded, the kiosk authenticated and both PINs verified", "loaded", atKioskWithPINs},
	{"loaded, counter", "new keys loaded, the counter authenticated", "loaded", atCounter},
	{"terminated", "card that has erased itself", "blank", terminated},
}

// rule is a command and the status word each situation answers to it.
type rule struct {
	name string
	file string // selected before, if it can be
	send func(*rig) []byte
	want string
}

func fixed(command string) func(*rig) []byte {
	return func(r *rig) []byte { return unhex(r, command) }
}

var rules = []rule{
	//                                                                     off  sele auth sign bloc coun blan b,co kios k,PI l,co term
	{"SELECT application", "", fixed(selectAP), "                          9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6285"},
	{"SELECT another application", "", fixed("00A4040C02A000"), "          6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82"},
	{"SELECT nothing (00 A4 00 00)", "", fixed("00A40000"), "              6A86 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6A86"},
	{"SELECT file 0018", "", fixed("00A4020C020018"), "                    6A82 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6A82"},
	{"SELECT file 0009", "", fixed("00A4020C020009"), "                    6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82 6A82"},
	{"READ 0001 signature certificate", "0001", fixed("00B0000004"), "     6986 6982 6982 9000 6982 6982 6982 6982 6982 6B00 6982 6986"},
	{"READ 0002 its CA certificate", "0002", fixed("00B0000004"), "        6986 9000 9000 9000 9000 9000 6B00 6B00 6B00 6B00 6B00 6986"},
	{"READ 0006 token information", "0006", fixed("00B0000000"), "         6986 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6986"},
	{"READ 0008 availability", "0008", fixed("00B0000000"), "              6986 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6986"},
	{"READ 000A authentication certificate", "000A", fixed("00B0000004"), "6986 9000 9000 9000 9000 9000 6B00 6B00 6B00 6B00 6B00 6986"},
	{"READ 000B its CA certificate", "000B", fixed("00B0000004"), "        6986 9000 9000 9000 9000 9000 6B00 6B00 6B00 6B00 6B00 6986"},
	{"READ 0017 authentication key", "0017", fixed("00B0000000"), "        6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"READ 0018 authentication PIN", "0018", fixed("00B0000000"), "        6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"READ 00F1 permit", "00F1", fixed("00B0000000"), "                    6986 6B00 6B00 6B00 6B00 6B00 6B00 6B00 9000 9000 9000 6986"},
	{"READ 00F3 authentication proof", "00F3", fixed("00B0000004"), "      6986 6B00 6B00 6B00 6B00 6B00 6B00 6B00 6B00 9000 9000 6986"},
	{"READ 00F7 waiting key", "00F7", fixed("00B0000000"), "               6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"READ current file, if any", "", fixed("00B0000004"), "               6986 6986 6981 6981 6986 6986 6986 6986 6986 6981 6986 6986"},
	{"tries of 0018", "0018", fixed("00200080"), "                         6986 63C3 63C3 63C3 63C0 63C3 63C0 63C0 63C0 63C3 63C3 6986"},
	{"tries of 001B", "001B", fixed("00200080"), "                         6986 63C5 63C5 63C5 63C0 63C5 63C0 63C0 63C0 63C5 63C5 6986"},
	{"VERIFY 0018, right", "0018", fixed("0020008004 31323334"), "         6986 9000 9000 9000 6984 9000 6984 6984 6984 9000 9000 6986"},
	{"VERIFY 0018, wrong", "0018", fixed("0020008004 30303030"), "         6986 63C2 63C2 63C2 6984 63C2 6984 6984 6984 63C2 63C2 6986"},
	{"VERIFY 001B, right", "", fixed("0020009B06 414243313233"), "         6986 9000 9000 9000 6984 9000 6984 6984 6984 9000 9000 6986"},
	{"VERIFY 001B, small letters", "", fixed("0020009B06 616263313233"), " 6986 63C4 63C4 63C4 6984 63C4 6984 6984 6984 63C4 63C4 6986"},
	{"change 0018", "0018", fixed("0024018004 39393939"), "                6986 6982 9000 6982 6982 6982 6982 6982 9000 9000 6982 6986"},
	{"change 0018 to five digits", "0018", fixed("0024018005 3939393939"), "6986 6982 6A80 6982 6982 6982 6982 6982 6A80 6A80 6982 6986"},
	{"change 001B", "001B", fixed("0024018006 5A5A5A393939"), "            6986 6982 6982 9000 6982 6982 6982 6982 9000 9000 6982 6986"},
	{"sign 0017", "0017", fixed("802A008001 01 00"), "                     6986 6982 9000 6982 6982 6982 6982 6982 6982 6985 6982 6986"},
	{"sign 001A", "", fixed("802A009A01 01 00"), "                         6986 6982 6982 9000 6982 6982 6982 6982 6982 6985 6982 6986"},
	{"sign 00F7 waiting key", "00F7", fixed("802A008001 01 00"), "         6986 6982 6982 6982 6982 6982 6982 6982 6982 9000 6982 6986"},
	{"sign 0018", "0018", fixed("802A008001 01 00"), "                     6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"sign with class 00", "0017", fixed("002A008001 01 00"), "            6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00"},
	{"GET CHALLENGE", "", fixed("0084000010"), "                           6986 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6986"},
	{"AUTHENTICATE without challenge", "", authenticateBlind, "            6986 6985 6985 6985 6985 6985 6985 6985 6985 6985 6985 6986"},
	{"AUTHENTICATE counter", "", counterAuthenticates, "                   6986 9000 9000 9000 9000 9000 9000 9000 9000 9000 9000 6986"},
	{"AUTHENTICATE kiosk", "", kioskAuthenticates, "                       6986 6A88 6A88 6A88 6A88 6A88 6A88 6A88 9000 9000 9000 6986"},
	{"AUTHENTICATE another kiosk", "", strangerAuthenticates, "            6986 6A88 6A88 6A88 6A88 6A88 6A88 6A88 63C9 63C9 63C9 6986"},
	{"PUT KEY", "", putKeys, "                                             6986 6982 6982 6982 6982 9000 6982 9000 6982 6982 9000 6986"},
	{"PUT KEY, clear", "", putClearKeys, "                                 6986 6982 6982 6982 6982 6988 6982 6988 6982 6982 6988 6986"},
	{"IMPORT PRIVATE KEY 0017", "", importKey, "                           6986 6982 6982 6982 6982 6982 6982 6982 6982 9000 6982 6986"},
	{"IMPORT PRIVATE KEY 0017, clear", "", importClearKey, "               6986 6982 6982 6982 6982 6982 6982 6982 6982 6988 6982 6986"},
	{"IMPORT PRIVATE KEY 0018", "0018", fixed("0048008001 01"), "          6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"UPDATE 000A, its certificate", "000A", writeCertificate, "           6986 6982 6982 6982 6982 9000 6982 6A80 6982 6982 9000 6986"},
	{"UPDATE 000A, another's certificate", "000A", writeForeign, "         6986 6982 6982 6982 6982 6A80 6982 6A80 6982 6982 6A80 6986"},
	{"UPDATE 000B, a certificate", "000B", writeForeign, "                 6986 6982 6982 6982 6982 9000 6982 9000 6982 6982 9000 6986"},
	{"UPDATE 000B, nonsense", "000B", fixed("00D6000002 3000"), "          6986 6982 6982 6982 6982 6A80 6982 6A80 6982 6982 6A80 6986"},
	{"UPDATE 00F3, its proof", "00F3", writeProof, "                       6986 6982 6982 6982 6982 6982 6982 6982 6985 9000 6982 6986"},
	{"UPDATE 0006", "0006", fixed("00D6000001 00"), "                      6986 6982 6982 6982 6982 6982 6982 6982 6982 6982 6982 6986"},
	{"UPDATE 0017", "0017", fixed("00D6000001 00"), "                      6986 6981 6981 6981 6981 6981 6981 6981 6981 6981 6981 6986"},
	{"unlock 0018", "0018", fixed("002C0380"), "                           6986 6982 6982 6982 6982 9000 6982 6984 6982 6982 9000 6986"},
	{"initialise 0018", "0018", fixed("002C0280"), "                       6986 6982 6982 6982 6982 9000 6982 9000 6982 6982 9000 6986"},
	{"unknown instruction", "", fixed("00CADF3005"), "                     6D00 6D00 6D00 6D00 6D00 6D00 6D00 6D00 6D00 6D00 6D00 6D00"},
	{"unknown class", "", fixed("F0A4040C02A000"), "                       6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00 6E00"},
	{"half a command", "", fixed("00A404"), "                              6700 6700 6700 6700 6700 6700 6700 6700 6700 6700 6700 6700"},
}

// TestStates sends every command to a card in every state.
//
// Req: R-CRD-03
// Req: R-CRD-08
func TestStates(t *testing.T) {
	makes, spare := chips(t), newKey(t, 2048)
	for _, rule := range rules {
		want := strings.Fields(rule.want)
		if len(want) != len(situations) {
			t.Fatalf("%s: %d status words, want %d", rule.name, len(want), len(situations))
		}
		for i, s := range situations {
			t.Run(rule.name+"/"+s.name, func(t *testing.T) {
				r := newRig(t, makes[s.make].Copy(t))
				r.spare = spare
				s.enter(r)
				if rule.file != "" {
					r.send("00A4020C02" + rule.file)
				}
				got := r.transmit(rule.send(r)).SW
				sw, err := strconv.ParseUint(want[i], 16, 16)
				if err != nil || got != apdu.SW(sw) {
					t.Errorf("answer %04X, want %s", uint16(got), want[i])
				}
			})
		}
	}
}

// TestStatesDocument keeps docs/card-states.md in step with the table.
func TestStatesDocument(t *testing.T) {
	const path = "../../docs/card-states.md"
	var b strings.Builder
	b.WriteString("# The virtual card, state by state\n\n")
	b.WriteString("What `card/softcard` answers to each command in each state. This page is made from the table in\n`card/softcard/state_test.go`, which sends every command in every state.\n\n")
	for _, s := range situations {
		fmt.Fprintf(&b, "- **%s**: %s\n", s.name, s.meaning)
	}
	b.WriteString("\n| command |")
	for _, s := range situations {
		fmt.Fprintf(&b, " %s |", s.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(situations)) + "\n")
	for _, rule := range rules {
		fmt.Fprintf(&b, "| %s | %s |\n", rule.name, strings.Join(strings.Fields(rule.want), " | "))
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != b.String() {
		t.Errorf("%s is not made from this table (error %v); run the test with -update", path, err)
	}
}

// chips returns one chip of each make.
func chips(t *testing.T) map[string]*cardtest.Chip {
	blank := cardtest.Blank(t)
	prepared := blank.Copy(t)
	prepared.Prepare(t)
	loaded := prepared.Copy(t)
	loaded.Load(t, card.Signature, card.Authentication)
	issued := loaded.Copy(t)
	issued.Issue(t, card.Signature, card.Authentication)
	if err := issued.Card.Reset(); err != nil {
		t.Fatal(err)
	}
	return map[string]*cardtest.Chip{"blank": blank, "prepared": prepared, "loaded": loaded, "issued": issued}
}

func selected(r *rig) { r.want(selectAP, apdu.Success) }

func verified(file, pin string) func(*rig) {
	return func(r *rig) {
		selected(r)
		r.want("00A4020C02"+file, apdu.Success)
		r.want("00200080"+pinField(pin), apdu.Success)
	}
}

func block(r *rig) {
	selected(r)
	for left := 2; left >= 0; left-- {
		r.want("00200098"+pinField("0000"), apdu.PINRetries(left))
	}
	for left := 4; left >= 0; left-- {
		r.want("0020009B"+pinField("000000"), apdu.PINRetries(left))
	}
	selected(r)
}

func atCounter(r *rig) {
	selected(r)
	if sw := r.counter(); sw != apdu.Success {
		r.Fatal(sw)
	}
}

func atKiosk(r *rig) {
	selected(r)
	if sw := r.kiosk(); sw != apdu.Success {
		r.Fatal(sw)
	}
}

func atKioskWithPINs(r *rig) {
	atKiosk(r)
	r.want("0020009B"+pinField("ABC123"), apdu.Success)
	r.want("00200098"+pinField("1234"), apdu.Success)
}

func terminated(r *rig) {
	if err := r.Card.Tamper(); err != nil {
		r.Fatal(err)
	}
}

func authenticateBlind(r *rig) []byte {
	return command(0x82, 0, 0x81, cryptogram(r, r.Transport, make([]byte, 16)))
}

func counterAuthenticates(r *rig) []byte {
	return command(0x82, 0, 0x81, cryptogram(r, r.Transport, r.send("0084000010").Data))
}

func kioskAuthenticates(r *rig) []byte {
	return command(0x82, 0, 0x82, cryptogram(r, r.keys().Kiosk, r.send("0084000010").Data))
}

func strangerAuthenticates(r *rig) []byte {
	return command(0x82, 0, 0x82, cryptogram(r, card.Secret{1}, r.send("0084000010").Data))
}

func putKeys(r *rig) []byte { return r.putKey(r.permit(r.keys())) }

func putClearKeys(r *rig) []byte { return command(0xD8, 0, 0, r.permit(r.keys())) }

func importKey(r *rig) []byte {
	return r.importKey(r.keys().Loading, pkcs8(r, r.spare))
}

func importClearKey(r *rig) []byte {
	return command(0x48, 0, 0x97, pkcs8(r, r.spare))
}

// writeCertificate writes a certificate for the key waiting, else for the key in
// use, else for some key.
func writeCertificate(r *rig) []byte {
	public := &r.spare.PublicKey
	if issued := r.Certificates[card.Authentication]; issued != nil {
		public = issued.PublicKey.(*rsa.PublicKey)
	}
	if request := r.proof(); request != nil {
		public = request.PublicKey.(*rsa.PublicKey)
	}
	r.send("00A4020C02000A")
	return command(0xD6, 0, 0, certify(r, public))
}

func writeForeign(r *rig) []byte {
	return command(0xD6, 0, 0, certify(r, &r.spare.PublicKey))
}

// writeProof writes the proof on the card once more, else that of some key.
func writeProof(r *rig) []byte {
	request := r.proof()
	r.send("00A4020C0200F3")
	if request == nil {
		return command(0xD6, 0, 0, []byte{0x30, 0x00})
	}
	return command(0xD6, 0, 0, request.Raw)
}

// proof reads the proof of possession of the authentication key, if there is one.
func (r *rig) proof() *x509.CertificateRequest {
	r.send("00A4020C0200F3")
	request, err := x509.ParseCertificateRequest(r.send("00B00000001000").Data)
	if err != nil {
		return nil
	}
	return request
}
