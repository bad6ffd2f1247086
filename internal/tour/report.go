package tour

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Report is what a tour leaves as report.json. Its form is stable.
type Report struct {
	Before int64  `json:"before"` // Unix seconds: all is in force
	After  int64  `json:"after"`  // Unix seconds: the resident has moved
	Person string `json:"person"`
	Steps  []Step `json:"steps"`
}

// Step is one thing that happened, what was expected of it and what came.
type Step struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Req      []string          `json:"req"` // requirements that the step shows
	Expect   string            `json:"expect"`
	Got      string            `json:"got"`
	OK       bool              `json:"ok"`
	Evidence map[string]string `json:"evidence"`
}

// OK reports whether every expectation held.
func (r Report) OK() bool {
	return len(r.Steps) > 0 && !slices.ContainsFunc(r.Steps, func(s Step) bool { return !s.OK })
}

// tell prints a step.
func (s Step) tell(w io.Writer) {
	mark := "✓"
	if !s.OK {
		mark = "✗"
	}
	fmt.Fprintf(w, "%s %-12s %s: %s\n", mark, s.ID, s.Title, s.Got)
	if !s.OK {
		fmt.Fprintf(w, "    expected: %s\n", s.Expect)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Evidence)) {
		fmt.Fprintf(w, "    %-18s %s\n", name, s.Evidence[name])
	}
}
