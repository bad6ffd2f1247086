package crl_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/crl"
	"golang.org/x/crypto/cryptobyte"
)

var update = flag.Bool("update", false, "rewrite golden files")

var (
	mihon = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	day   = time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC)
)

// entries of the golden list: every reason, with and without a date of invalidity, in this century's two forms of time.
var entries = []crl.Entry{
	{Serial: 0x7F, RevokedAt: day.Add(-time.Hour)},
	{Serial: 0x80, RevokedAt: day.Add(-time.Hour), Reason: message.KeyCompromise, InvalidFrom: day.AddDate(0, 0, -7)},
	{Serial: 0xFFFF, RevokedAt: day.Add(-59 * time.Minute), Reason: message.CACompromise},
	{Serial: 0x067C6A80, RevokedAt: day.Add(-time.Second), Reason: message.AffiliationChanged},
	{Serial: 0x067C6A81, RevokedAt: day.Add(-time.Second), Reason: message.Superseded},
	{Serial: 0x067C6A82, RevokedAt: day.Add(-time.Second), Reason: message.CessationOfOperation, InvalidFrom: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)},
	{Serial: 0x067C6A83, RevokedAt: time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC), Reason: message.CertificateHold},
	{Serial: math.MaxInt64, RevokedAt: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)},
}

func testKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "keys", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// newCA is the certificate of the CA of the golden certificates.
func newCA(t testing.TB, suite jpki.Suite, key crypto.Signer) (jpki.Profile, *jpki.Certificate) {
	t.Helper()
	profile := jpki.Sandbox("")
	profile.Suite = suite
	validity := jpki.Validity{NotBefore: time.Date(2023, 7, 16, 0, 50, 27, 0, time.UTC), NotAfter: time.Date(2033, 7, 15, 14, 59, 59, 0, time.UTC)}
	ca, err := profile.CA(jpki.SigningCA, jpki.Governor{}, 0x067C6A21, validity, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return profile, ca
}

func encode(t testing.TB, entries []crl.Entry) []byte {
	t.Helper()
	var enc crl.Encoder
	var encoded []byte
	for _, e := range entries {
		var err error
		if encoded, err = enc.Append(encoded, e); err != nil {
			t.Fatal(err)
		}
	}
	return encoded
}

// sign makes a whole CRL.
func sign(t testing.TB, l crl.List, key crypto.Signer, entries []byte) []byte {
	t.Helper()
	suite, err := jpki.SuiteOf(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	stream := crl.Stream{Reader: bytes.NewReader(entries), Size: int64(len(entries))}
	tbs := read(t)(l.TBS(stream))
	signature, err := suite.Sign(nil, key, tbs) // deterministic without a random source
	if err != nil {
		t.Fatal(err)
	}
	return read(t)(l.Assemble(crl.Stream{Reader: bytes.NewReader(tbs), Size: int64(len(tbs))}, signature))
}

// read returns the bytes of a stream, which must be as many as it says.
func read(t testing.TB) func(crl.Stream, error) []byte {
	return func(s crl.Stream, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(s)
		if err != nil || int64(len(content)) != s.Size {
			t.Fatalf("stream of %d bytes holds %d (error %v)", s.Size, len(content), err)
		}
		return content
	}
}

// Req: R-VAL-03, R-REG-07, R-REV-09
func TestGolden(t *testing.T) {
	key := testKey(t, "rsa2048-ca")
	profile, ca := newCA(t, jpki.RSA2048, key)
	lists := map[string]struct {
		point   der.Name
		entries []crl.Entry
	}{
		"municipality": {profile.CRLPartition(jpki.SigningCA, mihon), entries},
		"empty":        {profile.CRLPartition(jpki.SigningCA, mihon), nil},
		"authority":    {ca.Subject, []crl.Entry{{Serial: ca.Serial, RevokedAt: day, Reason: message.CACompromise}}},
	}
	for name, l := range lists {
		t.Run(name, func(t *testing.T) {
			list := crl.List{Issuer: ca, Point: l.point, Number: 128, ThisUpdate: day, NextUpdate: day.Add(36 * time.Hour)}
			encoded := sign(t, list, key, encode(t, l.entries))
			var dump bytes.Buffer
			if err := der.Dump(&dump, encoded, nameOf); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".crl", encoded)
			golden(t, name+".txt", dump.Bytes())
			readBack(t, encoded, list, l.entries)
		})
	}
}

// nameOf knows the extensions of lists besides those of certificates.
func nameOf(oid der.OID) string {
	names := map[string]string{"2.5.29.20": "cRLNumber", "2.5.29.21": "reasonCode", "2.5.29.24": "invalidityDate", "2.5.29.28": "issuingDistributionPoint"}
	return names[oid.String()] + jpki.NameOf(oid)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is built now; read the change with -update and git diff", file)
	}
}

