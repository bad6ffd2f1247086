//go:build judges

package pagetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// node is a node of the accessibility tree.
type node struct {
	ID         string `json:"nodeId"`
	Ignored    bool
	Role       struct{ Value string }
	Name       struct{ Value any }
	Properties []struct {
		Name  string
		Value struct{ Value any }
	}
	Children []string `json:"childIds"`
	DOM      int      `json:"backendDOMNodeId"`
}

func (n node) name() string {
	if n.Name.Value == nil {
		return ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(n.Name.Value)), " ")
}

func (w *Window) nodes() []node {
	w.t.Helper()
	return call[struct{ Nodes []node }](w.t, w.conn, w.session, "Accessibility.getFullAXTree", object{}).Nodes
}

// silent are roles that a screen reader does not tell.
var silent = []string{"none", "generic", "InlineTextBox", "LineBreak", "ListMarker", "RootWebArea"}

// told are properties that a screen reader tells.
var told = []string{"required", "invalid", "checked", "expanded", "disabled", "level"}

// Tree is the page as a screen reader tells it: a line for each node, with role, name and states, children further in.
func (w *Window) Tree() string {
	w.t.Helper()
	nodes := w.nodes()
	byID := map[string]node{}
	for _, n := range nodes {
		byID[n.ID] = n
	}
	var b strings.Builder
	var tell func(n node, depth int, parent string)
	tell = func(n node, depth int, parent string) {
		name := n.name()
		repeated := n.Role.Value == "StaticText" && (name == parent || name == "")
		if !n.Ignored && !slices.Contains(silent, n.Role.Value) && !repeated {
			fmt.Fprintf(&b, "%s%s %q%s\n", strings.Repeat("  ", depth), n.Role.Value, name, states(n))
			depth, parent = depth+1, name
		}
		for _, id := range n.Children {
			tell(byID[id], depth, parent)
		}
	}
	if len(nodes) > 0 {
		tell(nodes[0], 0, "")
	}
	return b.String()
}

func states(n node) string {
	var b strings.Builder
	for _, p := range n.Properties {
		if v := fmt.Sprint(p.Value.Value); slices.Contains(told, p.Name) && v != "false" {
			fmt.Fprintf(&b, " %s=%s", p.Name, v)
		}
	}
	return b.String()
}

// eval runs JavaScript in the page and decodes its JSON result into a T. It works with scripts switched off, but then waits
// for nothing.
func eval[T any](w *Window, expression string) T {
	w.t.Helper()
	r := call[struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}](w.t, w.conn, w.session, "Runtime.evaluate", object{"expression": expression, "awaitPromise": true, "returnByValue": true})
	var value T
	if r.ExceptionDetails != nil {
		w.t.Fatalf("in the page: %s %s", r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	}
	if err := json.Unmarshal(r.Result.Value, &value); err != nil {
		w.t.Fatalf("in the page: %v", err)
	}
	return value
}

// Text is what the page shows, as text.
func (w *Window) Text() string {
	w.t.Helper()
	return eval[string](w, "document.body.innerText")
}

// Address is that of the page.
func (w *Window) Address() string {
	w.t.Helper()
	return eval[string](w, "location.href")
}

// Style is the value of a CSS property of the first element that a selector matches, as the browser shows it.
func (w *Window) Style(selector, property string) string {
	w.t.Helper()
	return eval[string](w, fmt.Sprintf("getComputedStyle(document.querySelector(%q)).getPropertyValue(%q)", selector, property))
}

// Fits fails the test if the page is wider than the window (WCAG 2.2 §1.4.10).
func (w *Window) Fits() {
	w.t.Helper()
	over := eval[[]string](w, `(() => { const d = document.documentElement, found = [];
		if (d.scrollWidth <= d.clientWidth) return found;
		for (const e of document.body.querySelectorAll("*")) if (e.getBoundingClientRect().right > d.clientWidth + 1)
			found.push(e.tagName + "." + e.className);
		return found.length ? found : ["body"]; })()`)
	if len(over) > 0 {
		w.t.Errorf("the page is wider than its window: %v", over)
	}
}

