package jpki

import (
	"errors"
	"fmt"
	"strings"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Extension is one extension with its value decoded: one of the types below, [Opaque] where the package does not know
// the extension.
type Extension struct {
	ID       der.OID
	Critical bool
	Value    ExtensionValue
}

// ExtensionValue is implemented by the value types of this package only.
type ExtensionValue interface {
	cryptobyte.MarshalingValue
	extension() der.OID // "" for Opaque
}

type (
	// KeyUsage is a set of key usage bits; bit n of the extension is 1<<n.
	KeyUsage uint16
	// BasicConstraints says whether the subject is a CA. JPKI CA certificates have no path length.
	BasicConstraints struct{ CA bool }
	// SubjectAltName holds the four attributes of a signing certificate, or a CA's Japanese name.
	SubjectAltName []der.GeneralName
	// IssuerAltName holds the issuing CA's Japanese name.
	IssuerAltName []der.GeneralName
	// DistributionPoints names where revocation is published: the full names of each point.
	DistributionPoints [][]der.GeneralName
	// Policies are the certificate policies.
	Policies []Policy
	// ExtKeyUsage lists extended key usages.
	ExtKeyUsage []der.OID
	// AuthorityInfoAccess lists what the issuer offers, here an OCSP responder.
	AuthorityInfoAccess []AccessDescription
	// AuthorityKeyID names the issuer's key: the only sure way to tell CA generations apart, since they share a name.
	AuthorityKeyID struct {
		KeyID  KeyID
		Issuer []der.GeneralName // with Serial, or nil
		Serial Serial            // with Issuer, or 0
	}
	// SubjectKeyID names the subject's key.
	SubjectKeyID KeyID
	// Opaque is the encoded value of an extension the package does not know.
	Opaque []byte
)

// The key usage bits JPKI uses.
const (
	DigitalSignature KeyUsage = 1 << 0
	NonRepudiation   KeyUsage = 1 << 1
	KeyCertSign      KeyUsage = 1 << 5
	CRLSign          KeyUsage = 1 << 6
)

// Policy is one certificate policy with its qualifiers.
type Policy struct {
	ID         der.OID
	Qualifiers []Qualifier
}

// Qualifier is a policy qualifier; Value is its DER.
type Qualifier struct {
	ID    der.OID
	Value []byte
}

// AccessDescription is one entry of an [AuthorityInfoAccess].
type AccessDescription struct {
	Method   der.OID
	Location der.GeneralName
}

func (KeyUsage) extension() der.OID            { return oidKeyUsage }
func (BasicConstraints) extension() der.OID    { return oidBasicConstraints }
func (SubjectAltName) extension() der.OID      { return oidSubjectAltName }
func (IssuerAltName) extension() der.OID       { return oidIssuerAltName }
func (DistributionPoints) extension() der.OID  { return oidDistributionPoints }
func (Policies) extension() der.OID            { return oidCertificatePolicies }
func (ExtKeyUsage) extension() der.OID         { return oidExtKeyUsage }
func (AuthorityInfoAccess) extension() der.OID { return oidAuthorityInfoAccess }
func (AuthorityKeyID) extension() der.OID      { return oidAuthorityKeyID }
func (SubjectKeyID) extension() der.OID        { return oidSubjectKeyID }
func (Opaque) extension() der.OID              { return "" }

// ext makes an Extension of a known value.
func ext(critical bool, v ExtensionValue) Extension { return Extension{v.extension(), critical, v} }

// String shows the bits by name, as in "digitalSignature, nonRepudiation".
func (u KeyUsage) String() string {
	names := [...]string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
		"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}
	var set []string
	for i, name := range names {
		if u>>i&1 == 1 {
			set = append(set, name)
		}
	}
	return strings.Join(set, ", ")
}

// CPS returns the URI of a CPS qualifier (certification practice statement 運用規程).
func (q Qualifier) CPS() (uri string, ok bool) {
	s := cryptobyte.String(q.Value)
	t, err := der.ReadText(&s)
	return t.Content, q.ID == oidCPS && err == nil && t.Tag == asn1.IA5String
}

var extensionReaders = map[der.OID]func(*cryptobyte.String) (ExtensionValue, error){
	oidKeyUsage:            readKeyUsage,
	oidBasicConstraints:    readBasicConstraints,
	oidDistributionPoints:  readDistributionPoints,
	oidCertificatePolicies: readPolicies,
	oidExtKeyUsage:         readExtKeyUsage,
	oidAuthorityInfoAccess: readAuthorityInfoAccess,
	oidAuthorityKeyID:      readAuthorityKeyID,
	oidSubjectKeyID:        readSubjectKeyID,
	oidSubjectAltName: func(s *cryptobyte.String) (ExtensionValue, error) {
		names, err := readGeneralNames(s, asn1.SEQUENCE)
		return SubjectAltName(names), err
	},
	oidIssuerAltName: func(s *cryptobyte.String) (ExtensionValue, error) {
		names, err := readGeneralNames(s, asn1.SEQUENCE)
		return IssuerAltName(names), err
	},
}

func readExtension(s *cryptobyte.String) (Extension, error) {
	raw, err := der.ReadExtension(s)
	if err != nil {
		return Extension{}, err
	}
	e := Extension{raw.ID, raw.Critical, Opaque(raw.Value)}
	read, known := extensionReaders[raw.ID]
	if !known {
		return e, nil
	}
	value := cryptobyte.String(raw.Value)
	e.Value, err = read(&value)
	if err == nil && !value.Empty() {
		err = errors.New("trailing data")
	}
	if err != nil {
		return e, fmt.Errorf("extension %s: %w", NameOf(raw.ID), err)
	}
	return e, nil
}

// Marshal appends the extension to b.
func (e Extension) Marshal(b *cryptobyte.Builder) error {
	var value cryptobyte.Builder
	value.AddValue(e.Value)
	encoded, err := value.Bytes()
	if err != nil {
		return fmt.Errorf("extension %s: %w", NameOf(e.ID), err)
	}
	b.AddValue(der.Extension{ID: e.ID, Critical: e.Critical, Value: encoded})
	return nil
}
