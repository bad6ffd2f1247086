package ocsp

import (
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Marshal returns the DER OCSPRequest.
func (r *Request) Marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, r.addTBS)
		if r.Signature != nil {
			b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddBytes(r.Signature) })
		}
	})
	return b.Bytes()
}

func (r *Request) addTBS(b *cryptobyte.Builder) {
	if r.Requestor != nil {
		b.AddASN1(constructed(1), func(b *cryptobyte.Builder) { b.AddBytes(r.Requestor) })
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, q := range r.Queries {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddValue(q.ID)
				addExtensions(b, constructed(0), q.Extensions)
			})
		}
	})
	addExtensions(b, constructed(2), r.Extensions)
}

// Marshal appends the CertID to b.
func (id CertID) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(id.Issuer.Algorithm)
		b.AddASN1OctetString([]byte(id.Issuer.Name))
		b.AddASN1OctetString([]byte(id.Issuer.Key))
		b.AddASN1(asn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(id.Serial)) })
	})
	return nil
}

func addExtensions(b *cryptobyte.Builder, tag asn1.Tag, extensions []der.Extension) {
	if len(extensions) == 0 {
		return
	}
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, e := range extensions {
				b.AddValue(e)
			}
		})
	})
}

// nonceExtension is the extension that a nonce stands in.
func nonceExtension(nonce []byte) (der.Extension, error) {
	var b cryptobyte.Builder
	b.AddASN1OctetString(nonce)
	value, err := b.Bytes()
	return der.Extension{ID: oidNonce, Value: value}, err
}
