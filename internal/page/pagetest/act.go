//go:build judges

package pagetest

import (
	"slices"
	"strings"
)

// Click clicks on what has this role and accessible name, such as ("button", "次へ進む").
func (w *Window) Click(role, name string) {
	w.t.Helper()
	w.click(w.find(role, name), role, name)
}

// ClickAll clicks on everything that has this role and accessible name, such as the same answer to every question.
func (w *Window) ClickAll(role, name string) {
	w.t.Helper()
	exact, _ := w.named(role, name)
	if len(exact) == 0 {
		w.t.Fatalf("there is no %s %q on the page:\n%s", role, name, w.Tree())
	}
	for _, id := range exact {
		w.click(id, role, name)
	}
}

func (w *Window) click(id int, role, name string) {
	w.t.Helper()
	w.do("DOM.scrollIntoViewIfNeeded", object{"backendNodeId": id})
	quads := call[struct{ Quads [][]float64 }](w.t, w.conn, w.session, "DOM.getContentQuads", object{"backendNodeId": id}).Quads
	if len(quads) == 0 {
		w.t.Fatalf("%s %q cannot be seen", role, name)
	}
	q := quads[0]
	at := object{"x": (q[0] + q[4]) / 2, "y": (q[1] + q[5]) / 2, "button": "left", "clickCount": 1}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		at["type"] = kind
		w.do("Input.dispatchMouseEvent", at)
	}
}

// Follow clicks on a link or button and waits for the page to which it leads.
func (w *Window) Follow(role, name string) {
	w.t.Helper()
	w.load(func() { w.Click(role, name) })
}

// Type enters text into the input with this label. What stood there stays before it.
func (w *Window) Type(name, text string) {
	w.t.Helper()
	w.do("DOM.focus", object{"backendNodeId": w.find("textbox", name)})
	w.do("Input.insertText", object{"text": text})
}

// Clear empties the input with this label.
func (w *Window) Clear(name string) {
	w.t.Helper()
	w.do("DOM.focus", object{"backendNodeId": w.find("textbox", name)})
	w.do("Input.dispatchKeyEvent", object{"type": "rawKeyDown", "commands": []string{"selectAll", "deleteBackward"}})
}

// Choose chooses files for the input with this label, as the dialog of the browser would.
func (w *Window) Choose(name string, files ...string) {
	w.t.Helper()
	w.do("DOM.setFileInputFiles", object{"files": files, "backendNodeId": w.find("button", name)})
}

// Drop drops a file on the page at a point.
func (w *Window) Drop(x, y int, file string) {
	w.t.Helper()
	data := object{"items": []object{}, "files": []string{file}, "dragOperationsMask": 1}
	for _, kind := range []string{"dragEnter", "dragOver", "drop"} {
		w.do("Input.dispatchDragEvent", object{"type": kind, "x": x, "y": y, "data": data})
	}
}

// keys are those that tests press: code and what they type.
var keys = map[string]struct {
	code int
	text string
}{"Tab": {9, ""}, "Enter": {13, "\r"}, " ": {32, " "}, "Escape": {27, ""}, "ArrowDown": {40, ""}, "ArrowUp": {38, ""}}

// Key presses a key: "Tab", "Enter", " ", "Escape", "ArrowDown", "ArrowUp".
func (w *Window) Key(key string) {
	w.t.Helper()
	k, ok := keys[key]
	if !ok {
		w.t.Fatalf("there is no key %q", key)
	}
	p := object{"type": "keyDown", "key": key, "code": strings.ReplaceAll(key, " ", "Space"), "windowsVirtualKeyCode": k.code}
	if k.text != "" {
		p["text"] = k.text
	}
	w.do("Input.dispatchKeyEvent", p)
	delete(p, "text")
	p["type"] = "keyUp"
	w.do("Input.dispatchKeyEvent", p)
}

// Enter presses Enter and waits for the page that it brings.
func (w *Window) Enter() {
	w.t.Helper()
	w.load(func() { w.Key("Enter") })
}

// find returns the one node with this role and accessible name. A label that goes on with 必須 or 任意, as those of
// package page do, may be given without.
func (w *Window) find(role, name string) int {
	w.t.Helper()
	exact, longer := w.named(role, name)
	if found := slices.Concat(exact, longer); len(exact) == 1 || len(found) == 1 {
		return found[0]
	}
	w.t.Fatalf("there is not one %s %q on the page:\n%s", role, name, w.Tree())
	return 0
}

// named returns the nodes with this role and accessible name, and those whose name goes on.
func (w *Window) named(role, name string) (exact, longer []int) {
	w.t.Helper()
	for _, n := range w.nodes() {
		if n.Ignored || n.Role.Value != role {
			continue
		}
		if n.name() == name {
			exact = append(exact, n.DOM)
		} else if strings.HasPrefix(n.name(), name+" ") {
			longer = append(longer, n.DOM)
		}
	}
	return exact, longer
}
