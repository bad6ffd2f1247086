package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lists, relative to the root of the module.
const (
	requirementsFile = "spec/requirements.txt"
	indexFile        = "spec/index.txt"
	glossaryFile     = "spec/glossary.txt"
)

// maxTitle is the length in characters that still fits a line of a report.
const maxTitle = 110

// Requirement is one line of requirements.txt.
type Requirement struct {
	ID          string // "R-CRD-07"
	Title       string // one line of English
	Information bool   // a figure, a link, a piece of history: nothing a test can prove
}

// Text is a law, a standard or another source: one line of index.txt.
type Text struct {
	Name   string // as comments cite it: "RFC 5280"
	Title  string
	Status string // yes, partial, no or assumed
}

// Term is one line of glossary.txt.
type Term struct {
	Japanese string
	English  string
	Name     string // the word as identifiers hold it, or the package
}

var requirementLine = regexp.MustCompile(`^(R-[A-Z]{3}-\d{2})  (\S.*?)( \[information\])?$`)

// readRequirements reads requirements.txt. Within a family the numbers count up from 01, so that no line gets lost.
func readRequirements(tree fs.FS) ([]Requirement, error) {
	var list []Requirement
	count := map[string]int{}
	err := eachLine(tree, requirementsFile, func(line string) error {
		m := requirementLine.FindStringSubmatch(line)
		if m == nil {
			return fmt.Errorf("%q is not an id, two spaces and a title", line)
		}
		r := Requirement{ID: m[1], Title: m[2], Information: m[3] != ""}
		if n := utf8.RuneCountInString(r.Title); n > maxTitle {
			return fmt.Errorf("title of %s has %d characters, more than %d", r.ID, n, maxTitle)
		}
		family := r.ID[:len("R-CRD")]
		count[family]++
		if next := fmt.Sprintf("%s-%02d", family, count[family]); r.ID != next {
			return fmt.Errorf("%s stands where %s belongs", r.ID, next)
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// readIndex reads index.txt.
func readIndex(tree fs.FS) ([]Text, error) {
	var list []Text
	seen := map[string]bool{}
	err := eachLine(tree, indexFile, func(line string) error {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || cells[0] == "" || cells[1] == "" {
			return fmt.Errorf("%q is not a short name, a title and a status", line)
		}
		t := Text{Name: cells[0], Title: cells[1], Status: cells[2]}
		switch t.Status {
		case "yes", "partial", "no", "assumed":
		default:
			return fmt.Errorf("status of %s is %q, not yes, partial, no or assumed", t.Name, t.Status)
		}
		if seen[t.Name] {
			return fmt.Errorf("%s is listed twice", t.Name)
		}
		seen[t.Name] = true
		list = append(list, t)
		return nil
	})
	return list, err
}

var columnGap = regexp.MustCompile(` {2,}`)

// readGlossary reads glossary.txt.
func readGlossary(tree fs.FS) ([]Term, error) {
	var list []Term
	seen := map[string]bool{}
	err := eachLine(tree, glossaryFile, func(line string) error {
		cells := columnGap.Split(line, -1)
		if len(cells) != 3 || !isJapanese(cells[0]) || isJapanese(cells[1]) || strings.ContainsRune(cells[2], ' ') {
			return fmt.Errorf("%q is not a Japanese term, its English word and a name", line)
		}
		t := Term{Japanese: cells[0], English: cells[1], Name: cells[2]}
		if seen[t.Japanese] {
			return fmt.Errorf("%s is defined twice", t.Japanese)
		}
		seen[t.Japanese] = true
		list = append(list, t)
		return nil
	})
	return list, err
}

// isJapanese reports whether s holds a kanji or a kana.
func isJapanese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}

// eachLine calls parse for the lines of a list without blank lines and comments, and joins the errors with their places.
func eachLine(tree fs.FS, file string, parse func(line string) error) error {
	text, err := fs.ReadFile(tree, file)
	if err != nil {
		return err
	}
	var errs []error
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := parse(line); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, n, err))
		}
	}
	return errors.Join(errs...)
}