// Large fails the test if buttons, inputs, summaries or links of a list in a navigation are less than 44 pixels high, or an
// input with a label less than that together with it.
func (w *Window) Large() {
	w.t.Helper()
	small := eval[[]string](w, `[...document.querySelectorAll("button, .button, input:not([type=hidden]), textarea, select, summary, nav a")].filter(e => {
		const heights = [e, ...(e.labels || [])].map(x => x.getBoundingClientRect().height);
		return Math.max(...heights) < 44; }).map(e => e.outerHTML.slice(0, 80))`)
	if len(small) > 0 {
		w.t.Errorf("too small for a finger: %q", small)
	}
}

// Stop is where the focus rests on a walk by keyboard.
type Stop struct {
	Name   string // accessible name; ids of elements are nobody's name
	Role   string
	Hidden string // why the focus cannot be seen; "" if it can
}

// String is role and name.
func (s Stop) String() string { return s.Role + " " + s.Name }

// seen says of the element with the focus why it cannot be seen (WCAG 2.2 §2.4.7, §2.4.11), or "".
const seen = `(() => { const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
	if (r.width < 1 || r.height < 1) return "it has no size";
	const x = Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1), y = Math.min(Math.max(r.top + Math.min(r.height / 2, innerHeight / 2), 0), innerHeight - 1);
	if (r.bottom <= 0 || r.top >= innerHeight || r.right <= 0 || r.left >= innerWidth) return "it is outside the window";
	const hit = document.elementFromPoint(x, y);
	if (!hit || !(e.contains(hit) || hit.contains(e))) return "it is covered by " + (hit && hit.tagName);
	if ((s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2) && s.boxShadow === "none") return "nothing marks it";
	return ""; })()`

// Walk goes through the page by Tab from where the focus is, until it has been everywhere, and fails the test where it cannot
// be seen. It returns the stops in order.
func (w *Window) Walk() []Stop {
	w.t.Helper()
	const most = 300
	var stops []Stop
	visited := map[int]bool{}
	for range most {
		w.Key("Tab")
		n, ok := w.focused()
		if !ok || visited[n.DOM] {
			return stops
		}
		visited[n.DOM] = true
		s := Stop{Name: n.name(), Role: n.Role.Value, Hidden: eval[string](w, seen)}
		if s.Hidden != "" {
			w.t.Errorf("the focus on %q cannot be seen: %s", s, s.Hidden)
		}
		stops = append(stops, s)
	}
	w.t.Errorf("the walk does not end after %d stops", most)
	return stops
}

// TabTo presses Tab until the focus is on what has this role and accessible name, which may go on.
func (w *Window) TabTo(role, name string) {
	w.t.Helper()
	visited := map[int]bool{}
	for {
		w.Key("Tab")
		n, ok := w.focused()
		if ok && n.Role.Value == role && strings.HasPrefix(n.name()+" ", name+" ") {
			return
		}
		if ok && visited[n.DOM] {
			w.t.Fatalf("the keyboard never comes to %s %q:\n%s", role, name, w.Tree())
		}
		visited[n.DOM] = visited[n.DOM] || ok
	}
}

// focused is the node that has the focus; false if it is the page as a whole.
func (w *Window) focused() (node, bool) {
	w.t.Helper()
	for _, n := range w.nodes() {
		for _, p := range n.Properties {
			if p.Name == "focused" && p.Value.Value == true && n.Role.Value != "RootWebArea" {
				return n, true
			}
		}
	}
	return node{}, false
}

// Screenshot takes a picture of the whole page. It is left as NAME.png in the folder that JPKI_SCREENS names, if it does.
func (w *Window) Screenshot(name string) []byte {
	w.t.Helper()
	data := call[struct{ Data string }](w.t, w.conn, w.session, "Page.captureScreenshot",
		object{"format": "png", "captureBeyondViewport": true}).Data
	png, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		w.t.Fatal(err)
	}
	if folder := os.Getenv("JPKI_SCREENS"); folder != "" {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	return png
}
