//go:build judges

package judges_test

import (
	"bytes"
	"encoding/pem"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// OpenSC finds each card in its reader and tells by itself, out of all the cards it knows, that it is a JPKI card.
func TestCardName(t *testing.T) {
	n := newNation(t)
	first, second := n.newHolder(t), n.newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, first, second)
		s.says(t, "\n0    Yes             "+s.readers[0]+"\n1    Yes             "+s.readers[1]+"\n", "opensc-tool", "--list-readers")
		undecided := environment{s.environment[0]} // without the configuration that names the driver
		for _, reader := range []string{"0", "1", s.readers[0], s.readers[1]} {
			undecided.says(t, "jpki\n", "opensc-tool", "--reader", reader, "--name")
			undecided.says(t, "3b:e0:00:ff:81:31:fe:45:14\n", "opensc-tool", "--reader", reader, "--atr")
		}
	})
}

// pkcs15Object is the head of an object that pkcs15-tool prints: its class, its label and its number.
var pkcs15Object = regexp.MustCompile(`(?m)^(\S.+) \[(.+)\]\n(?:\t.*\n)*?\tID +: (\d\d)$`)

// OpenSC finds what is on a card of the kind, with the numbers and labels its driver gives it.
func TestCardObjects(t *testing.T) {
	want := []string{
		"PIN 01 User Authentication PIN",
		"PIN 02 Digital Signature PIN",
		"Private RSA Key 01 User Authentication Key",
		"Private RSA Key 02 Digital Signature Key",
		"Public RSA Key 01 User Authentication Public Key",
		"Public RSA Key 02 Digital Signature Public Key",
		"X.509 Certificate 01 User Authentication Certificate",
		"X.509 Certificate 02 Digital Signature Certificate",
		"X.509 Certificate 03 User Authentication Certificate CA",
		"X.509 Certificate 04 Digital Signature Certificate CA",
	}
	h := newNation(t).newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		var got []string
		for _, m := range pkcs15Object.FindAllStringSubmatch(s.mustRun(t, "pkcs15-tool", "--dump"), -1) {
			got = append(got, m[1]+" "+m[3]+" "+m[2])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("objects on the card (-want +got):\n%s", diff)
		}
	})
}

// What programs read from a card are the certificates that the CAs issued. The one for signatures, which tells name and
// address, comes after its PIN only.
func TestCardCertificates(t *testing.T) {
	n := newNation(t)
	h := n.newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for _, tt := range []struct {
			name    string
			options []string
			want    []byte
		}{
			{"authentication", []string{"--read-certificate", "1"}, h.auth},
			{"signature", []string{"--read-certificate", "2", "--verify-pin", "--auth-id", "2", "--pin", signPIN}, h.sign},
			{"authentication CA", []string{"--read-certificate", "3"}, n.authCA},
			{"signature CA", []string{"--read-certificate", "4"}, n.signCA},
		} {
			t.Run(tt.name, func(t *testing.T) {
				text := s.mustRun(t, "pkcs15-tool", tt.options...)
				if block, _ := pem.Decode([]byte(text)); block == nil || !bytes.Equal(block.Bytes, tt.want) {
					t.Errorf("pkcs15-tool read another certificate than was issued:\n%s", text)
				}
			})
		}
		// OpenSC takes the refused first bytes for an empty file. The card's own word, 6982, is in TestHostileCommands.
		s.refuses(t, "Certificate read failed: EF offset too large", "pkcs15-tool", "--read-certificate", "2")
		s.refuses(t, "PIN code or key incorrect", "pkcs15-tool",
			"--read-certificate", "2", "--verify-pin", "--auth-id", "2", "--pin", "WRONG1")
	})
}

// Programs are told that the private keys never leave the card, and have no way to add, replace or delete anything on it.
func TestCardIsReadOnly(t *testing.T) {
	h := newNation(t).newHolder(t)
	certificate := newFile(t, h.auth)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		before := h.content(t)
		for _, key := range []keyPair{authKey, signKey} {
			list := s.mustRun(t, "pkcs11-tool", key.login("--list-objects", "--type", "privkey")...)
			if n := strings.Count(list, "\n  Access:     sensitive, always sensitive, never extractable, local\n"); n != 1 {
				t.Errorf("%d private keys are sensitive and not extractable, want 1 in\n%s", n, list)
			}
			for _, act := range []struct {
				want    string
				options []string
			}{
				{"CKR_FUNCTION_NOT_SUPPORTED", []string{"--delete-object", "--type", "privkey", "--id", key.id}},
				{"CKR_FUNCTION_NOT_SUPPORTED", []string{"--delete-object", "--type", "cert", "--id", key.id}},
				{"CKR_FUNCTION_NOT_SUPPORTED", []string{"--write-object", certificate, "--type", "cert", "--id", key.id}},
				{"CKR_FUNCTION_NOT_SUPPORTED", []string{"--change-pin", "--new-pin", strings.Repeat("9", len(key.pin))}},
				{"Generate RSA mechanism not supported", []string{"--keypairgen", "--key-type", "rsa:2048", "--id", "05"}},
				{"CKR_MECHANISM_INVALID", []string{"--sign", "--mechanism", "SHA256-RSA-PKCS-PSS", "--id", key.id, "--input-file", certificate}},
				{"CKR_KEY_TYPE_INCONSISTENT", []string{"--decrypt", "--mechanism", "RSA-PKCS", "--id", key.id, "--input-file", certificate}},
			} {
				s.refuses(t, act.want, "pkcs11-tool", key.login(act.options...)...)
			}
		}
		s.refuses(t, "Couldn't bind to the card: Not supported", "pkcs15-init", "--erase-card")
		s.refuses(t, "Couldn't bind to the card: Not supported", "pkcs15-init", "--store-certificate", certificate)
		s.refuses(t, "PIN unblocking failed: Not supported", "pkcs15-tool",
			"--unblock-pin", "--auth-id", "1", "--puk", "1234", "--new-pin", "9999")
		if !bytes.Equal(h.content(t), before) {
			t.Error("what is on the card has changed")
		}
	})
}
