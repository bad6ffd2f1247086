//go:build judges

package judges_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"
)

// hostile is a conversation of a program that takes no interest in the rules: commands and the status words they get.
const hostile = `
Nothing is selected: there is no file, no key and no PIN.
	00A4000C023F00                           6A82  SELECT master file
	00A4040007A0000001510000                 6A82  SELECT card manager
	00A4020C02000A                           6A82  SELECT authentication certificate
	00B0000000                               6986  READ BINARY
	00B08A0000                               6986  READ BINARY of EF 000A
	00200080                                 6986  VERIFY, to learn the tries
	802A0080023030 00                        6986  COMPUTE DIGITAL SIGNATURE
	0084000010                               6986  GET CHALLENGE
Other cards have these commands and classes.
	00CA006600                               6D00  GET DATA
	00CB3FFF035C017E00                       6D00  GET DATA, with a tag list
	0047800000                               6D00  GENERATE KEY PAIR
	0088000004DEADBEEF00                     6D00  INTERNAL AUTHENTICATE
	00E000000462020000                       6D00  CREATE FILE
	00E4000002000A                           6D00  DELETE FILE
	00E20000023030                           6D00  APPEND RECORD
	002A9E9A02303000                         6E00  COMPUTE DIGITAL SIGNATURE, class 00
	0CB0000000                               6E00  READ BINARY, secure messaging
	01B0000000                               6E00  READ BINARY, logical channel 1
	FFB0000000                               6E00  READ BINARY, class of the reader
These are no commands.
	B0                                       6700
	00A4                                     6700
	00A404000AD392                           6700  shorter than it says
	0020008004313233                         6700  shorter than it says
	00A4040C0AD392F00026010000000100FF       6700  longer than it says
	00B000000000                             6700  half an extended length
	FFFFFFFFFFFFFFFF                         6700
The application is selected, and no PIN is given.
	00A4040C0AD392F000260100000001           9000
	00A4020C020009                           6A82  SELECT a file it has not
	00A4020C020001                           9000  signature certificate
	00B0000000                               6982  READ BINARY
	00B0810000                               6982  READ BINARY by its short identifier
	00D6000003300100                         6982  UPDATE BINARY
	00A4020C020017                           9000  authentication key
	00B0000000                               6981  READ BINARY
	00D6000003300100                         6981  UPDATE BINARY
	802A0080023030 00                        6982  COMPUTE DIGITAL SIGNATURE
	802A0097023030 00                        6982  COMPUTE DIGITAL SIGNATURE by its short identifier
	0048008003010203                         6982  IMPORT PRIVATE KEY
	00A4020C02001A                           9000  signature key
	00B0000000                               6981  READ BINARY
	802A0080023030 00                        6982  COMPUTE DIGITAL SIGNATURE
	0048008003010203                         6982  IMPORT PRIVATE KEY
	00A4020C0200F7                           9000  waiting authentication key
	00B0000000                               6981  READ BINARY
	802A0080023030 00                        6982  COMPUTE DIGITAL SIGNATURE
	00A4020C020018                           9000  authentication PIN
	00B0000000                               6981  READ BINARY
	0024018004 39393939                      6982  CHANGE REFERENCE DATA
	002C0380                                 6982  RESET RETRY COUNTER: unlock
	002C0280                                 6982  RESET RETRY COUNTER: initialise
	0020008011 3131313131313131313131313131313131  6700  VERIFY, PIN of 17 characters
	00D8000003010203                         6982  PUT KEY
	0082008110 00000000000000000000000000000000    6985  EXTERNAL AUTHENTICATE without challenge
	00A4020C02000A                           9000  authentication certificate
	00D6000003300100                         6982  UPDATE BINARY
	10D6000003300100                         9000  UPDATE BINARY, first part
	00D6000003300100                         6982  UPDATE BINARY, last part
	00B07FFF00                               6B00  READ BINARY behind the end
The authentication PIN is given, and opens one key.
	00A4020C020018                           9000  authentication PIN
	0020008004 31323334                      9000  VERIFY
	0024018003 393939                        6A80  CHANGE REFERENCE DATA to three digits
	002C0380                                 6982  RESET RETRY COUNTER: unlock
	00A4020C020017                           9000  authentication key
	00B0000000                               6981  READ BINARY
	0048008003010203                         6982  IMPORT PRIVATE KEY
	802A0080023030 10                        6700  COMPUTE DIGITAL SIGNATURE, part of it asked for
	802A0080 00                              6700  COMPUTE DIGITAL SIGNATURE over nothing
	802A0280023030 00                        6A86  COMPUTE DIGITAL SIGNATURE, other padding
	00A4020C02001A                           9000  signature key
	802A0080023030 00                        6982  COMPUTE DIGITAL SIGNATURE
	00A4020C020001                           9000  signature certificate
	00B0000000                               6982  READ BINARY
	00A4020C02000A                           9000  authentication certificate
	00D6000003300100                         6982  UPDATE BINARY
The application is selected again, and the PIN forgotten.
	00A4040C0AD392F000260100000001           9000
	00A4020C020017                           9000  authentication key
	802A0080023030 00                        6982  COMPUTE DIGITAL SIGNATURE
`

