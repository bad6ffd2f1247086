package jpki

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxSize is the largest certificate that [Parse] accepts, in bytes. Real ones have 1.2 to 1.9 kB.
const MaxSize = 32 << 10

// ErrNotJPKI says that a well-formed certificate is of none of the kinds.
var ErrNotJPKI = errors.New("not a JPKI certificate: neither a CA named by JPKI, nor its responder, nor a certificate with a JPKI policy")

// Certificate is an X.509 version 3 certificate of one of the kinds. All its fields together are the whole
// certificate; [Certificate.Marshal] writes exactly them.
type Certificate struct {
	Kind       Kind
	Serial     Serial
	Algorithm  der.Algorithm // of the signature
	Issuer     der.Name
	NotBefore  time.Time // UTC, whole seconds
	NotAfter   time.Time // UTC, the last second of validity
	Subject    der.Name
	PublicKey  crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
	Extensions []Extension      // in encoded order
	Signature  []byte           // nil in a certificate not yet signed
}

// Parse reads one DER certificate of any of the kinds. The error is [ErrNotJPKI] for a certificate of another PKI.
//
//	Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
//
// Spec: RFC 5280 §4.1
func Parse(certificate []byte) (*Certificate, error) {
	if len(certificate) > MaxSize {
		return nil, fmt.Errorf("certificate of %d bytes, more than %d", len(certificate), MaxSize)
	}
	input := cryptobyte.String(certificate)
	var outer, tbs cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !input.Empty() || !outer.ReadASN1(&tbs, asn1.SEQUENCE) {
		return nil, errors.New("not a DER certificate")
	}
	c, err := readTBS(tbs)
	if err != nil {
		return nil, err
	}
	algorithm, err := der.ReadAlgorithm(&outer)
	if err != nil {
		return nil, err
	}
	if algorithm != c.Algorithm {
		return nil, errors.New("signature algorithms inside and outside the signed part differ")
	}
	if !outer.ReadASN1BitStringAsBytes(&c.Signature) || !outer.Empty() {
		return nil, errors.New("signature of whole bytes expected at the end of the certificate")
	}
	return c, c.classify()
}

// readTBS reads the content of a TBSCertificate.
//
//	TBSCertificate ::= SEQUENCE { version [0] INTEGER, serialNumber INTEGER, signature AlgorithmIdentifier, issuer Name,
//	    validity SEQUENCE { notBefore Time, notAfter Time }, subject Name, subjectPublicKeyInfo SEQUENCE,
//	    extensions [3] SEQUENCE OF Extension }
func readTBS(s cryptobyte.String) (*Certificate, error) {
	c := new(Certificate)
	var version cryptobyte.String
	var number int
	if !s.ReadASN1(&version, constructed(0)) || !version.ReadASN1Integer(&number) || number != 2 || !version.Empty() {
		return nil, errors.New("X.509 version 3 expected")
	}
	for _, step := range []func(*cryptobyte.String) error{
		func(s *cryptobyte.String) (err error) { c.Serial, err = readSerial(s, asn1.INTEGER); return },
		func(s *cryptobyte.String) (err error) { c.Algorithm, err = der.ReadAlgorithm(s); return },
		func(s *cryptobyte.String) (err error) { c.Issuer, err = der.ReadName(s); return },
		c.readValidity,
		func(s *cryptobyte.String) (err error) { c.Subject, err = der.ReadName(s); return },
		func(s *cryptobyte.String) (err error) { c.PublicKey, err = readPublicKey(s); return },
		c.readExtensions,
	} {
		if err := step(&s); err != nil {
			return nil, err
		}
	}
	if !s.Empty() {
		return nil, errors.New("trailing data in the signed part")
	}
	return c, nil
}

func (c *Certificate) readValidity(s *cryptobyte.String) (err error) {
	var validity cryptobyte.String
	if !s.ReadASN1(&validity, asn1.SEQUENCE) {
		return errors.New("validity expected")
	}
	if c.NotBefore, err = der.ReadTime(&validity); err != nil {
		return err
	}
	if c.NotAfter, err = der.ReadTime(&validity); err != nil {
		return err
	}
	if !validity.Empty() {
		return errors.New("trailing data in the validity")
	}
	return nil
}

// readPublicKey leaves the key formats to the standard library and insists that they are the one DER form.
func readPublicKey(s *cryptobyte.String) (crypto.PublicKey, error) {
	var element cryptobyte.String
	if !s.ReadASN1Element(&element, asn1.SEQUENCE) {
		return nil, errors.New("public key expected")
	}
	key, err := x509.ParsePKIXPublicKey(element)
	if err != nil {
		return nil, fmt.Errorf("reading public key: %w", err)
	}
	if again, err := x509.MarshalPKIXPublicKey(key); err != nil || !bytes.Equal(again, element) {
		return nil, errors.New("public key is not in its DER form")
	}
	return key, nil
}

func (c *Certificate) readExtensions(s *cryptobyte.String) error {
	var explicit, list cryptobyte.String
	if !s.ReadASN1(&explicit, constructed(3)) || !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return errors.New("extensions expected")
	}
	seen := map[der.OID]bool{}
	for !list.Empty() {
		e, err := readExtension(&list)
		if err != nil {
			return err
		}
		if seen[e.ID] {
			return fmt.Errorf("extension %s stands twice", e.ID)
		}
		seen[e.ID] = true
		c.Extensions = append(c.Extensions, e)
	}
	return nil
}

