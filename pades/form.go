package pades

import (
	"slices"

	"github.com/openjpki/jpki/pdf"
)

// formKeys are the entries of a field that filling it in changes.
var formKeys = []pdf.Name{"V", "AP", "AS", "RV", "I", "M", "MK"}

// compareForm looks at the form and its fields, those of signatures among them.
func (c *comparison) compareForm() error {
	before, after, number, err := c.roots()
	if err != nil {
		return err
	}
	formBefore, err := c.old.Dict(before["AcroForm"])
	if err != nil {
		return err
	}
	form, err := c.now.Dict(after["AcroForm"])
	if err != nil {
		return err
	}
	if ref, ok := after["AcroForm"].(pdf.Ref); ok {
		c.own[ref.Number] = true
		number = ref.Number
	}
	if ref, ok := form["Fields"].(pdf.Ref); ok {
		c.own[ref.Number] = true
	}
	if err := c.compareFormKeys(formBefore, form, number); err != nil {
		return err
	}
	return c.compareFields()
}

func (c *comparison) compareFormKeys(before, after pdf.Dict, number int) error {
	keys, err := differing(before, after)
	if err != nil {
		return err
	}
	for _, key := range keys {
		switch key {
		case "Fields", "SigFlags":
		case "DR", "DA", "Q", "NeedAppearances":
			c.add(Form, number)
		default:
			c.add(Catalog, number)
		}
	}
	for _, key := range after.Keys() {
		kind := Catalog
		switch key {
		case "Fields":
			continue
		case "DR":
			kind = resources
		}
		if err := c.walk(after[key], kind); err != nil {
			return err
		}
	}
	return nil
}

// compareFields looks at each field.
func (c *comparison) compareFields() error {
	before, groupsBefore, err := fields(c.old)
	if err != nil {
		return err
	}
	after, groups, err := fields(c.now)
	if err != nil {
		return err
	}
	if err := c.compareGroups(groupsBefore, groups); err != nil {
		return err
	}
	if c.permissions, err = permissionsOf(c.old, before); err != nil {
		return err
	}
	known := map[fieldKey]field{}
	for _, f := range before {
		known[f.key()] = f
	}
	here := map[fieldKey]bool{}
	for _, f := range after {
		here[f.key()] = true
		old, existed := known[f.key()]
		if err := c.compareField(old, f, existed); err != nil {
			return err
		}
	}
	for _, f := range before {
		if !here[f.key()] {
			c.add(removalOf(f), f.ref.Number)
		}
	}
	return nil
}

// compareGroups names groups of fields of which more changed than the fields in them.
func (c *comparison) compareGroups(before, after []field) error {
	known := map[pdf.Ref]pdf.Dict{}
	for _, group := range before {
		known[group.ref] = group.dict
	}
	for _, group := range after {
		c.own[group.ref.Number] = true
		keys, err := differing(known[group.ref], group.dict)
		if err != nil {
			return err
		}
		if known[group.ref] != nil && len(slices.DeleteFunc(keys, func(k pdf.Name) bool { return k == "Kids" })) > 0 {
			c.add(Catalog, group.ref.Number)
		}
	}
	return nil
}

// fieldKey tells fields apart, those that are no objects by themselves by their names.
type fieldKey struct {
	ref  pdf.Ref
	name string
}

func (f field) key() fieldKey { return fieldKey{f.ref, f.name} }

func signed(f field) bool { return f.kind == pdf.Name("Sig") && f.value != nil }

func removalOf(f field) Kind {
	if signed(f) {
		return Removed
	}
	return Catalog
}

// kindOfField says what changes of a field are.
func (c *comparison) kindOfField(old, now field, existed bool) Kind {
	switch {
	case existed && signed(old):
		return Removed
	case signed(now):
		return Added
	case !existed:
		return Annotation
	case c.permissions.locked(now.name):
		return Locked
	}
	return Form
}

func (c *comparison) compareField(old, now field, existed bool) error {
	kind := c.kindOfField(old, now, existed)
	if now.kind == pdf.Name("Sig") && kind == Added {
		if stamp, err := c.isTimeStamp(now); err != nil {
			return err
		} else if stamp {
			kind = Evidence
		}
	}
	if kind == Evidence && now.dict["AP"] != nil {
		c.add(Annotation, now.ref.Number) // nobody judges a time stamp that shows something
	}
	c.own[now.ref.Number] = true
	c.fields[now.ref] = kind
	if !existed {
		c.add(kind, now.ref.Number)
	} else if err := c.compareFieldKeys(old, now, kind); err != nil {
		return err
	}
	kids, err := c.now.Array(now.dict["Kids"])
	if err != nil {
		return err
	}
	for _, kid := range kids {
		if ref, ok := kid.(pdf.Ref); ok {
			c.fields[ref] = kind
		}
	}
	return c.walk(now.dict, kind)
}

// compareFieldKeys names what changed in a field that was there before. Whatever is not its value or how that is shown is
// the form itself.
func (c *comparison) compareFieldKeys(old, now field, kind Kind) error {
	keys, err := differing(old.dict, now.dict)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if kind != Removed && !slices.Contains(formKeys, key) && !(kind == Added && (key == "F" || key == "Rect" || key == "P" || key == "Lock")) {
			c.add(Catalog, now.ref.Number)
			continue
		}
		c.add(kind, now.ref.Number)
	}
	same, err := pdf.Equal(old.value, now.value)
	if err == nil && !same {
		c.add(kind, now.ref.Number)
	}
	return err
}

func (c *comparison) isTimeStamp(f field) (bool, error) {
	value, err := c.now.Dict(f.value)
	return value["Type"] == pdf.Name("DocTimeStamp") || value["SubFilter"] == timeStamp, err
}
