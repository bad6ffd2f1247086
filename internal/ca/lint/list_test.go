package lint_test

import (
	"bytes"
	"crypto/x509"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/ca/lint"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/crl"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var update = time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC)

// prepared is a list of the test CA as it comes to be signed.
func prepared(t testing.TB, entries ...crl.Entry) []byte {
	t.Helper()
	validity := jpki.Validity{NotBefore: update.AddDate(-1, 0, 0), NotAfter: update.AddDate(9, 0, 0)}
	ca, err := profile.CA(jpki.SigningCA, jpki.Governor{}, 1, validity, keys()[0].Public())
	if err != nil {
		t.Fatal(err)
	}
	m := jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	list := crl.List{Issuer: ca, Point: profile.CRLPartition(jpki.SigningCA, m), Number: 7, ThisUpdate: update, NextUpdate: update.Add(36 * time.Hour)}
	var enc crl.Encoder
	var encoded []byte
	for _, e := range entries {
		if encoded, err = enc.Append(encoded, e); err != nil {
			t.Fatal(err)
		}
	}
	tbs, err := list.TBS(crl.Stream{Reader: bytes.NewReader(encoded), Size: int64(len(encoded))})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(tbs)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var someEntries = []crl.Entry{
	{Serial: 5, RevokedAt: update.Add(-time.Hour)},
	{Serial: 0x80, RevokedAt: update, Reason: message.KeyCompromise, InvalidFrom: update.AddDate(0, 0, -2)},
	{Serial: 0x067C6A80, RevokedAt: update.Add(-time.Hour), Reason: message.CertificateHold},
}

func TestReadList(t *testing.T) {
	many := make([]crl.Entry, 5000) // more than the scanner's buffer holds
	for i := range many {
		many[i] = crl.Entry{Serial: jpki.Serial(i + 1), RevokedAt: update, Reason: message.Superseded}
	}
	for name, entries := range map[string][]crl.Entry{"none": nil, "some": someEntries, "many": many} {
		l, err := lint.ReadList(bytes.NewReader(prepared(t, entries...)))
		if err != nil || l.Entries != len(entries) || l.Number != 7 || !l.ThisUpdate.Equal(update) || l.OnlyCAs ||
			!strings.HasSuffix(l.Point.String(), "CN=Mihon-shi CRLDP") || l.Algorithm != jpki.RSA2048.Algorithm {
			t.Errorf("%s: ReadList = %+v, %v", name, l, err)
		}
	}
}

func TestReadListRefuses(t *testing.T) {
	good := prepared(t, someEntries...)
	replace := func(old, new string) []byte {
		if bytes.Count(good, []byte(old)) != 1 {
			t.Fatalf("%q does not stand once in the list", old)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	subject := subject(t, jpki.Signing)
	certificate, err := subject.Certificate.TBS()
	if err != nil {
		t.Fatal(err)
	}
	// A certificate of version 1, whose TBSCertificate begins with two integers' worth of a list's head.
	var old cryptobyte.Builder
	old.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1)
		b.AddValue(jpki.RSA2048.Algorithm)
		b.AddValue(subject.Certificate.Issuer)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { der.AddTime(b, update); der.AddTime(b, update.AddDate(1, 0, 0)) })
		b.AddValue(subject.Certificate.Subject)
	})
	version1, err := old.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		in   []byte
		want string // part of the error
	}{
		{"nothing", nil, "unexpected EOF"},
		{"a certificate", certificate, "version 2"},
		{"a certificate of version 1", version1, "time expected"},
		{"something short", []byte{0x30, 3, 2, 1, 1}, "EOF"},
		{"cut off", good[:len(good)-1], "EOF"},
		{"trailing data", append(slices.Clone(good), 0), "trailing data"},
		{"version 1 of a list", replace("\x02\x01\x01\x30\x0D", "\x02\x01\x00\x30\x0D"), "version 2"},
		{"entries out of order", prepared(t, someEntries[2], someEntries[0]), "entry 2: serial numbers"},
		{"entry twice", prepared(t, someEntries[0], someEntries[0]), "entry 2: serial numbers"},
		{"revoked after this update", prepared(t, crl.Entry{Serial: 1, RevokedAt: update.Add(time.Second)}), "date of revocation"},
		{"reason removeFromCRL", replace("\x0A\x01\x06", "\x0A\x01\x08"), "reason 1 to 6"},
		{"reason unspecified written out", replace("\x0A\x01\x06", "\x0A\x01\x00"), "reason 1 to 6"},
		{"delta indicator in place of the number", replace("\x55\x1D\x14", "\x55\x1D\x1B"), "does not belong here"},
		{"no entry in the list of entries", withoutEntries(t, good), "malformed list of entries"},
		{"issuing point not critical", replace("\x55\x1D\x1C\x01\x01\xFF", "\x55\x1D\x1C\x01\x01\x00"), "critical"},
		{"length in a longer form", append([]byte{0x30, 0x83, 0}, good[2:]...), "shortest form"},
		{"indefinite length", append([]byte{0x30, 0x80}, good[4:]...), "out of range"},
		{"a huge part", append([]byte{0x30, 0x83, 1, 0, 0, 2, 0x82, 0xF0, 0}, make([]byte, 0x10000)...), "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if l, err := lint.ReadList(bytes.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ReadList = %+v, %v, want an error with %q", l, err, tt.want)
			}
		})
	}
}

// withoutEntries empties the list of entries but leaves its header.
func withoutEntries(t *testing.T, tbs []byte) []byte {
	t.Helper()
	s := cryptobyte.String(tbs)
	var content, element, entries cryptobyte.String
	var b cryptobyte.Builder
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		t.Fatal("not a list")
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for range 5 {
			content.ReadAnyASN1Element(&element, nil)
			b.AddBytes(element)
		}
		content.ReadASN1(&entries, asn1.SEQUENCE)
		b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {})
		b.AddBytes(content)
	})
	return b.BytesOrPanic()
}

// What passes is what crypto/x509 reads too, with the same number and entries.
func FuzzReadList(f *testing.F) {
	f.Add(prepared(f))
	f.Add(prepared(f, someEntries...))
	files, err := filepath.Glob("../../revocation/crl/testdata/*.crl")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d lists, error %v", len(files), err)
	}
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		s := cryptobyte.String(whole)
		var content, tbs cryptobyte.String
		if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.ReadASN1Element(&tbs, asn1.SEQUENCE) {
			f.Fatalf("%s is not a list", file)
		}
		f.Add([]byte(tbs))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		l, err := lint.ReadList(bytes.NewReader(in))
		if err != nil {
			return
		}
		whole, err := jpki.Assemble(in, l.Algorithm, []byte("signature"))
		if err != nil {
			t.Fatal(err)
		}
		other, err := x509.ParseRevocationList(whole)
		if err != nil {
			return // names and algorithms that x509 does not know
		}
		if len(other.RevokedCertificateEntries) != l.Entries || other.Number.Cmp(new(big.Int).SetUint64(l.Number)) != 0 {
			t.Errorf("%d entries, number %d; crypto/x509 reads %d, %d", l.Entries, l.Number, len(other.RevokedCertificateEntries), other.Number)
		}
	})
}

func BenchmarkReadList(b *testing.B) {
	entries := make([]crl.Entry, 100_000)
	for i := range entries {
		entries[i] = crl.Entry{Serial: jpki.Serial(i + 1), RevokedAt: update, Reason: message.Superseded}
	}
	list := prepared(b, entries...)
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		if _, err := lint.ReadList(bytes.NewReader(list)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(entries))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
