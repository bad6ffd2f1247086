package cms

import (
	"bytes"
	"slices"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// signedAttributes returns the attributes of level B, four or without the time three, as the content of a SET OF.
//
//	Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
//
// Spec: RFC 5652 §5.3, §11.1, §11.2, §11.3
func (s *Signer) signedAttributes(digest []byte, at time.Time) ([]byte, error) {
	var attributes [][]byte
	for _, a := range []struct {
		id    der.OID
		value cryptobyte.BuilderContinuation
	}{
		{oidContentType, func(b *cryptobyte.Builder) { b.AddValue(s.contentType) }},
		{oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }},
		{oidSigningTime, func(b *cryptobyte.Builder) { der.AddTime(b, at) }},
		{oidSigningCertificateV2, s.certificate.addSigningCertificate},
	} {
		if a.id == oidSigningTime && s.untimed {
			continue
		}
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddValue(a.id)
			b.AddASN1(asn1.SET, a.value)
		})
		attribute, err := b.Bytes()
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, attribute)
	}
	return setOf(attributes), nil
}

// signedData puts the whole file together.
//
//	ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT SignedData }
//	SignedData ::= SEQUENCE { version INTEGER, digestAlgorithms SET OF AlgorithmIdentifier,
//	    encapContentInfo SEQUENCE { eContentType OBJECT IDENTIFIER, eContent [0] EXPLICIT OCTET STRING OPTIONAL },
//	    certificates [0] IMPLICIT SET OF Certificate, signerInfos SET OF SignerInfo }
//
// Spec: RFC 5652 §3, §5.1
func (s *Signer) signedData(encapsulate cryptobyte.BuilderContinuation, attributes, signature []byte) ([]byte, error) {
	version := uint64(1)
	if s.contentType != Data {
		version = 3
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddValue(oidSignedData)
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Uint64(version)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddValue(s.scheme.digest) })
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddValue(s.contentType)
					encapsulate(b)
				})
				b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddBytes(s.embedded) })
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { s.addSignerInfo(b, attributes, signature) })
			})
		})
	})
	return b.Bytes()
}

// addSignerInfo appends the SignerInfo, version 1 since it names the certificate by issuer and serial number.
//
//	SignerInfo ::= SEQUENCE { version INTEGER, sid IssuerAndSerialNumber, digestAlgorithm AlgorithmIdentifier,
//	    signedAttrs [0] IMPLICIT SET OF Attribute, signatureAlgorithm AlgorithmIdentifier, signature OCTET STRING }
//
// Spec: RFC 5652 §5.3
func (s *Signer) addSignerInfo(b *cryptobyte.Builder, attributes, signature []byte) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Uint64(1)
		s.certificate.addIssuerAndSerialNumber(b)
		b.AddValue(s.scheme.digest)
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
		b.AddValue(s.scheme.signature)
		b.AddASN1OctetString(signature)
	})
}

// setOf joins encoded elements in the order DER wants, each once.
//
// Spec: X.690 §11.6
func setOf(elements [][]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return slices.Concat(slices.CompactFunc(elements, bytes.Equal)...)
}

// constructed is the tag [n] of elements with elements inside.
func constructed(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }
