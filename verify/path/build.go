package path

import (
	"cmp"
	"iter"
	"slices"

	"github.com/openjpki/jpki/verify/pkix"
)

// Bounds of the search.
const (
	// MaxLength is the greatest number of certificates in a path, the anchor not counted.
	MaxLength = 16
	// MaxProposals is the greatest number of paths proposed for one certificate.
	MaxProposals = 16

	maxSteps = 512 // certificates looked at
)

// Path leads from a trust anchor to the certificate in question.
type Path struct {
	Anchor *pkix.Certificate
	// Certificates begins with the one that the anchor issued and ends with the certificate in question.
	Certificates []*pkix.Certificate
}

// Target returns the certificate in question.
func (p Path) Target() *pkix.Certificate { return p.Certificates[len(p.Certificates)-1] }

// Issuer returns the certificate of the authority that issued the i-th certificate.
func (p Path) Issuer(i int) *pkix.Certificate {
	if i == 0 {
		return p.Anchor
	}
	return p.Certificates[i-1]
}

// IssuerKey returns the key that must have signed the i-th certificate, with the parameters it inherits.
func (p Path) IssuerKey(i int) pkix.PublicKey {
	key := p.Anchor.Key
	for _, c := range p.Certificates[:i] {
		key = c.Key.Inherit(key)
	}
	return key
}

// Pool is a set of certificates to be found by subject. The zero value is empty.
type Pool struct {
	bySubject map[string][]*pkix.Certificate // folded
	folded    map[pkix.Name]string           // the subjects as they are written: nearly all issuers are named so
	rest      *Pool
}

// NewPool makes a pool.
func NewPool(certificates ...*pkix.Certificate) Pool { return Pool{}.With(certificates...) }

// With returns a pool that holds further certificates; p stays as it is.
func (p Pool) With(certificates ...*pkix.Certificate) Pool {
	if len(certificates) == 0 {
		return p
	}
	larger := Pool{map[string][]*pkix.Certificate{}, map[pkix.Name]string{}, &p}
	for _, c := range certificates {
		subject := c.Subject.Folded()
		larger.folded[c.Subject] = subject
		larger.bySubject[subject] = append(larger.bySubject[subject], c)
	}
	return larger
}

// Named returns the certificates of a subject.
func (p Pool) Named(subject pkix.Name) []*pkix.Certificate {
	if p.bySubject == nil {
		return nil
	}
	folded, known := p.folded[subject]
	if !known {
		folded = subject.Folded()
	}
	named := slices.Clip(p.bySubject[folded])
	for rest := p.rest; rest != nil; rest = rest.rest {
		named = append(named, rest.bySubject[folded]...)
	}
	return named
}

// Build proposes paths from target to an anchor, over any of the other certificates. Names must chain. An issuer whose key
// identifier is the one the certificate names comes first, then those without identifier. One with another identifier is
// proposed only if its key made the signature, and so is one for a certificate that was issued to its issuer itself:
// all generations of a CA of JPKI have one name, so that nothing but the key tells them apart.
//
// Spec: RFC 5280 §4.2.1.1, §6.1
func Build(target *pkix.Certificate, anchors, others Pool) iter.Seq[Path] {
	return func(yield func(Path) bool) {
		s := search{anchors: anchors, others: others, yield: yield}
		s.from([]*pkix.Certificate{target})
	}
}

type search struct {
	anchors, others  Pool
	yield            func(Path) bool
	steps, proposals int
}

// from continues a path that begins with its target; it reports whether to go on.
func (s *search) from(up []*pkix.Certificate) bool {
	top := up[len(up)-1]
	for _, issuer := range s.issuers(top) {
		if issuer.anchor {
			s.proposals++
			certificates := slices.Clone(up)
			slices.Reverse(certificates)
			if !s.yield(Path{issuer.Certificate, certificates}) || s.proposals == MaxProposals {
				return false
			}
			continue
		}
		if len(up) < MaxLength && !contains(up, issuer.Certificate) && !s.from(append(up, issuer.Certificate)) {
			return false
		}
	}
	return true
}

// contains reports whether the path has been at this subject with this key before.
func contains(path []*pkix.Certificate, c *pkix.Certificate) bool {
	return slices.ContainsFunc(path, func(d *pkix.Certificate) bool {
		return d == c || d.Key.Bits == c.Key.Bits && d.Key.Algorithm == c.Key.Algorithm && d.Subject == c.Subject
	})
}

type candidate struct {
	*pkix.Certificate
	anchor bool
	rank   int
}

// issuers lists who may have issued a certificate, the most likely first.
func (s *search) issuers(c *pkix.Certificate) []candidate {
	var list []candidate
	for _, pool := range []struct {
		Pool
		anchor bool
	}{{s.anchors, true}, {s.others, false}} {
		for _, issuer := range pool.Named(c.Issuer) {
			if s.steps++; s.steps > maxSteps {
				return nil
			}
			rank := rank(c, issuer)
			doubtful := rank == otherKey || rank == unknownKey && c.SelfIssued()
			if !doubtful || issuer.Key.Check(c.Signed) == nil {
				list = append(list, candidate{issuer, pool.anchor, rank})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

// How well an issuer fits.
const (
	sameKey = iota
	unknownKey
	otherKey
)

func rank(c, issuer *pkix.Certificate) int {
	switch {
	case c.Authority.KeyID == "" || issuer.KeyID == "":
		return unknownKey
	case c.Authority.KeyID == issuer.KeyID:
		return sameKey
	}
	return otherKey
}
