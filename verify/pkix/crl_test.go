package pkix_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
)

type pkixExtension = stdpkix.Extension

func selfSigned(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: stdpkix.Name{CommonName: "test"}, NotBefore: verifytest.Now, NotAfter: verifytest.Now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCRLSign, SubjectKeyId: []byte{1, 2, 3},
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func parseCRL(t testing.TB, encoded []byte) *pkix.CRL {
	t.Helper()
	l, err := pkix.ParseCRL(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serialOf(n uint64) pkix.Serial {
	b := new(big.Int).SetUint64(n).Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		b = slices.Insert(b, 0, 0)
	}
	return pkix.Serial(b)
}

func extension(id string, critical bool, value string) stdpkix.Extension {
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(id, ".") {
		n := 0
		fmt.Sscan(part, &n)
		oid = append(oid, n)
	}
	return stdpkix.Extension{Id: oid, Critical: critical, Value: []byte(value)}
}

// A certificate is looked up by its serial number, in whatever order the entries stand.
func TestFind(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	at := verifytest.Now.Add(-2 * time.Hour)
	var entries []x509.RevocationListEntry
	for _, serial := range []jpki.Serial{0x300, 2, 0x80, 0x067C6A80, 0x7FFFFFFFFFFFFFFF, 5} { // in no order
		entries = append(entries, verifytest.Revoke(serial, at, 3))
	}
	suspect := extension("2.5.29.24", false, "\x18\x0F20260101000000Z")
	entries[5].ExtraExtensions = []stdpkix.Extension{suspect}
	l := parseCRL(t, ca.CRL(t, verifytest.Mihon, entries))
	issuer := parse(t, ca.DER)
	for i, e := range entries {
		want := pkix.Entry{Serial: serialOf(e.SerialNumber.Uint64()), Date: at, Reason: 3, Issuer: issuer.Subject}
		if i == 5 {
			want.Invalidity = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		got, found := l.Find(want.Serial, issuer.Subject)
		if !found || got.Serial != want.Serial || got.Date != want.Date || got.Reason != want.Reason || got.Invalidity != want.Invalidity || got.Issuer != want.Issuer {
			t.Errorf("Find(%s) = %+v, %t, want %+v", want.Serial, got, found, want)
		}
	}
	for _, absent := range []uint64{1, 3, 0x301, 0x8000000000000000} {
		if got, found := l.Find(serialOf(absent), issuer.Subject); found {
			t.Errorf("Find(%X) = %+v, want none", absent, got)
		}
	}
	if got, found := l.Find(serialOf(2), parse(t, verifytest.NewCA(t, jpki.AuthenticationCA, 1).DER).Subject); found {
		t.Errorf("Find = %+v for another issuer, want none", got)
	}
	if err := issuer.Key.Check(l.Signed); err != nil || l.Len() != len(entries) || l.Number.String() != "07" || l.Authority.KeyID != issuer.KeyID {
		t.Errorf("CRL of %d entries, number %s, key %s, signature %v", l.Len(), l.Number, l.Authority.KeyID, err)
	}
	if !l.Scope.Given || l.Scope.Reasons != pkix.AllReasons || l.Scope.OnlyCAs || len(l.Scope.Name.Names()) != 1 {
		t.Errorf("Scope = %+v", l.Scope)
	}
}

func TestEmptyCRL(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	l := parseCRL(t, ca.CRL(t, verifytest.Mihon, nil))
	if got, found := l.Find(serialOf(1), l.Issuer); found || l.Len() != 0 {
		t.Errorf("Find = %+v in a CRL of %d entries, want none", got, l.Len())
	}
}

// An issuer named in an entry holds for the entries that follow.
//
// Spec: RFC 5280 §5.3.3
func TestFindIndirect(t *testing.T) {
	ca, other := verifytest.NewCA(t, jpki.SigningCA, 1), verifytest.NewCA(t, jpki.AuthenticationCA, 1)
	entries := []x509.RevocationListEntry{
		verifytest.Revoke(7, verifytest.Now, 1), verifytest.Revoke(7, verifytest.Now, 4), verifytest.Revoke(5, verifytest.Now, 5),
	}
	subject := parse(t, other.DER).Subject
	name := "\xA4" + string([]byte{byte(len(subject))}) + string(subject)
	entries[1].ExtraExtensions = []stdpkix.Extension{extension("2.5.29.29", true, "\x30"+string([]byte{byte(len(name))})+name)}
	l := parseCRL(t, ca.CRL(t, verifytest.Mihon, entries))
	own := parse(t, ca.DER).Subject
	tests := []struct {
		serial uint64
		issuer pkix.Name
		want   pkix.Reason // -1 if not found
	}{{7, own, 1}, {7, subject, 4}, {5, subject, 5}, {5, own, -1}}
	for _, tt := range tests {
		if got, found := l.Find(serialOf(tt.serial), tt.issuer); found != (tt.want >= 0) || found && got.Reason != tt.want {
			t.Errorf("Find(%d, %X) = %v, %t, want reason %v", tt.serial, tt.issuer, got.Reason, found, tt.want)
		}
	}
	if l.UnknownCritical != nil {
		t.Errorf("UnknownCritical = %v, want none", l.UnknownCritical)
	}
	i := 0
	for e := range l.All() {
		want := []pkix.Entry{{Serial: "\x07", Issuer: own, Reason: 1}, {Serial: "\x07", Issuer: subject, Reason: 4}, {Serial: "\x05", Issuer: subject, Reason: 5}}[i]
		if e.Serial != want.Serial || e.Issuer != want.Issuer || e.Reason != want.Reason {
			t.Errorf("entry %d = %+v, want %+v", i, e, want)
		}
		i++
	}
	if i != l.Len() {
		t.Errorf("All yields %d entries, want %d", i, l.Len())
	}
}

func TestCriticalExtensionsOfCRL(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	unknown := extension("2.999.1", true, "\x05\x00")
	inEntry := []x509.RevocationListEntry{verifytest.Revoke(7, verifytest.Now, 1)}
	inEntry[0].ExtraExtensions = []stdpkix.Extension{unknown}
	inList := func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, unknown) }
	for name, encoded := range map[string][]byte{"entry": ca.CRL(t, verifytest.Mihon, inEntry), "list": ca.CRL(t, verifytest.Mihon, nil, inList)} {
		if l := parseCRL(t, encoded); len(l.UnknownCritical) != 1 || l.UnknownCritical[0].String() != "2.999.1" {
			t.Errorf("%s: UnknownCritical = %v, want 2.999.1", name, l.UnknownCritical)
		}
	}
}

// A list of many entries takes its own bytes and four for each entry.
func TestCRLMemory(t *testing.T) {
	const count = 100_000
	encoded := bigCRL(t, count)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := parseCRL(t, encoded)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); l.Len() != count || used > 8*count {
		t.Errorf("CRL of %d entries takes %d bytes beside its own, want at most 8 for each", l.Len(), used)
	}
	if e, found := l.Find(serialOf(2*77_777), l.Issuer); !found || e.Reason != 4 {
		t.Errorf("Find = %+v, %t, want the entry", e, found)
	}
	if e, found := l.Find(serialOf(2*77_777+1), l.Issuer); found {
		t.Errorf("Find = %+v, want none", e)
	}
	runtime.KeepAlive(encoded)
}

