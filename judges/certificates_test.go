//go:build judges

package judges_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
)

// Every judge gets every question of pathcases_test.go and must give the answer that stands there.
//
// Req: R-CRT-01, R-CRT-06
func TestCertificationPath(t *testing.T) {
	panel := [...]struct {
		name string
		ask  judge
	}{
		openssl:      {"OpenSSL", each(askOpenSSL)},
		gnutls:       {"GnuTLS", each(askGnuTLS)},
		libpkix:      {"NSS", nss("-pp")},
		bouncyCastle: {"Bouncy Castle", java("BC", "reject")},
		sun:          {"SUN", java("SUN", "pass")},
	}
	cases := newFamily(t).pathCases(t)
	var questions []question
	for _, c := range cases {
		questions = append(questions, c.question)
	}
	for i, member := range panel {
		t.Run(member.name, func(t *testing.T) {
			for j, got := range member.ask(t, questions) {
				if c := cases[j]; got != c.want[i] {
					t.Errorf("%s: answer = %q, want %q", c.name, got, c.want[i])
				}
			}
		})
	}
}

// Two judges refuse whatever has the profile of JPKI, because its critical certificate policies carry a qualifier: Java
// until it is told to pass qualifiers, and NSS by its older interface. Who builds a relying party on them must know.
func TestRefusedByDefault(t *testing.T) {
	tests := []struct {
		name string
		ask  judge
		want string
	}{
		{"SUN", java("SUN", "reject"), "INVALID_POLICY: critical policy qualifiers present in certificate"},
		{"NSS without libpkix", nss(), "-8151: Certificate contains unknown critical extension."},
	}
	f := newFamily(t)
	signing, authentication := f.first.issue(t, f.holder), f.login.issue(t, f.holder)
	questions := []question{ask(signDocument, signing, f.first), ask(logIn, authentication, f.login)}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, got := range tt.ask(t, questions) {
				if got != tt.want {
					t.Errorf("answer to question %d = %q, want %q", i, got, tt.want)
				}
			}
		})
	}
}

// textCase is a certificate with what others must read in it: the headings of its extensions in order, and lines.
type textCase struct {
	name            string
	certificate     []byte
	extensions      []string
	openssl, gnutls []string
}

// OpenSSL reads the extensions, their order, which are critical and what they say; GnuTLS the Japanese names of the CAs,
// which OpenSSL cuts short, and the encoded attributes.
//
// Req: R-CRT-03, R-CRT-04
func TestText(t *testing.T) {
	heading := regexp.MustCompile(`(?m)^(?:X509v3 [A-Z].+|Authority Information Access):(?: critical)?$`)
	f := newFamily(t)
	for _, tt := range []textCase{f.signingText(t), f.authenticationText(t), f.caText()} {
		t.Run(tt.name, func(t *testing.T) {
			file := pemFile(t, tt.certificate)
			text := read(t, "openssl", "x509", "-noout", "-text", "-in", file)
			if diff := cmp.Diff(tt.extensions, heading.FindAllString(text, -1)); diff != "" {
				t.Errorf("extensions by OpenSSL (-want +got):\n%s", diff)
			}
			contains(t, text, tt.openssl)
			contains(t, read(t, "certtool", "-i", "--infile", file), tt.gnutls)
		})
	}
}

// Req: R-ACT-04
func TestGovernorIsIssuer(t *testing.T) {
	ca := newAuthority(t, sandbox, jpki.SigningCA, ofKaku)
	file := pemFile(t, ca.issue(t, newKey(t, jpki.RSA2048)))
	contains(t, read(t, "openssl", "x509", "-noout", "-text", "-in", file), []string{
		"Issuer: C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = Governor of Kaku-ken, OU = OpenJPKI Sandbox",
	})
	contains(t, read(t, "certtool", "-i", "--infile", file), []string{
		"Issuer Alternative Name (not critical):\n" +
			"directoryName: OU=OpenJPKI Sandbox,OU=架空県知事,OU=公的個人認証サービス署名用,O=公的個人認証サービス,C=JP",
	})
}

var indent = regexp.MustCompile(`(?m)^[ \t]+|[ \t]+$`)

// read returns what a program prints, without indentation.
func read(t testing.TB, program string, args ...string) string {
	t.Helper()
	return indent.ReplaceAllString(mustRun(t, program, args...), "")
}

