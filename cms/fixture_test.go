package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
)

var update = flag.Bool("update", false, "rewrite golden files")

var (
	mihon  = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	hanako = jpki.Person{
		Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３", AddressMarks: jpki.NoMarks("架空県見本市例示町１丁目２番地３"),
	}
	// validity is long since foreign programs judge by the clock of the machine.
	validity = jpki.Validity{NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2049, 12, 31, 14, 59, 59, 0, time.UTC)}

	document = []byte("見本市長　様\r\n住民票の写しの交付を申請します。\n\x00\xff")
	signedAt = time.Date(2026, 6, 1, 2, 3, 4, 0, time.UTC)
)

// card signs as a card does: no random source of the caller reaches the key. With it ECDSA is deterministic too.
type card struct{ crypto.Signer }

func (c card) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return c.Signer.Sign(nil, digest, opts)
}

// holder is a key with its signing certificate and the certificate of the CA.
type holder struct {
	key             card
	certificate, ca []byte
}

func (h holder) config() cms.Config {
	return cms.Config{Key: h.key, Certificate: h.certificate, Chain: [][]byte{h.ca}}
}

func (h holder) signer(t testing.TB) *cms.Signer { return newSigner(t, h.config()) }

func newSigner(t testing.TB, config cms.Config) *cms.Signer {
	t.Helper()
	s, err := cms.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func attached(t testing.TB, s *cms.Signer, content []byte) []byte {
	t.Helper()
	p7s, err := s.SignAttached(content, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	return p7s
}

func detached(t testing.TB, s *cms.Signer, content []byte) []byte {
	t.Helper()
	p7s, err := s.SignDetached(bytes.NewReader(content), signedAt)
	if err != nil {
		t.Fatal(err)
	}
	return p7s
}

var suites = map[string]jpki.Suite{"rsa2048": jpki.RSA2048, "p384": jpki.P384}

// newHolder issues a signing certificate with the stored keys of a suite: "rsa2048" or "p384".
func newHolder(t testing.TB, suite string) holder {
	t.Helper()
	return issue(t, suite, storedKey(t, suite+"-ca"), storedKey(t, suite+"-holder"), validity)
}

func issue(t testing.TB, suite string, ca, key crypto.Signer, valid jpki.Validity) holder {
	t.Helper()
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	profile.Suite = suites[suite]
	sign := func(c *jpki.Certificate, err error) *jpki.Certificate {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		tbs, err := c.TBS()
		if err != nil {
			t.Fatal(err)
		}
		if c.Signature, err = profile.Suite.Sign(nil, ca, tbs); err != nil { // deterministic without a random source
			t.Fatal(err)
		}
		return c
	}
	issuer := sign(profile.CA(jpki.SigningCA, jpki.Governor{}, 0x067C6A21, validity, ca.Public()))
	entry := jpki.Entry{
		Serial: 0x067C6A80, Validity: valid, Key: key.Public(), Municipality: mihon,
		CommonName: jpki.SigningCN(signedAt, 0x067C6A80, mihon),
	}
	return holder{card{key}, marshal(t, sign(profile.Signing(issuer, entry, hanako))), marshal(t, issuer)}
}

func marshal(t testing.TB, c *jpki.Certificate) []byte {
	t.Helper()
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func storedKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "keys", name+".pem"))
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

// The types below read a signature with encoding/asn1, which shares nothing with the code under test.
type (
	contentInfo struct {
		Type       asn1.ObjectIdentifier
		SignedData signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version          int
		DigestAlgorithms []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated     struct {
			Type    asn1.ObjectIdentifier
			Content asn1.RawValue `asn1:"optional"`
		}
		Certificates asn1.RawValue `asn1:"tag:0"`
		SignerInfos  []signerInfo  `asn1:"set"`
	}
	signerInfo struct {
		Version            int
		ID                 asn1.RawValue
		DigestAlgorithm    pkix.AlgorithmIdentifier
		Attributes         asn1.RawValue `asn1:"tag:0"`
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
)

func read(t testing.TB, p7s []byte) signedData {
	t.Helper()
	var info contentInfo
	unmarshal(t, p7s, &info, "")
	if got, want := info.Type.String(), "1.2.840.113549.1.7.2"; got != want {
		t.Errorf("content type = %s, want %s (signedData)", got, want)
	}
	if n := len(info.SignedData.SignerInfos); n != 1 {
		t.Fatalf("%d signers, want 1", n)
	}
	return info.SignedData
}

func unmarshal(t testing.TB, in []byte, into any, params string) {
	t.Helper()
	rest, err := asn1.UnmarshalWithParams(in, into, params)
	if err != nil || len(rest) > 0 {
		t.Fatalf("reading %X: %v, %d bytes left", in, err, len(rest))
	}
}

// set is the SET OF that stands under the tag [0] in v.
func set(v asn1.RawValue) []byte { return append([]byte{0x31}, v.FullBytes[1:]...) }

func attributes(t testing.TB, s signedData) []attribute {
	t.Helper()
	var list []attribute
	unmarshal(t, set(s.SignerInfos[0].Attributes), &list, "set")
	return list
}