func bigCRL(t testing.TB, count int) []byte {
	t.Helper()
	entries := make([]x509.RevocationListEntry, count)
	for i := range entries {
		entries[i] = verifytest.Revoke(jpki.Serial(2*i+2), verifytest.Now, 4)
	}
	return verifytest.NewCA(t, jpki.SigningCA, 1).CRL(t, verifytest.Mihon, entries)
}

func BenchmarkParseCRL(b *testing.B) {
	encoded := bigCRL(b, 100_000)
	b.SetBytes(int64(len(encoded)))
	for b.Loop() {
		if _, err := pkix.ParseCRL(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	l := parseCRL(b, bigCRL(b, 100_000))
	serial := serialOf(77_777)
	for b.Loop() {
		l.Find(serial, l.Issuer)
	}
}

// FuzzParseCRL: what is accepted has the entries that crypto/x509 reads, each of which is found.
func FuzzParseCRL(f *testing.F) {
	ca := verifytest.NewCA(f, jpki.SigningCA, 1)
	f.Add(ca.CRL(f, verifytest.Mihon, []x509.RevocationListEntry{verifytest.Revoke(9, verifytest.Now, 6), verifytest.Revoke(4, verifytest.Now, 1)}))
	f.Add(ca.CRL(f, verifytest.Mihon, nil, func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, extension("2.5.29.27", true, "\x02\x01\x03"))
	}))
	f.Fuzz(func(t *testing.T, in []byte) {
		l, err := pkix.ParseCRL(in)
		if err != nil {
			return
		}
		other, err := x509.ParseRevocationList(in)
		if err != nil {
			return
		}
		if len(other.RevokedCertificateEntries) != l.Len() || string(other.RawIssuer) != string(l.Issuer) {
			t.Fatalf("ParseCRL(%X) reads another list than crypto/x509", in)
		}
		indirect := slices.ContainsFunc(other.RevokedCertificateEntries, func(e x509.RevocationListEntry) bool {
			return slices.ContainsFunc(e.Extensions, func(x stdpkix.Extension) bool { return x.Id.String() == "2.5.29.29" })
		})
		for _, e := range other.RevokedCertificateEntries {
			serial, err := asn1.Marshal(e.SerialNumber)
			if err != nil {
				t.Fatal(err)
			}
			content := serial[len(serial)-(e.SerialNumber.BitLen()/8+1):]
			if _, found := l.Find(pkix.Serial(content), l.Issuer); !found && !indirect && e.SerialNumber.Sign() > 0 {
				t.Errorf("Find(%X) finds nothing in %X", content, in)
			}
		}
	})
}
