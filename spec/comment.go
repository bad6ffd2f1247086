package spec

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Tag is the word a reference begins with.
type Tag string

const (
	Req     Tag = "Req"     // requirements, by id
	Spec    Tag = "Spec"    // standards and other technical texts
	Law     Tag = "Law"     // laws and ordinances
	Assumed Tag = "Assumed" // what we chose because no public text settles it
)

// Reference is one tagged comment.
type Reference struct {
	File  string // relative to the module's root, with slashes
	Line  int
	Tag   Tag
	Items []string // ids, short names of texts, or the one assumed sentence
	Test  Test     // the test a Req stands in; the zero value outside tests
}

// Test names a test as "go test" knows it.
type Test struct {
	Dir  string // the package's folder, "." for the root
	Name string // "TestSign", or "TestSign/blocked_PIN" where a step has a literal name
}

var (
	tagged = regexp.MustCompile(`^// (Req|Spec|Law|Assumed): (\S.*)$`)
	nearly = regexp.MustCompile(`(?i)^//\s*(req|spec|law|assume[ds]?)s?\s*:`)

	requirementID = regexp.MustCompile(`^R-[A-Z]{3}-\d{2}$`)
	citation      = regexp.MustCompile(`^([^§]*?[^§ :])(?::\d{4})?( §[^§ ,]+(, §[^§ ,]+)*)?$`)
	sentence      = regexp.MustCompile(`^\S+ \S+ .*\S\.$`)
)

// parseTag reads the tag of lines[0], a comment line. ok is false if it has none. Only an assumption goes on
// over the following lines, up to a blank one or another tag.
func parseTag(lines []string) (tag Tag, items []string, ok bool, err error) {
	m := tagged.FindStringSubmatch(lines[0])
	if m == nil {
		if nearly.MatchString(lines[0]) {
			return "", nil, false, fmt.Errorf("%q is not written like \"// Req: …\"", lines[0])
		}
		return "", nil, false, nil
	}
	tag, text := Tag(m[1]), m[2]
	switch tag {
	case Req:
		items, err = parseIDs(text)
	case Spec, Law:
		items, err = parseCitations(text)
	case Assumed:
		items, err = parseAssumption(text, lines[1:])
	}
	return tag, items, true, err
}

func parseIDs(text string) ([]string, error) {
	ids := strings.Split(text, ", ")
	for _, id := range ids {
		if !requirementID.MatchString(id) {
			return nil, fmt.Errorf("%q is not a requirement id", id)
		}
	}
	return ids, nil
}

func parseCitations(text string) ([]string, error) {
	var names []string
	for c := range strings.SplitSeq(text, "; ") {
		m := citation.FindStringSubmatch(c)
		if m == nil {
			return nil, fmt.Errorf("%q is not a text and its clause", c)
		}
		names = append(names, m[1])
	}
	return names, nil
}

func parseAssumption(text string, following []string) ([]string, error) {
	for _, line := range following {
		more, isText := strings.CutPrefix(line, "// ")
		if !isText || tagged.MatchString(line) {
			break
		}
		text += " " + more
	}
	if !sentence.MatchString(text) {
		return nil, errors.New("an assumption is a full sentence with a full stop")
	}
	return []string{text}, nil
}
