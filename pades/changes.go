package pades

import (
	"maps"
	"slices"

	"github.com/openjpki/jpki/pdf"
)

// Kind says what a later revision changed.
type Kind string

// The kinds of changes. The first two are what signing does; the next five leave what was signed on the page but may
// hide it; the rest changes what was signed.
const (
	Added      Kind = "signature"  // another signature
	Evidence   Kind = "evidence"   // time stamps, certificates, revocation data for signatures
	Form       Kind = "form"       // values of fields
	Annotation Kind = "annotation" // annotations and new fields
	Metadata   Kind = "metadata"   // what the file says of itself
	Structure  Kind = "structure"  // the tree for assistive programs
	Unused     Kind = "unused"     // objects that nothing shows, perhaps prepared for a later change
	Content    Kind = "content"    // what a page shows, its fonts and images
	Pages      Kind = "pages"      // which pages there are
	Catalog    Kind = "document"   // anything else: actions, scripts, layers, names
	Locked     Kind = "locked"     // values of fields that a signature locked
	Removed    Kind = "removed"    // signatures taken away or overwritten
	Hidden     Kind = "hidden"     // cross-references bent to other places of the signed bytes
)

// Kinds lists all.
var Kinds = [...]Kind{Added, Evidence, Form, Annotation, Metadata, Structure, Unused, Content, Pages, Catalog, Locked, Removed, Hidden}

// Change is one kind of change and the objects in which it was found.
type Change struct {
	Kind    Kind
	Objects []int // their numbers, in order
}

// Breaks reports whether a change is more than may be done after signing: by anybody, or under the certification of the
// given level, 0 if there is none.
//
// Spec: ISO 32000-1 §12.8.2.2
func (c Change) Breaks(level int) bool {
	switch c.Kind {
	case Evidence, Metadata, Structure, Unused:
		return false
	case Added, Form:
		return level == 1
	case Annotation:
		return level == 1 || level == 2
	}
	return true
}

// Changes says what the revisions after the signed one changed, and the level of certification that they stand under.
// The order is that of the kinds. An error is one of [pdf.Open], or wraps [ErrRange] if no revision is signed.
func (s *Signature) Changes() (changes []Change, level int, err error) {
	old, err := s.signed()
	if err != nil {
		return nil, 0, err
	}
	c := &comparison{
		old: old, now: s.document.file.Since(old), changed: s.document.file.Changed(old),
		own: map[int]bool{}, seen: map[Kind]map[int]bool{}, found: map[Kind]map[int]bool{}, fields: map[pdf.Ref]Kind{},
	}
	if err := c.run(); err != nil {
		return nil, 0, err
	}
	for _, kind := range []Kind{Added, Evidence, Form, Annotation, Metadata, Structure, Unused, Content, Pages, Catalog, Locked, Removed, Hidden} {
		if objects := c.found[kind]; objects != nil {
			changes = append(changes, Change{kind, slices.Sorted(maps.Keys(objects))})
		}
	}
	return changes, c.permissions.level, nil
}

// resources is the kind of what fields are drawn with, until it is known whether the signed revision has it.
const resources Kind = "resources"

// comparison holds the newest revision against a signed one. Everything that the newest shows is walked, once for each kind
// of use, so that an object with several uses is named by the worst of them too.
type comparison struct {
	old, now    *pdf.File
	changed     map[int]bool          // what is not the same in both
	own         map[int]bool          // what is compared by itself and not walked into: catalog, form, pages, fields, annotations
	seen        map[Kind]map[int]bool // what was walked
	found       map[Kind]map[int]bool
	permissions permissions
	pages       []nodePair
	fields      map[pdf.Ref]Kind // what a change of a field or of its places is
}

// add names a changed object. A font for fields may come, but none that was there may change.
func (c *comparison) add(kind Kind, number int) {
	if kind == resources {
		kind = Form
		if c.existed(number) {
			kind = Content
		}
	}
	mark(c.found, kind, number)
}

// mark adds a number to the set of a kind and reports whether it was there already.
func mark(sets map[Kind]map[int]bool, kind Kind, number int) (already bool) {
	if sets[kind] == nil {
		sets[kind] = map[int]bool{}
	}
	already = sets[kind][number]
	sets[kind][number] = true
	return already
}

