package tour_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/tour"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

// forger has a copy of a tour's folder and the keys of its CAs, and can leave other evidence than the tour did.
type forger struct {
	dir           string
	before, after time.Time
	sign, auth    *verifytest.CA
	serial        jpki.Serial // of the first signing certificate
}

func newForger(t *testing.T, m made) *forger {
	t.Helper()
	f := &forger{dir: t.TempDir(), before: time.Unix(m.report.Before, 0).UTC(), after: time.Unix(m.report.After, 0).UTC()}
	for _, name := range []string{"ca", "person", "before", "after", "signed"} {
		if err := os.CopyFS(filepath.Join(f.dir, name), os.DirFS(filepath.Join(m.dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"document.pdf", "judge.sh", "times"} {
		f.write(t, name, readFile(t, filepath.Join(m.dir, name)))
	}
	f.sign, f.auth = f.steal(t, m, "sign"), f.steal(t, m, "auth")
	f.serial = parse(t, f.readPEM(t, "person/sign.pem")).Serial
	return f
}

// steal opens the key of a CA of the tour's nation.
func (f *forger) steal(t *testing.T, m made, name string) *verifytest.CA {
	t.Helper()
	passphrase := readFile(t, filepath.Join(m.dir, "nation/ca/passphrase"))
	keys := &signer.Software{Dir: filepath.Join(m.dir, "nation/ca/keys"), Passphrase: bytes.TrimSpace(passphrase)}
	key, err := keys.Open(t.Context(), name+"-ca-1")
	if err != nil {
		t.Fatal(err)
	}
	encoded := f.readPEM(t, "ca/"+name+".pem")
	return &verifytest.CA{Profile: profile(), Certificate: parse(t, encoded), DER: encoded, Key: key}
}

// profile is that of the sandbox's CAs.
func profile() jpki.Profile { return jpki.Sandbox("http://127.0.0.1:8080/ocsp") }

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func parse(t *testing.T, encoded []byte) *jpki.Certificate {
	t.Helper()
	c, err := jpki.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *forger) read(t *testing.T, name string) []byte {
	t.Helper()
	return readFile(t, filepath.Join(f.dir, name))
}

func (f *forger) readPEM(t *testing.T, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(f.read(t, name))
	if block == nil {
		t.Fatalf("%s is no PEM", name)
	}
	return block.Bytes
}

func (f *forger) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// list puts a list in the place of another, in DER and in PEM.
func (f *forger) list(t *testing.T, name string, list []byte) {
	t.Helper()
	f.write(t, name, list)
	f.write(t, name+".pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list}))
}

// emptyList has a CA sign a list without entries.
func emptyList(t *testing.T, ca *verifytest.CA, m jpki.Municipality, at time.Time) []byte {
	t.Helper()
	return ca.CRL(t, m, nil, func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = at.Add(-time.Minute), at.Add(24*time.Hour) })
}

// answer has a responder say that a certificate is good.
func answer(t *testing.T, r verifytest.Responder, serial jpki.Serial, at time.Time) []byte {
	t.Helper()
	return r.OCSP(t, serial, func(a *ocsp.Response) { a.ThisUpdate, a.NextUpdate = at.Add(-time.Minute), at.Add(15*time.Minute) })
}

// responder has a CA appoint a responder.
func responder(t *testing.T, ca *verifytest.CA, at time.Time, change ...func(*x509.Certificate)) verifytest.Responder {
	t.Helper()
	valid := func(c *x509.Certificate) { c.NotBefore, c.NotAfter = at.Add(-time.Hour), at.Add(time.Hour) }
	return ca.Appoint(t, append([]func(*x509.Certificate){valid}, change...)...)
}

func flipLast(content []byte) []byte {
	flipped := bytes.Clone(content)
	flipped[len(flipped)-1] ^= 1
	return flipped
}

// brokenLink is a tour of whose evidence one piece is not what it should be.
type brokenLink struct {
	name     string
	breakIt  func(t *testing.T, f *forger)
	object   string // judged by us,
	by, when string // by this list or answer, at this time
	want     string // our verdict, or the beginning of our error
	// judges are verdicts of judge.sh that are not as expected any more, with what the program says instead.
	judges map[string]string
}

const (
	inDoubt  = "INDETERMINATE/TRY_LATER" // without evidence that counts nobody can say
	notScope = "error 44 at 0 depth lookup: different CRL scope"
	noList   = "error 3 at 0 depth lookup: unable to get certificate CRL"
)

var brokenLinks = []brokenLink{
	{"list of another municipality", func(t *testing.T, f *forger) {
		f.list(t, "before/sign.crl", emptyList(t, f.sign, app.Rinri, f.before))
	}, "sign", "before/sign.crl", "before", inDoubt, map[string]string{"OpenSSL: signing certificate, before, by sign.crl": notScope, "OpenSSL: signature, before": "different CRL scope"}},
	{"list of the other CA", func(t *testing.T, f *forger) {
		f.list(t, "before/sign.crl", f.read(t, "before/auth.crl"))
	}, "sign", "before/sign.crl", "before", inDoubt, map[string]string{"OpenSSL: signing certificate, before, by sign.crl": noList, "OpenSSL: signature, before": "unable to get certificate CRL"}},
	{"list of another generation", func(t *testing.T, f *forger) {
		second := verifytest.NewCAWith(t, profile(), verifytest.NewKey(t, jpki.RSA2048), jpki.SigningCA, 2)
		f.list(t, "before/sign.crl", emptyList(t, second, app.Mihon, f.before))
	}, "sign", "before/sign.crl", "before", inDoubt, map[string]string{"OpenSSL: signing certificate, before, by sign.crl": noList, "OpenSSL: signature, before": "unable to get certificate CRL"}},
	{"list of before", func(t *testing.T, f *forger) {
		f.list(t, "after/sign.crl", f.read(t, "before/sign.crl"))
	}, "document", "after/sign.crl", "after", inDoubt, map[string]string{"OpenSSL: signing certificate, after, by sign.crl: revoked": "error 12 at 0 depth lookup: CRL has expired", "GnuTLS: signing certificate, after: revoked": "Output: Verified."}},
	{"list without the entry", func(t *testing.T, f *forger) {
		f.list(t, "after/sign.crl", emptyList(t, f.sign, app.Mihon, f.after))
	}, "document", "after/sign.crl", "after", "TOTAL-PASSED", map[string]string{
		"OpenSSL: signing certificate, after, by sign.crl: revoked": "person/sign.pem: OK", "GnuTLS: signing certificate, after: revoked": "Output: Verified.",
		"OpenSSL: signature, after: the signer's certificate is revoked": "CAdES Verification successful",
	}},
	{"list altered", func(t *testing.T, f *forger) {
		f.list(t, "after/sign.crl", flipLast(f.read(t, "after/sign.crl")))
	}, "sign", "after/sign.crl", "after", inDoubt, map[string]string{"OpenSSL: signing certificate, after, by sign.crl: revoked": "error 8 at 0 depth lookup: CRL signature failure"}},
	{"list cut short", func(t *testing.T, f *forger) {
		list := f.read(t, "after/sign.crl")
		f.list(t, "after/sign.crl", list[:len(list)-100])
	}, "sign", "after/sign.crl", "after", "reading CRL 1: ", map[string]string{
		"OpenSSL: signing certificate, after, by sign.crl: revoked": "Could not read", "GnuTLS: signing certificate, after: revoked": "Error in DER parsing",
		"NSS: list: a critical distribution point is unknown to it": "SEC_ERROR_CRL_INVALID",
	}},
	{"stale answer", func(t *testing.T, f *forger) {
		f.write(t, "after/sign.ocsp.der", f.read(t, "before/sign.ocsp.der"))
	}, "sign", "after/sign.ocsp.der", "after", inDoubt, map[string]string{"OpenSSL: blind: answer for the sign certificate, after: revoked, with the exit status of a good one": "Status times invalid", "GnuTLS: blind: OCSP answer, after: revoked, with the exit status of a good one": "Certificate Status: good"}},
	{"answer about another certificate", func(t *testing.T, f *forger) {
		f.write(t, "before/sign.ocsp.der", answer(t, responder(t, f.sign, f.before), f.serial+1, f.before))
	}, "sign", "before/sign.ocsp.der", "before", inDoubt, map[string]string{"OpenSSL: answer for the sign certificate, before: good": "No Status found"}},
	{"answer of one whom nobody appointed", func(t *testing.T, f *forger) {
		r := responder(t, f.sign, f.before, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		f.write(t, "before/sign.ocsp.der", answer(t, r, f.serial, f.before))
	}, "sign", "before/sign.ocsp.der", "before", inDoubt, map[string]string{"OpenSSL: answer for the sign certificate, before: good": "missing ocspsigning usage", "GnuTLS: OCSP answer, before: good": "Signer cert is not trusted"}},
	{"answer of the other CA's responder", func(t *testing.T, f *forger) {
		f.write(t, "before/sign.ocsp.der", answer(t, responder(t, f.auth, f.before).For(f.sign), f.serial, f.before))
	}, "sign", "before/sign.ocsp.der", "before", inDoubt, map[string]string{"OpenSSL: answer for the sign certificate, before: good": "unable to get local issuer certificate", "GnuTLS: OCSP answer, before: good": "Signer cert is not trusted"}},
	{"document altered", func(t *testing.T, f *forger) {
		f.write(t, "document.pdf", append(f.read(t, "document.pdf"), 'x'))
	}, "document", "before/sign.crl", "before", "TOTAL-FAILED/HASH_FAILURE", map[string]string{"OpenSSL: signature, before": "CMS_SignerInfo_verify_content:verification failure", "GnuTLS: signature, before": "verification failed"}},
	{"signature altered", func(t *testing.T, f *forger) {
		f.write(t, "signed/document.p7s", flipLast(f.read(t, "signed/document.p7s")))
	}, "document", "before/sign.crl", "before", "TOTAL-FAILED/SIG_CRYPTO_FAILURE", map[string]string{"OpenSSL: signature, before": "CMS_SignerInfo_verify:verification failure", "GnuTLS: signature, before": "Public key signature verification has failed"}},
	{"authentication certificate for the signing certificate", func(t *testing.T, f *forger) {
		f.write(t, "person/sign.pem", f.read(t, "person/auth.pem"))
	}, "sign", "before/sign.crl", "before", "INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND", map[string]string{
		"OpenSSL: signing certificate, before, by sign.crl": "error 20 at 0 depth lookup: unable to get local issuer certificate",
		"GnuTLS: signing certificate, before":               "The certificate issuer is unknown", "NSS: signing certificate, before": "Certificate type not approved",
		"Botan: signing certificate, before": "Certificate issuer not found",
	}},
}

// at returns the time at which a link is judged.
func (f *forger) at(when string) time.Time {
	if when == "before" {
		return f.before
	}
	return f.after
}

// Whatever one piece of the evidence is exchanged for, our verdict changes, for the right reason.
//
// Req: R-VAL-01
func TestBrokenLinks(t *testing.T) {
	for _, tt := range brokenLinks {
		t.Run(tt.name, func(t *testing.T) {
			f := newForger(t, theTour(t))
			whole, err := tour.Verdict(f.dir, tt.object, tt.by, f.at(tt.when))
			if err != nil || whole == tt.want {
				t.Fatalf("nothing is broken yet: %s, %v", whole, err)
			}
			tt.breakIt(t, f)
			got, err := tour.Verdict(f.dir, tt.object, tt.by, f.at(tt.when))
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("verdict %s, want %s", got, tt.want)
			}
		})
	}
}
