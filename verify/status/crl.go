package status

import (
	"cmp"
	"errors"
	"slices"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
)

// Reasons why a CRL does not count.
var (
	// ErrOtherKey says that a CRL was signed by another key than it should.
	ErrOtherKey = errors.New("signed by another key than that of the issuer, such as another generation of the CA")
	// ErrSigner says that no valid path leads from the signer of a CRL to the anchor of the certificate.
	ErrSigner = errors.New("no valid path from its signer to the anchor of the certificate")
	// ErrKeyUsage says that the key may not sign CRLs.
	ErrKeyUsage = errors.New("key usage of its signer is without cRLSign")
	// ErrScope says that a CRL is for other certificates of the same distribution point.
	ErrScope = errors.New("is for other kinds of certificates")
	// ErrEffort says that finding the signer took too many tries.
	ErrEffort = errors.New("its signer was not found in bounded time")
)

// byCRL goes through the distribution points of a certificate until every reason is covered, then through the one that
// every certificate has, which is called like its issuer.
//
// Spec: RFC 5280 §6.3.3
func (k *Checker) byCRL(q question) Status {
	if len(k.complete) == 0 {
		return Status{}
	}
	r := &lookup{Checker: k, question: q}
	c := q.certificate()
	points := slices.Clip(c.DistributionPoints)
	if points == nil || !k.Strict {
		points = append(points, pkix.DistributionPoint{
			Name:    pkix.PointName{Full: []pkix.GeneralName{{Choice: der.DirectoryChoice, Value: string(c.Issuer)}}},
			Reasons: pkix.AllReasons,
		})
	}
	for _, point := range points {
		if r.point(point); r.status.State == Revoked || r.covered == pkix.AllReasons {
			break
		}
	}
	if r.covered == pkix.AllReasons && r.status.State != Revoked {
		r.status.State = Good
	}
	return r.status
}

// lookup is the state of one run over distribution points.
type lookup struct {
	*Checker
	question
	status  Status
	covered pkix.Reasons // for which the certificate is known not to be revoked
}

// point takes in the CRLs of one distribution point.
func (r *lookup) point(point pkix.DistributionPoint) {
	for _, l := range r.candidates(point, r.complete) {
		interim := l.Scope.Reasons & point.Reasons
		if interim&^r.covered == 0 || r.again(l, interim) {
			continue
		}
		e := Evidence{CRL: l, Delta: r.deltaFor(l, point)}
		if e.Err = r.counts(l, point, e.Delta); e.Err == nil {
			r.take(&e, interim)
		}
		r.status.Evidence = append(r.status.Evidence, e)
		if r.status.State == Revoked {
			return
		}
	}
}

// again reports whether a CRL that was looked at for another distribution point need not be looked at again: it has counted
// and counts for more reasons now, or it never can.
func (r *lookup) again(l *pkix.CRL, interim pkix.Reasons) bool {
	for _, e := range r.status.Evidence {
		if e.CRL == l && e.Err == nil {
			r.covered |= interim
		}
		if e.CRL == l && e.Err != ErrScope {
			return true
		}
	}
	return false
}

// take looks the certificate up in a CRL that counts, and in its delta first.
func (r *lookup) take(e *Evidence, interim pkix.Reasons) {
	c := r.certificate()
	asOf := e.CRL.ThisUpdate
	entry, found := pkix.Entry{}, false
	if e.Delta != nil {
		asOf = e.Delta.ThisUpdate
		entry, found = e.Delta.Find(c.Serial, c.Issuer)
	}
	if !found {
		entry, found = e.CRL.Find(c.Serial, c.Issuer)
	}
	e.State = Good
	if r.status.AsOf.IsZero() || asOf.Before(r.status.AsOf) {
		r.status.AsOf = asOf
	}
	if found && entry.Reason != pkix.RemoveFromCRL {
		e.State = Revoked
		r.status.State, r.status.At, r.status.Reason, r.status.AsOf = Revoked, entry.Date, entry.Reason, asOf
		return
	}
	r.covered |= interim
}

// candidates returns the CRLs of a distribution point: issued by whom the point says, and named like the point or not named
// at all.
func (r *lookup) candidates(point pkix.DistributionPoint, among map[scope][]*pkix.CRL) []*pkix.CRL {
	issuers := point.Issuers
	if issuers == nil {
		issuers = []pkix.Name{r.certificate().Issuer}
	}
	names := point.Name.Names(issuers...)
	if !point.Name.Given() {
		for _, issuer := range issuers {
			names = append(names, pkix.GeneralName{Choice: der.DirectoryChoice, Value: string(issuer)})
		}
	}
	var found []*pkix.CRL
	for _, issuer := range issuers {
		folded := r.fold(issuer)
		for _, name := range append(slices.Clip(names), pkix.GeneralName{}) {
			found = append(found, among[scope{folded, name}]...)
		}
	}
	return found
}

