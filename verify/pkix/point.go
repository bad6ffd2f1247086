package pkix

import (
	"errors"

	"github.com/openjpki/jpki/der"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Reasons is a set of revocation reasons as distribution points have it; bit n is 1<<n.
//
//	ReasonFlags ::= BIT STRING { unused (0), keyCompromise (1), cACompromise (2), affiliationChanged (3), superseded (4),
//	    cessationOfOperation (5), certificateHold (6), privilegeWithdrawn (7), aACompromise (8) }
//
// Spec: RFC 5280 §4.2.1.13
type Reasons uint16

// AllReasons is what a distribution point covers that names no reasons.
const AllReasons Reasons = 0x1FE

// PointName is the name of a distribution point: full names, or one part to append to the name of the CRL's issuer.
type PointName struct {
	Full     []GeneralName
	Relative string // content of the SET, "" if Full is given
}

// Given reports whether there is a name.
func (p PointName) Given() bool { return p.Full != nil || p.Relative != "" }

// Names returns the full names; a relative one is appended to each name of an issuer.
//
// Spec: RFC 5280 §6.3.3
func (p PointName) Names(issuers ...Name) []GeneralName {
	if p.Relative == "" {
		return p.Full
	}
	var names []GeneralName
	for _, issuer := range issuers {
		names = append(names, GeneralName{der.DirectoryChoice, string(issuer.with([]byte(p.Relative)))})
	}
	return names
}

// DistributionPoint says where CRLs for a certificate are published, for which reasons and by whom.
type DistributionPoint struct {
	Name    PointName
	Reasons Reasons
	Issuers []Name // of an indirect CRL; nil if the certificate's issuer
}

func (e *Extensions) readDistributionPoints(s *cryptobyte.String) (err error) {
	e.DistributionPoints, err = readDistributionPoints(s)
	return err
}

func (e *Extensions) readFreshestCRL(s *cryptobyte.String) (err error) {
	e.FreshestCRL, err = readDistributionPoints(s)
	return err
}

// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
func readDistributionPoints(s *cryptobyte.String) ([]DistributionPoint, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) || content.Empty() {
		return nil, errors.New("distribution point expected")
	}
	var points []DistributionPoint
	for !content.Empty() {
		p, err := readDistributionPoint(&content)
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, nil
}

// DistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, reasons [1] ReasonFlags OPTIONAL,
// cRLIssuer [2] GeneralNames OPTIONAL }
func readDistributionPoint(s *cryptobyte.String) (p DistributionPoint, err error) {
	var content, issuers cryptobyte.String
	var present bool
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return p, errors.New("distribution point expected")
	}
	if p.Name, err = readPointName(&content); err != nil {
		return p, err
	}
	if p.Reasons, err = readReasons(&content, context(1)); err != nil {
		return p, err
	}
	if !content.ReadOptionalASN1(&issuers, &present, constructed(2)) || !content.Empty() {
		return p, errors.New("malformed CRL issuer")
	}
	if present {
		names, err := readGeneralNames(issuers)
		if err != nil {
			return p, err
		}
		p.Issuers = directoryNames(names)
	}
	if p.Issuers == nil && !p.Name.Given() {
		return p, errors.New("distribution point without name and CRL issuer")
	}
	return p, nil
}

// directoryNames picks the names that are distinguished names. The result is not nil.
func directoryNames(names []GeneralName) []Name {
	picked := []Name{}
	for _, g := range names {
		if g.Choice == der.DirectoryChoice {
			picked = append(picked, Name(g.Value))
		}
	}
	return picked
}

// DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName },
// here under the tag [0] and optional
func readPointName(s *cryptobyte.String) (p PointName, err error) {
	var explicit, full, relative cryptobyte.String
	var present, hasFull, hasRelative bool
	if !s.ReadOptionalASN1(&explicit, &present, constructed(0)) {
		return p, errors.New("malformed name of a distribution point")
	}
	if !present {
		return p, nil
	}
	if !explicit.ReadOptionalASN1(&full, &hasFull, constructed(0)) ||
		!explicit.ReadOptionalASN1(&relative, &hasRelative, constructed(1)) || !explicit.Empty() || hasFull == hasRelative {
		return p, errors.New("malformed name of a distribution point")
	}
	if hasFull {
		p.Full, err = readGeneralNames(full)
		return p, err
	}
	if !wellFormed(relative) {
		return p, errors.New("malformed relative name of a distribution point")
	}
	p.Relative = string(relative)
	return p, nil
}

// readReasons reads optional ReasonFlags; absent ones are all.
func readReasons(s *cryptobyte.String, tag asn1.Tag) (Reasons, error) {
	var content cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&content, &present, tag) || present && (len(content) < 2 || content[0] > 7) {
		return 0, errors.New("malformed reasons")
	}
	if !present {
		return AllReasons, nil
	}
	var reasons Reasons
	for i := range 9 {
		if octet := 1 + i/8; octet < len(content) && content[octet]&(0x80>>(i%8)) != 0 {
			reasons |= 1 << i
		}
	}
	return reasons & AllReasons, nil
}
