package verify

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"slices"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
)

// accepted are the certificate policies of each kind in each set of anchors. A test CA must not issue under the policies
// of the real service, nor the other way round.
var accepted = map[setName]map[jpki.Kind][]der.OID{
	testSet: {
		jpki.Signing:        {jpki.PolicyTestSigning},
		jpki.Authentication: {jpki.PolicyTestAuthentication},
	},
	realSet: {
		jpki.Signing:        {jpki.PolicySigning, jpki.PolicySigningPhone},
		jpki.Authentication: {jpki.PolicyAuthentication},
	},
}

// fitness holds the certificate against the rules of JPKI: it is of the kind that is asked for, the CA of that kind issued
// it, its key may be used so, and algorithms are strong enough. Under the policy etsi certificates of other PKIs need no
// JPKI policy.
func (b bundle) fitness(s *sheet, p path.Path, set setName, kinds []jpki.Kind) {
	if b.config.Policy == RFC5280 {
		return
	}
	c := p.Target()
	kind := kindOf(c, set)
	if kind != 0 || b.config.Policy == JPKI || claimsJPKI(c) {
		fitKind(s, c, kind, b.anchorKind(p.Anchor), kinds)
	}
	wanted := jpki.DigitalSignature | jpki.NonRepudiation
	if kind == jpki.Signing {
		wanted = jpki.NonRepudiation
	}
	if c.KeyUsage == 0 && kind == 0 || c.KeyUsage&wanted != 0 {
		s.pass(checkUsage, c.KeyUsage.String())
	} else {
		s.fail(checkUsage, unfit, c.KeyUsage.String())
	}
	fitAlgorithms(s, p)
}

// anchorKind returns which CA of JPKI an anchor is, 0 if none.
func (b bundle) anchorKind(anchor *pkix.Certificate) jpki.Kind {
	if kind, known := b.kinds[anchor]; known {
		return kind
	}
	published, _ := b.recognize(anchor.Fingerprint())
	return published.Kind
}

// kindOf returns the kind whose policy in the set the certificate has, 0 if none.
func kindOf(c *pkix.Certificate, set setName) jpki.Kind {
	for _, kind := range []jpki.Kind{jpki.Signing, jpki.Authentication} {
		for _, policy := range accepted[set][kind] {
			if slices.Contains(c.Policies, policy) {
				return kind
			}
		}
	}
	return 0
}

// claimsJPKI reports whether a certificate has a policy of JPKI, of whatever set.
func claimsJPKI(c *pkix.Certificate) bool {
	return kindOf(c, testSet) != 0 || kindOf(c, realSet) != 0
}

// fitKind judges the kind of a certificate under an anchor that is, or is not, the CA of a kind.
func fitKind(s *sheet, c *pkix.Certificate, kind, anchor jpki.Kind, wanted []jpki.Kind) {
	evidence := policiesText(c.Policies)
	switch {
	case kind == 0 && claimsJPKI(c):
		s.fail(checkSet, unfit, join(evidence, "policy of the other set of trust anchors"))
	case kind == 0:
		s.fail(checkPolicy, unfit, join(evidence, "no policy of JPKI"))
	case anchor != 0 && anchor != kind.CA():
		s.fail(checkPolicy, unfit, join(evidence, "policy of a "+kind.English()+" under the "+anchor.English()))
	case slices.Contains(wanted, kind):
		s.pass(checkPolicy, join(evidence, kind.English()))
	default:
		s.fail(checkPolicy, unfit, join(evidence, kind.English()))
		if kind == jpki.Authentication {
			s.checks[len(s.checks)-1].Cure = otherKind
		}
	}
}

func policiesText(policies []der.OID) string {
	var text string
	for _, policy := range policies {
		text = join(text, policy.String())
	}
	return text
}

// What is strong enough.
const (
	minHash  = 32   // bytes
	minRSA   = 2048 // bits of the modulus
	minCurve = 256  // bits
)

// fitAlgorithms looks at the key of every certificate of a path, and at the signature on it.
func fitAlgorithms(s *sheet, p path.Path) {
	for _, c := range p.Certificates {
		if found := weakness(c); found != "" {
			s.fail(checkAlgorithm, weak, "serial "+c.Serial.String()+": "+found)
			return
		}
	}
	s.pass(checkAlgorithm, "")
}

// weakness says what is too weak about a certificate, "" if nothing.
func weakness(c *pkix.Certificate) string {
	if scheme, err := pkix.SchemeOf(c.Algorithm, 0); err == nil && scheme.Hash.Size() < minHash {
		return "signed with " + scheme.Hash.String()
	}
	switch key := c.Key.Key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return "RSA key too short"
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < minCurve {
			return "curve too small"
		}
	default:
		return "kind of key " + c.Key.Algorithm.String()
	}
	return ""
}
