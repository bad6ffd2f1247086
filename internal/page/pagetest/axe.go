//go:build judges

package pagetest

import (
	_ "embed"
	"fmt"
	"strings"
)

// axe is axe-core, see the package comment.
//
//go:embed testdata/axe/axe.min.js
var axe string

// Violation is a rule of axe-core that a page breaks.
type Violation struct {
	Rule  string   // "color-contrast"
	Help  string   // what the rule asks
	Nodes []string // where, each with what is wrong
}

// judge runs the rules for the success criteria of WCAG 2.2 that are A or AA.
const judge = `axe.run(document, {
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
	rules: {"target-size": {enabled: true}}, resultTypes: ["violations"],
}).then(r => r.violations.map(v => ({Rule: v.id, Help: v.help, Nodes: v.nodes.map(n => n.html + " " + n.failureSummary)})))`

// Violations are what axe-core finds. It needs a window with scripts.
func (w *Window) Violations() []Violation {
	w.t.Helper()
	eval[bool](w, axe+"\n;true")
	return eval[[]Violation](w, judge)
}

// Accessible fails the test with what axe-core finds.
func (w *Window) Accessible() {
	w.t.Helper()
	for _, v := range w.Violations() {
		w.t.Errorf("%s: %s\n%s", v.Rule, v.Help, strings.Join(v.Nodes, "\n"))
	}
}

// String is the rule and how often it is broken.
func (v Violation) String() string { return fmt.Sprintf("%s × %d", v.Rule, len(v.Nodes)) }
