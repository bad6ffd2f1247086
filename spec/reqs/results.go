package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is one line of "go test -json".
type event struct {
	Action  string // "pass", "fail", "skip" and others
	Package string // import path
	Test    string // "TestSign/blocked_PIN"; "" for the package as a whole
}

// testID is a test in its package.
type testID struct{ pkg, name string }

// results says of each test that ended whether it passed. A test that ran more than once passed if it never failed.
type results map[testID]bool

// readResults reads the output of one or several runs of "go test -json", one after the other. Lines of other
// programs in between are passed over.
func readResults(r io.Reader) (results, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading test results: %w", err)
	}
	res := results{}
	passed := false
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("{")) {
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("reading test results: %w", err)
		}
		if e.Test == "" || e.Action != "pass" && e.Action != "fail" {
			continue
		}
		id := testID{e.Package, e.Test}
		earlier, ran := res[id]
		res[id] = e.Action == "pass" && (earlier || !ran)
		passed = passed || res[id]
	}
	if !passed {
		return nil, errors.New("no passed test in the results")
	}
	return res, nil
}

// passed reports whether the test passed, and for a step ("TestSign/blocked_PIN") the whole test with it.
func (r results) passed(pkg, name string) bool {
	whole, _, _ := strings.Cut(name, "/")
	return r[testID{pkg, name}] && r[testID{pkg, whole}]
}
