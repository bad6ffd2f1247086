package verifytest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/ocsp"
)

// Now is the time at which all that is made here is valid.
var Now = time.Date(2026, 6, 1, 3, 0, 0, 0, time.UTC)

// Validity is that of CAs; holders' certificates end earlier.
var Validity = jpki.Validity{NotBefore: Now.AddDate(-2, 0, 0), NotAfter: Now.AddDate(8, 0, 0)}

// Mihon and Rei are municipalities, each with a CRL distribution point of its own.
var (
	Mihon = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	Rei   = jpki.Municipality{Code: "99202", Prefecture: "Kaku-ken", Name: "Rei-shi"}
)

// Hanako is the holder of all signing certificates.
var Hanako = jpki.Person{
	Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
	Address: "架空県見本市例示町１丁目２番地３", AddressMarks: jpki.NoMarks("架空県見本市例示町１丁目２番地３"),
}

// CA is a certification authority with its key.
type CA struct {
	jpki.Profile
	Certificate *jpki.Certificate
	DER         []byte
	Key         crypto.Signer
}

// NewCA makes a CA with a new key on the curve P-384. All CAs of a kind have the same name, like the generations of one
// CA of JPKI.
func NewCA(t testing.TB, kind jpki.Kind, serial jpki.Serial, change ...func(*jpki.Certificate)) *CA {
	t.Helper()
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	profile.Suite = jpki.P384
	return NewCAWith(t, profile, NewKey(t, profile.Suite), kind, serial, change...)
}

