//go:build judges

package pagetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Look is how a visitor looks at a page. The zero value is a Japanese reader's at 1280 × 800 with scripts.
type Look struct {
	Lang          string // Accept-Language. Default: "ja".
	Width, Height int    // in CSS pixels. Default: 1280 and 800.
	Dark          bool   // prefers-color-scheme
	ForcedColors  bool
	ReducedMotion bool
	NoScript      bool
	Print         bool // as on paper
}

// Window shows one page after the other, with cookies of its own. It belongs to one goroutine.
type Window struct {
	t       testing.TB
	conn    *conn
	session string
	frame   string

	mu        sync.Mutex
	changed   chan struct{}     // replaced with every event
	loaded    int               // pages that were loaded
	status    int               // of the page
	documents map[string]string // addresses of the pages that came over the network, by their loaders
	entries   []entry
}

// entry is a line of the console.
type entry struct{ source, url, text string }

// Visit opens a window on a page.
func (b *Browser) Visit(t testing.TB, url string, look Look) *Window {
	t.Helper()
	context := call[struct{ BrowserContextID string }](t, b.conn, "", "Target.createBrowserContext", object{}).BrowserContextID
	target := call[struct{ TargetID string }](t, b.conn, "", "Target.createTarget",
		object{"url": "about:blank", "browserContextId": context}).TargetID
	session := call[struct{ SessionID string }](t, b.conn, "", "Target.attachToTarget",
		object{"targetId": target, "flatten": true}).SessionID
	w := &Window{t: t, conn: b.conn, session: session, frame: target, changed: make(chan struct{}), documents: map[string]string{}}
	b.conn.listen(session, w.take)
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "DOM", "Accessibility"} {
		w.do(domain+".enable", object{})
	}
	w.do("Page.setLifecycleEventsEnabled", object{"enabled": true})
	w.setLook(look)
	t.Cleanup(func() {
		for _, e := range w.complaints() {
			t.Errorf("the browser complains: %s", e)
		}
		call[nothing](t, b.conn, "", "Target.disposeBrowserContext", object{"browserContextId": context})
	})
	w.Go(url)
	return w
}

func (w *Window) setLook(look Look) {
	w.t.Helper()
	if look.Lang == "" {
		look.Lang = "ja"
	}
	if look.Width == 0 {
		look.Width = 1280
	}
	if look.Height == 0 {
		look.Height = 800
	}
	media := func(name string, on bool, value, otherwise string) object {
		if on {
			return object{"name": name, "value": value}
		}
		return object{"name": name, "value": otherwise}
	}
	w.do("Network.setExtraHTTPHeaders", object{"headers": object{"Accept-Language": look.Lang}})
	w.do("Emulation.setDeviceMetricsOverride", object{"width": look.Width, "height": look.Height, "deviceScaleFactor": 1, "mobile": false})
	w.do("Emulation.setScriptExecutionDisabled", object{"value": look.NoScript})
	w.do("Emulation.setEmulatedMedia", object{
		"media": map[bool]string{true: "print"}[look.Print],
		"features": []object{
			media("prefers-color-scheme", look.Dark, "dark", "light"), media("forced-colors", look.ForcedColors, "active", "none"),
			media("prefers-reduced-motion", look.ReducedMotion, "reduce", "no-preference"),
		},
	})
}

// do tells the page something that has no answer.
func (w *Window) do(method string, params any) {
	w.t.Helper()
	call[nothing](w.t, w.conn, w.session, method, params)
}

// Go opens an address and waits until it is loaded.
func (w *Window) Go(url string) {
	w.t.Helper()
	w.load(func() {
		if failed := call[struct{ ErrorText string }](w.t, w.conn, w.session, "Page.navigate", object{"url": url}).ErrorText; failed != "" {
			w.t.Fatalf("opening %s: %s", url, failed)
		}
	})
}

// load does what brings another page and waits for it.
func (w *Window) load(act func()) {
	w.t.Helper()
	w.mu.Lock()
	before := w.loaded
	w.mu.Unlock()
	act()
	over := time.After(limit)
	for {
		w.mu.Lock()
		done, changed := w.loaded > before, w.changed
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-w.conn.lost:
			w.t.Fatal(errLost)
		case <-over:
			w.t.Fatal("no page came")
		}
	}
}

// Status is the HTTP status of the page.
func (w *Window) Status() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status
}

// take keeps what an event tells.
func (w *Window) take(e event) {
	var p struct {
		Name, FrameID, LoaderID, Type string
		Response                      struct {
			URL    string
			Status int
		}
		Entry            struct{ Source, Level, Text, URL string }
		ExceptionDetails struct{ Text string }
		Args             []struct{ Value any }
	}
	if json.Unmarshal(e.Params, &p) != nil && e.Method != "Runtime.consoleAPICalled" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.Method {
	case "Page.lifecycleEvent":
		if w.documents[p.LoaderID] != "" && p.Name == "load" && p.FrameID == w.frame { // not the blank page at the start
			w.loaded++
		}
	case "Network.responseReceived":
		if p.Type == "Document" && p.FrameID == w.frame {
			w.status, w.documents[p.LoaderID] = p.Response.Status, p.Response.URL
		}
	case "Log.entryAdded":
		if p.Entry.Level == "error" || p.Entry.Source == "security" {
			w.entries = append(w.entries, entry{p.Entry.Source, p.Entry.URL, p.Entry.Text})
		}
	case "Runtime.exceptionThrown":
		w.entries = append(w.entries, entry{"javascript", "", p.ExceptionDetails.Text})
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "assert" {
			w.entries = append(w.entries, entry{"console", "", fmt.Sprint(p.Args)})
		}
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// complaints are the errors of the console and what the content security policy blocked. That a page itself has the status
// of a fault is none.
func (w *Window) complaints() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, e := range w.entries {
		if e.source != "network" || !slices.Contains(slices.Collect(maps.Values(w.documents)), e.url) {
			all = append(all, strings.Join([]string{e.source, e.text, e.url}, " "))
		}
	}
	return all
}
