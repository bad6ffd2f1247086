package cms

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// ErrOtherCertificate says that the signed attributes pin another certificate.
var ErrOtherCertificate = errors.New("signing certificate attribute names another certificate")

// sha1 is the hash function of the first version of the attribute.
var sha1 = der.Algorithm{ID: der.MustOID("1.3.14.3.2.26")}

// CheckCertificate holds a certificate against the signing certificate attributes, of both versions. Pinned is false if
// the signer has neither: then another certificate for the same key could be put in its place. The error is
// [ErrOtherCertificate] or wraps [ErrAttributes] or [pkix.ErrAlgorithm].
//
// Spec: RFC 5035 §3, §4, §5.4
func (i *SignerInfo) CheckCertificate(c *pkix.Certificate) (pinned bool, err error) {
	for _, version := range []struct {
		id   der.OID
		hash der.Algorithm // default
		read bool          // the attribute may name another
	}{{oidSigningCertificate, sha1, false}, {oidSigningCertificateV2, der.Algorithm{ID: oidSHA256}, true}} {
		value, ok, err := i.value(version.id)
		if err != nil {
			return true, err
		}
		if !ok {
			continue
		}
		pinned = true
		if err := checkReference(value, version.hash, version.read, c); err != nil {
			return true, err
		}
	}
	return pinned, nil
}

// checkReference looks at the first certificate of the attribute, that of the signer.
//
//	SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies SEQUENCE OF PolicyInformation OPTIONAL }
//	ESSCertID ::= SEQUENCE { certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
//	ESSCertIDv2 ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256}, certHash OCTET STRING,
//	    issuerSerial IssuerSerial OPTIONAL }
func checkReference(value cryptobyte.String, algorithm der.Algorithm, mayName bool, c *pkix.Certificate) (err error) {
	malformed := fmt.Errorf("signing certificate: %w", ErrAttributes)
	var attribute, list, id, digest, issuerSerial cryptobyte.String
	var hasIssuer bool
	if !value.ReadASN1(&attribute, asn1.SEQUENCE) || !value.Empty() || !attribute.ReadASN1(&list, asn1.SEQUENCE) || !list.ReadASN1(&id, asn1.SEQUENCE) {
		return malformed
	}
	if mayName && id.PeekASN1Tag(asn1.SEQUENCE) {
		if algorithm, err = der.ReadAlgorithm(&id); err != nil {
			return malformed
		}
	}
	if !id.ReadASN1(&digest, asn1.OCTET_STRING) || !id.ReadOptionalASN1(&issuerSerial, &hasIssuer, asn1.SEQUENCE) || !id.Empty() {
		return malformed
	}
	hash, err := pkix.HashOf(algorithm)
	if err != nil {
		return err
	}
	h := hash.New()
	h.Write(c.Raw)
	if !bytes.Equal(h.Sum(nil), digest) || hasIssuer && !namesIssuer(issuerSerial, c) {
		return ErrOtherCertificate
	}
	return nil
}

// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }
func namesIssuer(s cryptobyte.String, c *pkix.Certificate) bool {
	var names, name, issuer, serial cryptobyte.String
	return s.ReadASN1(&names, asn1.SEQUENCE) && s.ReadASN1(&serial, asn1.INTEGER) && s.Empty() &&
		names.ReadASN1(&name, constructed(4)) && names.Empty() && name.ReadASN1Element(&issuer, asn1.SEQUENCE) && name.Empty() &&
		pkix.Name(issuer).Matches(c.Issuer) && pkix.Serial(serial) == c.Serial
}