// readBack has crypto/x509 judge the list.
func readBack(t *testing.T, encoded []byte, l crl.List, entries []crl.Entry) {
	t.Helper()
	got, err := x509.ParseRevocationList(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if got.Number.Uint64() != l.Number || !got.ThisUpdate.Equal(l.ThisUpdate) || !got.NextUpdate.Equal(l.NextUpdate) ||
		string(got.AuthorityKeyId) != string(l.Issuer.KeyID()) {
		t.Errorf("read back: number %v, %v to %v, key %X", got.Number, got.ThisUpdate, got.NextUpdate, got.AuthorityKeyId)
	}
	if err := got.CheckSignatureFrom(&x509.Certificate{
		PublicKey: l.Issuer.PublicKey, PublicKeyAlgorithm: x509.RSA, Version: 3, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCRLSign,
	}); err != nil {
		t.Errorf("signature: %v", err)
	}
	if len(got.RevokedCertificateEntries) != len(entries) {
		t.Fatalf("%d entries, want %d", len(got.RevokedCertificateEntries), len(entries))
	}
	for i, e := range got.RevokedCertificateEntries {
		want := entries[i]
		if e.SerialNumber.Cmp(new(big.Int).SetUint64(uint64(want.Serial))) != 0 || !e.RevocationTime.Equal(want.RevokedAt) || e.ReasonCode != int(want.Reason) {
			t.Errorf("entry %d = %X %v %d, want %v", i, e.SerialNumber, e.RevocationTime, e.ReasonCode, want)
		}
	}
}

// The distribution point of a list is that of the certificates, byte for byte, in a critical extension.
//
// Req: R-VAL-03
func TestPointIsThatOfTheCertificates(t *testing.T) {
	key := testKey(t, "rsa2048-ca")
	profile, ca := newCA(t, jpki.RSA2048, key)
	holder := testKey(t, "rsa2048-holder")
	c, err := profile.Authentication(mustCA(t, profile, key), jpki.Entry{
		Serial: 5, Validity: jpki.Validity{NotBefore: day, NotAfter: day.AddDate(5, 0, 0)}, Key: holder.Public(), Municipality: mihon, CommonName: "X",
	})
	if err != nil {
		t.Fatal(err)
	}
	list := crl.List{Issuer: ca, Point: c.DistributionPoint(), Number: 1, ThisUpdate: day, NextUpdate: day.Add(time.Hour)}
	got, err := x509.ParseRevocationList(sign(t, list, key, nil))
	if err != nil {
		t.Fatal(err)
	}
	var name cryptobyte.Builder
	name.AddValue(der.DirectoryName(c.DistributionPoint()))
	want, err := name.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got.Extensions {
		if e.Id.String() == "2.5.29.28" && e.Critical && bytes.Contains(e.Value, want) {
			return
		}
	}
	t.Errorf("extensions %v lack a critical issuing distribution point with %s", got.Extensions, c.DistributionPoint())
}

func mustCA(t *testing.T, p jpki.Profile, key crypto.Signer) *jpki.Certificate {
	t.Helper()
	ca, err := p.CA(jpki.AuthenticationCA, jpki.Governor{}, 1, jpki.Validity{NotBefore: day.AddDate(-1, 0, 0), NotAfter: day.AddDate(9, 0, 0)}, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// Lengths of every form: the list is well formed wherever the number of its bytes stands.
func TestEverySize(t *testing.T) {
	key := testKey(t, "p384-ca")
	profile, ca := newCA(t, jpki.P384, key)
	list := crl.List{Issuer: ca, Point: profile.CRLPartition(jpki.SigningCA, mihon), Number: 1, ThisUpdate: day, NextUpdate: day.Add(time.Hour)}
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 2000, 2970, 3000, 800_000} {
		var enc crl.Encoder
		var encoded []byte
		var err error
		for serial := range n {
			if encoded, err = enc.Append(encoded, crl.Entry{Serial: jpki.Serial(serial + 1), RevokedAt: day}); err != nil {
				t.Fatal(err)
			}
		}
		tbs := read(t)(list.TBS(crl.Stream{Reader: bytes.NewReader(encoded), Size: int64(len(encoded))}))
		whole := cryptobyte.String(read(t)(list.Assemble(crl.Stream{Reader: bytes.NewReader(tbs), Size: int64(len(tbs))}, make([]byte, 100))))
		var content, element cryptobyte.String
		if !whole.ReadASN1(&content, 0x30) || !whole.Empty() || !content.ReadASN1Element(&element, 0x30) || !bytes.Equal(element, tbs) {
			t.Errorf("list of %d entries is not well formed", n)
		}
	}
}

func TestRefuses(t *testing.T) {
	good := crl.Entry{Serial: 1, RevokedAt: day}
	for name, change := range map[string]func(*crl.Entry){
		"serial number zero":      func(e *crl.Entry) { e.Serial = 0 },
		"serial number too large": func(e *crl.Entry) { e.Serial = math.MaxInt64 + 1 },
		"reason 7":                func(e *crl.Entry) { e.Reason = 7 },
		"removeFromCRL":           func(e *crl.Entry) { e.Reason = 8 },
		"no date":                 func(e *crl.Entry) { e.RevokedAt = time.Time{} },
		"year 10000":              func(e *crl.Entry) { e.InvalidFrom = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		e := good
		change(&e)
		var enc crl.Encoder
		if out, err := enc.Append(nil, e); err == nil || len(out) > 0 {
			t.Errorf("%s: Append = %X, %v, want an error and nothing written", name, out, err)
		}
	}
	_, ca := newCA(t, jpki.RSA2048, testKey(t, "rsa2048-ca"))
	for name, l := range map[string]crl.List{
		"no number":           {Issuer: ca, Point: ca.Subject, ThisUpdate: day, NextUpdate: day.Add(time.Hour)},
		"no next update":      {Issuer: ca, Point: ca.Subject, Number: 1, ThisUpdate: day},
		"an issuer of no key": {Issuer: &jpki.Certificate{}, Point: ca.Subject, Number: 1, ThisUpdate: day, NextUpdate: day.Add(time.Hour)},
	} {
		if _, err := l.TBS(crl.Stream{Reader: strings.NewReader("")}); err == nil {
			t.Errorf("%s: TBS gives no error", name)
		}
	}
}

// Whatever the order of days, each entry says its own.
func FuzzEntry(f *testing.F) {
	for _, e := range entries {
		f.Add(uint64(e.Serial), e.RevokedAt.Unix(), int(e.Reason), e.InvalidFrom.Unix())
	}
	var enc crl.Encoder
	f.Fuzz(func(t *testing.T, serial uint64, revoked int64, reason int, invalid int64) {
		e := crl.Entry{Serial: jpki.Serial(serial), RevokedAt: time.Unix(revoked, 0), Reason: message.Reason(reason), InvalidFrom: time.Unix(invalid, 0)}
		encoded, err := enc.Append(nil, e)
		if err != nil {
			return
		}
		if len(encoded) > crl.MaxEntry {
			t.Errorf("entry of %d bytes, more than %d", len(encoded), crl.MaxEntry)
		}
		s := cryptobyte.String(encoded)
		var content cryptobyte.String
		number := new(big.Int)
		if !s.ReadASN1(&content, 0x30) || !s.Empty() || !content.ReadASN1Integer(number) || number.Uint64() != serial {
			t.Fatalf("Append(%v) = %X", e, encoded)
		}
		if at, err := der.ReadTime(&content); err != nil || at.Unix() != revoked {
			t.Errorf("Append(%v) = %X, read back %v (error %v)", e, encoded, at, err)
		}
		if !e.InvalidFrom.IsZero() && !bytes.Contains(encoded, []byte(e.InvalidFrom.UTC().Format("20060102150405Z"))) {
			t.Errorf("Append(%v) = %X, without the date of invalidity", e, encoded)
		}
	})
}

// How fast entries are written, beside hashing them, which a signature costs anyway.
func BenchmarkEntries(b *testing.B) {
	const n = 100_000
	list := make([]crl.Entry, n)
	for i := range list {
		list[i] = crl.Entry{Serial: jpki.Serial(0x067C6A80 + 7*i), RevokedAt: day.Add(time.Duration(i*97) * time.Second), Reason: message.Reason(i % 7)}
	}
	encoded := encode(b, list)
	b.Run("Append", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		var enc crl.Encoder
		into := make([]byte, 0, len(encoded))
		for b.Loop() {
			into = into[:0]
			for _, e := range list {
				into, _ = enc.Append(into, e)
			}
		}
		report(b, n)
	})
	b.Run("SHA-256", func(b *testing.B) {
		b.SetBytes(int64(len(encoded)))
		for b.Loop() {
			sha256.Sum256(encoded)
		}
		report(b, n)
	})
}

func report(b *testing.B, entries int) {
	b.ReportMetric(float64(entries)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(0, "ns/op")
}
