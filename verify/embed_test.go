package verify_test

import (
	"slices"
	"testing"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func constructed(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// embed puts a CRL and an OCSP response into a signature, either of them nil for none.
func embed(t testing.TB, p7s, crl, response []byte) []byte {
	t.Helper()
	return rebuild(t, p7s, nil, crl, response)
}

// exchange puts other certificates into a signature.
func exchange(t testing.TB, p7s []byte, certificates ...[]byte) []byte {
	t.Helper()
	return rebuild(t, p7s, slices.Concat(certificates...), nil, nil)
}

// rebuild puts a detached signature together anew, with other certificates unless nil.
//
// Spec: RFC 5652 §10.2.1
func rebuild(t testing.TB, p7s, others, crl, response []byte) []byte {
	t.Helper()
	input := cryptobyte.String(p7s)
	var info, explicit, data, content, certificates, signers cryptobyte.String
	if !input.ReadASN1(&info, asn1.SEQUENCE) || !info.SkipASN1(asn1.OBJECT_IDENTIFIER) || !info.ReadASN1(&explicit, constructed(0)) ||
		!explicit.ReadASN1(&data, asn1.SEQUENCE) || !data.SkipASN1(asn1.INTEGER) || !data.SkipASN1(asn1.SET) ||
		!data.ReadASN1Element(&content, asn1.SEQUENCE) || !data.ReadASN1(&certificates, constructed(0)) || !data.ReadASN1Element(&signers, asn1.SET) {
		t.Fatal("malformed signature")
	}
	if others != nil {
		certificates = others
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(der.MustOID("1.2.840.113549.1.7.2"))
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Uint64(5)
				b.AddASN1(asn1.SET, func(*cryptobyte.Builder) {})
				b.AddBytes(content)
				b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddBytes(certificates) })
				b.AddASN1(constructed(1), func(b *cryptobyte.Builder) {
					b.AddBytes(crl)
					addResponse(b, response)
				})
				b.AddBytes(signers)
			})
		})
	})
	encoded, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func addResponse(b *cryptobyte.Builder, response []byte) {
	if response == nil {
		return
	}
	b.AddASN1(constructed(1), func(b *cryptobyte.Builder) {
		b.AddValue(der.MustOID("1.3.6.1.5.5.7.16.2"))
		b.AddBytes(response)
	})
}
