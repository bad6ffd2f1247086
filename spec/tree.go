package spec

import (
	"errors"
	"fmt"
	"io/fs"
)

// Tree is what a module says about its sources.
type Tree struct {
	Requirements []Requirement // in the order of requirements.txt
	Texts        []Text        // in the order of index.txt
	Terms        []Term        // in the order of glossary.txt
	References   []Reference   // by file and line; test scripts last
}

// Load reads the lists and the comments of the module whose root is tree. The error joins every malformed line and
// every reference that leads nowhere, each with its place; the Tree then holds the rest.
func Load(tree fs.FS) (*Tree, error) {
	requirements, err1 := readRequirements(tree)
	texts, err2 := readIndex(tree)
	terms, err3 := readGlossary(tree)
	references, err4 := scan(tree)
	t := &Tree{Requirements: requirements, Texts: texts, Terms: terms, References: references}
	return t, errors.Join(err1, err2, err3, err4, t.check())
}

// check reports the references to what is in no list.
func (t *Tree) check() error {
	if len(t.References) == 0 {
		return errors.New("no comment refers to a requirement or a text")
	}
	known := map[string]bool{}
	for _, r := range t.Requirements {
		known[r.ID] = true
	}
	for _, text := range t.Texts {
		known[text.Name] = true
	}
	var errs []error
	for _, ref := range t.References {
		if ref.Tag == Assumed {
			continue
		}
		for _, item := range ref.Items {
			if !known[item] {
				errs = append(errs, fmt.Errorf("%s:%d: %s is not in %s", ref.File, ref.Line, item, ref.Tag.list()))
			}
		}
	}
	return errors.Join(errs...)
}

// list is the file that defines what the tag refers to.
func (tag Tag) list() string {
	if tag == Req {
		return requirementsFile
	}
	return indexFile
}