// hostileLine is a command of hostile and its status word.
var hostileLine = regexp.MustCompile(`(?m)^\t(\S+(?: \S+)?) +([69][0-9A-F]{3})(?:  .+)?$`)

// A program can do no more to a card than its rules allow, and leaves it as it was.
//
// Req: R-CRD-08
func TestHostileCommands(t *testing.T) {
	h := newNation(t).newHolder(t)
	var commands, want []string
	for _, m := range hostileLine.FindAllStringSubmatch(hostile, -1) {
		commands, want = append(commands, m[1]), append(want, m[2])
	}
	if tabs := strings.Count(hostile, "\t"); len(commands) != tabs {
		t.Fatalf("%d of %d lines are commands", len(commands), tabs)
	}
	before := h.content(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for i, response := range s.send(t, commands...) {
			if got := fmt.Sprintf("%X", response[len(response)-2:]); got != want[i] {
				t.Errorf("%s: status %s, want %s", commands[i], got, want[i])
			}
		}
		if !bytes.Equal(h.content(t), before) {
			t.Error("what is on the card has changed")
		}
		s.wantTries(t, "3 5")
	})
}

// A program that has both PINs and reads every file of the card, byte after byte, does not find a private key: nothing it
// gets is a prime factor of the modulus of either key.
//
// Req: R-CRD-07, R-SEC-10
func TestPrivateKeyStays(t *testing.T) {
	h := newNation(t).newHolder(t)
	var moduli []*big.Int
	for _, encoded := range [][]byte{h.auth, h.sign} {
		c, err := x509.ParseCertificate(encoded)
		if err != nil {
			t.Fatal(err)
		}
		moduli = append(moduli, c.PublicKey.(*rsa.PublicKey).N)
	}
	commands := []string{
		"00A4040C0AD392F000260100000001",
		"00A4020C020018", fmt.Sprintf("0020008004%x", authPIN), "00A4020C020017", "802A0080023030 00",
		"00A4020C02001B", fmt.Sprintf("0020008006%x", signPIN), "00A4020C02001A", "802A0080023030 00",
	}
	for file := range 0x100 {
		commands = append(commands, fmt.Sprintf("00A4020C02%04X", file), "00B00000 000000")
	}
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		all := bytes.Join(s.send(t, commands...), nil)
		for _, known := range [][]byte{h.auth, h.sign} {
			if !bytes.Contains(all, known) {
				t.Error("a certificate was not read")
			}
		}
		for i := range len(all) - 128 {
			factor := new(big.Int).SetBytes(all[i : i+128])
			for _, n := range moduli {
				if factor.Sign() > 0 && new(big.Int).Mod(n, factor).Sign() == 0 {
					t.Fatalf("byte %d begins a prime factor of a key", i)
				}
			}
		}
	})
}

// scriptorResponse is what scriptor prints of one.
var scriptorResponse = regexp.MustCompile(`(?m)^< ([0-9A-F \n]+) : `)

// send has scriptor send commands to the card in the first reader, whatever they are. It returns the responses.
func (s *service) send(t testing.TB, commands ...string) (responses [][]byte) {
	t.Helper()
	script := newFile(t, []byte(strings.ReplaceAll(strings.Join(commands, "\n"), " ", "")+"\n"))
	printed := s.mustRun(t, "scriptor", "-u", "-r", s.readers[0], "-p", "T=1", script)
	for _, m := range scriptorResponse.FindAllStringSubmatch(printed, -1) {
		r, err := hex.DecodeString(strings.Join(strings.Fields(m[1]), ""))
		if err != nil {
			t.Fatal(err)
		}
		responses = append(responses, r)
	}
	if len(responses) != len(commands) {
		t.Fatalf("%d responses to %d commands:\n%s", len(responses), len(commands), printed)
	}
	return responses
}
