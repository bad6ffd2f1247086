package verify

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// bundle is what is at hand for one file: the verifier's own and what the file brings along.
type bundle struct {
	*Verifier
	sets    []set
	others  path.Pool
	all     []*pkix.Certificate
	checker *status.Checker // of the file's own CRLs and responses, nil without
}

// embedded reads what a file brings along, nil for none. What cannot be read is left out and noted.
func (v *Verifier) embedded(file *cms.SignedData, s *sheet) bundle {
	b := bundle{Verifier: v, sets: v.sets, others: v.others, all: v.given}
	if file == nil {
		return b
	}
	found, bad := readGood(v.unknown(file.Certificates), pkix.ParseCertificate)
	if bad > 0 {
		s.note(checkCertificates, Warning, strconv.Itoa(bad)+" certificates cannot be read")
	}
	b.all = slices.Concat(found, v.given)
	others, jlis := v.separate(found)
	b.others = v.others.With(others...)
	if jlis != nil {
		b.sets = []set{v.sets[0], {realSet, v.sets[1].anchors.With(jlis...)}}
	}
	lists, _ := readGood(file.CRLs, pkix.ParseCRL)
	responses, _ := readGood(file.OCSPResponses, pkix.ParseOCSP)
	if len(lists)+len(responses) > 0 {
		b.checker = v.check(lists, responses)
	}
	return b
}

// unknown leaves out the certificates that the configuration has already.
func (v *Verifier) unknown(certificates [][]byte) [][]byte {
	var rest [][]byte
	for _, encoded := range certificates {
		if !v.known[string(encoded)] {
			rest = append(rest, encoded)
		}
	}
	return rest
}

// readGood reads what can be read and counts the rest.
func readGood[T any](encoded [][]byte, parse func([]byte) (T, error)) (good []T, bad int) {
	for _, e := range encoded {
		value, err := parse(e)
		if err != nil {
			bad++
			continue
		}
		good = append(good, value)
	}
	return good, bad
}

// attempt is the judgement on one path.
type attempt struct {
	*sheet
	valid bool // the path, revocation and JPKI aside
}

// chain judges a certificate by the best of the paths that are proposed for it. The kinds are those a certificate of JPKI
// may be of.
func (b bundle) chain(c *pkix.Certificate, at time.Time, s *sheet, kinds ...jpki.Kind) {
	best := b.best(c, at, s.policy, kinds)
	if best == nil {
		s.fail(checkPath, noPath, "no issuer of "+nameOf(c)+" among the trust anchors")
		return
	}
	s.checks = append(s.checks, best.checks...)
	s.worst = worse(s.worst, best.worst)
}

// best returns the first path that passes, otherwise the first that is valid, otherwise the first, nil if there is none.
func (b bundle) best(c *pkix.Certificate, at time.Time, policy Policy, kinds []jpki.Kind) *attempt {
	var best *attempt
	for _, set := range b.sets {
		for p := range path.Build(c, set.anchors, b.others) {
			a := b.attempt(p, set.name, at, policy, kinds)
			if a.worst == (verdict{}) {
				return &a
			}
			if best == nil || a.valid && !best.valid {
				best = &a
			}
		}
	}
	return best
}

// attempt judges one path. Revocation is asked about only if everybody in the path is who the path says.
func (b bundle) attempt(p path.Path, set setName, at time.Time, policy Policy, kinds []jpki.Kind) attempt {
	a := attempt{sheet: newSheet(policy)}
	result := path.Validate(p, b.rules(at))
	a.valid = result.Err() == nil
	b.path(a.sheet, p, set, result)
	b.fitness(a.sheet, p, set, kinds)
	if broken := slices.ContainsFunc(result.Findings, func(f path.Finding) bool { return problemOf(f) == badPath }); broken {
		a.note(checkRevocation, Skipped, "the path is not valid")
	} else {
		b.revocation(a.sheet, p, set, at)
	}
	return a
}

// path notes what path validation found, certificate by certificate.
func (b bundle) path(s *sheet, p path.Path, set setName, result path.Result) {
	whole := s.parts()
	if b.config.Policy != RFC5280 {
		whole.note(checkSet, Information, b.generation(set, p.Anchor))
	}
	steps := make([]*sheet, len(p.Certificates))
	for i := range steps {
		steps[i] = whole.parts()
	}
	for _, f := range result.Findings {
		if f.Rule == path.Anchor {
			whole.judge(checkAnchor, f.Err, problemOf(f), nameOf(p.Anchor)+keyOf(p.Anchor))
			continue
		}
		c := p.Certificates[f.Certificate]
		steps[f.Certificate].judge("path."+string(f.Rule), f.Err, problemOf(f), b.findingEvidence(f, c, result))
	}
	for i, c := range p.Certificates {
		whole.group(checkStep, nameOf(c)+keyOf(c), steps[i])
	}
	s.group(checkPath, "certificates below the anchor: "+strconv.Itoa(len(p.Certificates)), whole)
}

// findingEvidence shows what a rule was applied to.
func (b bundle) findingEvidence(f path.Finding, c *pkix.Certificate, result path.Result) string {
	switch f.Rule {
	case path.Signature:
		return "algorithm " + c.Algorithm.ID.String()
	case path.Validity:
		return span(c.NotBefore, c.NotAfter)
	case path.Policy:
		return policiesText(result.Policies)
	case path.Usage:
		return b.config.Usage.String()
	}
	return ""
}

// generation names the set of an anchor, and which CA certificate of J-LIS it is.
func (b bundle) generation(set setName, anchor *pkix.Certificate) string {
	if set != realSet {
		return string(set)
	}
	published, _ := b.recognize(anchor.Fingerprint())
	return string(set) + ", " + published.Kind.English() + ", generation " + strconv.Itoa(published.Generation)
}

func keyOf(c *pkix.Certificate) string {
	if c.KeyID == "" {
		return ""
	}
	return ", key " + c.KeyID.String()
}

// problemOf says what problem it is if the rule of a finding does not hold.
func problemOf(f path.Finding) problem {
	switch {
	case f.Err == nil:
		return none
	case errors.Is(f.Err, path.ErrExpired):
		return expired
	case errors.Is(f.Err, path.ErrNotYetValid):
		return notYetValid
	case f.Rule == path.Policy, f.Rule == path.Usage:
		return unfit
	}
	return badPath
}
