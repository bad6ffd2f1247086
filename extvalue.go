package jpki

import (
	"errors"
	"math/bits"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The encodings of the extension values, each reader beside its writer. The ASN.1 texts are those of RFC 5280 §4.2.1.

func context(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific() }

func constructed(n uint8) asn1.Tag { return context(n).Constructed() }

// KeyUsage ::= BIT STRING, a named bit list: DER leaves trailing zero bits out.
func readKeyUsage(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.BIT_STRING) || len(content) < 2 || len(content) > 3 {
		return nil, errors.New("bit string of one or two bytes expected")
	}
	var usage KeyUsage
	for i, octet := range content[1:] {
		usage |= KeyUsage(bits.Reverse8(octet)) << (8 * i)
	}
	if unused, last := int(content[0]), content[len(content)-1]; last == 0 || unused != bits.TrailingZeros8(last) {
		return nil, errors.New("named bit list with trailing zero bits")
	}
	return usage, nil
}

// Marshal appends the value to b.
func (u KeyUsage) Marshal(b *cryptobyte.Builder) error {
	if u == 0 {
		return errors.New("key usage without a bit")
	}
	octets := []byte{bits.Reverse8(uint8(u))}
	if u > 0xFF {
		octets = append(octets, bits.Reverse8(uint8(u>>8)))
	}
	unused := bits.TrailingZeros8(octets[len(octets)-1])
	b.AddASN1(asn1.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(unused))
		b.AddBytes(octets)
	})
	return nil
}

// BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
func readBasicConstraints(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	var c BasicConstraints
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return nil, errors.New("sequence expected")
	}
	if !content.Empty() && (!content.ReadASN1Boolean(&c.CA) || !c.CA || !content.Empty()) {
		return nil, errors.New("cA without path length expected")
	}
	return c, nil
}

// Marshal appends the value to b.
func (c BasicConstraints) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if c.CA {
			b.AddASN1Boolean(true)
		}
	})
	return nil
}

// GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName
func readGeneralNames(s *cryptobyte.String, tag asn1.Tag) ([]der.GeneralName, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, tag) {
		return nil, errors.New("general names expected")
	}
	return der.ReadGeneralNames(content)
}

func addGeneralNames(b *cryptobyte.Builder, tag asn1.Tag, names []der.GeneralName) {
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, name := range names {
			b.AddValue(name)
		}
	})
}

// Marshal appends the value to b.
func (n SubjectAltName) Marshal(b *cryptobyte.Builder) error {
	addGeneralNames(b, asn1.SEQUENCE, n)
	return nil
}

// Marshal appends the value to b.
func (n IssuerAltName) Marshal(b *cryptobyte.Builder) error {
	addGeneralNames(b, asn1.SEQUENCE, n)
	return nil
}

// CRLDistributionPoints ::= SEQUENCE OF SEQUENCE { distributionPoint [0] { fullName [0] GeneralNames } }: neither
// reasons nor cRLIssuer nor names relative to one occur in JPKI.
func readDistributionPoints(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return nil, errors.New("distribution point expected")
	}
	var points DistributionPoints
	for !content.Empty() {
		var point, name cryptobyte.String
		if !content.ReadASN1(&point, asn1.SEQUENCE) || !point.ReadASN1(&name, constructed(0)) || !point.Empty() {
			return nil, errors.New("distribution point with a full name alone expected")
		}
		full, err := readGeneralNames(&name, constructed(0))
		if err != nil || !name.Empty() {
			return nil, errors.Join(err, errors.New("full name expected"))
		}
		points = append(points, full)
	}
	return points, nil
}

// Marshal appends the value to b.
func (p DistributionPoints) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, full := range p {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(constructed(0), func(b *cryptobyte.Builder) { addGeneralNames(b, constructed(0), full) })
			})
		}
	})
	return nil
}

// PolicyInformation ::= SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE OF
// SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY } OPTIONAL }
func readPolicies(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return nil, errors.New("policy expected")
	}
	var policies Policies
	for !content.Empty() {
		p, err := readPolicy(&content)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return policies, nil
}

