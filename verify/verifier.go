package verify

import (
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// Config says whom to trust, what is known of revocation, and what is asked. Everything is DER. The zero value trusts
// nobody.
type Config struct {
	// Policy says what findings mean; JPKI if empty.
	Policy Policy
	// At is the time to judge for; the time of each call if zero.
	At time.Time
	// Anchors are the certificates of trusted CAs.
	Anchors [][]byte
	// Certificates are others that may stand between a certificate and its anchor.
	Certificates [][]byte
	// CRLs and OCSP are all that is known of revocation, besides what a signature file brings along. Optional under
	// RFC5280, which then says nothing of revocation.
	CRLs [][]byte
	OCSP [][]byte
	// Kind is the kind of certificate that must have signed; Signing if zero. Under RFC5280 it is not asked.
	Kind jpki.Kind
	// Acceptable are the certificate policies that count; any if nil.
	Acceptable []der.OID
	// ExplicitPolicy demands that the path is valid for one of them.
	ExplicitPolicy bool
	// InhibitMapping and InhibitAny keep policies from being mapped and anyPolicy from counting.
	InhibitMapping bool
	InhibitAny     bool
	// Usage is the extended key usage the certificate must allow; any if empty.
	Usage der.OID
}

// Verifier judges by one configuration. It may be used from several goroutines; what it learns of the signatures on its
// CRLs it keeps.
type Verifier struct {
	config    Config
	sets      []set // of anchors
	given     []*pkix.Certificate
	known     map[string]bool                 // all certificates of the configuration, DER
	kinds     map[*pkix.Certificate]jpki.Kind // which CA of JPKI the anchors of the test set are, 0 if none
	others    path.Pool
	checker   *status.Checker
	evidence  bool // there are CRLs or OCSP responses
	recognize func(jpki.Fingerprint) (jpki.Published, bool)
}

// set is a set of trust anchors.
type set struct {
	name    setName
	anchors path.Pool
}

// setName names a set of trust anchors.
type setName string

const (
	testSet setName = "TEST"
	realSet setName = "J-LIS"
)

// New reads everything the configuration gives. An error names what cannot be read.
func New(c Config) (*Verifier, error) { return newVerifier(c, jpki.Recognize) }

func newVerifier(c Config, recognize func(jpki.Fingerprint) (jpki.Published, bool)) (*Verifier, error) {
	if c.Policy == "" {
		c.Policy = JPKI
	}
	if c.Kind == 0 {
		c.Kind = jpki.Signing
	}
	if !slices.Contains(Policies[:], c.Policy) {
		return nil, fmt.Errorf("policy %q is not known", c.Policy)
	}
	if c.Kind != jpki.Signing && c.Kind != jpki.Authentication {
		return nil, fmt.Errorf("a certificate of kind %q signs nothing for its holder", c.Kind)
	}
	v := &Verifier{config: c, recognize: recognize, evidence: len(c.CRLs)+len(c.OCSP) > 0}
	anchors, err := readAll("trust anchor", c.Anchors, pkix.ParseCertificate)
	if err != nil {
		return nil, err
	}
	others, err := readAll("certificate", c.Certificates, pkix.ParseCertificate)
	if err != nil {
		return nil, err
	}
	v.trust(anchors, others)
	lists, err := readAll("CRL", c.CRLs, pkix.ParseCRL)
	if err != nil {
		return nil, err
	}
	responses, err := readAll("OCSP response", c.OCSP, pkix.ParseOCSP)
	if err != nil {
		return nil, err
	}
	v.checker = v.check(lists, responses)
	return v, nil
}

// trust sorts the certificates of the configuration into the sets of anchors and the others.
func (v *Verifier) trust(anchors, others []*pkix.Certificate) {
	v.known, v.kinds = map[string]bool{}, map[*pkix.Certificate]jpki.Kind{}
	test, jlis := v.separate(v.fresh(anchors))
	for _, c := range test {
		v.kinds[c] = 0
		if parsed, err := jpki.Parse(c.Raw); err == nil && parsed.Kind.IsCA() {
			v.kinds[c] = parsed.Kind
		}
	}
	v.sets = []set{{testSet, path.NewPool(test...)}, {realSet, path.NewPool(jlis...)}}
	others = v.fresh(others)
	v.others = path.NewPool(others...)
	v.given = slices.Concat(others, test, jlis)
}

// fresh returns the certificates that are not known yet, each once, and knows them from then on.
func (v *Verifier) fresh(certificates []*pkix.Certificate) []*pkix.Certificate {
	var fresh []*pkix.Certificate
	for _, c := range certificates {
		if !v.known[string(c.Raw)] {
			v.known[string(c.Raw)] = true
			fresh = append(fresh, c)
		}
	}
	return fresh
}

func readAll[T any](what string, encoded [][]byte, parse func([]byte) (T, error)) ([]T, error) {
	var list []T
	for i, e := range encoded {
		value, err := parse(e)
		if err != nil {
			return nil, fmt.Errorf("reading %s %d: %w", what, i+1, err)
		}
		list = append(list, value)
	}
	return list, nil
}

// check makes a checker by the rule of the policy. In JPKI the key that issues certificates signs their CRLs.
func (v *Verifier) check(lists []*pkix.CRL, responses []*pkix.OCSPResponse) *status.Checker {
	return status.New(status.Config{CRLs: lists, Responses: responses, Strict: v.config.Policy != RFC5280})
}

// separate tells the CA certificates of J-LIS from all others.
func (v *Verifier) separate(certificates []*pkix.Certificate) (others, jlis []*pkix.Certificate) {
	for _, c := range certificates {
		known := false
		if c.CA && v.config.Policy != RFC5280 { // a digest for each holder's certificate would be in vain
			_, known = v.recognize(c.Fingerprint())
		}
		if known {
			jlis = append(jlis, c)
		} else {
			others = append(others, c)
		}
	}
	return others, jlis
}

// now returns the time to judge for.
func (v *Verifier) now() time.Time {
	if v.config.At.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return v.config.At.UTC()
}

func (v *Verifier) rules(at time.Time) path.Rules {
	c := v.config
	return path.Rules{
		At: at, Policies: c.Acceptable, ExplicitPolicy: c.ExplicitPolicy, InhibitMapping: c.InhibitMapping,
		InhibitAny: c.InhibitAny, Usage: c.Usage,
	}
}

// Certificate judges a certificate alone. Under RFC5280 it is the whole of path validation; under the other policies the
// certificate must be one of a JPKI card, of either kind.
func (v *Verifier) Certificate(encoded []byte) Report {
	at := v.now()
	s := newSheet(v.config.Policy)
	c, err := pkix.ParseCertificate(encoded)
	s.judge(checkCertificate, err, malformed, "")
	if err != nil {
		return v.report(at, s.signature("", nil))
	}
	v.embedded(nil, s).chain(c, at, s, jpki.Signing, jpki.Authentication)
	return v.report(at, s.signature(nameOf(c), c.Raw))
}

// report sums the verdicts on signatures up.
func (v *Verifier) report(at time.Time, signatures ...Signature) Report {
	worst := verdict{Indication: TotalPassed}
	for _, s := range signatures {
		worst = worse(worst, verdict{s.Indication, s.SubIndication})
	}
	return Report{worst.Indication, worst.SubIndication, at, v.config.Policy, signatures}
}

// nameOf names a certificate without saying whose it is.
func nameOf(c *pkix.Certificate) string {
	text := "serial " + c.Serial.String()
	if c.Authority.KeyID != "" {
		text += ", issuer key " + c.Authority.KeyID.String()
	}
	return text
}