// counts says why a CRL does not count for the certificate, or nil. A delta that is current makes up for a CRL that is
// out of date.
func (r *lookup) counts(l *pkix.CRL, point pkix.DistributionPoint, delta *pkix.CRL) error {
	if err := r.inScope(l, point); err != nil {
		return err
	}
	if err := understood(l.UnknownCritical); err != nil {
		return err
	}
	until := l.NextUpdate
	if delta != nil {
		until = delta.NextUpdate
	}
	if err := current(r.at, l.ThisUpdate, until); err != nil {
		return err
	}
	return r.signed(l)
}

func (r *lookup) inScope(l *pkix.CRL, point pkix.DistributionPoint) error {
	s, c := l.Scope, r.certificate()
	switch {
	case point.Issuers != nil && !s.Indirect:
		return ErrScope
	case s.OnlyAttributes, s.OnlyUsers && c.CA, s.OnlyCAs && !c.CA:
		return ErrScope
	}
	return nil
}

// deltaFor returns the newest delta CRL that is current and brings a complete CRL up to date, nil if there is none.
//
// Spec: RFC 5280 §5.2.4
func (r *lookup) deltaFor(l *pkix.CRL, point pkix.DistributionPoint) *pkix.CRL {
	var newest *pkix.CRL
	for _, d := range r.candidates(point, r.deltas) {
		fits := d.Scope.Same(l.Scope) && d.Authority.KeyID == l.Authority.KeyID && l.Number != "" &&
			d.Base.Compare(l.Number) <= 0 && l.Number.Compare(d.Number) < 0
		if !fits || newest != nil && d.Number.Compare(newest.Number) <= 0 {
			continue
		}
		if understood(d.UnknownCritical) == nil && current(r.at, d.ThisUpdate, d.NextUpdate) == nil && r.signed(d) == nil {
			newest = d
		}
	}
	return newest
}

// signed says why the key that signed a CRL may not speak for the certificate, or nil.
func (r *lookup) signed(l *pkix.CRL) error {
	if l.Issuer.Matches(r.issuer().Subject) && r.verifies(l, r.issuerKey()) {
		return maySignCRL(r.issuer())
	}
	if r.Strict {
		return ErrOtherKey
	}
	return r.signedByOther(l)
}

// verifies checks the signature of a CRL once for each issuer's key.
func (k *Checker) verifies(l *pkix.CRL, key pkix.PublicKey) bool {
	type signature struct {
		list *pkix.CRL
		key  string
	}
	id := signature{l, key.Bits}
	valid, known := k.checked.Load(id)
	if !known {
		valid = key.Check(l.Signed) == nil
		k.checked.Store(id, valid)
	}
	return valid.(bool)
}

func maySignCRL(c *pkix.Certificate) error {
	if c.KeyUsage != 0 && c.KeyUsage&jpki.CRLSign == 0 {
		return ErrKeyUsage
	}
	return nil
}

// signedByOther looks for a signer other than the issuer's key: another certificate of the CRL's issuer with a valid path
// to the anchor of the certificate in question.
func (r *lookup) signedByOther(l *pkix.CRL) error {
	err := ErrOtherKey
	for _, signer := range append(path.NewPool(r.path.Anchor).Named(l.Issuer), r.others.Named(l.Issuer)...) {
		if *r.effort--; *r.effort < 0 {
			return ErrEffort
		}
		if signer.Key.Check(l.Signed) != nil {
			continue
		}
		if err = cmp.Or(maySignCRL(signer), r.trusted(signer)); err == nil {
			return nil
		}
	}
	return err
}

// trusted says why the certificate of a signer is not to be believed. A CRL may tell of its own signer, if the CA has
// named no other.
func (r *lookup) trusted(signer *pkix.Certificate) error {
	if signer == r.path.Anchor || signer == r.certificate() {
		return nil
	}
	if len(r.open) == maxDepth || slices.Contains(r.open, signer) {
		return ErrSigner
	}
	for p := range path.Build(signer, path.NewPool(r.path.Anchor), r.others) {
		if *r.effort--; *r.effort < 0 {
			return ErrEffort
		}
		if path.Validate(p, path.Rules{At: r.at}).Err() == nil && r.unrevoked(p, signer) {
			return nil
		}
	}
	return ErrSigner
}

// unrevoked asks for the status of all certificates of the path to a signer.
func (r *lookup) unrevoked(p path.Path, signer *pkix.Certificate) bool {
	open := append(slices.Clip(r.open), signer)
	for i := range p.Certificates {
		if r.of(question{p, i, r.at, r.others, open, r.effort}).State != Good {
			return false
		}
	}
	return true
}