// contains checks that each of lines, which may be several, stands in text.
func contains(t *testing.T, text string, lines []string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains("\n"+text, "\n"+want+"\n") {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func (f *family) signingText(t testing.TB) textCase {
	c := f.first.draft(t, f.holder)
	encoded := sign(t, f.first.key, c, func(c *jpki.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2026, 5, 26, 1, 2, 3, 0, time.UTC), time.Date(2031, 2, 17, 14, 59, 59, 0, time.UTC)
	})
	return textCase{
		"signing certificate", encoded,
		[]string{
			"X509v3 Key Usage: critical", "X509v3 Subject Alternative Name:", "X509v3 Certificate Policies: critical",
			"X509v3 Issuer Alternative Name:", "X509v3 CRL Distribution Points:", "X509v3 Authority Key Identifier:",
			"X509v3 Subject Key Identifier:",
		},
		[]string{
			"Version: 3 (0x2)",
			"Serial Number: 108817024 (0x67c6a80)",
			"Signature Algorithm: sha256WithRSAEncryption",
			"Issuer: C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = OpenJPKI Sandbox",
			"Not Before: May 26 01:02:03 2026 GMT\nNot After : Feb 17 14:59:59 2031 GMT",
			"Subject: C = JP, L = Kaku-ken, L = Mihon-shi, CN = " + c.Subject.Values(der.CommonName)[0],
			"Digital Signature, Non Repudiation",
			"othername: 1.2.392.200149.8.5.5.1::見本　花子, othername: 1.2.392.200149.8.5.5.4::319800217, " +
				"othername: 1.2.392.200149.8.5.5.3::2, othername: 1.2.392.200149.8.5.5.5::架空県見本市例示町１丁目２番地３, " +
				"othername: 1.2.392.200149.8.5.5.2::00000, othername: 1.2.392.200149.8.5.5.6::0000000000000000",
			"Policy: 1.2.392.200149.8.5.1.0.20\nCPS: http://jpki-test.invalid/cps",
			"Full Name:\nDirName:C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = CRL Distribution Points, " +
				"OU = Kaku-ken, CN = Mihon-shi CRLDP",
			"keyid:" + colons(f.first.certificate.KeyID()) +
				"\nDirName:/C=JP/O=JPKI-TEST/OU=JPKI for digital signature/OU=OpenJPKI Sandbox\nserial:06:7C:6A:21",
			"X509v3 Subject Key Identifier:\n" + colons(c.KeyID()),
		},
		[]string{
			"otherName OID: 1.2.392.200149.8.5.5.1\notherName DER: 0c0fe8a68be69cace38080e88ab1e5ad90",
			"Issuer Alternative Name (not critical):\n" +
				"directoryName: OU=OpenJPKI Sandbox,OU=公的個人認証サービス署名用,O=公的個人認証サービス,C=JP",
		},
	}
}

func (f *family) authenticationText(t testing.TB) textCase {
	c := f.login.draft(t, f.holder)
	return textCase{
		"authentication certificate", sign(t, f.login.key, c),
		[]string{
			"X509v3 Key Usage: critical", "X509v3 Extended Key Usage:", "X509v3 Certificate Policies: critical",
			"X509v3 Issuer Alternative Name:", "X509v3 CRL Distribution Points:", "Authority Information Access:",
			"X509v3 Authority Key Identifier:", "X509v3 Subject Key Identifier:",
		},
		[]string{
			"Issuer: C = JP, O = JPKI-TEST, OU = JPKI for user authentication, OU = OpenJPKI Sandbox",
			"Subject: C = JP, CN = " + c.Subject.Values(der.CommonName)[0],
			"Digital Signature",
			"TLS Web Client Authentication",
			"Policy: 1.2.392.200149.8.5.1.0.30\nCPS: http://jpki-test.invalid/cps",
			"Full Name:\nDirName:C = JP, O = JPKI-TEST, OU = JPKI for user authentication, OU = CRL Distribution Points, " +
				"OU = Kaku-ken, CN = Mihon-shi CRLDP",
			"OCSP - URI:http://127.0.0.1:8080/ocsp",
		},
		[]string{
			"Issuer Alternative Name (not critical):\n" +
				"directoryName: OU=OpenJPKI Sandbox,OU=公的個人認証サービス利用者証明用,O=公的個人認証サービス,C=JP",
		},
	}
}

func (f *family) caText() textCase {
	return textCase{
		"CA certificate, P-384", f.first384.der,
		[]string{
			"X509v3 Key Usage: critical", "X509v3 Subject Alternative Name:", "X509v3 Basic Constraints: critical",
			"X509v3 CRL Distribution Points:", "X509v3 Subject Key Identifier:",
		},
		[]string{
			"Signature Algorithm: ecdsa-with-SHA384",
			"Certificate Sign, CRL Sign",
			"CA:TRUE",
			"Full Name:\nDirName:C = JP, O = JPKI-TEST, OU = JPKI for digital signature, OU = OpenJPKI Sandbox",
		},
		[]string{
			"Subject Alternative Name (not critical):\n" +
				"directoryName: OU=OpenJPKI Sandbox,OU=公的個人認証サービス署名用,O=公的個人認証サービス,C=JP",
		},
	}
}

// colons writes a key identifier as OpenSSL does.
func colons(id jpki.KeyID) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", []byte(id)), " ", ":")
}
