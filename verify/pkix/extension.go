package pkix

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxExtensions bounds the extensions of one object.
const maxExtensions = 128

// None stands for a number that an extension does not give.
const None = -1

// Extensions are the certificate extensions that path validation and revocation look at. What an extension would say is
// zero, nil or [None] where it is absent.
//
// Spec: RFC 5280 §4.2.1
type Extensions struct {
	KeyUsage           jpki.KeyUsage
	CA                 bool
	MaxPath            int // CAs that may follow, or None
	SubjectAltNames    []GeneralName
	KeyID              jpki.KeyID
	Authority          AuthorityKey
	Policies           []Policy
	PolicyMappings     []PolicyMapping
	RequireExplicit    int // certificates until a policy is required, or None
	InhibitMapping     int // or None
	InhibitAny         int // or None
	Permitted          []Subtree
	Excluded           []Subtree
	ExtKeyUsage        []der.OID
	DistributionPoints []DistributionPoint
	FreshestCRL        []DistributionPoint
	OCSPNoCheck        bool
	UnknownCritical    []der.OID // critical extensions, or parts of them, that are not understood
}

// AuthorityKey says which key signed: by its identifier, by a certificate of its, or both.
//
// Spec: RFC 5280 §4.2.1.1
type AuthorityKey struct {
	KeyID  jpki.KeyID
	Issuer []GeneralName
	Serial Serial
}

// Policy is one certificate policy; its qualifiers are read and passed over.
type Policy = der.OID

// PolicyMapping says that the issuer takes its own policy for that of the subject.
type PolicyMapping struct{ Issuer, Subject Policy }

// Subtree is one name constraint.
type Subtree struct{ Base GeneralName }

func fingerprint(b []byte) jpki.Fingerprint { return sha256.Sum256(b) }

// readTagged reads the extensions of a certificate, which stand in an element of their own and only where allowed.
func (e *Extensions) readTagged(s *cryptobyte.String, tag asn1.Tag, allowed bool) error {
	e.MaxPath, e.RequireExplicit, e.InhibitMapping, e.InhibitAny = None, None, None, None
	return readExtensions(s, tag, allowed, func(raw der.Extension) error {
		value := cryptobyte.String(raw.Value)
		read, known := extensionReaders[raw.ID]
		if !known {
			if raw.Critical {
				e.UnknownCritical = append(e.UnknownCritical, raw.ID)
			}
			return nil
		}
		unknown := len(e.UnknownCritical)
		if err := read(e, &value); err != nil {
			return err
		}
		if !raw.Critical { // a part that is not understood matters only where the whole must be understood
			e.UnknownCritical = e.UnknownCritical[:unknown]
		}
		return trailing(value)
	})
}

// readExtensions reads an optional list of extensions to the end of s and hands each to visit.
//
//	Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
func readExtensions(s *cryptobyte.String, tag asn1.Tag, allowed bool, visit func(der.Extension) error) error {
	var explicit, list cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, tag) || !s.Empty() || present && !allowed {
		return errors.New("trailing data in the signed part")
	}
	if !present {
		return nil
	}
	if !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() || list.Empty() {
		return errors.New("extensions expected")
	}
	return eachExtension(list, visit)
}

func eachExtension(list cryptobyte.String, visit func(der.Extension) error) error {
	var seen []der.OID
	for !list.Empty() {
		raw, err := der.ReadExtension(&list)
		if err != nil {
			return err
		}
		if slices.Contains(seen, raw.ID) {
			return fmt.Errorf("extension %s stands twice", raw.ID)
		}
		if seen = append(seen, raw.ID); len(seen) > maxExtensions {
			return fmt.Errorf("more than %d extensions", maxExtensions)
		}
		if err := visit(raw); err != nil {
			return fmt.Errorf("extension %s: %w", raw.ID, err)
		}
	}
	return nil
}

func trailing(s cryptobyte.String) error {
	if !s.Empty() {
		return errors.New("trailing data")
	}
	return nil
}

