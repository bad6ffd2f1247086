package path

import (
	"errors"
	"maps"
	"slices"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

// policies are the certificate policies along a path: the valid policy tree of RFC 5280, kept as a graph. A policy that
// several policies above map to is one node with several parents instead of several nodes, so that the size stays linear
// in what the certificates say.
//
// Spec: RFC 5280 §6.1.2
type policies struct {
	wanted   []der.OID // acceptable policies; nil for any
	levels   []level   // one for each certificate processed
	next     level     // the policies expected of the next certificate
	explicit int       // certificates until a valid policy is required
	mapping  int       // certificates until mapping is inhibited
	any      int       // certificates until anyPolicy counts for nothing
}

// level holds the nodes of one depth. The node of anyPolicy has no other parent than that of the level above and is kept
// as a flag.
type level struct {
	nodes map[der.OID]*node
	any   bool
}

// node is a valid policy. One without parents is a child of the anyPolicy above.
type node struct{ parents []der.OID }

func (l level) empty() bool { return len(l.nodes) == 0 && !l.any }

func (p *policies) init(r Rules, length int) {
	count := func(now bool) int {
		if now {
			return 0
		}
		return length + 1
	}
	p.explicit, p.mapping, p.any = count(r.ExplicitPolicy), count(r.InhibitMapping), count(r.InhibitAny)
	p.wanted, p.next = r.Policies, level{any: true}
}

// certificate takes the next certificate of the path in. After an error no policy is valid any more.
func (p *policies) certificate(c *pkix.Certificate, selfIssued, last bool) error {
	current := p.expect(c, p.any > 0 || selfIssued && !last)
	p.levels, p.next = append(p.levels, current), level{}
	if p.explicit == 0 && current.empty() {
		return errors.New("no valid policy, though one is required")
	}
	if last {
		return p.finish(c)
	}
	next, err := p.mapTo(c, current)
	if err != nil {
		return err
	}
	p.next = next
	p.count(c, selfIssued)
	return nil
}

// finish demands one of the acceptable policies if the path, its last certificate included, requires one.
//
// Spec: RFC 5280 §6.1.5
func (p *policies) finish(c *pkix.Certificate) error {
	required := p.explicit <= 1 || c.RequireExplicit == 0
	if required && len(p.valid()) == 0 {
		return errors.New("no acceptable policy is valid for the path, though one is required")
	}
	return nil
}

// expect keeps of the policies expected those that a certificate has.
//
// Spec: RFC 5280 §6.1.3
func (p *policies) expect(c *pkix.Certificate, anyAllowed bool) level {
	expected := p.next
	if c.Policies == nil {
		return level{}
	}
	hasAny := anyAllowed && slices.Contains(c.Policies, pkix.AnyPolicy)
	current := level{nodes: map[der.OID]*node{}, any: expected.any && hasAny}
	if hasAny {
		maps.Copy(current.nodes, expected.nodes)
	}
	for _, policy := range c.Policies {
		if policy == pkix.AnyPolicy {
			continue
		}
		if n, ok := expected.nodes[policy]; ok {
			current.nodes[policy] = n
		} else if expected.any {
			current.nodes[policy] = &node{}
		}
	}
	return current
}

// mapTo makes the policies expected of the next certificate out of those of the current one.
//
// Spec: RFC 5280 §6.1.4
func (p *policies) mapTo(c *pkix.Certificate, current level) (level, error) {
	next := level{nodes: map[der.OID]*node{}, any: current.any}
	mapped := map[der.OID]bool{}
	for _, m := range c.PolicyMappings {
		if m.Issuer == pkix.AnyPolicy || m.Subject == pkix.AnyPolicy {
			return level{}, errors.New("policy mapping from or to anyPolicy")
		}
		mapped[m.Issuer] = true
		if p.mapping == 0 {
			delete(current.nodes, m.Issuer)
			continue
		}
		if current.nodes[m.Issuer] == nil {
			if !current.any {
				continue
			}
			current.nodes[m.Issuer] = &node{}
		}
		next.grow(m.Subject, m.Issuer)
	}
	for policy := range current.nodes {
		if !mapped[policy] {
			next.grow(policy, policy)
		}
	}
	return next, nil
}

// grow adds a node below another.
func (l level) grow(policy, parent der.OID) {
	n := l.nodes[policy]
	if n == nil {
		n = &node{}
		l.nodes[policy] = n
	}
	n.parents = append(n.parents, parent)
}

// count moves the counters on. A CA that issued a certificate to itself is not counted.
func (p *policies) count(c *pkix.Certificate, selfIssued bool) {
	next := func(counter, limit int) int {
		if !selfIssued && counter > 0 {
			counter--
		}
		if limit != pkix.None {
			counter = min(counter, limit)
		}
		return counter
	}
	p.explicit, p.mapping, p.any = next(p.explicit, c.RequireExplicit), next(p.mapping, c.InhibitMapping), next(p.any, c.InhibitAny)
}

// valid returns the acceptable policies for which the path is valid.
//
// Spec: RFC 5280 §6.1.5
func (p *policies) valid() []der.OID {
	if len(p.levels) == 0 {
		return nil
	}
	bottom := p.levels[len(p.levels)-1]
	anyWanted := len(p.wanted) == 0 || slices.Contains(p.wanted, pkix.AnyPolicy)
	switch {
	case bottom.any && anyWanted:
		return []der.OID{pkix.AnyPolicy}
	case bottom.any:
		return p.wanted
	}
	return slices.DeleteFunc(p.roots(bottom), func(policy der.OID) bool {
		return !anyWanted && !slices.Contains(p.wanted, policy)
	})
}

// roots returns the policies that the issuer of the path means by those at the bottom: the nodes below anyPolicy from
// which the bottom is reached.
func (p *policies) roots(bottom level) []der.OID {
	var roots []der.OID
	reached := map[der.OID]bool{}
	for policy := range bottom.nodes {
		reached[policy] = true
	}
	for i := len(p.levels) - 1; i >= 0; i-- {
		above := map[der.OID]bool{}
		for policy := range reached {
			parents := p.levels[i].nodes[policy].parents
			if parents == nil {
				roots = append(roots, policy)
			}
			for _, parent := range parents {
				above[parent] = true
			}
		}
		reached = above
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}
