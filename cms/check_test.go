package cms_test

import (
	"bytes"
	"crypto"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Attributes in the order in which they came are signed in the order of DER.
//
// Spec: RFC 5652 §5.4
func TestOrderOfAttributes(t *testing.T) {
	h := newHolder(t, "rsa2048")
	p7s := attached(t, h.signer(t), document)
	set := read(t, p7s).SignerInfos[0].Attributes.Bytes
	first := int(set[1]) + 2
	turned := bytes.Replace(p7s, set, slices.Concat(set[first:], set[:first]), 1)
	if err := check(t, turned, parseCertificate(t, h.certificate), nil); err != nil || parse(t, turned).Signers[0].Ordered {
		t.Errorf("check = %v, ordered %t, want attributes out of order that verify", err, parse(t, turned).Signers[0].Ordered)
	}
}

// The hash function of the signature is that of the content.
func TestHash(t *testing.T) {
	sha256, sha384 := der.Algorithm{ID: der.MustOID("2.16.840.1.101.3.4.2.1")}, der.Algorithm{ID: der.MustOID("2.16.840.1.101.3.4.2.2")}
	rsa, withSHA256 := der.Algorithm{ID: der.MustOID("1.2.840.113549.1.1.1"), Parameters: der.Null}, der.Algorithm{ID: der.MustOID("1.2.840.113549.1.1.11"), Parameters: der.Null}
	tests := []struct {
		name              string
		digest, signature der.Algorithm
		want              crypto.Hash // 0 for an error
	}{
		{"named by the digest", sha384, rsa, crypto.SHA384},
		{"named by both", sha256, withSHA256, crypto.SHA256},
		{"named otherwise", sha384, withSHA256, 0},
		{"unknown", rsa, rsa, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&cms.SignerInfo{DigestAlgorithm: tt.digest, SignatureAlgorithm: tt.signature}).Hash()
			if tt.want != 0 && (got != tt.want || err != nil) || tt.want == 0 && !errors.Is(err, pkix.ErrAlgorithm) {
				t.Errorf("Hash = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// element encodes what a function writes.
func element(t testing.TB, write cryptobyte.BuilderContinuation) []byte {
	t.Helper()
	var b cryptobyte.Builder
	write(&b)
	encoded, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Spec: RFC 5652 §5.3, §11.1, §11.2, §11.3
func TestCheckAttributes(t *testing.T) {
	attribute := func(id string, values ...[]byte) cms.Attribute {
		return cms.Attribute{ID: der.MustOID(id), Values: values}
	}
	data := element(t, func(b *cryptobyte.Builder) { b.AddValue(cms.Data) })
	digest := element(t, func(b *cryptobyte.Builder) { b.AddASN1OctetString(make([]byte, 32)) })
	when := element(t, func(b *cryptobyte.Builder) { der.AddTime(b, signedAt) })
	const typeID, digestID, timeID = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"
	tests := []struct {
		name   string
		signed []cms.Attribute
		of     der.OID
		want   string // "" if the rules are kept
	}{
		{"none", nil, cms.Data, ""},
		{"none over another type", nil, der.MustOID("2.999.1"), "no signed attributes over content of type 2.999.1: "},
		{"type and digest", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest)}, cms.Data, ""},
		{"unknown attribute twice", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest), attribute("2.999.1"), attribute("2.999.1")}, cms.Data, ""},
		{"no type", []cms.Attribute{attribute(digestID, digest)}, cms.Data, "content type: "},
		{"no digest", []cms.Attribute{attribute(typeID, data)}, cms.Data, "message digest: "},
		{"another type", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest)}, der.MustOID("2.999.1"), "content type: "},
		{"type twice", []cms.Attribute{attribute(typeID, data), attribute(typeID, data), attribute(digestID, digest)}, cms.Data, "attribute " + typeID + ": "},
		{"two digests", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest, digest)}, cms.Data, "attribute " + digestID + ": "},
		{"digest without a value", []cms.Attribute{attribute(typeID, data), attribute(digestID)}, cms.Data, "attribute " + digestID + ": "},
		{"digest of the wrong type", []cms.Attribute{attribute(typeID, data), attribute(digestID, data)}, cms.Data, "message digest: "},
		{"two times", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest), attribute(timeID, when), attribute(timeID, when)}, cms.Data, "attribute " + timeID + ": "},
		{"time that is none", []cms.Attribute{attribute(typeID, data), attribute(digestID, digest), attribute(timeID, data)}, cms.Data, "signing time: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info := &cms.SignerInfo{Signed: tt.signed}
			err := info.CheckAttributes(tt.of)
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, cms.ErrAttributes) || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("CheckAttributes = %v, want %q", err, tt.want)
			}
		})
	}
}

// The older attribute pins by SHA-1; both must hold if both are there.
//
// Spec: RFC 5035 §5.4
func TestCheckCertificate(t *testing.T) {
	h := newHolder(t, "p384")
	c := parseCertificate(t, h.certificate)
	pin := func(hash crypto.Hash, of []byte, further ...byte) []byte {
		sum := hash.New()
		sum.Write(of)
		return element(t, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1OctetString(sum.Sum(nil))
						b.AddBytes(further)
					})
				})
			})
		})
	}
	issuer, number := issuerAndSerial(t, h.certificate)
	named := func(number []byte) []byte { return tlv(0x30, tlv(0x30, tlv(0xA4, issuer)), number) }
	const v1, v2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
	tests := []struct {
		name   string
		values map[string][]byte
		pinned bool
		want   error
	}{
		{"none", nil, false, nil},
		{"first version", map[string][]byte{v1: pin(crypto.SHA1, h.certificate)}, true, nil},
		{"first version, another", map[string][]byte{v1: pin(crypto.SHA1, h.ca)}, true, cms.ErrOtherCertificate},
		{"first version with the hash of the second", map[string][]byte{v1: pin(crypto.SHA256, h.certificate)}, true, cms.ErrOtherCertificate},
		{"both", map[string][]byte{v1: pin(crypto.SHA1, h.certificate), v2: pin(crypto.SHA256, h.certificate)}, true, nil},
		{"both, the second another", map[string][]byte{v1: pin(crypto.SHA1, h.certificate), v2: pin(crypto.SHA256, h.ca)}, true, cms.ErrOtherCertificate},
		{"serial number", map[string][]byte{v2: pin(crypto.SHA256, h.certificate, named(number)...)}, true, nil},
		{"other serial number", map[string][]byte{v2: pin(crypto.SHA256, h.certificate, named([]byte{2, 1, 5})...)}, true, cms.ErrOtherCertificate},
		{"malformed", map[string][]byte{v2: {5, 0}}, true, cms.ErrAttributes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info := new(cms.SignerInfo)
			for id, value := range tt.values {
				info.Signed = append(info.Signed, cms.Attribute{ID: der.MustOID(id), Values: [][]byte{value}})
			}
			if pinned, err := info.CheckCertificate(c); pinned != tt.pinned || !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("CheckCertificate = %t, %v, want %t, %v", pinned, err, tt.pinned, tt.want)
			}
		})
	}
}
