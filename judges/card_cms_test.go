//go:build judges

package judges_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// OpenSSL signs a document with the signature key of a card, and what our program signs with one over PC/SC is to OpenSSL
// the same: a CAdES signature of the certificate's holder.
//
// Req: R-CLI-02
func TestCMS(t *testing.T) {
	program, n := build(t), newNation(t)
	h := n.newHolder(t)
	document := newFile(t, []byte("a document"))
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for _, signer := range []struct {
			name     string
			stranger string // what OpenSSL says of the signer if it trusts the authentication CA
			sign     func(t *testing.T, out string)
		}{
			{"OpenSSL", "unable to get local issuer certificate", func(t *testing.T, out string) {
				s.mustRun(t, "openssl", "cms", "-sign", "-binary", "-cades", "-md", "sha256", "-in", document, "-outform", "DER", "-out", out,
					"-engine", "pkcs11", "-keyform", "engine", "-inkey", signKey.engineKey(signPIN), "-signer", pemFile(t, h.sign))
			}},
			{"jpki", "self-signed certificate in certificate chain", func(t *testing.T, out string) {
				cmd := s.command(t, program, "sign", "-format", "cms", "-detached", "-in", document, "-out", out,
					"-reader", s.readers[0], "-pin-env", "PIN")
				cmd.Env = append(cmd.Env, "PIN="+signPIN)
				if printed, code := finish(t, cmd); code != 0 {
					t.Fatalf("jpki sign: exit code %d\n%s", code, printed)
				}
			}},
		} {
			t.Run(signer.name, func(t *testing.T) {
				signature := newFile(t, nil)
				signer.sign(t, signature)
				verify := func(ca []byte, document string) []string {
					return []string{"cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", signature, "-content", document,
						"-CAfile", pemFile(t, ca), "-purpose", "smimesign", "-out", os.DevNull}
				}
				environment{}.says(t, "CAdES Verification successful\n", "openssl", verify(n.signCA, document)...)
				environment{}.refuses(t, "CMS_SignerInfo_verify_content:verification failure", "openssl",
					verify(n.signCA, newFile(t, []byte("another document")))...)
				environment{}.refuses(t, "Verify error: "+signer.stranger, "openssl", verify(n.authCA, document)...)
			})
		}
	})
}

// build compiles our program.
func build(t testing.TB) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "jpki")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/jpki")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if printed, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compiling jpki: %v\n%s", err, printed)
	}
	return program
}
