package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

var (
	now      = verifytest.Now
	document = []byte("見本市長　様\r\n住民票の写しの交付を申請します。\n\x00\xff")
)

// serial is that of the signing certificate.
const serial = 0x067C6A80

// scene is a CA for signatures and one for log-ins, a holder with both certificates, and a signed document.
type scene struct {
	ca, login *verifytest.CA
	sign      verifytest.Holder
	auth      verifytest.Holder
	p7s       []byte // detached
}

func newScene(t testing.TB) scene {
	t.Helper()
	s := scene{ca: verifytest.NewCA(t, jpki.SigningCA, 1), login: verifytest.NewCA(t, jpki.AuthenticationCA, 2)}
	s.sign = s.ca.Issue(t, serial, verifytest.Mihon)
	s.auth = s.login.Issue(t, serial+1, verifytest.Mihon)
	s.p7s = detached(t, s.sign, s.ca)
	return s
}

func detached(t testing.TB, h verifytest.Holder, chain ...*verifytest.CA) []byte {
	t.Helper()
	p7s, err := signer(t, h, chain...).SignDetached(bytes.NewReader(document), now)
	if err != nil {
		t.Fatal(err)
	}
	return p7s
}

func attached(t testing.TB, h verifytest.Holder, content []byte) []byte {
	t.Helper()
	p7s, err := signer(t, h).SignAttached(content, now)
	if err != nil {
		t.Fatal(err)
	}
	return p7s
}

func signer(t testing.TB, h verifytest.Holder, chain ...*verifytest.CA) *cms.Signer {
	t.Helper()
	c := cms.Config{Key: h.Key, Certificate: h.DER}
	for _, ca := range chain {
		c.Chain = append(c.Chain, ca.DER)
	}
	s, err := cms.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// config trusts both CAs and has their current CRLs, on which the entries stand.
func (s scene) config(t testing.TB, entries ...x509.RevocationListEntry) verify.Config {
	t.Helper()
	return verify.Config{
		At: now, Anchors: [][]byte{s.ca.DER, s.login.DER},
		CRLs: [][]byte{s.ca.CRL(t, verifytest.Mihon, entries), s.login.CRL(t, verifytest.Mihon, entries)},
	}
}

func newVerifier(t testing.TB, c verify.Config) *verify.Verifier {
	t.Helper()
	v, err := verify.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// judge verifies a signature over the document, or over what is attached if content is nil.
func judge(t testing.TB, v *verify.Verifier, p7s, content []byte) verify.Report {
	t.Helper()
	var r verify.Report
	var err error
	if content != nil {
		r, err = v.CMS(p7s, bytes.NewReader(content))
	} else {
		r, err = v.CMS(p7s, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	guard(t, r)
	return r
}

// guard looks at what holds for every report: it says no personal data, every check has a clause and an id of the known
// form, and what did not pass has a cure or parts.
func guard(t testing.TB, r verify.Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	birth := verifytest.Hanako.Birth.String()
	for _, secret := range []string{"見本", "花子", "架空県", "例示町", birth, birth[1:], "Kaku-ken", "Mihon-shi"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("report holds %q: %s", secret, text)
		}
	}
	for _, s := range r.Signatures {
		s.Checks.All(func(c verify.Check) {
			if c.Clause == "" || strings.Trim(c.ID, "abcdefghijklmnopqrstuvwxyz.-") != "" || c.Outcome == "" {
				t.Errorf("check %+v without id, clause or outcome", c)
			}
			if bad := c.Outcome == verify.Failed || c.Outcome == verify.Undetermined || c.Outcome == verify.Warning; bad && c.Cure == "" && c.Checks == nil {
				t.Errorf("check %s %s without cure", c.ID, c.Outcome)
			}
			if !slices.Contains(verify.IDs(), c.ID) || !slices.Contains(verify.Outcomes(), c.Outcome) {
				t.Errorf("check %s %s is not listed", c.ID, c.Outcome)
			}
			if c.Cure != "" && !slices.Contains(slices.Collect(maps.Values(verify.Cures())), c.Cure) {
				t.Errorf("check %s has a cure that is not listed: %s", c.ID, c.Cure)
			}
		})
	}
}

// expect compares a verdict and the outcome of one check.
func expect(t testing.TB, r verify.Report, indication verify.Indication, sub verify.SubIndication, check string, outcome verify.Outcome) {
	t.Helper()
	if r.Indication != indication || r.SubIndication != sub {
		t.Errorf("verdict = %s %s, want %s %s", r.Indication, r.SubIndication, indication, sub)
	}
	if check == "" {
		return
	}
	found := false
	for _, s := range r.Signatures {
		s.Checks.All(func(c verify.Check) { found = found || c.ID == check && c.Outcome == outcome })
	}
	if !found {
		text, _ := json.MarshalIndent(r.Signatures, "", " ")
		t.Errorf("no check %s %s in %s", check, outcome, text)
	}
}

// flip returns encoded with one bit of part changed.
func flip(encoded, part []byte) []byte {
	altered := bytes.Clone(encoded)
	altered[bytes.Index(encoded, part)+len(part)-1] ^= 1
	return altered
}

// with changes the certificate policies.
func with(policy der.OID) func(*jpki.Certificate) {
	return func(c *jpki.Certificate) {
		for i, e := range c.Extensions {
			if _, ok := e.Value.(jpki.Policies); ok {
				c.Extensions[i].Value = jpki.Policies{{ID: policy}}
			}
		}
	}
}

// using changes the key usage.
func using(usage jpki.KeyUsage) func(*jpki.Certificate) {
	return func(c *jpki.Certificate) {
		for i, e := range c.Extensions {
			if _, ok := e.Value.(jpki.KeyUsage); ok {
				c.Extensions[i].Value = usage
			}
		}
	}
}

var sha1WithRSA = der.Algorithm{ID: der.MustOID("1.2.840.113549.1.1.5"), Parameters: der.Null}

func fingerprint(encoded []byte) jpki.Fingerprint { return sha256.Sum256(encoded) }

func at(d time.Duration) func(*jpki.Certificate) {
	return func(c *jpki.Certificate) { c.NotAfter = now.Add(d) }
}
