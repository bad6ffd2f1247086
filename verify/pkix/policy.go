package pkix

import (
	"errors"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The extensions about policies and names that bind a whole path.

// readPolicies reads the policies. A critical extension with a qualifier other than the two of RFC 5280 is not
// understood.
//
//	certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER,
//	    policyQualifiers SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY } OPTIONAL }
//
// Spec: RFC 5280 §4.2.1.4
func (e *Extensions) readPolicies(s *cryptobyte.String) error {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return errors.New("policy expected")
	}
	seen := make(map[Policy]bool, 1)
	for !content.Empty() {
		var info cryptobyte.String
		if !content.ReadASN1(&info, asn1.SEQUENCE) {
			return errors.New("policy expected")
		}
		policy, err := der.ReadOID(&info)
		if err == nil && seen[policy] {
			err = errors.New("policy stands twice")
		}
		if err == nil && !info.Empty() {
			err = e.readQualifiers(&info)
		}
		if err != nil {
			return err
		}
		seen[policy] = true
		e.Policies = append(e.Policies, policy)
	}
	return nil
}

func (e *Extensions) readQualifiers(s *cryptobyte.String) error {
	var qualifiers cryptobyte.String
	if !s.ReadASN1(&qualifiers, asn1.SEQUENCE) || qualifiers.Empty() || !s.Empty() {
		return errors.New("policy qualifiers expected")
	}
	for !qualifiers.Empty() {
		var qualifier cryptobyte.String
		if !qualifiers.ReadASN1(&qualifier, asn1.SEQUENCE) {
			return errors.New("policy qualifier expected")
		}
		kind, err := der.ReadOID(&qualifier)
		if err != nil || !qualifier.ReadAnyASN1Element(new(cryptobyte.String), nil) || !qualifier.Empty() {
			return errors.New("malformed policy qualifier")
		}
		if kind != QualifierCPS && kind != QualifierUserNotice {
			e.UnknownCritical = append(e.UnknownCritical, kind)
		}
	}
	return nil
}

// PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy OBJECT IDENTIFIER }
func (e *Extensions) readPolicyMappings(s *cryptobyte.String) error {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return errors.New("policy mapping expected")
	}
	for !content.Empty() {
		var pair cryptobyte.String
		if !content.ReadASN1(&pair, asn1.SEQUENCE) {
			return errors.New("policy mapping expected")
		}
		issuer, err := der.ReadOID(&pair)
		if err != nil {
			return err
		}
		subject, err := der.ReadOID(&pair)
		if err != nil || !pair.Empty() {
			return errors.New("malformed policy mapping")
		}
		e.PolicyMappings = append(e.PolicyMappings, PolicyMapping{issuer, subject})
	}
	return nil
}

// PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0] INTEGER OPTIONAL, inhibitPolicyMapping [1] INTEGER OPTIONAL }
func (e *Extensions) readPolicyConstraints(s *cryptobyte.String) (err error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return errors.New("policy constraint expected")
	}
	for tag, into := range []*int{&e.RequireExplicit, &e.InhibitMapping} {
		if !content.PeekASN1Tag(context(uint8(tag))) {
			continue
		}
		if *into, err = readCount(&content, context(uint8(tag))); err != nil {
			return err
		}
	}
	return trailing(content)
}

// NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }
//
// Spec: RFC 5280 §4.2.1.10
func (e *Extensions) readNameConstraints(s *cryptobyte.String) (err error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return errors.New("name constraint expected")
	}
	for tag, into := range []*[]Subtree{&e.Permitted, &e.Excluded} {
		var trees cryptobyte.String
		var present bool
		if !content.ReadOptionalASN1(&trees, &present, constructed(uint8(tag))) {
			return errors.New("malformed subtrees")
		}
		if !present {
			continue
		}
		if *into, err = readSubtrees(trees); err != nil {
			return err
		}
	}
	return trailing(content)
}

// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] INTEGER DEFAULT 0, maximum [1] INTEGER OPTIONAL }; the last
// two are not used in RFC 5280.
func readSubtrees(s cryptobyte.String) ([]Subtree, error) {
	var subtrees []Subtree
	for !s.Empty() {
		var tree cryptobyte.String
		if !s.ReadASN1(&tree, asn1.SEQUENCE) {
			return nil, errors.New("subtree expected")
		}
		base, err := readGeneralName(&tree)
		if err != nil {
			return nil, err
		}
		if !tree.Empty() {
			return nil, errors.New("subtree with minimum or maximum")
		}
		subtrees = append(subtrees, Subtree{base})
	}
	if subtrees == nil {
		return nil, errors.New("subtree expected")
	}
	return subtrees, nil
}
