//go:build judges

package verify_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// workshop signs with OpenSSL as holders of JPKI certificates.
type workshop struct {
	dir     string
	ca      map[string]*verifytest.CA // by the kind of key
	holders map[string]verifytest.Holder
}

// openssl runs OpenSSL in the folder of the workshop. A program that is not installed ends the test.
func (w workshop) openssl(t testing.TB, args ...string) (output string, ok bool) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl is missing: apt-get install openssl")
	}
	command := exec.CommandContext(t.Context(), "openssl", args...)
	command.Dir = w.dir
	out, err := command.CombinedOutput()
	return string(out), err == nil
}

func (w workshop) write(t testing.TB, name, kind string, content []byte) {
	t.Helper()
	if kind != "" {
		content = pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	}
	if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w workshop) read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func newWorkshop(t testing.TB) workshop {
	t.Helper()
	w := workshop{dir: t.TempDir(), ca: map[string]*verifytest.CA{}, holders: map[string]verifytest.Holder{}}
	w.write(t, "document", "", document)
	for name, suite := range map[string]jpki.Suite{"rsa": jpki.RSA2048, "ec": jpki.P384} {
		profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
		profile.Suite = suite
		ca := verifytest.NewCAWith(t, profile, verifytest.NewKey(t, suite), jpki.SigningCA, 1)
		h := ca.Issue(t, serial, verifytest.Mihon)
		key, err := x509.MarshalPKCS8PrivateKey(h.Key)
		if err != nil {
			t.Fatal(err)
		}
		w.write(t, name+".key", "PRIVATE KEY", key)
		w.write(t, name+".pem", "CERTIFICATE", h.DER)
		w.write(t, name+"-ca.pem", "CERTIFICATE", ca.DER)
		w.ca[name], w.holders[name] = ca, h
	}
	return w
}

// verifier trusts both CAs. It has the certificates of the holders only where a signature may lack them.
func (w workshop) verifier(t testing.TB, options ...string) *verify.Verifier {
	t.Helper()
	c := verify.Config{At: now}
	for _, name := range []string{"rsa", "ec"} {
		c.Anchors = append(c.Anchors, w.ca[name].DER)
		c.CRLs = append(c.CRLs, w.ca[name].CRL(t, verifytest.Mihon, nil))
		if slices.Contains(options, "-nocerts") {
			c.Certificates = append(c.Certificates, w.holders[name].DER)
		}
	}
	return newVerifier(t, c)
}

// sign has OpenSSL sign the document as the holder of a kind of key.
func (w workshop) sign(t testing.TB, key string, options ...string) []byte {
	t.Helper()
	args := append([]string{"cms", "-sign", "-binary", "-in", "document", "-outform", "DER", "-out", "p7s",
		"-signer", key + ".pem", "-inkey", key + ".key"}, options...)
	if out, ok := w.openssl(t, args...); !ok {
		t.Fatalf("openssl %s: %s", strings.Join(args, " "), out)
	}
	return w.read(t, "p7s")
}

