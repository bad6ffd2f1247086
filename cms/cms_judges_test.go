//go:build judges

package cms_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/cms"
)

// sample is a signature in files, as foreign programs take it.
type sample struct {
	p7s, ca string
	content string // the detached content, "" if it is in the p7s
}

func write(t testing.TB, content []byte) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// inFiles makes a sample; a nil content is in the p7s.
func inFiles(t testing.TB, p7s, content, ca []byte) sample {
	t.Helper()
	s := sample{p7s: write(t, p7s), ca: write(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}))}
	if content != nil {
		s.content = write(t, content)
	}
	return s
}

// run returns what a program prints to both channels. A program that is not installed ends the test.
func run(t testing.TB, debianPackage, program string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is missing: apt-get install %s", program, debianPackage)
	}
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	return string(out), err
}

// openssl has a sample verified; with the option -cades it looks at the signing certificate attribute too.
func openssl(t testing.TB, s sample, options ...string) (string, error) {
	t.Helper()
	args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", s.p7s, "-CAfile", s.ca, "-purpose", "any", "-out", s.p7s + ".out"}
	if s.content != "" {
		args = append(args, "-content", s.content)
	}
	return run(t, "openssl", "openssl", append(args, options...)...)
}

func certtool(t testing.TB, s sample) (string, error) {
	t.Helper()
	args := []string{"--p7-verify", "--inder", "--infile", s.p7s, "--load-ca-certificate", s.ca}
	if s.content != "" {
		args = append(args, "--load-data", s.content)
	}
	return run(t, "gnutls-bin", "certtool", args...)
}

const accepted = "CAdES Verification successful"

func accept(t *testing.T, s sample, content []byte) {
	t.Helper()
	if out, err := openssl(t, s, "-cades"); err != nil || !strings.Contains(out, accepted) {
		t.Errorf("openssl = %v, %s, want %q", err, out, accepted)
	}
	if out, err := os.ReadFile(s.p7s + ".out"); err != nil || !bytes.Equal(out, content) {
		t.Errorf("openssl read %d bytes of content, %v, want the %d that were signed", len(out), err, len(content))
	}
	want := "Signature status: ok"
	if len(content) == 0 { // GnuTLS takes an empty content for none
		want = "There are no embedded data in the structure"
	}
	if out, err := certtool(t, s); !strings.Contains(out, want) {
		t.Errorf("certtool = %v, %s, want %q", err, out, want)
	}
}

func TestJudgesAccept(t *testing.T) {
	contents := map[string][]byte{
		"document": document, "empty": {}, "1 MiB": bytes.Repeat([]byte("0123456789abcde\n"), 1<<16),
		"CRLF": []byte("a\r\nb\n\nc\r\r\n"), "DER": {0x30, 3, 2, 1, 5},
	}
	for suite := range suites {
		h := newHolder(t, suite)
		s := h.signer(t)
		for name, content := range contents {
			t.Run(suite+"/"+name, func(t *testing.T) {
				accept(t, inFiles(t, attached(t, s, content), nil, h.ca), content)
				accept(t, inFiles(t, detached(t, s, content), content, h.ca), content)
			})
		}
	}
}

// A certificate that OpenSSL made, with a name that no JPKI certificate has.
func TestJudgesAcceptForeignCertificate(t *testing.T) {
	for _, algorithm := range []string{"rsa:3072", "ec"} {
		t.Run(algorithm, func(t *testing.T) {
			key, certificate := filepath.Join(t.TempDir(), "key"), filepath.Join(t.TempDir(), "certificate")
			args := []string{"req", "-x509", "-nodes", "-newkey", algorithm, "-keyout", key, "-out", certificate, "-utf8",
				"-subj", "/C=XX/O=見本+OU=署名/CN=Muster", "-days", "30"}
			if algorithm == "ec" {
				args = append(args, "-pkeyopt", "ec_paramgen_curve:P-256")
			}
			if out, err := run(t, "openssl", "openssl", args...); err != nil {
				t.Fatalf("openssl req = %v, %s", err, out)
			}
			private, err := x509.ParsePKCS8PrivateKey(unpem(t, key))
			if err != nil {
				t.Fatal(err)
			}
			own := unpem(t, certificate)
			s := newSigner(t, cms.Config{Key: private.(crypto.Signer), Certificate: own})
			accept(t, inFiles(t, detached(t, s, document), document, own), document)
		})
	}
}

func unpem(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return block.Bytes
}

// Any content at any time: OpenSSL accepts it and reads the time that was meant.
func TestJudgesAcceptAnything(t *testing.T) {
	h := newHolder(t, "p384")
	s := h.signer(t)
	first, last := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2150, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for seed := range uint64(24) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			content := make([]byte, 1+random.IntN(3000))
			for i := range content {
				content[i] = byte(random.Uint32())
			}
			at := time.Unix(first+random.Int64N(last-first), 0).UTC()
			p7s, err := s.SignDetached(bytes.NewReader(content), at)
			if err != nil {
				t.Fatal(err)
			}
			file := inFiles(t, p7s, content, h.ca)
			accept(t, file, content)
			want := at.Format("TIME:Jan _2 15:04:05 2006 GMT")
			if out, err := run(t, "openssl", "openssl", "cms", "-cmsout", "-noout", "-print", "-inform", "DER", "-in", file.p7s); err != nil || !strings.Contains(out, want) {
				t.Errorf("openssl cms -print = %v without %q", err, want)
			}
		})
	}
}

