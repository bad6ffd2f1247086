package verify

import (
	"strconv"
	"time"

	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// revocation notes the status of every certificate of a path, anchors excepted: who trusts a CA decides so himself.
func (b bundle) revocation(s *sheet, p path.Path, set setName, at time.Time) {
	whole := s.parts()
	if b.config.Policy == RFC5280 && !b.evidence && b.checker == nil {
		s.note(checkRevocation, Skipped, "no CRL and no OCSP response given")
		return
	}
	for i, c := range p.Certificates {
		found := b.Verifier.checker.Of(p, i, at, b.others)
		if b.checker != nil {
			found = status.Join(found, b.checker.Of(p, i, at, b.others))
		}
		b.status(whole, c, found, i == len(p.Certificates)-1, set)
	}
	s.group(checkRevocation, "", whole)
}

// status notes what is known of one certificate, with every CRL and response that was about it.
func (b bundle) status(s *sheet, c *pkix.Certificate, found status.Status, target bool, set setName) {
	evidence := nameOf(c)
	n := len(s.checks)
	switch {
	case found.State == status.Good:
		s.pass(checkStatus, join(evidence, "not revoked as of "+found.AsOf.Format(time.RFC3339)))
	case found.State == status.Revoked:
		evidence = join(evidence, "revoked "+found.At.Format(time.RFC3339)+", "+found.Reason.String())
		s.fail(checkStatus, revocationProblem(found, target), evidence)
	default:
		s.fail(checkStatus, noStatus, join(evidence, b.missing(c, found)))
		if set == realSet {
			s.checks[n].Cure = registeredOnly
		}
	}
	for _, e := range found.Evidence {
		s.checks[n].Checks = append(s.checks[n].Checks, evidenceCheck(e))
	}
}

func revocationProblem(found status.Status, target bool) problem {
	switch {
	case !target:
		return revokedCA
	case found.OnHold():
		return onHold
	}
	return revoked
}

// missing says why nothing is known.
func (b bundle) missing(c *pkix.Certificate, found status.Status) string {
	if len(found.Evidence) > 0 {
		return "no CRL and no OCSP response that counts"
	}
	others := b.Verifier.checker.CRLs(c)
	if b.checker != nil {
		others += b.checker.CRLs(c)
	}
	if others > 0 {
		return strconv.Itoa(others) + " CRLs of the issuer, none for the distribution point of the certificate"
	}
	return "no CRL of the issuer and no OCSP response for the certificate"
}

// evidenceCheck notes one CRL or response. One that does not count is a warning: what it means is said by the status.
func evidenceCheck(e status.Evidence) Check {
	id, text := checkCRL, ""
	if e.CRL != nil {
		text = describeCRL(e.CRL)
		if e.Delta != nil {
			text = join(text, "with delta "+describeCRL(e.Delta))
		}
	} else {
		id, text = checkOCSP, describeOCSP(e.Response, e.Answer)
	}
	if e.Err != nil {
		return Check{ID: id, Clause: clauses[id], Outcome: Warning, Evidence: join(text, e.Err.Error()), Cure: cures[id]}
	}
	return Check{ID: id, Clause: clauses[id], Outcome: Passed, Evidence: join(text, e.State.String())}
}

func describeCRL(l *pkix.CRL) string {
	text := "CRL"
	if l.Number != "" {
		text += " " + l.Number.String()
	}
	if l.Authority.KeyID != "" {
		text += " by key " + l.Authority.KeyID.String()
	}
	return text + ", " + span(l.ThisUpdate, l.NextUpdate)
}

func describeOCSP(r *pkix.OCSPResponse, a *pkix.Answer) string {
	return "OCSP response of " + r.ProducedAt.Format(time.RFC3339) + ", " + span(a.ThisUpdate, a.NextUpdate)
}

func span(from, to time.Time) string {
	if to.IsZero() {
		return "from " + from.Format(time.RFC3339)
	}
	return "from " + from.Format(time.RFC3339) + " to " + to.Format(time.RFC3339)
}
