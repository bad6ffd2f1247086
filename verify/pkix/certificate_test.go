package pkix_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

// files reads all files of a pattern.
func files(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || names == nil {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if all[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func goldenCertificates(t testing.TB) map[string][]byte {
	return files(t, filepath.Join("..", "..", "testdata", "golden", "*.der"))
}

// pkitsCertificates are the 405 certificates of the NIST suite that come with Go.
func pkitsCertificates(t testing.TB) map[string][]byte {
	//lint:ignore SA1019 a test runs where it was built
	return files(t, filepath.Join(runtime.GOROOT(), "src", "crypto", "x509", "testdata", "nist-pkits", "certs", "*.crt"))
}

func parse(t testing.TB, encoded []byte) *pkix.Certificate {
	t.Helper()
	c, err := pkix.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCertificate(t *testing.T) {
	c := parse(t, goldenCertificates(t)["rsa2048-sign.der"])
	ca := parse(t, goldenCertificates(t)["rsa2048-sign-ca.der"])
	want := pkix.Extensions{
		KeyUsage: jpki.DigitalSignature | jpki.NonRepudiation, MaxPath: pkix.None, RequireExplicit: pkix.None,
		InhibitMapping: pkix.None, InhibitAny: pkix.None, Policies: []der.OID{jpki.PolicyTestSigning},
		KeyID: c.KeyID, SubjectAltNames: c.SubjectAltNames, DistributionPoints: c.DistributionPoints,
		Authority: pkix.AuthorityKey{
			KeyID: ca.KeyID, Serial: ca.Serial,
			Issuer: []pkix.GeneralName{{Choice: der.DirectoryChoice, Value: string(ca.Subject)}},
		},
	}
	if !reflect.DeepEqual(c.Extensions, want) {
		t.Errorf("Extensions = %+v, want %+v", c.Extensions, want)
	}
	if len(c.SubjectAltNames) != 6 || len(c.KeyID) != 20 || ca.KeyID.String() == "" || !ca.CA || ca.KeyUsage != jpki.KeyCertSign|jpki.CRLSign {
		t.Errorf("certificates read as %+v and %+v", c.Extensions, ca.Extensions)
	}
	point := nameOf(t, der.Name{der.Country("JP"), der.Organization("JPKI-TEST"), der.OrganizationalUnit("JPKI for digital signature"),
		der.OrganizationalUnit("CRL Distribution Points"), der.OrganizationalUnit("Kaku-ken"), der.Common("Mihon-shi CRLDP")})
	if names := c.DistributionPoints[0].Name.Names(); len(names) != 1 || names[0].Value != string(point) {
		t.Errorf("distribution point = %v, want %X", names, point)
	}
	if got := c.Serial.String(); got != "067C6A80" || c.NotAfter != time.Date(2031, 2, 17, 14, 59, 59, 0, time.UTC) || c.Issuer != ca.Subject {
		t.Errorf("serial %s until %v of %X", got, c.NotAfter, c.Issuer)
	}
}

// What crypto/x509 reads of a certificate is the same.
func TestCertificatesAsGoReadsThem(t *testing.T) {
	compared := 0
	for name, encoded := range pkitsCertificates(t) {
		c := parse(t, encoded)
		other, err := x509.ParseCertificate(encoded)
		if err != nil {
			t.Logf("%s: %v", name, err) // names that Go does not take, DSA keys without parameters
			continue
		}
		compared++
		agree(t, name, c, other)
	}
	if compared < 395 {
		t.Errorf("%d certificates compared, want 395 of 405", compared)
	}
}

func agree(t *testing.T, name string, c *pkix.Certificate, other *x509.Certificate) {
	t.Helper()
	var ids []string
	for _, p := range c.Policies {
		ids = append(ids, p.String())
	}
	var otherIDs []string
	for _, p := range other.Policies {
		otherIDs = append(otherIDs, p.String())
	}
	maxPath := other.MaxPathLen
	if maxPath == 0 && !other.MaxPathLenZero {
		maxPath = pkix.None
	}
	serial := other.SerialNumber.Bytes()
	same := map[string]bool{
		"version":      c.Version == other.Version,
		"serial":       strings.TrimLeft(string(c.Serial), "\x00") == string(serial),
		"issuer":       string(c.Issuer) == string(other.RawIssuer),
		"subject":      string(c.Subject) == string(other.RawSubject),
		"not before":   c.NotBefore.Equal(other.NotBefore),
		"not after":    c.NotAfter.Equal(other.NotAfter),
		"signed part":  bytes.Equal(c.TBS, other.RawTBSCertificate),
		"key usage":    int(c.KeyUsage) == int(other.KeyUsage),
		"CA":           c.CA == other.IsCA,
		"path length":  c.MaxPath == maxPath,
		"key id":       string(c.KeyID) == string(other.SubjectKeyId),
		"authority":    string(c.Authority.KeyID) == string(other.AuthorityKeyId),
		"policies":     slices.Equal(ids, otherIDs),
		"key bits":     bytes.HasSuffix(other.RawSubjectPublicKeyInfo, []byte(c.Key.Bits)),
		"unused bits":  len(c.Signature) == 0 || bytes.Equal(c.Signature, other.Signature),
		"constraints":  (c.Permitted == nil && c.Excluded == nil) == !slices.ContainsFunc(other.Extensions, isNameConstraints),
		"public key":   c.Key.Key != nil,
		"nothing left": c.UnknownCritical == nil || other.UnhandledCriticalExtensions != nil,
	}
	for field, ok := range same {
		if !ok {
			t.Errorf("%s: %s differs from crypto/x509", name, field)
		}
	}
}

func TestParseCertificateRefuses(t *testing.T) {
	good := goldenCertificates(t)["p384-sign.der"]
	replace := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "not a DER certificate: one sequence expected"},
		{"PEM", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: good}), "not a DER certificate: one sequence expected"},
		{"cut", good[:200], "not a DER certificate: one sequence expected"},
		{"trailing byte", append(bytes.Clone(good), 0), "not a DER certificate: one sequence expected"},
		{"too large", make([]byte, pkix.MaxCertificate+1), "certificate of 262145 bytes, more than 262144"},
		{"version 4", replace("\xA0\x03\x02\x01\x02", "\xA0\x03\x02\x01\x03"), "version 1, 2 or 3 of a certificate expected"},
		{"extensions in version 2", replace("\xA0\x03\x02\x01\x02", "\xA0\x03\x02\x01\x01"), "trailing data in the signed part"},
		{"other algorithm inside", replace("\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03", "\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02"),
			"signature algorithms inside and outside the signed part differ"},
		{"day of no month", replace("260526010203Z", "260532010203Z"), `time "260532010203Z" is not of whole seconds in UTC`},
		{"point off the curve", replace("\x03\x62\x00\x04", "\x03\x62\x00\x05"), "malformed elliptic curve key"},
		{"extension twice", replace("\x06\x03\x55\x1D\x0E", "\x06\x03\x55\x1D\x23"), "extension 2.5.29.35 stands twice"},
		{"empty key usage", replace("\x03\x02\x06\xC0", "\x03\x02\x06\x00"), "extension 2.5.29.15: key usage without a bit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c, err := pkix.ParseCertificate(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("ParseCertificate = %v, %v, want error %q", c, err, tt.want)
			}
		})
	}
}

