package path

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/pkix"
)

// Rules are the inputs of path validation that do not come from certificates.
//
// Spec: RFC 5280 §6.1.1
type Rules struct {
	At             time.Time // the time for which the path must be valid
	Policies       []der.OID // acceptable policies; nil for any
	ExplicitPolicy bool      // the path must be valid for one of Policies
	InhibitMapping bool
	InhibitAny     bool    // anyPolicy in a certificate counts for nothing
	Usage          der.OID // extended key usage of the target, "" for any
}

// Rule is one thing that path validation looks at.
type Rule string

// The rules, in the order in which they are applied.
const (
	Anchor    Rule = "anchor"    // the anchor may be an anchor
	Signature Rule = "signature" // the issuer's key signed
	Validity  Rule = "validity"  // the time lies within the validity
	Names     Rule = "names"     // the issuer is the one above, and name constraints are kept
	Critical  Rule = "critical"  // every critical extension is understood
	Authority Rule = "authority" // who issues is a CA and may, and not too many CAs stand below
	Policy    Rule = "policy"    // policies, mappings and their constraints
	Usage     Rule = "usage"     // the target is meant for the use in question, if there is one
)

// Finding is the outcome of one rule for one certificate. Err is nil if the rule holds.
type Finding struct {
	Rule        Rule
	Certificate int // place in the path, -1 for the anchor
	Err         error
}

// Errors of [Validity], for certificates and anchors.
var (
	ErrExpired     = errors.New("validity has ended")
	ErrNotYetValid = errors.New("validity has not begun")
)

// Result is what validation found. Findings holds every rule for every certificate it applies to.
type Result struct {
	Findings []Finding
	Policies []der.OID // for which the path is valid; anyPolicy stands for all
}

// Err returns the first rule that does not hold, nil if the path is valid.
func (r Result) Err() error {
	for _, f := range r.Findings {
		if f.Err != nil {
			return fmt.Errorf("%s of certificate %d: %w", f.Rule, f.Certificate+1, f.Err)
		}
	}
	return nil
}

// Validate applies all rules to a path, also when one does not hold.
//
// Spec: RFC 5280 §6.1.2, §6.1.3, §6.1.4, §6.1.5
func Validate(p Path, r Rules) Result {
	v := &validation{Rules: r, length: len(p.Certificates), key: p.Anchor.Key, issuer: p.Anchor.Subject, maxPath: math.MaxInt}
	v.findings = make([]Finding, 0, 2+6*v.length) // anchor and usage, and up to six rules for each certificate
	v.policy.init(r, v.length)
	v.anchor(p.Anchor)
	for i, c := range p.Certificates {
		v.at, v.last = i, i == v.length-1
		v.certificate(c)
		v.issuer, v.key = c.Subject, c.Key.Inherit(v.key)
	}
	if r.Usage != "" {
		v.find(Usage, v.usage(p.Target()))
	}
	return Result{v.findings, v.policy.valid()}
}

// validation is the state that is carried down the path.
type validation struct {
	Rules
	length   int
	at       int
	last     bool
	key      pkix.PublicKey
	issuer   pkix.Name
	maxPath  int
	names    constraints
	policy   policies
	findings []Finding
}

func (v *validation) find(rule Rule, err error) {
	v.findings = append(v.findings, Finding{rule, v.at, err})
}

// anchor lets the anchor's certificate bind as far as it says something of itself.
func (v *validation) anchor(c *pkix.Certificate) {
	v.at = -1
	err := v.validity(c)
	if err == nil && c.Version == 3 {
		err = mayIssue(c)
	}
	v.find(Anchor, err)
	if c.MaxPath != pkix.None {
		v.maxPath = c.MaxPath
	}
	v.names.add(c)
}

// certificate applies the rules of §6.1.3 and, but for the last, of §6.1.4.
func (v *validation) certificate(c *pkix.Certificate) {
	selfIssued := c.SelfIssued()
	v.find(Signature, v.key.Check(c.Signed))
	v.find(Validity, v.validity(c))
	v.find(Names, v.checkNames(c, selfIssued))
	v.find(Critical, critical(c))
	if !v.last {
		v.find(Authority, v.authority(c, selfIssued))
		v.names.add(c)
	}
	v.find(Policy, v.policy.certificate(c, selfIssued, v.last))
}

func (v *validation) validity(c *pkix.Certificate) error {
	switch {
	case v.At.Before(c.NotBefore):
		return ErrNotYetValid
	case v.At.Truncate(time.Second).After(c.NotAfter):
		return ErrExpired
	}
	return nil
}

func (v *validation) checkNames(c *pkix.Certificate, selfIssued bool) error {
	if !c.Issuer.Matches(v.issuer) {
		return errors.New("issuer is not the subject of the certificate above")
	}
	if selfIssued && !v.last {
		return nil
	}
	return v.names.check(c)
}

func critical(c *pkix.Certificate) error {
	if len(c.UnknownCritical) > 0 {
		return fmt.Errorf("critical extension %s is not understood", c.UnknownCritical[0])
	}
	return nil
}

// authority checks a CA and counts it, unless it issued its certificate to itself.
func (v *validation) authority(c *pkix.Certificate, selfIssued bool) error {
	err := mayIssue(c)
	if !selfIssued {
		if v.maxPath <= 0 && err == nil {
			err = errors.New("more CAs follow than a certificate above allows")
		}
		v.maxPath--
	}
	if c.MaxPath != pkix.None {
		v.maxPath = min(v.maxPath, c.MaxPath)
	}
	return err
}

func mayIssue(c *pkix.Certificate) error {
	if c.Version != 3 || !c.CA {
		return errors.New("issuer is not a CA")
	}
	if c.KeyUsage != 0 && c.KeyUsage&jpki.KeyCertSign == 0 {
		return errors.New("key usage of the issuer is without keyCertSign")
	}
	return nil
}

// usage holds the extended key usage against the one asked for. A certificate that has none is good for any.
//
// Spec: RFC 5280 §4.2.1.12
func (v *validation) usage(c *pkix.Certificate) error {
	if c.ExtKeyUsage == nil {
		return nil
	}
	for _, usage := range c.ExtKeyUsage {
		if usage == v.Usage || usage == pkix.AnyUsage {
			return nil
		}
	}
	return fmt.Errorf("extended key usage is without %s", v.Usage)
}
