package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/der"
)

func TestGolden(t *testing.T) {
	for suite := range suites {
		s := newHolder(t, suite).signer(t)
		for form, p7s := range map[string][]byte{"attached": attached(t, s, document), "detached": detached(t, s, document)} {
			t.Run(suite+"/"+form, func(t *testing.T) {
				var dump bytes.Buffer
				if err := der.Dump(&dump, p7s, cms.NameOf); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", "golden", suite+"-"+form)
				golden(t, file+".p7s", p7s)
				golden(t, file+".txt", dump.Bytes())
			})
		}
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
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

func TestStructure(t *testing.T) {
	p256 := newECKey(t, elliptic.P256())
	tests := []struct {
		name string
		holder
		hash              crypto.Hash
		digest, signature string // algorithms
		parameters        []byte // of the signature
	}{
		{"RSA", newHolder(t, "rsa2048"), crypto.SHA256, "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1", []byte{5, 0}},
		{"P-256", holder{card{p256}, foreign(t, p256), newHolder(t, "p384").ca}, crypto.SHA256, "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2", nil},
		{"P-384", newHolder(t, "p384"), crypto.SHA384, "2.16.840.1.101.3.4.2.2", "1.2.840.10045.4.3.3", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, attached(t, tt.signer(t), document))
			info := s.SignerInfos[0]
			if s.Version != 1 || info.Version != 1 {
				t.Errorf("versions = %d, %d, want 1, 1", s.Version, info.Version)
			}
			if got := s.Encapsulated.Type.String(); got != "1.2.840.113549.1.7.1" {
				t.Errorf("eContentType = %s, want data", got)
			}
			digests := append(s.DigestAlgorithms, info.DigestAlgorithm)
			for _, d := range digests {
				if d.Algorithm.String() != tt.digest || d.Parameters.FullBytes != nil || len(digests) != 2 {
					t.Errorf("digest algorithms = %v, want %s without parameters", digests, tt.digest)
				}
			}
			if got := info.SignatureAlgorithm; got.Algorithm.String() != tt.signature || !bytes.Equal(got.Parameters.FullBytes, tt.parameters) {
				t.Errorf("signature algorithm = %v, want %s", got, tt.signature)
			}
			embedded := [][]byte{tt.certificate, tt.ca}
			slices.SortFunc(embedded, bytes.Compare)
			if got, want := s.Certificates.Bytes, slices.Concat(embedded...); !bytes.Equal(got, want) {
				t.Errorf("certificates = %X, want %X", got, want)
			}
			sum := tt.hash.New()
			sum.Write(set(info.Attributes))
			if !verifies(tt.key.Public(), tt.hash, sum.Sum(nil), info.Signature) {
				t.Error("the signature is not one over the attributes as a SET OF")
			}
		})
	}
}

func verifies(pub crypto.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	if key, ok := pub.(*ecdsa.PublicKey); ok {
		return ecdsa.VerifyASN1(key, digest, signature)
	}
	return rsa.VerifyPKCS1v15(pub.(*rsa.PublicKey), hash, digest, signature) == nil
}

// Exactly the four attributes of level B, each with one value, in the order of their encodings.
func TestSignedAttributes(t *testing.T) {
	h := newHolder(t, "rsa2048")
	digest, certHash := sha256.Sum256(document), sha256.Sum256(h.certificate)
	octets := func(content []byte) []byte { return append([]byte{4, byte(len(content))}, content...) }
	issuer, serial := issuerAndSerial(t, h.certificate)
	name := tlv(0x30, tlv(0xA4, issuer))
	want := []struct {
		id    string
		value []byte
	}{
		{"1.2.840.113549.1.9.3", []byte("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01")},
		{"1.2.840.113549.1.9.5", []byte("\x17\x0D260601020304Z")},
		{"1.2.840.113549.1.9.4", octets(digest[:])},
		{"1.2.840.113549.1.9.16.2.47", tlv(0x30, tlv(0x30, tlv(0x30, octets(certHash[:]), tlv(0x30, name, serial))))},
	}
	got := attributes(t, read(t, detached(t, h.signer(t), document)))
	if len(got) != len(want) {
		t.Fatalf("%d attributes, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Type.String() != w.id || len(g.Values) != 1 || !bytes.Equal(g.Values[0].FullBytes, w.value) {
			t.Errorf("attribute %d = %v, want %s with %X", i, g, w.id, w.value)
		}
	}
}