func readPolicy(s *cryptobyte.String) (Policy, error) {
	var info, qualifiers cryptobyte.String
	if !s.ReadASN1(&info, asn1.SEQUENCE) {
		return Policy{}, errors.New("policy expected")
	}
	oid, err := der.ReadOID(&info)
	p := Policy{ID: oid}
	if err != nil || info.Empty() {
		return p, err
	}
	if !info.ReadASN1(&qualifiers, asn1.SEQUENCE) || qualifiers.Empty() || !info.Empty() {
		return p, errors.New("policy qualifiers expected")
	}
	for !qualifiers.Empty() {
		var q cryptobyte.String
		if !qualifiers.ReadASN1(&q, asn1.SEQUENCE) {
			return p, errors.New("policy qualifier expected")
		}
		id, err := der.ReadOID(&q)
		value := []byte(q)
		if err != nil || !q.ReadAnyASN1Element(new(cryptobyte.String), nil) || !q.Empty() {
			return p, errors.Join(err, errors.New("one qualifier expected"))
		}
		p.Qualifiers = append(p.Qualifiers, Qualifier{id, value})
	}
	return p, nil
}

// Marshal appends the value to b.
func (p Policies) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, policy := range p {
			b.AddASN1(asn1.SEQUENCE, policy.marshal)
		}
	})
	return nil
}

func (p Policy) marshal(b *cryptobyte.Builder) {
	b.AddValue(p.ID)
	if len(p.Qualifiers) == 0 {
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, q := range p.Qualifiers {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddValue(q.ID)
				b.AddBytes(q.Value)
			})
		}
	})
}

// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER
func readExtKeyUsage(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return nil, errors.New("usage expected")
	}
	var usages ExtKeyUsage
	for !content.Empty() {
		oid, err := der.ReadOID(&content)
		if err != nil {
			return nil, err
		}
		usages = append(usages, oid)
	}
	return usages, nil
}

// Marshal appends the value to b.
func (u ExtKeyUsage) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, oid := range u {
			b.AddValue(oid)
		}
	})
	return nil
}

// AuthorityInfoAccessSyntax ::= SEQUENCE OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }
func readAuthorityInfoAccess(s *cryptobyte.String) (ExtensionValue, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return nil, errors.New("access description expected")
	}
	var access AuthorityInfoAccess
	for !content.Empty() {
		var description cryptobyte.String
		if !content.ReadASN1(&description, asn1.SEQUENCE) {
			return nil, errors.New("access description expected")
		}
		method, err := der.ReadOID(&description)
		if err != nil {
			return nil, err
		}
		location, err := der.ReadGeneralName(&description)
		if err != nil || !description.Empty() {
			return nil, errors.Join(err, errors.New("access location expected"))
		}
		access = append(access, AccessDescription{method, location})
	}
	return access, nil
}

// Marshal appends the value to b.
func (a AuthorityInfoAccess) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, d := range a {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddValue(d.Method)
				b.AddValue(d.Location)
			})
		}
	})
	return nil
}

// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING, authorityCertIssuer [1] GeneralNames OPTIONAL,
// authorityCertSerialNumber [2] INTEGER OPTIONAL }; the last two come together.
func readAuthorityKeyID(s *cryptobyte.String) (ExtensionValue, error) {
	var content, keyID cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || !content.ReadASN1(&keyID, context(0)) {
		return nil, errors.New("key identifier expected")
	}
	id := AuthorityKeyID{KeyID: KeyID(keyID)}
	if content.Empty() {
		return id, nil
	}
	var err error
	if id.Issuer, err = readGeneralNames(&content, constructed(1)); err != nil {
		return nil, err
	}
	id.Serial, err = readSerial(&content, context(2))
	if err == nil && !content.Empty() {
		err = errors.New("trailing data")
	}
	return id, err
}

// Marshal appends the value to b.
func (id AuthorityKeyID) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddBytes([]byte(id.KeyID)) })
		if id.Issuer != nil {
			addGeneralNames(b, constructed(1), id.Issuer)
			addSerial(b, context(2), id.Serial)
		}
	})
	return nil
}

// SubjectKeyIdentifier ::= OCTET STRING
func readSubjectKeyID(s *cryptobyte.String) (ExtensionValue, error) {
	var keyID cryptobyte.String
	if !s.ReadASN1(&keyID, asn1.OCTET_STRING) {
		return nil, errors.New("octet string expected")
	}
	return SubjectKeyID(keyID), nil
}

// Marshal appends the value to b.
func (id SubjectKeyID) Marshal(b *cryptobyte.Builder) error {
	b.AddASN1OctetString([]byte(id))
	return nil
}

// Marshal appends the value to b.
func (o Opaque) Marshal(b *cryptobyte.Builder) error {
	b.AddBytes(o)
	return nil
}
