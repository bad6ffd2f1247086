package pdf

import "fmt"

// Catalog returns the root of the document and where it stands.
//
// Spec: ISO 32000-1 §7.7.2
func (f *File) Catalog() (Ref, Dict, error) {
	ref, ok := f.Trailer()["Root"].(Ref)
	if !ok {
		return ref, nil, &SyntaxError{Offset: f.sections[f.top].offset, What: "trailer without /Root"}
	}
	root, err := f.Dict(ref)
	if err == nil && root == nil {
		err = &SyntaxError{Offset: f.entry(ref.Number).place, What: "the document's root is no dictionary"}
	}
	return ref, root, err
}

// Pages visits the nodes of the page tree in the order of the document until visit returns false. A page is a node
// without /Kids. A node that is met twice is an error.
//
// Spec: ISO 32000-1 §7.7.3
func (f *File) Pages(visit func(ref Ref, node Dict) bool) error {
	_, root, err := f.Catalog()
	if err != nil {
		return err
	}
	seen := map[Ref]bool{}
	for stack := (Array{root["Pages"]}); len(stack) > 0; {
		ref, ok := stack[len(stack)-1].(Ref)
		stack = stack[:len(stack)-1]
		if !ok || seen[ref] {
			return &SyntaxError{Offset: f.entry(ref.Number).place, What: "page tree with a loop, or a node without number"}
		}
		seen[ref] = true
		node, err := f.Dict(ref)
		if err != nil {
			return err
		}
		if node == nil {
			return &SyntaxError{Offset: f.entry(ref.Number).place, What: "node of the page tree is no dictionary"}
		}
		if !visit(ref, node) {
			return nil
		}
		kids, err := f.Array(node["Kids"])
		if err != nil {
			return err
		}
		for i := len(kids) - 1; i >= 0; i-- {
			stack = append(stack, kids[i])
		}
	}
	return nil
}

// place is where a value begins and ends.
type place struct{ from, to int64 }

// Place says where in the file the value of a key stands in an object that is a dictionary. The error is a *[SyntaxError]
// if the object has no place of its own, as one in an object stream, or no such key.
func (f *File) Place(ref Ref, key Name) (from, to int64, err error) {
	e := f.entry(ref.Number)
	if e.kind != plain || e.generation != ref.Generation {
		return 0, 0, &SyntaxError{What: fmt.Sprintf("object %d has no place of its own", ref.Number)}
	}
	l := newLexer(f.r, e.place, f.end, &f.work)
	l.places = map[Name]place{}
	l.indirect(ref.Number, ref.Generation, nil)
	found, ok := l.places[key]
	if !ok {
		l.fail("object %d without /%s", ref.Number, printable(string(key)))
	}
	return found.from, found.to, l.err
}

// Offset is where an object begins in the file, or the object stream that it is in; ok is false for one that is free.
func (f *File) Offset(number int) (at int64, ok bool) {
	e := f.entry(number)
	if e.kind == compressed && e.place <= maxNumber {
		e = f.entry(int(e.place))
	}
	return e.place, e.kind == plain
}

// Ref returns the reference by which an object is found; ok is false for one that is free.
func (f *File) Ref(number int) (ref Ref, ok bool) {
	e := f.entry(number)
	if e.kind == plain {
		ref.Generation = e.generation
	}
	ref.Number = number
	return ref, e.kind != free
}

// Changed returns the numbers of the objects that revisions after an older one of the same file wrote or removed, those
// in an object stream that was written anew among them. Those whose entries say the same as before are left out.
func (f *File) Changed(older *File) map[int]bool {
	changed := map[int]bool{}
	for _, s := range f.sections[f.top:older.top] {
		for n := range s.entries {
			if f.entry(n) != older.entry(n) {
				changed[n] = true
			}
		}
	}
	if len(changed) == 0 {
		return changed
	}
	var packed []int
	for _, s := range f.sections[f.top:] {
		for n, e := range s.entries {
			if e.kind == compressed && e.place <= maxNumber && changed[int(e.place)] && f.entry(n) == e {
				packed = append(packed, n)
			}
		}
	}
	for _, n := range packed {
		changed[n] = true
	}
	return changed
}