// tlv encodes one element of less than 256 bytes.
func tlv(tag byte, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	if len(content) < 128 {
		return append([]byte{tag, byte(len(content))}, content...)
	}
	return append([]byte{tag, 0x81, byte(len(content))}, content...)
}

func TestSigningTime(t *testing.T) {
	s := newHolder(t, "rsa2048").signer(t)
	tests := []struct {
		name, at, want string
		tag            int
	}{
		{"first", "1950-01-01T00:00:00Z", "500101000000Z", asn1.TagUTCTime},
		{"of a time zone", "2026-06-01T00:30:00+09:00", "260531153000Z", asn1.TagUTCTime},
		{"fraction cut off", "2026-06-01T02:03:04.999Z", "260601020304Z", asn1.TagUTCTime},
		{"last UTCTime", "2049-12-31T23:59:59Z", "491231235959Z", asn1.TagUTCTime},
		{"first GeneralizedTime", "2050-01-01T00:00:00Z", "20500101000000Z", asn1.TagGeneralizedTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			p7s, err := s.SignAttached(nil, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range attributes(t, read(t, p7s)) {
				if v := a.Values[0]; a.Type.String() == "1.2.840.113549.1.9.5" && (v.Tag != tt.tag || string(v.Bytes) != tt.want) {
					t.Errorf("signing time = %q with tag %d, want %q with tag %d", v.Bytes, v.Tag, tt.want, tt.tag)
				}
			}
		})
	}
}

// An empty content is there and empty, a detached one is not there; else both forms are the same.
func TestAttachedAndDetached(t *testing.T) {
	s := newHolder(t, "rsa2048").signer(t)
	for name, content := range map[string][]byte{"document": document, "empty": {}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			in, out := read(t, attached(t, s, content)), read(t, detached(t, s, content))
			if got, want := in.Encapsulated.Content.FullBytes, tlv(0xA0, tlv(4, content)); !bytes.Equal(got, want) {
				t.Errorf("attached eContent = %X, want %X", got, want)
			}
			if got := out.Encapsulated.Content.FullBytes; got != nil {
				t.Errorf("detached eContent = %X, want none", got)
			}
			if a, b := in.SignerInfos[0].Signature, out.SignerInfos[0].Signature; !bytes.Equal(a, b) {
				t.Errorf("signatures = %X attached, %X detached, want the same", a, b)
			}
		})
	}
}

func TestContentType(t *testing.T) {
	config := newHolder(t, "rsa2048").config()
	config.ContentType = der.MustOID("2.999.1")
	s := read(t, attached(t, newSigner(t, config), document))
	if s.Version != 3 || s.SignerInfos[0].Version != 1 || s.Encapsulated.Type.String() != "2.999.1" {
		t.Errorf("versions %d, %d of type %v, want 3, 1 of 2.999.1", s.Version, s.SignerInfos[0].Version, s.Encapsulated.Type)
	}
	if got, want := attributes(t, s)[0].Values[0].FullBytes, []byte("\x06\x03\x88\x37\x01"); !bytes.Equal(got, want) {
		t.Errorf("content type attribute = %X, want %X", got, want)
	}
}

func TestCertificatesOnce(t *testing.T) {
	h := newHolder(t, "rsa2048")
	twice := h.config()
	twice.Chain = [][]byte{h.ca, h.certificate, h.ca}
	if got, want := attached(t, newSigner(t, twice), document), attached(t, h.signer(t), document); !bytes.Equal(got, want) {
		t.Error("certificates that are given twice stand twice in the file, want once")
	}
}

// The content passes through: 64 MiB of it, in whatever pieces, take no memory.
func TestDetachedStreams(t *testing.T) {
	s := newHolder(t, "rsa2048").signer(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := s.SignDetached(io.LimitReader(zeros{}, 64<<20), signedAt); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("signing 64 MiB took %d bytes of memory, want less than 1 MiB", got)
	}
	pieces, err := s.SignDetached(iotest.OneByteReader(bytes.NewReader(document)), signedAt)
	if err != nil || !bytes.Equal(pieces, detached(t, s, document)) {
		t.Errorf("a content read in pieces is signed otherwise than in one, error %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