func (c *comparison) run() error {
	ref, _, err := c.now.Catalog()
	if err != nil {
		return err
	}
	c.own[ref.Number] = true // signatures refer to it
	for _, step := range []func() error{c.sift, c.comparePages, c.compareForm, c.compareAnnotations, c.compareCatalog, c.compareRest} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// sift leaves out objects that were written again as they were, and finds entries bent into the signed bytes.
func (c *comparison) sift() error {
	for n := range c.changed {
		if at, ok := c.now.Offset(n); ok && at < c.old.End() {
			c.add(Hidden, n)
			continue
		}
		before, after, err := c.both(n)
		if err != nil {
			return err
		}
		same, err := pdf.Equal(before, after)
		if err != nil {
			return err
		}
		if same {
			delete(c.changed, n)
		}
	}
	return nil
}

// both reads an object as it was and as it is.
func (c *comparison) both(number int) (before, after pdf.Object, err error) {
	if ref, ok := c.old.Ref(number); ok {
		if before, err = c.old.Get(ref); err != nil {
			return nil, nil, err
		}
	}
	if ref, ok := c.now.Ref(number); ok {
		if after, err = c.now.Get(ref); err != nil {
			return nil, nil, err
		}
	}
	return before, after, nil
}

// existed reports whether the signed revision had an object of this number.
func (c *comparison) existed(number int) bool {
	_, ok := c.old.Ref(number)
	return ok
}

// walk visits all that an object leads to. Changed objects are named as of a kind. Keys that lead back up are passed over.
func (c *comparison) walk(o pdf.Object, kind Kind) error {
	for stack := []pdf.Object{o}; len(stack) > 0; {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch o := o.(type) {
		case pdf.Ref:
			if c.own[o.Number] || mark(c.seen, kind, o.Number) {
				continue
			}
			if c.changed[o.Number] {
				c.add(kind, o.Number)
			}
			next, err := c.now.Get(pdf.Ref{Number: o.Number, Generation: c.generation(o)})
			if err != nil {
				return err
			}
			stack = append(stack, next)
		case pdf.Array:
			stack = append(stack, o...)
		case pdf.Dict:
			stack = pushValues(stack, o)
		case *pdf.Stream:
			stack = pushValues(stack, o.Dict)
		}
	}
	return nil
}

// generation is that of the object there is, whatever the reference says: it may be read by another one.
func (c *comparison) generation(ref pdf.Ref) int {
	if now, ok := c.now.Ref(ref.Number); ok {
		return now.Generation
	}
	return ref.Generation
}

// pushValues goes down. What outlines say of the tree for assistive programs is part of that.
func pushValues(stack []pdf.Object, d pdf.Dict) []pdf.Object {
	for key, value := range d {
		if key != "Parent" && key != "P" && key != "SE" {
			stack = append(stack, value)
		}
	}
	return stack
}

// differing returns the keys whose values differ, references compared by number.
func differing(a, b pdf.Dict) (keys []pdf.Name, err error) {
	all := maps.Clone(a)
	if all == nil {
		all = pdf.Dict{}
	}
	maps.Copy(all, b)
	for key := range all {
		same, err := pdf.Equal(a[key], b[key])
		if err != nil {
			return nil, err
		}
		if !same {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// compareRest names objects that nothing uses. Cross-references and the streams that hold other objects are no part of the
// document.
func (c *comparison) compareRest() error {
	for n := range c.changed {
		_, after, err := c.both(n)
		if err != nil {
			return err
		}
		stream, ok := after.(*pdf.Stream)
		if after == nil || ok && (stream.Dict["Type"] == pdf.Name("XRef") || stream.Dict["Type"] == pdf.Name("ObjStm")) {
			continue
		}
		if !c.used(n) {
			c.add(Unused, n)
		}
	}
	return nil
}

// used reports whether an object was met.
func (c *comparison) used(number int) bool {
	for _, seen := range c.seen {
		if seen[number] {
			return true
		}
	}
	return c.own[number]
}
