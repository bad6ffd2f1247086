package cardtest

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/apdu"
	"github.com/openjpki/jpki/card"
)

const selectApplication = "00A4040C0AD392F000260100000001"

// terminal sends commands, written in hexadecimal, and compares status words.
type terminal struct {
	*testing.T
	Fixture
}

// restart switches the card off and on and selects the application.
func (c *terminal) restart() {
	c.Helper()
	if err := c.Reset(); err != nil {
		c.Fatal(err)
	}
	c.want(selectApplication, apdu.Success)
}

// want sends command and returns the data of the answer, whose status word must
// be one of sws.
func (c *terminal) want(command string, sws ...apdu.SW) []byte {
	c.Helper()
	b, err := hex.DecodeString(command)
	if err != nil {
		c.Fatal(err)
	}
	answer, err := c.Transmitter.Transmit(c.Context(), b)
	if err != nil {
		c.Fatalf("%s: %v", shown(command), err)
	}
	response, err := apdu.ParseResponse(answer)
	if err != nil {
		c.Fatalf("%s: answer %X: %v", shown(command), answer, err)
	}
	if !slices.Contains(sws, response.SW) {
		c.Fatalf("%s = %v, want %v", shown(command), response.SW, sws)
	}
	return response.Data
}

// shown hides the PIN in a command.
func shown(command string) string {
	if ins := command[2:4]; (ins == "20" || ins == "24") && len(command) > 8 {
		return command[:8] + " with a PIN"
	}
	return command
}

// file selects a file.
func (c *terminal) file(id string) {
	c.Helper()
	c.want("00A4020C02"+id, apdu.Success)
}

// read returns size bytes from the start of the current file.
func (c *terminal) read(size int) []byte {
	c.Helper()
	var b []byte
	for len(b) < size {
		chunk := c.want(fmt.Sprintf("00B0%04X%02X", len(b), min(size-len(b), 256)&0xFF), apdu.Success)
		if len(chunk) == 0 {
			c.Fatalf("reading at %d returns nothing, want %d bytes in all", len(b), size)
		}
		b = append(b, chunk...)
	}
	return b
}

// readCertificate reads the certificate in file id.
func (c *terminal) readCertificate(id string) []byte {
	c.Helper()
	c.file(id)
	head := c.want("00B0000004", apdu.Success)
	if len(head) != 4 || head[0] != 0x30 || head[1] != 0x82 {
		c.Fatalf("EF %s begins %X, want 30 82 and a length", id, head)
	}
	return c.read(4 + int(head[2])<<8 + int(head[3]))
}

// key is one of the two keys as the commands name it.
type key struct {
	name                       card.Key
	key, pin, keySFI, pinSFI   string
	certificate, authority     string
	tries                      int
	code, next, wrong, illegal string
}

func (c *terminal) keys() []key {
	signature := key{
		name: card.Signature, key: "001A", pin: "001B", keySFI: "9A", pinSFI: "9B",
		certificate: "0001", authority: "0002", tries: 5,
		code: c.SignaturePIN, next: "NEXT01", wrong: "WRONG1", illegal: "next01",
	}
	authentication := key{
		name: card.Authentication, key: "0017", pin: "0018", keySFI: "97", pinSFI: "98",
		certificate: "000A", authority: "000B", tries: 3,
		code: c.AuthenticationPIN, next: "8520", wrong: "9630", illegal: "852A",
	}
	return []key{signature, authentication}
}

// query is VERIFY without data, verify is VERIFY, change is CHANGE REFERENCE
// DATA, all by short file identifier.
func (k key) query() string             { return "002000" + k.pinSFI }
func (k key) verify(pin string) string  { return "002000" + k.pinSFI + field(pin) }
func (k key) change(next string) string { return "002401" + k.pinSFI + field(next) }

// sign is COMPUTE DIGITAL SIGNATURE by short file identifier.
func (k key) sign(data []byte) string {
	return "802A00" + k.keySFI + field(string(data)) + "00"
}

func field(data string) string {
	return strings.ToUpper(fmt.Sprintf("%02x%x", len(data), data))
}
