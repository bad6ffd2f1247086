package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"

	"github.com/openjpki/jpki/cms"
)

// foreign issues a certificate of no JPKI kind: a name of old string types in a set of two, a serial number of 20 bytes.
func foreign(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	ca := storedKey(t, "p384-ca")
	issuer := tlv(0x30, tlv(0x31,
		tlv(0x30, []byte("\x06\x03\x55\x04\x0A\x1E\x04\x89\x8B\x67\x2C")), // O, BMPString
		tlv(0x30, []byte("\x06\x03\x55\x04\x03\x14\x07M\xFCnster"))))      // CN, TeletexString
	parent := &x509.Certificate{RawSubject: issuer, SubjectKeyId: []byte{1}}
	template := &x509.Certificate{SerialNumber: new(big.Int).Lsh(big.NewInt(0x55), 152), NotBefore: validity.NotBefore, NotAfter: validity.NotAfter}
	certificate, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), ca)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// issuerAndSerial returns the encoded issuer and serial number, found by crypto/x509.
func issuerAndSerial(t testing.TB, certificate []byte) (issuer, serial []byte) {
	t.Helper()
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		t.Fatal(err)
	}
	number := c.SerialNumber.Bytes()
	if number[0] >= 0x80 {
		number = slices.Insert(number, 0, 0)
	}
	return c.RawIssuer, tlv(2, number)
}

func newECKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// versionOne makes a certificate without version and extensions out of the parts of another.
func versionOne(t testing.TB, certificate []byte) []byte {
	t.Helper()
	c, err := x509.ParseCertificate(certificate)
	if err != nil {
		t.Fatal(err)
	}
	empty := []byte{0x30, 0}
	tbs := tlv(0x30, []byte{2, 1, 7}, empty, c.RawIssuer, empty, empty, c.RawSubjectPublicKeyInfo)
	return tlv(0x30, tbs, empty, []byte{3, 1, 0})
}

func TestIssuerAndSerialAreCopied(t *testing.T) {
	key := newECKey(t, elliptic.P256())
	long := foreign(t, key)
	issuer, serial := issuerAndSerial(t, long)
	negative := bytes.Replace(long, serial, append([]byte{2, 20, 0xD5}, serial[3:]...), 1)
	h := newHolder(t, "rsa2048")
	jpkiIssuer, jpkiSerial := issuerAndSerial(t, h.certificate)
	tests := []struct {
		name        string
		key         crypto.Signer
		certificate []byte
		want        []byte
	}{
		{"of JPKI", h.key, h.certificate, slices.Concat(jpkiIssuer, jpkiSerial)},
		{"old string types, long serial number", key, long, slices.Concat(issuer, serial)},
		{"version 1", key, versionOne(t, long), slices.Concat(issuer, []byte{2, 1, 7})},
		{"negative serial number", key, negative, slices.Concat(issuer, []byte{2, 20, 0xD5}, serial[3:])},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSigner(t, cms.Config{Key: tt.key, Certificate: tt.certificate})
			if got := read(t, attached(t, s, document)).SignerInfos[0].ID.Bytes; !bytes.Equal(got, tt.want) {
				t.Errorf("issuer and serial number = %X, want %X", got, tt.want)
			}
		})
	}
}

func TestNewKeepsItsOwnCopy(t *testing.T) {
	h := newHolder(t, "rsa2048")
	config := h.config()
	want := attached(t, newSigner(t, config), document)
	config.Certificate, config.Chain = bytes.Clone(h.certificate), [][]byte{bytes.Clone(h.ca)}
	s := newSigner(t, config)
	clear(config.Certificate)
	clear(config.Chain[0])
	if got := attached(t, s, document); !bytes.Equal(got, want) {
		t.Error("the signature changes with the caller's slices")
	}
}

func TestNewRefuses(t *testing.T) {
	h := newHolder(t, "rsa2048")
	_, ed25519Key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521 := newECKey(t, elliptic.P521())
	tests := []struct {
		name string
		in   cms.Config
		want string
	}{
		{"no key", cms.Config{Certificate: h.certificate}, "no key to sign with"},
		{"no certificate", cms.Config{Key: h.key}, "reading signing certificate: not a DER certificate"},
		{"PEM", cms.Config{Key: h.key, Certificate: []byte("-----BEGIN CERTIFICATE-----")}, "reading signing certificate: not a DER certificate"},
		{"cut", cms.Config{Key: h.key, Certificate: h.certificate[:99]}, "reading signing certificate: not a DER certificate"},
		{"trailing byte", cms.Config{Key: h.key, Certificate: append(bytes.Clone(h.certificate), 0)}, "reading signing certificate: not a DER certificate"},
		{"one part more", cms.Config{Key: h.key, Certificate: []byte("\x30\x08\x30\x00\x30\x00\x03\x00\x05\x00")}, "reading signing certificate: not a DER certificate"},
		{"empty signed part", cms.Config{Key: h.key, Certificate: []byte("\x30\x06\x30\x00\x30\x00\x03\x00")}, "reading signing certificate: malformed signed part of the certificate"},
		{"Ed25519", cms.Config{Key: ed25519Key, Certificate: foreign(t, ed25519Key)}, "reading signing certificate: public key is neither RSA nor on the curve P-256 or P-384"},
		{"P-521", cms.Config{Key: p521, Certificate: foreign(t, p521)}, "reading signing certificate: public key is neither RSA nor on the curve P-256 or P-384"},
		{"another RSA key", cms.Config{Key: storedKey(t, "rsa2048-ca"), Certificate: h.certificate}, cms.ErrOtherKey.Error()},
		{"another kind of key", cms.Config{Key: storedKey(t, "p384-holder"), Certificate: h.certificate}, cms.ErrOtherKey.Error()},
		{"key that does not say which", cms.Config{Key: card{mute{h.key}}, Certificate: h.certificate}, cms.ErrOtherKey.Error()},
		{"chain", cms.Config{Key: h.key, Certificate: h.certificate, Chain: [][]byte{h.ca, h.ca[1:]}}, "reading certificate 2 of the chain: not a DER certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, err := cms.New(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("New = %v, %v, want error %q", s, err, tt.want)
			}
		})
	}
}

// mute is a key without a public half.
type mute struct{ crypto.Signer }

func (mute) Public() crypto.PublicKey { return nil }

// FuzzNew feeds altered certificates of one key. Whatever crypto/x509 reads is accepted, and the signature holds the
// certificate unaltered and names it by its own bytes.
func FuzzNew(f *testing.F) {
	key := storedKey(f, "p384-holder")
	f.Add(newHolder(f, "p384").certificate)
	f.Add(foreign(f, key))
	f.Fuzz(func(t *testing.T, certificate []byte) {
		s, err := cms.New(cms.Config{Key: key, Certificate: certificate})
		c, parseErr := x509.ParseCertificate(certificate)
		if parseErr == nil && key.Public().(*ecdsa.PublicKey).Equal(c.PublicKey) && err != nil {
			t.Errorf("New = %v for a certificate of the key", err)
		}
		if err != nil {
			return
		}
		signed := read(t, attached(t, s, nil))
		if !bytes.Equal(signed.Certificates.Bytes, certificate) {
			t.Errorf("embedded certificate = %X, want %X", signed.Certificates.Bytes, certificate)
		}
		if id := signed.SignerInfos[0].ID.Bytes; parseErr == nil && !bytes.HasPrefix(id, c.RawIssuer) {
			t.Errorf("signer = %X, want one issued by %X", id, c.RawIssuer)
		}
	})
}
