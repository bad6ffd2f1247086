package verify

import (
	"maps"
	"slices"

	"github.com/openjpki/jpki/pades"
)

// For those who show reports in another language: everything that a report can say in English, by names that stay the same.

// IDs lists the ids of all checks, sorted.
func IDs() []string {
	ids := slices.Collect(maps.Keys(clauses))
	for _, kind := range pades.Kinds {
		ids = append(ids, checkChanges+"."+string(kind))
	}
	slices.Sort(ids)
	return ids
}

// SubIndications lists all, the weightiest first.
func SubIndications() []SubIndication { return slices.Clone(precedence[:]) }

// Outcomes lists all.
func Outcomes() []Outcome {
	return []Outcome{Passed, Failed, Undetermined, Warning, Skipped, Information}
}

// Cures returns every text of [Check.Cure] by its name: the id of the check that it is for, or "problem." and a word where
// it depends on what was found. No two are the same.
func Cures() map[string]string {
	all := maps.Clone(cures)
	for kind, text := range changeCures {
		all[checkChanges+"."+string(kind)] = text
	}
	for found, text := range problemCures {
		all["problem."+problemNames[found]] = text
	}
	all["problem.changed"], all["problem.registered"], all["problem.kind"] = changedCure, registeredOnly, otherKind
	return all
}

// problemNames are those of the problems that have a cure of their own.
var problemNames = map[problem]string{
	noContent: "content", revoked: "revoked", onHold: "hold", revokedCA: "ca", expired: "expired", notYetValid: "early",
}