var extensionReaders = map[der.OID]func(*Extensions, *cryptobyte.String) error{
	oidKeyUsage:           (*Extensions).readKeyUsage,
	oidBasicConstraints:   (*Extensions).readBasicConstraints,
	oidPolicies:           (*Extensions).readPolicies,
	oidPolicyMappings:     (*Extensions).readPolicyMappings,
	oidPolicyConstraints:  (*Extensions).readPolicyConstraints,
	oidNameConstraints:    (*Extensions).readNameConstraints,
	oidExtKeyUsage:        (*Extensions).readExtKeyUsage,
	oidDistributionPoints: (*Extensions).readDistributionPoints,
	oidFreshestCRL:        (*Extensions).readFreshestCRL,
	oidOCSPNoCheck:        (*Extensions).readNoCheck,
	oidSubjectAltName:     (*Extensions).readSubjectAltName,
	oidSubjectKeyID:       (*Extensions).readSubjectKeyID,
	oidAuthorityKeyID: func(e *Extensions, s *cryptobyte.String) (err error) {
		e.Authority, err = readAuthorityKey(s)
		return err
	},
	oidInhibitAnyPolicy: func(e *Extensions, s *cryptobyte.String) (err error) {
		e.InhibitAny, err = readCount(s, asn1.INTEGER)
		return err
	},
}

// KeyUsage ::= BIT STRING
func (e *Extensions) readKeyUsage(s *cryptobyte.String) error {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.BIT_STRING) || len(content) < 2 || content[0] > 7 {
		return errors.New("bit string expected")
	}
	for i, octet := range content[1:min(3, len(content))] {
		e.KeyUsage |= jpki.KeyUsage(bits.Reverse8(octet)) << (8 * i)
	}
	if e.KeyUsage == 0 {
		return errors.New("key usage without a bit")
	}
	return nil
}

// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
func (e *Extensions) readBasicConstraints(s *cryptobyte.String) (err error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return errors.New("sequence expected")
	}
	if content.PeekASN1Tag(asn1.BOOLEAN) && !content.ReadASN1Boolean(&e.CA) {
		return errors.New("malformed cA")
	}
	if content.PeekASN1Tag(asn1.INTEGER) {
		if e.MaxPath, err = readCount(&content, asn1.INTEGER); err != nil {
			return err
		}
	}
	return trailing(content)
}

func (e *Extensions) readSubjectAltName(s *cryptobyte.String) (err error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return errors.New("general names expected")
	}
	e.SubjectAltNames, err = readGeneralNames(content)
	return err
}

func (e *Extensions) readSubjectKeyID(s *cryptobyte.String) error {
	var id cryptobyte.String
	if !s.ReadASN1(&id, asn1.OCTET_STRING) {
		return errors.New("octet string expected")
	}
	e.KeyID = jpki.KeyID(id)
	return nil
}

func (e *Extensions) readNoCheck(s *cryptobyte.String) error {
	var null cryptobyte.String
	if !s.ReadASN1(&null, asn1.NULL) || !null.Empty() {
		return errors.New("null expected")
	}
	e.OCSPNoCheck = true
	return nil
}

// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER
func (e *Extensions) readExtKeyUsage(s *cryptobyte.String) error {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return errors.New("usage expected")
	}
	for !content.Empty() {
		usage, err := der.ReadOID(&content)
		if err != nil {
			return err
		}
		e.ExtKeyUsage = append(e.ExtKeyUsage, usage)
	}
	return nil
}

// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames
// OPTIONAL, authorityCertSerialNumber [2] INTEGER OPTIONAL }
func readAuthorityKey(s *cryptobyte.String) (id AuthorityKey, err error) {
	var content, keyID, names cryptobyte.String
	var named bool
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.ReadOptionalASN1(&keyID, nil, context(0)) ||
		!content.ReadOptionalASN1(&names, &named, constructed(1)) {
		return id, errors.New("authority key identifier expected")
	}
	id.KeyID = jpki.KeyID(keyID)
	if named {
		if id.Issuer, err = readGeneralNames(names); err != nil {
			return id, err
		}
	}
	if content.PeekASN1Tag(context(2)) {
		if id.Serial, err = readSerial(&content, context(2)); err != nil {
			return id, err
		}
	}
	return id, trailing(content)
}
