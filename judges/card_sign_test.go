//go:build judges

package judges_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// publicKey writes the public key of a certificate to a file, as OpenSSL reads it there.
func publicKey(t testing.TB, certificate []byte) string {
	t.Helper()
	file := newFile(t, nil)
	mustRun(t, "openssl", "x509", "-in", pemFile(t, certificate), "-noout", "-pubkey", "-out", file)
	return file
}

// checkSignature has OpenSSL verify a file's signature with a certificate, and refuse it with the file altered.
func checkSignature(t testing.TB, hash, document string, certificate []byte) {
	t.Helper()
	check := []string{"dgst", "-" + hash, "-verify", publicKey(t, certificate), "-signature", document + ".sig"}
	environment{}.says(t, "Verified OK\n", "openssl", append(check, document)...)
	environment{}.refuses(t, "Verification failure\n", "openssl", append(check, newFile(t, []byte("another document")))...)
}

// A PKCS #11 program has the card sign with both keys, for any hash; each signature fits the certificate of its key.
//
// Req: R-CRD-07, R-CLI-02
func TestSignature(t *testing.T) {
	h := newNation(t).newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for _, key := range []keyPair{authKey, signKey} {
			for _, hash := range []string{"sha256", "sha384", "sha512"} {
				t.Run(key.name+" "+hash, func(t *testing.T) {
					document := newFile(t, []byte("a document"))
					s.mustRun(t, "pkcs11-tool", key.sign(document, strings.ToUpper(hash)+"-RSA-PKCS")...)
					checkSignature(t, hash, document, h.certificate(key))
				})
			}
		}
	})
}

// The test of a PKCS #11 token that comes with OpenSC finds nothing wrong.
func TestSelfTest(t *testing.T) {
	h := newNation(t).newHolder(t)
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, h)
		for _, key := range []keyPair{authKey, signKey} {
			s.says(t, "\nNo errors\n", "pkcs11-tool", key.login("--test")...)
		}
	})
}

// Eight cards in eight readers, two programs at each at a time: every signature is that of the card and the key it was
// asked of.
func TestEightCards(t *testing.T) {
	n := newNation(t)
	var holders []*holder
	for range 8 {
		holders = append(holders, n.newHolder(t))
	}
	onEachService(t, func(t *testing.T, start func(int) *service) {
		s := startWith(t, start, holders...)
		type work struct {
			*exec.Cmd
			document    string
			certificate []byte
			printed     []byte
			err         error
		}
		var all []*work
		for i, h := range holders {
			for _, key := range []keyPair{authKey, signKey} {
				key.slot += 2 * i
				document := newFile(t, []byte("document of "+h.id))
				all = append(all, &work{
					Cmd:      s.command(t, find(t, "pkcs11-tool"), key.sign(document, "SHA256-RSA-PKCS")...),
					document: document, certificate: h.certificate(key),
				})
			}
		}
		var group sync.WaitGroup
		for _, w := range all {
			group.Go(func() { w.printed, w.err = w.CombinedOutput() })
		}
		group.Wait()
		for _, w := range all {
			if w.err != nil {
				t.Errorf("%s: %v\n%s", w.Cmd, w.err, w.printed)
				continue
			}
			checkSignature(t, "sha256", w.document, w.certificate)
		}
	})
}