// NewCAWith makes a CA of a profile with a key.
func NewCAWith(t testing.TB, profile jpki.Profile, key crypto.Signer, kind jpki.Kind, serial jpki.Serial, change ...func(*jpki.Certificate)) *CA {
	t.Helper()
	ca := &CA{Profile: profile, Key: key}
	c, err := profile.CA(kind, jpki.Governor{}, serial, Validity, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	ca.Certificate, ca.DER = c, ca.sign(t, c, change...)
	return ca
}

// NewKey makes a key of a suite.
func NewKey(t testing.TB, suite jpki.Suite) crypto.Signer {
	t.Helper()
	key, err := suite.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign applies changes to a certificate and signs it with the key of the CA.
func (ca *CA) sign(t testing.TB, c *jpki.Certificate, change ...func(*jpki.Certificate)) []byte {
	t.Helper()
	for _, f := range change {
		f(c)
	}
	tbs, err := c.TBS()
	if err != nil {
		t.Fatal(err)
	}
	if c.Signature, err = ca.Suite.Sign(rand.Reader, ca.Key, tbs); err != nil {
		t.Fatal(err)
	}
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Holder is a key with its certificate.
type Holder struct {
	Key    crypto.Signer
	Serial jpki.Serial
	DER    []byte
}

// Issue issues a certificate of the CA's kind for a new key, at a municipality.
func (ca *CA) Issue(t testing.TB, serial jpki.Serial, m jpki.Municipality, change ...func(*jpki.Certificate)) Holder {
	t.Helper()
	return ca.IssueFor(t, NewKey(t, ca.Suite), serial, m, change...)
}

// IssueFor is Issue for a key at hand.
func (ca *CA) IssueFor(t testing.TB, key crypto.Signer, serial jpki.Serial, m jpki.Municipality, change ...func(*jpki.Certificate)) Holder {
	t.Helper()
	entry := jpki.Entry{
		Serial: serial, Key: key.Public(), Municipality: m, CommonName: jpki.SigningCN(Now, serial, m),
		Validity: jpki.Validity{NotBefore: Now.AddDate(0, -1, 0), NotAfter: Now.AddDate(4, 0, 0)},
	}
	c, err := ca.Authentication(ca.Certificate, entry)
	if ca.Certificate.Kind == jpki.SigningCA {
		c, err = ca.Signing(ca.Certificate, entry, Hanako)
	}
	if err != nil {
		t.Fatal(err)
	}
	return Holder{key, serial, ca.sign(t, c, change...)}
}

// Revoke makes the entry of a CRL.
func Revoke(serial jpki.Serial, at time.Time, reason int) x509.RevocationListEntry {
	return x509.RevocationListEntry{SerialNumber: new(big.Int).SetUint64(uint64(serial)), RevocationTime: at, ReasonCode: reason}
}

// CRL publishes a CRL for a municipality, current from an hour before [Now] for a day. Changes are made before it is
// signed.
func (ca *CA) CRL(t testing.TB, m jpki.Municipality, entries []x509.RevocationListEntry, change ...func(*x509.RevocationList)) []byte {
	t.Helper()
	list := &x509.RevocationList{
		Number: big.NewInt(7), ThisUpdate: Now.Add(-time.Hour), NextUpdate: Now.Add(23 * time.Hour), RevokedCertificateEntries: entries,
		ExtraExtensions: []pkix.Extension{Scope(t, ca.CRLPartition(ca.Certificate.Kind, m))},
	}
	for _, f := range change {
		f(list)
	}
	issuer, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.CreateRevocationList(rand.Reader, list, issuer, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Scope makes a critical issuingDistributionPoint with the name of a distribution point and further fields, encoded.
func Scope(t testing.TB, point der.Name, further ...byte) pkix.Extension {
	t.Helper()
	const constructed = 0xA0
	var b cryptobyte.Builder
	b.AddASN1(0x30, func(b *cryptobyte.Builder) {
		b.AddASN1(constructed, func(b *cryptobyte.Builder) {
			b.AddASN1(constructed, func(b *cryptobyte.Builder) { b.AddValue(der.DirectoryName(point)) })
		})
		b.AddBytes(further)
	})
	value, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: value}
}

// OCSP answers for a certificate of the CA, signed by the CA, current from an hour before [Now] for two hours.
func (ca *CA) OCSP(t testing.TB, serial jpki.Serial, change ...func(*ocsp.Response)) []byte {
	t.Helper()
	issuer, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, issuer, issuer, ca.Key, serial, change...)
}

// Responder is an OCSP responder that a CA appointed.
type Responder struct {
	ca          *CA
	Key         crypto.Signer
	Certificate *x509.Certificate
}

// Appoint issues the certificate of a responder, valid for a day, after changes.
func (ca *CA) Appoint(t testing.TB, change ...func(*x509.Certificate)) Responder {
	t.Helper()
	key := NewKey(t, ca.Suite)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4F435350), Subject: pkix.Name{Country: []string{"JP"}, CommonName: "OCSP"},
		NotBefore: Now.Add(-time.Hour), NotAfter: Now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}},
	}
	for _, f := range change {
		f(template)
	}
	issuer, err := x509.ParseCertificate(ca.DER)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return Responder{ca, key, certificate}
}

// OCSP answers for a certificate of the responder's CA, with the responder's certificate in the response.
func (r Responder) OCSP(t testing.TB, serial jpki.Serial, change ...func(*ocsp.Response)) []byte {
	t.Helper()
	issuer, err := x509.ParseCertificate(r.ca.DER)
	if err != nil {
		t.Fatal(err)
	}
	include := func(template *ocsp.Response) { template.Certificate = r.Certificate }
	return answer(t, issuer, r.Certificate, r.Key, serial, append([]func(*ocsp.Response){include}, change...)...)
}

func answer(t testing.TB, issuer, responder *x509.Certificate, key crypto.Signer, serial jpki.Serial, change ...func(*ocsp.Response)) []byte {
	t.Helper()
	template := ocsp.Response{
		Status: ocsp.Good, SerialNumber: new(big.Int).SetUint64(uint64(serial)), ThisUpdate: Now.Add(-time.Hour), NextUpdate: Now.Add(time.Hour),
	}
	for _, f := range change {
		f(&template)
	}
	encoded, err := ocsp.CreateResponse(issuer, responder, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// For returns the responder as one that answers for another CA, which did not appoint it.
func (r Responder) For(ca *CA) Responder {
	r.ca = ca
	return r
}

// Encode returns the DER of a value.
func Encode(t testing.TB, value cryptobyte.MarshalingValue) []byte {
	t.Helper()
	var b cryptobyte.Builder
	b.AddValue(value)
	encoded, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