// flip returns p7s with one bit of part changed, wherever in p7s it stands first.
func flip(p7s, part []byte) []byte {
	altered := bytes.Clone(p7s)
	altered[bytes.Index(p7s, part)+len(part)-1] ^= 1
	return altered
}

// resign puts a fresh signature over the attributes of p7s.
func resign(t *testing.T, key crypto.Signer, p7s []byte) []byte {
	t.Helper()
	info := read(t, p7s).SignerInfos[0]
	digest := sha256.Sum256(set(info.Attributes))
	signature, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(p7s, info.Signature, signature, 1)
}

// forgery is an altered sample and what the judges say of it.
type forgery struct {
	name             string
	p7s, content, ca []byte
	openssl          string
	gnutls           bool   // does it notice? It does not know the signing certificate attribute.
	bouncyCastle     string // which is not asked about the CA
}

const (
	contentDiffers   = "CMS_SignerInfo_verify_content:verification failure"
	signatureDiffers = "CMS_SignerInfo_verify:verification failure"
	certDiffers      = "ess cert id not found"
	caDiffers        = "certificate verify error"
)

func forgeries(t *testing.T) []forgery {
	t.Helper()
	h := newHolder(t, "rsa2048")
	shorter := validity
	shorter.NotAfter = shorter.NotAfter.Add(-time.Hour)
	renewed := issue(t, "rsa2048", storedKey(t, "rsa2048-ca"), h.key.Signer, shorter)
	stranger := issue(t, "rsa2048", h.key.Signer, h.key.Signer, validity) // a CA of the same name with another key
	p7s := detached(t, h.signer(t), document)
	info := read(t, p7s).SignerInfos[0]
	certHash := sha256.Sum256(h.certificate)
	return []forgery{
		{"content", p7s, flip(document, document), h.ca, contentDiffers, true, "message-digest attribute value does not match calculated value"},
		{"attached content", flip(attached(t, h.signer(t), document), document), nil, h.ca, contentDiffers, true, "message-digest attribute value does not match calculated value"},
		{"signature", flip(p7s, info.Signature), document, h.ca, signatureDiffers, true, "wrong signature"},
		{"signing time", flip(p7s, []byte("260601020304")), document, h.ca, signatureDiffers, true, "wrong signature"},
		{"hash of the signing certificate", resign(t, h.key, flip(p7s, certHash[:])), document, h.ca, certDiffers, false, "another signing certificate"},
		{"another certificate of the key", bytes.Replace(p7s, h.certificate, renewed.certificate, 1), document, h.ca, certDiffers, false, "another signing certificate"},
		{"another CA", p7s, document, stranger.ca, caDiffers, true, "accepted"},
	}
}

func TestJudgesRefuse(t *testing.T) {
	for _, f := range forgeries(t) {
		t.Run(f.name, func(t *testing.T) {
			s := inFiles(t, f.p7s, f.content, f.ca)
			if out, err := openssl(t, s, "-cades"); err == nil || !strings.Contains(out, f.openssl) {
				t.Errorf("openssl = %v, %s, want refused with %q", err, out, f.openssl)
			}
			if out, err := openssl(t, s); f.openssl == certDiffers && err != nil {
				t.Errorf("openssl without -cades = %v, %s, want accepted: nothing but the attribute is wrong", err, out)
			}
			out, err := certtool(t, s)
			if refused := err != nil && strings.Contains(out, "Signature status: verification failed"); refused != f.gnutls {
				t.Errorf("certtool = %v, %s, want refused %t", err, out, f.gnutls)
			}
		})
	}
}

func TestBouncyCastle(t *testing.T) {
	const jars = "/usr/share/java/bcprov.jar:/usr/share/java/bcpkix.jar:/usr/share/java/bcutil.jar"
	for jar := range strings.SplitSeq(jars, ":") {
		if _, err := os.Stat(jar); err != nil {
			t.Fatalf("%s is missing: apt-get install libbcprov-java libbcpkix-java libbcutil-java", jar)
		}
	}
	cases := forgeries(t)
	for suite := range suites {
		h := newHolder(t, suite)
		cases = append(cases,
			forgery{name: suite + " attached", p7s: attached(t, h.signer(t), document), bouncyCastle: "accepted"},
			forgery{name: suite + " detached", p7s: detached(t, h.signer(t), document), content: document, bouncyCastle: "accepted"},
			forgery{name: suite + " empty", p7s: attached(t, h.signer(t), nil), bouncyCastle: "accepted"})
	}
	args := []string{"-cp", jars, filepath.Join("testdata", "VerifyCMS.java")}
	want := ""
	for _, c := range cases {
		s := inFiles(t, c.p7s, c.content, c.ca)
		if s.content == "" {
			s.content = "-"
		}
		args = append(args, s.p7s, s.content)
		want += s.p7s + ": " + c.bouncyCastle + "\n"
	}
	if out, err := run(t, "openjdk-17-jdk-headless", "java", args...); err != nil || out != want {
		t.Errorf("java = %v\n%s\nwant\n%s", err, out, want)
	}
}
