package cms

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// certificate is the signing certificate and what a signature repeats of it.
type certificate struct {
	encoded   []byte
	issuer    []byte // the Name, as encoded
	serial    []byte // the INTEGER, as encoded
	publicKey crypto.PublicKey
}

// openCertificate checks the outermost form of a DER certificate and returns the content of its signed part.
//
//	Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
//
// Spec: RFC 5280 §4.1
func openCertificate(encoded []byte) (tbs cryptobyte.String, err error) {
	input := cryptobyte.String(encoded)
	var outer cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1(&tbs, asn1.SEQUENCE) || !outer.SkipASN1(asn1.SEQUENCE) || !outer.SkipASN1(asn1.BIT_STRING) || !outer.Empty() {
		return nil, errors.New("not a DER certificate")
	}
	return tbs, nil
}

// readCertificate finds issuer, serial number and key of a certificate of any version. The result refers to encoded.
//
//	TBSCertificate ::= SEQUENCE { version [0] INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
//	    issuer Name, validity Validity, subject Name, subjectPublicKeyInfo SubjectPublicKeyInfo, … }
func readCertificate(encoded []byte) (certificate, error) {
	tbs, err := openCertificate(encoded)
	if err != nil {
		return certificate{}, err
	}
	var serial, issuer, key cryptobyte.String
	if !tbs.SkipOptionalASN1(constructed(0)) || !tbs.ReadASN1Element(&serial, asn1.INTEGER) || !tbs.SkipASN1(asn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&issuer, asn1.SEQUENCE) || !tbs.SkipASN1(asn1.SEQUENCE) || !tbs.SkipASN1(asn1.SEQUENCE) ||
		!tbs.ReadASN1Element(&key, asn1.SEQUENCE) {
		return certificate{}, errors.New("malformed signed part of the certificate")
	}
	publicKey, err := x509.ParsePKIXPublicKey(key)
	if err != nil {
		return certificate{}, fmt.Errorf("reading public key: %w", err)
	}
	return certificate{encoded, issuer, serial, publicKey}, nil
}

// addIssuerAndSerialNumber names the certificate in the SignerInfo.
//
//	IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }
//
// Spec: RFC 5652 §10.2.4
func (c certificate) addIssuerAndSerialNumber(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(c.issuer)
		b.AddBytes(c.serial)
	})
}

// addSigningCertificate pins the certificate by its hash. The hash function is SHA-256, and as DER leaves out a default
// value it is not named.
//
//	SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }
//	ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256}, certHash OCTET STRING,
//	    issuerSerial IssuerSerial OPTIONAL }
//	IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }
//
// Spec: RFC 5035 §3, §4
func (c certificate) addSigningCertificate(b *cryptobyte.Builder) {
	hash := sha256.Sum256(c.encoded)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(hash[:])
				b.AddASN1(asn1.SEQUENCE, c.addIssuerSerial)
			})
		})
	})
}

func (c certificate) addIssuerSerial(b *cryptobyte.Builder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(constructed(4), func(b *cryptobyte.Builder) { b.AddBytes(c.issuer) })
	})
	b.AddBytes(c.serial)
}
