package pades

import (
	"fmt"
	"maps"
	"slices"

	"github.com/openjpki/jpki/pdf"
)

// refuse says why a file cannot be signed.
func refuse(f *pdf.File) error {
	_, root, err := f.Catalog()
	if err != nil {
		return err
	}
	form, err := f.Dict(root["AcroForm"])
	if err != nil {
		return err
	}
	if form["XFA"] != nil && root["NeedsRendering"] == true {
		return ErrXFA
	}
	all, _, err := fields(f)
	if err != nil {
		return err
	}
	p, err := permissionsOf(f, all)
	if err == nil && p.level == 1 {
		err = ErrCertified
	}
	return err
}

// addField puts a field with the signature into the form and, as an annotation that shows nothing, on the first page.
//
// Spec: ISO 32000-1 §12.7.4.5, §12.5.6.19
func addField(f *pdf.File, u *pdf.Update, value pdf.Ref) error {
	pageRef, page, err := firstPage(f)
	if err != nil {
		return err
	}
	rootRef, root, err := f.Catalog()
	if err != nil {
		return err
	}
	name, err := freeName(f)
	if err != nil {
		return err
	}
	field := u.New()
	const printLocked = 1<<2 | 1<<7
	u.Set(field, pdf.Dict{
		"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"), "T": pdf.NewText(name), "V": value,
		"Rect": pdf.Array{int64(0), int64(0), int64(0), int64(0)}, "F": int64(printLocked), "P": pageRef,
	})
	if err := extend(f, u, pageRef, page, "Annots", field); err != nil {
		return err
	}
	return addToForm(f, u, rootRef, root, field)
}

// addToForm lists the field in the form, which is made if there is none.
//
// Spec: ISO 32000-1 §12.7.2
func addToForm(f *pdf.File, u *pdf.Update, rootRef pdf.Ref, root pdf.Dict, field pdf.Ref) error {
	form, err := f.Dict(root["AcroForm"])
	if err != nil {
		return err
	}
	form = maps.Clone(form)
	if form == nil {
		form = pdf.Dict{}
	}
	const signaturesExist, appendOnly = 1, 2
	form["SigFlags"] = int64(signaturesExist | appendOnly)
	list, err := f.Array(form["Fields"])
	if err != nil {
		return err
	}
	if ref, ok := form["Fields"].(pdf.Ref); ok && list != nil {
		u.Set(ref, append(slices.Clip(list), field))
	} else {
		form["Fields"] = append(slices.Clip(list), field)
	}
	if ref, ok := root["AcroForm"].(pdf.Ref); ok {
		u.Set(ref, form)
		return nil
	}
	root = maps.Clone(root)
	root["AcroForm"] = form
	u.Set(rootRef, root)
	return nil
}

// extend appends an element to an array that stands under a key of a dictionary, in the dictionary or by itself.
func extend(f *pdf.File, u *pdf.Update, ref pdf.Ref, d pdf.Dict, key pdf.Name, element pdf.Object) error {
	list, err := f.Array(d[key])
	if err != nil {
		return err
	}
	list = append(slices.Clip(list), element)
	if own, ok := d[key].(pdf.Ref); ok && len(list) > 1 {
		u.Set(own, list)
		return nil
	}
	d = maps.Clone(d)
	d[key] = list
	u.Set(ref, d)
	return nil
}

func firstPage(f *pdf.File) (ref pdf.Ref, page pdf.Dict, err error) {
	err = f.Pages(func(at pdf.Ref, node pdf.Dict) bool {
		if node["Kids"] == nil {
			ref, page = at, node
		}
		return page == nil
	})
	if err == nil && page == nil {
		err = &pdf.SyntaxError{What: "document without a page"}
	}
	return ref, page, err
}

// freeName finds a name that no field at the root of the form has.
func freeName(f *pdf.File) (string, error) {
	all, groups, err := fields(f)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, field := range append(all, groups...) {
		taken[field.name] = true
	}
	for n := 1; ; n++ {
		if name := fmt.Sprintf("Signature%d", n); !taken[name] {
			return name, nil
		}
	}
}

// field is a field of the form that has a value of its own.
type field struct {
	ref   pdf.Ref // zero if the field is no object by itself
	name  string  // with those of the fields above it, joined by dots
	kind  pdf.Object
	value pdf.Object // not resolved
	dict  pdf.Dict
}

// maxFieldDepth bounds fields in fields.
const maxFieldDepth = 32

// fields lists the fields of the form. Kind and value are inherited. A field whose kids have names is a group; kids without
// names are the places where it is shown.
//
// Spec: ISO 32000-1 §12.7.3
func fields(f *pdf.File) (all, groups []field, err error) {
	_, root, err := f.Catalog()
	if err != nil {
		return nil, nil, err
	}
	form, err := f.Dict(root["AcroForm"])
	if err != nil {
		return nil, nil, err
	}
	top, err := f.Array(form["Fields"])
	if err != nil {
		return nil, nil, err
	}
	w := fieldWalk{f: f, seen: map[pdf.Ref]bool{}}
	for _, o := range top {
		if _, err := w.visit(o, field{}, 0); err != nil {
			return nil, nil, err
		}
	}
	return w.found, w.groups, nil
}

type fieldWalk struct {
	f             *pdf.File
	seen          map[pdf.Ref]bool
	found, groups []field
}

// visit lists a field, or those below it, and reports whether it is a field at all.
func (w *fieldWalk) visit(o pdf.Object, above field, depth int) (bool, error) {
	ref, _ := o.(pdf.Ref)
	if depth > maxFieldDepth || ref != (pdf.Ref{}) && w.seen[ref] {
		return false, &pdf.SyntaxError{What: "fields of the form in a loop"}
	}
	w.seen[ref] = true
	d, err := w.f.Dict(o)
	if err != nil || d == nil {
		return false, err
	}
	text, named := d["T"].(pdf.String)
	if depth > 0 && !named {
		return false, nil
	}
	own := field{ref, text.Text(), d["FT"], d["V"], d}
	if depth > 0 {
		own.name = above.name + "." + own.name
	}
	if own.kind == nil {
		own.kind = above.kind
	}
	if own.value == nil {
		own.value = above.value
	}
	kids, err := w.f.Array(d["Kids"])
	if err != nil {
		return false, err
	}
	group := false
	for _, kid := range kids {
		isField, err := w.visit(kid, own, depth+1)
		if err != nil {
			return false, err
		}
		group = group || isField
	}
	if group {
		w.groups = append(w.groups, own)
	} else {
		w.found = append(w.found, own)
	}
	return true, nil
}
