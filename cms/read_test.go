package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/verify/pkix"
)

func parse(t testing.TB, p7s []byte) *cms.SignedData {
	t.Helper()
	s, err := cms.Parse(p7s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseCertificate(t testing.TB, encoded []byte) *pkix.Certificate {
	t.Helper()
	c, err := pkix.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func file(t testing.TB, elements ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// check applies everything a signer is checked for, over the attached content if content is nil.
func check(t testing.TB, p7s []byte, c *pkix.Certificate, content io.Reader) error {
	t.Helper()
	s := parse(t, p7s)
	digests, err := s.Digest(content)
	if err != nil {
		t.Fatal(err)
	}
	info := s.Signers[0]
	if !info.Names(c) {
		return errors.New("names another certificate")
	}
	_, err = info.CheckCertificate(c)
	return errors.Join(info.CheckAttributes(s.ContentType), info.CheckDigest(digests), info.CheckSignature(c.Key, digests), err)
}

func TestParse(t *testing.T) {
	h := newHolder(t, "rsa2048")
	c := parseCertificate(t, h.certificate)
	s := parse(t, attached(t, h.signer(t), document))
	info := s.Signers[0]
	embedded := [][]byte{h.ca, h.certificate}
	slices.SortFunc(embedded, bytes.Compare)
	if s.ContentType != cms.Data || s.Detached || !bytes.Equal(s.Content, document) || !slices.EqualFunc(s.Certificates, embedded, bytes.Equal) || s.CRLs != nil {
		t.Errorf("Parse = %+v", s)
	}
	claimed, ok, err := info.SigningTime()
	if !claimed.Equal(signedAt) || !ok || err != nil {
		t.Errorf("SigningTime = %v, %t, %v, want %v", claimed, ok, err, signedAt)
	}
	if hash, err := info.Hash(); hash != crypto.SHA256 || err != nil || !info.Ordered || len(info.Signed) != 4 || info.Unsigned != nil {
		t.Errorf("signer = %+v with %v, %v", info, hash, err)
	}
	if pinned, err := info.CheckCertificate(c); !pinned || err != nil {
		t.Errorf("CheckCertificate = %t, %v, want pinned", pinned, err)
	}
	ca := parseCertificate(t, h.ca)
	if pinned, err := info.CheckCertificate(ca); !pinned || !errors.Is(err, cms.ErrOtherCertificate) || info.Names(ca) {
		t.Errorf("CheckCertificate = %t, %v for the CA, want %v", pinned, err, cms.ErrOtherCertificate)
	}
}

// What this package and OpenSSL signed. The files of OpenSSL were made with "openssl cms -sign -binary -outform DER" and
// the options -keyid, -noattr, -keyopt rsa_padding_mode:pss, "-nodetach -stream -cades", "-md sha384"; all but the
// fourth with -nocerts.
func TestCheck(t *testing.T) {
	tests := []struct{ name, certificate string }{
		{"golden/rsa2048-attached", "rsa2048"}, {"golden/rsa2048-detached", "rsa2048"}, {"golden/p384-attached", "p384"}, {"golden/p384-detached", "p384"},
		{"openssl/keyid", "rsa2048"}, {"openssl/noattr", "rsa2048"}, {"openssl/pss", "rsa2048"}, {"openssl/stream", "rsa2048"}, {"openssl/ecdsa", "p384"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p7s := file(t, "testdata", filepath.FromSlash(tt.name+".p7s"))
			encoded := newHolder(t, tt.certificate).certificate
			if strings.HasPrefix(tt.name, "openssl") {
				encoded = file(t, "..", "testdata", "golden", tt.certificate+"-sign.der")
			}
			c := parseCertificate(t, encoded)
			s := parse(t, p7s)
			var content io.Reader
			if s.Detached {
				content = bytes.NewReader(document)
			}
			if err := check(t, p7s, c, content); err != nil {
				t.Errorf("check = %v", err)
			}
			if err := check(t, p7s, c, strings.NewReader("another document")); !errors.Is(err, cms.ErrDigest) && !errors.Is(err, pkix.ErrSignature) {
				t.Errorf("check = %v for another document", err)
			}
			other := parseCertificate(t, newHolder(t, "p384").ca)
			if err := s.Signers[0].CheckSignature(other.Key, cms.Digests{}); err == nil {
				t.Error("CheckSignature = nil for another key")
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := attached(t, newHolder(t, "rsa2048").signer(t), document)
	change := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "reading signature file: BER element expected"},
		{"document", document, "reading signature file: BER length beyond the input"},
		{"cut", good[:len(good)-1], "reading signature file: BER length beyond the input"},
		{"trailing byte", append(bytes.Clone(good), 0), "reading signature file: trailing data after BER element"},
		{"other content type", change("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"), "reading signature file: signed data expected"},
		{"version 9", change("\x02\x01\x01\x31", "\x02\x01\x09\x31"), "reading signed data: version 1 to 5 expected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := cms.Parse(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("Parse = %v, %v, want error %q", s, err, tt.want)
			}
		})
	}
}

// The content of a detached signature passes through: 64 MiB of it take no memory.
func TestDigestStreams(t *testing.T) {
	s := parse(t, detached(t, newHolder(t, "rsa2048").signer(t), document))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := s.Digest(io.LimitReader(zeros{}, 64<<20)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("digesting 64 MiB took %d bytes of memory, want less than 1 MiB", got)
	}
	if _, err := s.Digest(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Digest = %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// FuzzParse: what is accepted can be asked anything, and a signature that verifies is one over the bytes that were read.
func FuzzParse(f *testing.F) {
	h := newHolder(f, "p384")
	f.Add(attached(f, h.signer(f), document))
	for _, name := range []string{"keyid", "noattr", "pss", "stream", "ecdsa"} {
		f.Add(file(f, "testdata", "openssl", name+".p7s"))
	}
	own := parseCertificate(f, h.certificate)
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := cms.Parse(in)
		if err != nil {
			return
		}
		digests, err := s.Digest(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range s.Signers {
			_, _ = info.Names(own), info.CheckAttributes(s.ContentType)
			_, _ = info.CheckCertificate(own)
			if claimed, ok, err := info.SigningTime(); ok && err == nil && claimed.Year() > 9999 {
				t.Errorf("signing time %v", claimed)
			}
			if info.CheckSignature(own.Key, digests) == nil && info.CheckDigest(digests) == nil && info.Signed != nil && !bytes.Equal(s.Content, document) {
				t.Errorf("a signature over %X verifies, which nobody made", s.Content)
			}
		}
	})
}
