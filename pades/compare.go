package pades

import (
	"slices"

	"github.com/openjpki/jpki/pdf"
)

// nodePair is a node of the page tree as it was and as it is.
type nodePair struct {
	ref           pdf.Ref
	before, after pdf.Dict
}

// comparePages looks at which pages there are and what they show.
func (c *comparison) comparePages() error {
	before, order, err := nodes(c.old)
	if err != nil {
		return err
	}
	after, orderNow, err := nodes(c.now)
	if err != nil {
		return err
	}
	if !slices.Equal(order, orderNow) {
		for _, ref := range append(orderNow, order...) {
			if (before[ref] == nil) != (after[ref] == nil) || c.changed[ref.Number] {
				c.add(Pages, ref.Number)
			}
		}
		if c.found[Pages] == nil {
			c.add(Pages, orderNow[0].Number)
		}
	}
	for _, ref := range orderNow {
		c.own[ref.Number] = true
		c.pages = append(c.pages, nodePair{ref, before[ref], after[ref]})
	}
	for _, p := range c.pages {
		if err := c.compareNode(p); err != nil {
			return err
		}
	}
	return nil
}

func nodes(f *pdf.File) (all map[pdf.Ref]pdf.Dict, order []pdf.Ref, err error) {
	all = map[pdf.Ref]pdf.Dict{}
	err = f.Pages(func(ref pdf.Ref, node pdf.Dict) bool {
		all[ref] = node
		order = append(order, ref)
		return true
	})
	return all, order, err
}

// kindOfPageKey says what a changed entry of a page is; Content if it is not listed.
var kindOfPageKey = map[pdf.Name]Kind{
	"Annots": "", "Metadata": Metadata, "LastModified": Metadata, "PieceInfo": Metadata, "StructParents": Structure, "Tabs": Structure,
}

func (c *comparison) compareNode(p nodePair) error {
	keys, err := differing(p.before, p.after)
	if err != nil {
		return err
	}
	for _, key := range keys {
		kind, listed := kindOfPageKey[key]
		if !listed {
			kind = Content
		}
		if kind != "" && p.before != nil {
			c.add(kind, p.ref.Number)
		}
	}
	for key, value := range p.after {
		if key == "Parent" || key == "Kids" || key == "Annots" {
			continue
		}
		kind, listed := kindOfPageKey[key]
		if !listed {
			kind = Content
		}
		if err := c.walk(value, kind); err != nil {
			return err
		}
	}
	return nil
}

// roots returns the catalogs of both revisions.
func (c *comparison) roots() (before, after pdf.Dict, number int, err error) {
	_, before, err = c.old.Catalog()
	if err != nil {
		return nil, nil, 0, err
	}
	ref, after, err := c.now.Catalog()
	return before, after, ref.Number, err
}

// kindOfCatalogKey says what a changed entry of the catalog is; Catalog if it is not listed. Two are compared by themselves.
var kindOfCatalogKey = map[pdf.Name]Kind{
	"Pages": "", "AcroForm": "", "DSS": Evidence, "Extensions": Evidence, "Version": Evidence, "Metadata": Metadata,
	"StructTreeRoot": Structure, "MarkInfo": Structure, "Lang": Structure,
}

// compareCatalog looks at everything that hangs on the catalog and not on a page, and at the information about the file.
func (c *comparison) compareCatalog() error {
	before, after, number, err := c.roots()
	if err != nil {
		return err
	}
	keys, err := differing(before, after)
	if err != nil {
		return err
	}
	for _, key := range keys {
		kind, listed := kindOfCatalogKey[key]
		if !listed || key == "Pages" {
			kind = Catalog
		}
		if kind != "" {
			c.add(kind, number)
		}
	}
	var rest []pdf.Name
	for _, key := range after.Keys() {
		if kind := kindOfCatalogKey[key]; kind == "" {
			rest = append(rest, key)
		} else if err := c.walk(after[key], kind); err != nil {
			return err
		}
	}
	info := c.now.Trailer()["Info"]
	if ref, ok := info.(pdf.Ref); ok && info != c.old.Trailer()["Info"] {
		c.add(Metadata, ref.Number)
	}
	if err := c.walk(info, Metadata); err != nil {
		return err
	}
	for _, key := range rest {
		if err := c.walk(after[key], Catalog); err != nil {
			return err
		}
	}
	return nil
}

// compareAnnotations looks at what lies on the pages.
func (c *comparison) compareAnnotations() error {
	for _, p := range c.pages {
		before, err := c.old.Array(p.before["Annots"])
		if err != nil {
			return err
		}
		after, err := c.now.Array(p.after["Annots"])
		if err != nil {
			return err
		}
		if ref, ok := p.after["Annots"].(pdf.Ref); ok {
			c.own[ref.Number] = true
		}
		if err := c.compareLists(p.ref.Number, before, after); err != nil {
			return err
		}
	}
	return nil
}

// compareLists names annotations that came, went or changed; the places of fields are what their fields are.
func (c *comparison) compareLists(page int, before, after pdf.Array) error {
	had, err := set(before)
	if err != nil {
		return err
	}
	has, err := set(after)
	if err != nil {
		return err
	}
	for text := range had {
		if _, still := has[text]; !still {
			c.add(Annotation, page)
		}
	}
	for text, o := range has {
		ref, _ := o.(pdf.Ref)
		kind, isField := c.fields[ref]
		if !isField {
			kind = Annotation
		}
		if _, already := had[text]; !already && !isField {
			c.add(Annotation, page)
		}
		if err := c.walk(o, kind); err != nil {
			return err
		}
		c.own[ref.Number] = true
	}
	return nil
}

// set keys the elements of a list by how they are written.
func set(list pdf.Array) (map[string]pdf.Object, error) {
	elements := map[string]pdf.Object{}
	for _, o := range list {
		text, err := pdf.Append(nil, o)
		if err != nil {
			return nil, err
		}
		elements[string(text)] = o
	}
	return elements, nil
}
