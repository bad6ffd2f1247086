//go:build judges

package judges_test

import (
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/tour"
)

// The card of one who moved and applied anew: a PKCS #11 program signs with the new key, and the signature fits the new
// certificate and not the revoked one. The authentication key is still that of the first certificate.
//
// Req: R-ISS-30, R-CLI-02
func TestCardAfterReissue(t *testing.T) {
	dir := t.TempDir()
	report, err := tour.InSandbox(t.Context(), tour.Config{Dir: dir, Out: io.Discard, End: time.Now})
	if err != nil || !report.OK() {
		t.Fatalf("the tour: %v, in order %t", err, report.OK())
	}
	certificate := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, "person", name+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		return block.Bytes
	}
	h := &holder{id: "sakura", file: filepath.Join(dir, "nation", "cards", "sakura.card"), auth: certificate("auth"), sign: certificate("again")}
	sign := signKey
	sign.pin = "ABC123"
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for _, key := range []keyPair{authKey, sign} {
			document := newFile(t, []byte("a document"))
			s.mustRun(t, "pkcs11-tool", key.sign(document, "SHA256-RSA-PKCS")...)
			checkSignature(t, "sha256", document, h.certificate(key))
			if key == sign {
				environment{}.refuses(t, "Verification failure\n", "openssl", "dgst", "-sha256", "-verify", publicKey(t, certificate("sign")),
					"-signature", document+".sig", document)
			}
		}
	})
}
