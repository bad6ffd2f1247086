package revocation

import "strconv"

// Step is a numbered step of an act, as the doc comment of its method numbers them.
type Step struct {
	Act    string // the method: "Revoke"
	Number int    // from 1
}

// String returns the step as in "Revoke 2".
func (s Step) String() string { return s.Act + " " + strconv.Itoa(s.Number) }
