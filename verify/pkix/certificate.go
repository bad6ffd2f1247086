package pkix

import (
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxCertificate is the largest certificate that is read, in bytes.
const MaxCertificate = 256 << 10

// Certificate is an X.509 certificate of version 1, 2 or 3.
type Certificate struct {
	Signed
	Raw       []byte // DER; the other fields refer to it
	Version   int
	Serial    Serial
	Issuer    Name
	NotBefore time.Time
	NotAfter  time.Time // the last second of validity
	Subject   Name
	Key       PublicKey
	Extensions
}

// SelfIssued reports whether subject and issuer are the same entity, though perhaps with two keys.
//
// Spec: RFC 5280 §6.1
func (c *Certificate) SelfIssued() bool { return c.Subject.Matches(c.Issuer) }

// Fingerprint returns the SHA-256 of the certificate.
func (c *Certificate) Fingerprint() jpki.Fingerprint { return fingerprint(c.Raw) }

// ParseCertificate reads one DER certificate. The result refers to the bytes given. Extensions that are understood must
// be well formed; of the others only those marked critical are noted.
//
//	Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
//
// Spec: RFC 5280 §4.1
func ParseCertificate(encoded []byte) (*Certificate, error) {
	if len(encoded) > MaxCertificate {
		return nil, fmt.Errorf("certificate of %d bytes, more than %d", len(encoded), MaxCertificate)
	}
	c := &Certificate{Raw: encoded}
	tbs, err := readSigned(encoded, &c.Signed)
	if err != nil {
		return nil, fmt.Errorf("not a DER certificate: %w", err)
	}
	if err := c.readTBS(tbs); err != nil {
		return nil, err
	}
	return c, nil
}

// readSigned opens the frame of certificates and CRLs and returns the content of the signed part. A signature that is not
// of whole bytes is read as an empty one, which no key verifies.
//
//	SIGNED ::= SEQUENCE { toBeSigned SEQUENCE, algorithm AlgorithmIdentifier, signature BIT STRING }
func readSigned(encoded []byte, into *Signed) (tbs cryptobyte.String, err error) {
	input := cryptobyte.String(encoded)
	var outer cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() {
		return nil, errors.New("one sequence expected")
	}
	tbs, err = readSignedContent(&outer, into)
	if err == nil && !outer.Empty() {
		err = errors.New("trailing data after the signature")
	}
	return tbs, err
}

func readSignedContent(s *cryptobyte.String, into *Signed) (tbs cryptobyte.String, err error) {
	var element cryptobyte.String
	if !s.ReadASN1Element(&element, asn1.SEQUENCE) {
		return nil, errors.New("signed part expected")
	}
	into.TBS = element
	if into.Algorithm, err = der.ReadAlgorithm(s); err != nil {
		return nil, err
	}
	var bits cryptobyte.String
	if !s.ReadASN1(&bits, asn1.BIT_STRING) || len(bits) == 0 || !element.ReadASN1(&tbs, asn1.SEQUENCE) {
		return nil, errors.New("signature expected")
	}
	if bits[0] == 0 {
		into.Signature = bits[1:]
	}
	return tbs, nil
}

// readTBS reads the content of a TBSCertificate.
//
//	TBSCertificate ::= SEQUENCE { version [0] INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
//	    issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
//	    subjectPublicKeyInfo SubjectPublicKeyInfo, issuerUniqueID [1] OPTIONAL, subjectUniqueID [2] OPTIONAL,
//	    extensions [3] SEQUENCE OF Extension OPTIONAL }
func (c *Certificate) readTBS(s cryptobyte.String) (err error) {
	var version int
	if !s.ReadOptionalASN1Integer(&version, constructed(0), 0) || version < 0 || version > 2 {
		return errors.New("version 1, 2 or 3 of a certificate expected")
	}
	c.Version = version + 1
	if c.Serial, err = readSerial(&s, asn1.INTEGER); err != nil {
		return fmt.Errorf("serial number: %w", err)
	}
	if err := c.readAlgorithmAgain(&s); err != nil {
		return err
	}
	if c.Issuer, err = readName(&s); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if err := c.readValidity(&s); err != nil {
		return err
	}
	if c.Subject, err = readName(&s); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	if c.Key, err = readPublicKey(&s); err != nil {
		return err
	}
	if !s.SkipOptionalASN1(context(1)) || !s.SkipOptionalASN1(context(2)) {
		return errors.New("malformed unique identifier")
	}
	return c.Extensions.readTagged(&s, constructed(3), c.Version == 3)
}

// readAlgorithmAgain reads the algorithm that is repeated inside the signed part.
//
// Spec: RFC 5280 §4.1.1.2
func (s *Signed) readAlgorithmAgain(in *cryptobyte.String) error {
	inside, err := der.ReadAlgorithm(in)
	if err == nil && inside != s.Algorithm {
		err = errors.New("signature algorithms inside and outside the signed part differ")
	}
	return err
}

func (c *Certificate) readValidity(s *cryptobyte.String) (err error) {
	var validity cryptobyte.String
	if !s.ReadASN1(&validity, asn1.SEQUENCE) {
		return errors.New("validity expected")
	}
	if c.NotBefore, err = ReadTime(&validity); err != nil {
		return err
	}
	if c.NotAfter, err = ReadTime(&validity); err != nil {
		return err
	}
	if !validity.Empty() {
		return errors.New("trailing data in the validity")
	}
	return nil
}