// classify finds the kind: a CA by the organizational unit of its name, a card's certificates by their policy, a responder
// by its extended key usage.
func (c *Certificate) classify() error {
	if basic, ok := find[BasicConstraints](c); ok && basic.CA {
		for _, unit := range c.Subject.Values(der.OrganizationalUnitName) {
			for kind, name := range unitNames {
				if unit == name {
					c.Kind = kind
					return nil
				}
			}
		}
		return ErrNotJPKI
	}
	policies, _ := find[Policies](c)
	for _, p := range policies {
		if kind, ok := policyKinds[p.ID]; ok {
			c.Kind = kind
			return c.checkPerson()
		}
	}
	return c.classifyResponder()
}

// find returns the value of the extension of type V.
func find[V ExtensionValue](c *Certificate) (V, bool) {
	for _, e := range c.Extensions {
		if v, ok := e.Value.(V); ok {
			return v, true
		}
	}
	var none V
	return none, false
}

// TBS returns the encoded TBSCertificate, the bytes that are signed.
func (c *Certificate) TBS() ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(c.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("encoding public key: %w", err)
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { b.AddASN1Uint64(2) })
		addSerial(b, asn1.INTEGER, c.Serial)
		b.AddValue(c.Algorithm)
		b.AddValue(c.Issuer)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			der.AddTime(b, c.NotBefore)
			der.AddTime(b, c.NotAfter)
		})
		b.AddValue(c.Subject)
		b.AddBytes(spki)
		b.AddASN1(constructed(3), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, e := range c.Extensions {
					b.AddValue(e)
				}
			})
		})
	})
	return b.Bytes()
}

// Marshal returns the DER certificate. It must be signed.
func (c *Certificate) Marshal() ([]byte, error) {
	if len(c.Signature) == 0 {
		return nil, errors.New("certificate is not signed")
	}
	tbs, err := c.TBS()
	if err != nil {
		return nil, err
	}
	return Assemble(tbs, c.Algorithm, c.Signature)
}

// Assemble joins a signed part and its signature to a DER certificate.
func Assemble(tbs []byte, algorithm der.Algorithm, signature []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddValue(algorithm)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}

// SignedBy checks that the issuer's key made the signature of c, and that the issuer is the one c names, by name and
// by key identifier. It checks nothing else: neither validity nor revocation nor policy.
func (c *Certificate) SignedBy(issuer *Certificate) error {
	if !c.Issuer.Equal(issuer.Subject) {
		return errors.New("issuer has another name")
	}
	if aki, ok := find[AuthorityKeyID](c); ok && aki.KeyID != issuer.KeyID() {
		return errors.New("issuer has another key: another generation of the same CA")
	}
	tbs, err := c.TBS()
	if err != nil {
		return err
	}
	return checkSignature(c.Algorithm, issuer.PublicKey, tbs, c.Signature)
}

// KeyID returns the subject key identifier, "" if there is none.
func (c *Certificate) KeyID() KeyID {
	id, _ := find[SubjectKeyID](c)
	return KeyID(id)
}

// IssuerKeyID returns the identifier of the key that signed c, "" if the certificate does not say (CA certificates).
func (c *Certificate) IssuerKeyID() KeyID {
	id, _ := find[AuthorityKeyID](c)
	return id.KeyID
}

// KeyUsage returns the key usage bits.
func (c *Certificate) KeyUsage() KeyUsage {
	u, _ := find[KeyUsage](c)
	return u
}

// Policies returns the certificate policies.
func (c *Certificate) Policies() Policies {
	p, _ := find[Policies](c)
	return p
}

// DistributionPoint returns the directory name of the CRL partition the certificate belongs to: the municipality of
// issue. It is nil where the certificate names none.
func (c *Certificate) DistributionPoint() der.Name {
	points, _ := find[DistributionPoints](c)
	for _, point := range points {
		for _, name := range point {
			if name.Choice == der.DirectoryChoice {
				return name.Directory
			}
		}
	}
	return nil
}

// OCSP returns the address of the OCSP responder the certificate names, "" if none.
func (c *Certificate) OCSP() string {
	access, _ := find[AuthorityInfoAccess](c)
	for _, d := range access {
		if d.Method == AccessOCSP && d.Location.Choice == der.URIChoice {
			return d.Location.Text
		}
	}
	return ""
}

// Fingerprint is the SHA-256 of a DER certificate.
type Fingerprint [sha256.Size]byte

// String returns upper-case hexadecimal.
func (f Fingerprint) String() string { return fmt.Sprintf("%X", f[:]) }

// Fingerprint returns the SHA-256 of the certificate.
func (c *Certificate) Fingerprint() (Fingerprint, error) {
	encoded, err := c.Marshal()
	return sha256.Sum256(encoded), err
}

// keyIDOf computes a key identifier.
func keyIDOf(pub crypto.PublicKey) (KeyID, error) {
	spki, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("encoding public key: %w", err)
	}
	s := cryptobyte.String(spki)
	var content cryptobyte.String
	var bits []byte
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.SkipASN1(asn1.SEQUENCE) || !content.ReadASN1BitStringAsBytes(&bits) {
		return "", errors.New("public key without key bits")
	}
	sum := sha1.Sum(bits)
	return KeyID(sum[:]), nil
}
