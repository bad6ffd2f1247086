package verify

import "cmp"

// sheet collects the checks on one signature and the weightiest verdict that follows from them.
type sheet struct {
	policy Policy
	checks Checks
	worst  verdict
}

// pass notes a check that holds.
func (s *sheet) pass(id, evidence string) { s.note(id, Passed, evidence) }

// note notes a check without consequences for the verdict.
func (s *sheet) note(id string, outcome Outcome, evidence string) {
	s.checks = append(s.checks, Check{ID: id, Clause: clauses[id], Outcome: outcome, Evidence: evidence, Cure: cure(id, outcome)})
}

// fail notes a check that found a problem. The cure is the one for the problem, if it has one of its own.
func (s *sheet) fail(id string, found problem, evidence string) {
	v := s.policy.meaning(found)
	outcome := Failed
	if v.Indication == Indeterminate {
		outcome = Undetermined
	}
	s.checks = append(s.checks, Check{
		ID: id, Clause: clauses[id], Outcome: outcome, Evidence: evidence,
		Cure: cmp.Or(problemCures[found], cure(id, outcome)),
	})
	s.worst = worse(s.worst, v)
}

// judge notes a check that holds if err is nil, and is the problem otherwise.
func (s *sheet) judge(id string, err error, found problem, evidence string) {
	if err == nil {
		s.pass(id, evidence)
		return
	}
	s.fail(id, found, join(evidence, err.Error()))
}

// group notes a check that is made of parts; its outcome is the worst of theirs.
func (s *sheet) group(id, evidence string, parts *sheet) {
	c := Check{ID: id, Clause: clauses[id], Outcome: parts.outcome(), Evidence: evidence, Checks: parts.checks}
	s.checks = append(s.checks, c)
	s.worst = worse(s.worst, parts.worst)
}

// newSheet begins a sheet, with room for what most checks have of parts.
func newSheet(p Policy) *sheet { return &sheet{policy: p, checks: make(Checks, 0, 6)} }

// parts begins a sheet for the parts of a check.
func (s *sheet) parts() *sheet { return newSheet(s.policy) }

func (s *sheet) outcome() Outcome {
	switch s.worst.Indication {
	case TotalFailed:
		return Failed
	case Indeterminate:
		return Undetermined
	}
	worst := Passed
	for _, c := range s.checks {
		if c.Outcome == Warning || c.Outcome == Skipped && worst == Passed {
			worst = c.Outcome
		}
	}
	return worst
}

// signature closes the sheet.
func (s *sheet) signature(signer string, certificate []byte) Signature {
	return Signature{signer, cmp.Or(s.worst.Indication, TotalPassed), s.worst.SubIndication, s.checks, certificate}
}

// join puts two pieces of evidence together.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