// A qualifier that is not understood matters only in a critical extension.
func TestUnknownQualifier(t *testing.T) {
	good := goldenCertificates(t)["p384-sign.der"] // its policies are critical
	unknown := bytes.Replace(good, []byte("\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x01"), []byte("\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x09"), 1)
	if c := parse(t, good); c.UnknownCritical != nil {
		t.Errorf("UnknownCritical = %v, want none", c.UnknownCritical)
	}
	if c := parse(t, unknown); len(c.UnknownCritical) != 1 || c.UnknownCritical[0].String() != "1.3.6.1.5.5.7.2.9" {
		t.Errorf("UnknownCritical = %v, want the qualifier", c.UnknownCritical)
	}
	other := bytes.Replace(good, []byte("\x06\x03\x55\x1D\x0F\x01\x01\xFF"), []byte("\x06\x03\x55\x1D\x63\x01\x01\xFF"), 1)
	if c := parse(t, other); len(c.UnknownCritical) != 1 || c.UnknownCritical[0].String() != "2.5.29.99" {
		t.Errorf("UnknownCritical = %v, want the extension", c.UnknownCritical)
	}
}

func isNameConstraints(e pkixExtension) bool { return e.Id.String() == "2.5.29.30" }

// FuzzParseCertificate: what is accepted lies in the input, and crypto/x509 reads the same if it reads it at all.
func FuzzParseCertificate(f *testing.F) {
	for _, seed := range goldenCertificates(f) {
		f.Add(seed)
	}
	seeds := pkitsCertificates(f)
	for _, name := range []string{"NameConstraints", "PolicyMapping", "DSA", "distributionPoint", "requireExplicitPolicy", "AnyPolicy"} {
		for file, seed := range seeds {
			if strings.Contains(file, name) {
				f.Add(seed)
			}
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := pkix.ParseCertificate(in)
		if err != nil {
			return
		}
		_, _ = c.SelfIssued(), c.Subject.Emails()
		_ = c.Key.Check(c.Signed)
		other, err := x509.ParseCertificate(in)
		if err == nil && (string(other.RawSubject) != string(c.Subject) || !bytes.Equal(other.RawTBSCertificate, c.TBS) || !c.NotAfter.Equal(other.NotAfter)) {
			t.Errorf("ParseCertificate(%X) reads another certificate than crypto/x509", in)
		}
	})
}