// forms are the ways in which OpenSSL signs, with the checks that tell them apart.
var forms = []struct {
	name, key string
	options   []string
	attached  bool
	want      verify.SubIndication // "" if the signature passes
}{
	{"RSA", "rsa", nil, false, ""},
	{"ECDSA", "ec", []string{"-md", "sha384"}, false, ""},
	{"attached", "rsa", []string{"-nodetach"}, true, ""},
	{"CAdES", "rsa", []string{"-cades"}, false, ""},
	{"CAdES, SHA-512", "ec", []string{"-cades", "-md", "sha512"}, false, ""},
	{"key identifier", "rsa", []string{"-keyid"}, false, ""},
	{"no attributes", "rsa", []string{"-noattr"}, false, ""},
	{"no attributes, attached", "ec", []string{"-noattr", "-nodetach"}, true, ""},
	{"no S/MIME capabilities", "rsa", []string{"-nosmimecap"}, false, ""},
	{"no certificates", "rsa", []string{"-nocerts"}, false, ""},
	{"with the CA", "rsa", []string{"-certfile", "rsa-ca.pem"}, false, ""},
	{"SHA-384", "rsa", []string{"-md", "sha384"}, false, ""},
	{"SHA-512", "rsa", []string{"-md", "sha512"}, false, ""},
	{"SHA-1", "rsa", []string{"-md", "sha1"}, false, verify.CryptoConstraintsFailure},
	{"PSS", "rsa", []string{"-keyopt", "rsa_padding_mode:pss"}, false, ""},
	{"PSS, SHA-512, long salt", "rsa", []string{"-md", "sha512", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:max"}, false, ""},
	{"PSS, no salt", "rsa", []string{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0"}, false, ""},
	{"PSS, no attributes", "rsa", []string{"-noattr", "-keyopt", "rsa_padding_mode:pss"}, false, ""},
	{"BER", "rsa", []string{"-nodetach", "-stream"}, true, ""},
	{"BER, detached", "ec", []string{"-stream"}, false, ""},
	{"BER, key identifier, CAdES", "rsa", []string{"-nodetach", "-stream", "-keyid", "-cades"}, true, ""},
	{"other content type", "rsa", []string{"-nodetach", "-econtent_type", "2.999.1"}, true, ""},
	{"two signers", "rsa", []string{"-signer", "ec.pem", "-inkey", "ec.key"}, false, ""},
}

// Whatever OpenSSL signs is accepted as it is and refused when altered.
func TestOpenSSLSigns(t *testing.T) {
	w := newWorkshop(t)
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			v := w.verifier(t, form.options...)
			p7s := w.sign(t, form.key, form.options...)
			content := document
			if form.attached {
				content = nil
			}
			wanted := passed
			if form.want != "" {
				wanted = indeterminate
			}
			expect(t, judge(t, v, p7s, content), wanted, form.want, "signature.value", verify.Passed)
			attributes := !slices.Contains(form.options, "-noattr")
			other := judge(t, v, p7s, []byte("another document"))
			if attributes {
				expect(t, other, failed, verify.HashFailure, "signature.content", verify.Failed)
			} else {
				expect(t, other, failed, verify.SigCryptoFailure, "signature.value", verify.Failed)
			}
			if !bytes.HasSuffix(p7s, []byte{0, 0}) { // the end of BER
				expect(t, judge(t, v, flip(p7s, p7s), content), failed, verify.SigCryptoFailure, "signature.value", verify.Failed)
			}
		})
	}
}

// Several signers are judged each for itself.
func TestOpenSSLTwoSigners(t *testing.T) {
	w := newWorkshop(t)
	p7s := w.sign(t, "rsa", "-signer", "ec.pem", "-inkey", "ec.key")
	c := verify.Config{At: now, Anchors: [][]byte{w.ca["rsa"].DER}, CRLs: [][]byte{w.ca["rsa"].CRL(t, verifytest.Mihon, nil)}}
	r := judge(t, newVerifier(t, c), p7s, document)
	expect(t, r, indeterminate, verify.NoCertificateChainFound, "", "")
	var verdicts []string
	for _, s := range r.Signatures {
		verdicts = append(verdicts, string(s.Indication))
	}
	slices.Sort(verdicts)
	if want := []string{string(indeterminate), string(passed)}; !slices.Equal(verdicts, want) {
		t.Errorf("verdicts = %v, want %v", verdicts, want)
	}
}

// A thousand altered signatures of all forms: each gets a verdict, and none passes that OpenSSL reads and refuses for its
// content or its value.
func TestOpenSSLMutated(t *testing.T) {
	w := newWorkshop(t)
	random := rand.New(rand.NewPCG(1, 2))
	passes, tries := 0, 0
	for _, form := range forms {
		if form.want != "" || form.name == "two signers" {
			continue
		}
		v, original := w.verifier(t, form.options...), w.sign(t, form.key, form.options...)
		for range 1000 / (len(forms) - 2) {
			p7s := bytes.Clone(original)
			p7s[random.IntN(len(p7s))] ^= 1 << random.IntN(8)
			content := document
			if form.attached {
				content = nil
			}
			tries++
			if r := judge(t, v, p7s, content); r.Indication == passed {
				passes++
				w.verifies(t, form.name, form.key, p7s, content)
			}
		}
	}
	t.Logf("%d of %d pass: what was altered in them is not signed", passes, tries)
}

// verifies has OpenSSL look at what passed here. That it cannot read the file, or the list of hash functions at its
// beginning, says nothing of the signature.
func (w workshop) verifies(t testing.TB, name, key string, p7s, content []byte) {
	t.Helper()
	w.write(t, "altered", "", p7s)
	args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", "altered", "-noverify", "-certfile", key + ".pem", "-out", "out"}
	if content != nil {
		args = append(args, "-content", "document")
	}
	out, ok := w.openssl(t, args...)
	if !ok && !strings.Contains(out, "Error reading") && !strings.Contains(out, "unknown digest algorithm") {
		t.Errorf("%s, altered: passes here, OpenSSL says %s", name, out)
	}
}
