//go:build judges

package judges_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/ca/signer"
)

// OpenSSL opens the CA's key with its passphrase, and with no other.
func TestKeyAtRest(t *testing.T) {
	dir := t.TempDir()
	keys := &signer.Software{Dir: dir, Passphrase: []byte("correct horse")}
	for label, suite := range map[string]jpki.Suite{"rsa": jpki.RSA2048, "ec": jpki.P384} {
		if _, err := keys.Create(t.Context(), label, suite); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, label+".pem")
		output, code := run(t, "openssl", "pkey", "-in", file, "-passin", "pass:correct horse", "-noout", "-check")
		if code != 0 || !strings.Contains(output, "Key is valid") {
			t.Errorf("%s, right passphrase: exit code %d, %s, want a valid key", label, code, output)
		}
		output, code = run(t, "openssl", "pkey", "-in", file, "-passin", "pass:wrong", "-noout")
		if code == 0 || !strings.Contains(output, "bad decrypt") {
			t.Errorf("%s, wrong passphrase: exit code %d, %s, want \"bad decrypt\"", label, code, output)
		}
		output = mustRun(t, "openssl", "asn1parse", "-in", file)
		for _, want := range []string{"PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", ":0927C0"} { // 600,000 rounds
			if !strings.Contains(output, want) {
				t.Errorf("%s: no %s in\n%s", label, want, output)
			}
		}
	}
}

// OpenSSL verifies the proof of possession that the card signed, and reads in it which card and which visit it is for.
//
// Req: R-CRD-07, R-ISS-15
func TestProofOfPossession(t *testing.T) {
	chip := cardtest.Blank(t)
	chip.Prepare(t)
	chip.Load(t, card.Authentication)
	c, err := card.Open(t.Context(), chip.Card)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := c.Proof(t.Context(), card.Authentication, chip.Nonce)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "proof.der")
	if err := os.WriteFile(file, proof.Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	output := mustRun(t, "openssl", "req", "-inform", "DER", "-in", file, "-noout", "-verify", "-subject")
	subject := fmt.Sprintf("CN = %x, serialNumber = %s", chip.Nonce, chip.Serial)
	for _, want := range []string{"self-signature verify OK", subject} {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in\n%s", want, output)
		}
	}
	proof.Raw[len(proof.Raw)-1] ^= 1
	if err := os.WriteFile(file, proof.Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	output, _ = run(t, "openssl", "req", "-inform", "DER", "-in", file, "-noout", "-verify") // exit code 0 all the same
	if !strings.Contains(output, "self-signature verify failure") {
		t.Errorf("altered proof: %s, want its signature refused", output)
	}
}
