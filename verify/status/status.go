package status

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
)

// Skew is how far the clock of an issuer may be ahead of the time in question.
const Skew = 5 * time.Minute

// State is what is known of a certificate.
type State int

// The states. Undetermined is the zero value.
const (
	Undetermined State = iota
	Good
	Revoked
)

var stateNames = [...]string{Undetermined: "undetermined", Good: "good", Revoked: "revoked"}

// String returns undetermined, good or revoked.
func (s State) String() string { return stateNames[s] }

// Status is the state of one certificate with all that was looked at.
type Status struct {
	State    State
	At       time.Time   // of the revocation
	Reason   pkix.Reason // of the revocation
	AsOf     time.Time   // the time of the evidence that counts; of several that do so together, of the oldest
	Evidence []Evidence
}

// OnHold reports whether the certificate is revoked for the time being (一時保留).
func (s Status) OnHold() bool { return s.State == Revoked && s.Reason == pkix.CertificateHold }

// Evidence is a CRL or an OCSP response that is about the certificate, and what it says. Err tells why it does not count.
type Evidence struct {
	CRL      *pkix.CRL
	Delta    *pkix.CRL // that was combined with CRL
	Response *pkix.OCSPResponse
	Answer   *pkix.Answer // of Response
	State    State
	Err      error
}

// Config says what is at hand.
type Config struct {
	CRLs      []*pkix.CRL
	Responses []*pkix.OCSPResponse
	// Strict takes only CRLs that the key of the certificate's issuer signed, and for a certificate that names distribution
	// points only those of these points.
	Strict bool
}

// Checker knows a set of CRLs and responses. It may be used from several goroutines.
type Checker struct {
	Config
	complete map[scope][]*pkix.CRL
	deltas   map[scope][]*pkix.CRL
	issued   map[string]int       // CRLs by issuer
	folded   map[pkix.Name]string // the issuers as they are written: nearly all certificates name them so
	checked  sync.Map             // of signatures on CRLs: whether they verify
}

// scope is what CRLs are looked up by: issuer, and one name of the distribution point or none.
type scope struct {
	issuer string // folded
	point  pkix.GeneralName
}

// New makes a checker.
func New(c Config) *Checker {
	k := &Checker{Config: c, complete: map[scope][]*pkix.CRL{}, deltas: map[scope][]*pkix.CRL{}, issued: map[string]int{}, folded: map[pkix.Name]string{}}
	for _, l := range c.CRLs {
		into, issuer := k.complete, k.fold(l.Issuer)
		k.folded[l.Issuer] = issuer
		if l.Base != "" {
			into = k.deltas
		}
		for _, point := range pointsOf(l) {
			into[scope{issuer, point}] = append(into[scope{issuer, point}], l)
		}
		k.issued[issuer]++
	}
	return k
}

// fold returns the folded form of a name, from memory if it is that of an issuer.
func (k *Checker) fold(n pkix.Name) string {
	if folded, known := k.folded[n]; known {
		return folded
	}
	return n.Folded()
}

// pointsOf returns the names of the distribution point of a CRL, one empty name if it has none.
func pointsOf(l *pkix.CRL) []pkix.GeneralName {
	if !l.Scope.Name.Given() {
		return []pkix.GeneralName{{}}
	}
	names := slices.Clone(l.Scope.Name.Names(l.Issuer))
	return slices.CompactFunc(names, func(a, b pkix.GeneralName) bool { return a == b })
}

// CRLs returns how many CRLs of the certificate's issuer are at hand, whatever their distribution points.
func (k *Checker) CRLs(c *pkix.Certificate) int { return k.issued[k.fold(c.Issuer)] }

// Of returns the status of the i-th certificate of a path at a time. It means nothing if the path is not valid. Others are
// certificates over which paths to the signers of CRLs and responses may lead.
func (k *Checker) Of(p path.Path, i int, at time.Time, others path.Pool) Status {
	effort := maxEffort
	return k.of(question{p, i, at, others, nil, &effort})
}

// question is asked about one certificate, and again about those who sign its CRLs.
type question struct {
	path   path.Path
	index  int
	at     time.Time
	others path.Pool
	open   []*pkix.Certificate // whose status hangs on this one
	effort *int
}

// Bounds of the work for one certificate.
const (
	maxEffort = 256 // paths looked at for signers of CRLs
	maxDepth  = 8   // signers whose status hangs on one another
)

func (q question) certificate() *pkix.Certificate { return q.path.Certificates[q.index] }
func (q question) issuer() *pkix.Certificate      { return q.path.Issuer(q.index) }
func (q question) issuerKey() pkix.PublicKey      { return q.path.IssuerKey(q.index) }

func (k *Checker) of(q question) Status {
	s := k.byOCSP(q)
	if lists := k.byCRL(q); lists.Evidence != nil {
		s = Join(s, lists)
	}
	return s
}

// Join makes one status of two: revoked for good before anything else, then the newer.
func Join(a, b Status) Status {
	chosen := a
	switch {
	case a.State == Undetermined:
		chosen = b
	case b.State == Undetermined, a.State == Revoked && !a.OnHold():
	case b.State == Revoked && !b.OnHold(), b.AsOf.After(a.AsOf), b.AsOf.Equal(a.AsOf) && b.OnHold():
		chosen = b
	}
	chosen.Evidence = slices.Concat(a.Evidence, b.Evidence)
	return chosen
}

// current says why evidence of a time span does not count at another time.
func current(at, thisUpdate, nextUpdate time.Time) error {
	switch {
	case thisUpdate.After(at.Add(Skew)):
		return &TimeError{thisUpdate, nextUpdate, true}
	case at.Truncate(time.Second).After(nextUpdate):
		return &TimeError{thisUpdate, nextUpdate, false}
	}
	return nil
}

// TimeError says that evidence is for another time: for a later one if Future, otherwise it is out of date.
type TimeError struct {
	ThisUpdate, NextUpdate time.Time // NextUpdate zero if not given
	Future                 bool
}

// Error names the time from which on or until which the evidence counts.
func (e *TimeError) Error() string {
	switch {
	case e.Future:
		return "only valid from " + e.ThisUpdate.Format(time.RFC3339)
	case e.NextUpdate.IsZero():
		return "names no next update"
	}
	return "out of date since " + e.NextUpdate.Format(time.RFC3339)
}

// UnknownError says that evidence has a critical extension that is not understood.
type UnknownError struct{ ID der.OID }

// Error names the extension.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("critical extension %s is not understood", e.ID)
}

func understood(unknown []der.OID) error {
	if len(unknown) > 0 {
		return &UnknownError{unknown[0]}
	}
	return nil
}
