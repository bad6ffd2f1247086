package pades_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
)

func has(changes []pades.Change, kind pades.Kind) bool {
	return slices.ContainsFunc(changes, func(c pades.Change) bool { return c.Kind == kind })
}

// Every kind of change by a later revision is named; what changes the signed document breaks the signature.
func TestChanges(t *testing.T) {
	signed := sign(t, newSigner(t), newForm(nil))
	stream := func(text string) *pdf.Stream { return pdf.NewStream(pdf.Dict{}, []byte(text)) }
	ref := func(n int) pdf.Ref { return pdf.Ref{Number: n} }
	added := func(key int, entry pdf.Name, o pdf.Object) func(*pdf.File, *pdf.Update) {
		return func(f *pdf.File, u *pdf.Update) {
			n := u.New()
			u.Set(n, o)
			d, err := f.Dict(ref(key))
			if err != nil {
				t.Fatal(err)
			}
			if list, ok := d[entry].(pdf.Array); ok {
				set(key, pdf.Dict{entry: append(list, n)})(f, u)
				return
			}
			set(key, pdf.Dict{entry: n})(f, u)
		}
	}
	for name, tt := range map[string]struct {
		change func(*pdf.File, *pdf.Update)
		want   pades.Kind
		breaks bool
	}{
		"content stream":      {put(contents, stream("BT (I pay 9999 yen) Tj ET")), pades.Content, true},
		"other contents":      {set(page, pdf.Dict{"Contents": ref(shadow)}), pades.Content, true},
		"font of the page":    {set(font, pdf.Dict{"BaseFont": pdf.Name("Courier")}), pades.Content, true},
		"font of the fields":  {set(formFont, pdf.Dict{"BaseFont": pdf.Name("Symbol")}), pades.Content, true},
		"page box":            {set(page, pdf.Dict{"MediaBox": pdf.Array{int64(0), int64(0), int64(9), int64(9)}}), pades.Content, true},
		"inherited resources": {set(pageTree, pdf.Dict{"Rotate": int64(90)}), pades.Content, true},
		"page gone":           {set(pageTree, pdf.Dict{"Kids": pdf.Array{}, "Count": int64(0)}), pades.Pages, true},
		"page more":           {added(pageTree, "Kids", pdf.Dict{"Type": pdf.Name("Page"), "Parent": ref(pageTree)}), pades.Pages, true},
		"open action":         {set(catalog, pdf.Dict{"OpenAction": pdf.Dict{"S": pdf.Name("JavaScript")}}), pades.Catalog, true},
		"layers":              {set(catalog, pdf.Dict{"OCProperties": pdf.Dict{}}), pades.Catalog, true},
		"other catalog": {func(f *pdf.File, u *pdf.Update) {
			set(catalog, pdf.Dict{"Outlines": pdf.Dict{}})(f, u)
		}, pades.Catalog, true},
		"field value":         {set(textField, pdf.Dict{"V": pdf.String("9999")}), pades.Form, false},
		"field appearance":    {added(textField, "AP", stream("x")), pades.Form, false},
		"grouped field":       {set(grouped, pdf.Dict{"V": pdf.String("1")}), pades.Form, false},
		"group":               {set(group, pdf.Dict{"Ff": int64(1)}), pades.Catalog, true},
		"field moved":         {set(textField, pdf.Dict{"Rect": pdf.Array{int64(0), int64(0), int64(200), int64(200)}}), pades.Catalog, true},
		"field gone":          {set(form, pdf.Dict{"Fields": pdf.Array{ref(textField), ref(objects + 1)}}), pades.Catalog, true},
		"form script":         {set(form, pdf.Dict{"CO": pdf.Array{}}), pades.Catalog, true},
		"form font":           {set(form, pdf.Dict{"DA": pdf.String("/F2 1 Tf")}), pades.Form, false},
		"new field":           {added(form, "Fields", pdf.Dict{"FT": pdf.Name("Tx"), "T": pdf.String("new")}), pades.Annotation, false},
		"annotation":          {added(page, "Annots", pdf.Dict{"Subtype": pdf.Name("Square")}), pades.Annotation, false},
		"annotation bent":     {set(page, pdf.Dict{"Annots": pdf.Array{ref(textField), ref(note), ref(grouped), ref(objects + 1), ref(info)}}), pades.Annotation, false},
		"annotation in place": {set(page, pdf.Dict{"Annots": pdf.Array{ref(textField), ref(note), ref(grouped), ref(objects + 1), pdf.Dict{"Subtype": pdf.Name("Square")}}}), pades.Annotation, false},
		"annotation gone":     {set(page, pdf.Dict{"Annots": pdf.Array{ref(textField), ref(grouped), ref(objects + 1)}}), pades.Annotation, false},
		"annotation text":     {set(note, pdf.Dict{"Contents": pdf.String("other")}), pades.Annotation, false},
		"title":               {set(info, pdf.Dict{"Title": pdf.String("Other")}), pades.Metadata, false},
		"metadata":            {added(catalog, "Metadata", stream("<x/>")), pades.Metadata, false},
		"structure":           {added(catalog, "StructTreeRoot", pdf.Dict{}), pades.Structure, false},
		"evidence":            {added(catalog, "DSS", pdf.Dict{"Certs": pdf.Array{}}), pades.Evidence, false},
		"unused": {func(_ *pdf.File, u *pdf.Update) {
			u.Set(u.New(), stream("prepared"))
		}, pades.Unused, false},
		"signature value": {set(objects, pdf.Dict{"Reason": pdf.String("other")}), pades.Removed, true},
		"signature field": {set(objects+1, pdf.Dict{"V": nil}), pades.Removed, true},
		"nothing":         {set(font, nil), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, revise(t, signed, tt.change))
			changes, level, err := d.Signatures[0].Changes()
			if err != nil || level != 0 {
				t.Fatalf("level %d, %v", level, err)
			}
			if tt.want != "" && !has(changes, tt.want) || tt.want == "" && changes != nil {
				t.Errorf("changes = %v, want %q", changes, tt.want)
			}
			if breaks := slices.ContainsFunc(changes, func(c pades.Change) bool { return c.Breaks(0) }); breaks != tt.breaks {
				t.Errorf("changes = %v break the signature %t, want %t", changes, breaks, tt.breaks)
			}
		})
	}
}

// A trailer that leads to another object of the signed revision changes something too.
func TestOtherInformation(t *testing.T) {
	signed := sign(t, newSigner(t), newForm(nil))
	revised := revise(t, signed, put(shadow, nil))
	tail := bytes.Replace(revised[len(signed):], []byte("/Info 11 0 R"), []byte("/Info 9 0 R "), 1)
	changes, _, err := open(t, slices.Concat(signed, tail)).Signatures[0].Changes()
	if err != nil || !has(changes, pades.Metadata) {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

// An object with two uses is named by both, so that a harmless one hides nothing.
func TestTwoUses(t *testing.T) {
	more := map[int]string{page: "/PieceInfo 4 0 R/X 4 1 R", textField: "/X 10 0 R", catalog: "/OpenAction 10 0 R"}
	signed := sign(t, newSigner(t), newForm(more))
	for number, want := range map[int][]pades.Kind{contents: {pades.Content, pades.Metadata}, shadow: {pades.Catalog, pades.Form}} {
		changes, _, err := open(t, revise(t, signed, put(number, pdf.NewStream(pdf.Dict{}, []byte("other"))))).Signatures[0].Changes()
		if err != nil || !has(changes, want[0]) || !has(changes, want[1]) {
			t.Errorf("changes = %v, %v, want %v", changes, err, want)
		}
	}
}

// A time stamp that shows something is an annotation besides, since nobody judges it.
func TestVisibleTimeStamp(t *testing.T) {
	stamped := revise(t, sign(t, newSigner(t), newForm(nil)), func(f *pdf.File, u *pdf.Update) {
		field := u.New()
		u.Set(field, pdf.Dict{
			"FT": pdf.Name("Sig"), "T": pdf.String("stamp"), "V": pdf.Dict{"Type": pdf.Name("DocTimeStamp")}, "AP": pdf.Dict{"N": pdf.Ref{Number: shadow}},
		})
		d, err := f.Dict(pdf.Ref{Number: form})
		if err != nil {
			t.Fatal(err)
		}
		set(form, pdf.Dict{"Fields": append(d["Fields"].(pdf.Array), field)})(f, u)
	})
	changes, _, err := open(t, stamped).Signatures[0].Changes()
	if err != nil || !has(changes, pades.Evidence) || !has(changes, pades.Annotation) {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

// Hide and replace: the entry of the page's contents is bent to an object that was in the file, unused, when it was signed.
func TestShadow(t *testing.T) {
	content := newForm(nil)
	at := bytes.Index(content, []byte("\n10 0 obj")) + 1
	content = bytes.Replace(content, []byte("\n10 0 obj\n"), []byte("\n4 0 obj \n"), 1)
	content = bytes.Replace(content, fmt.Appendf(nil, "%010d 00000 n", at), []byte("0000000000 00000 f"), 1)
	signed := sign(t, newSigner(t), content)
	var section int
	if _, err := fmt.Sscanf(string(signed[bytes.LastIndex(signed, []byte("startxref\n")):]), "startxref\n%d", &section); err != nil {
		t.Fatal(err)
	}
	bent := fmt.Appendf(bytes.Clone(signed), "xref\n4 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		at, openFile(t, signed).Trailer()["Size"], section, len(signed))
	changes, _, err := open(t, bent).Signatures[0].Changes()
	if err != nil || !has(changes, pades.Hidden) || !has(changes, pades.Content) {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

// An entry of the signed revision leads behind its end, where bytes are put that everybody reads as part of the document.
func TestObjectBeyondRevision(t *testing.T) {
	content := newForm(nil)
	at := bytes.Index(content, []byte("\n4 0 obj")) + 1
	s := newSigner(t)
	size := len(sign(t, s, content))
	content = bytes.Replace(content, fmt.Appendf(nil, "%010d 00000 n", at), fmt.Appendf(nil, "%010d 00000 n", size), 1)
	signed := sign(t, s, content)
	if len(signed) != size {
		t.Fatalf("%d bytes, not %d", len(signed), size)
	}
	tail := signed[bytes.LastIndex(signed, []byte("startxref\n")):]
	appended := slices.Concat(signed, []byte("4 0 obj\n<</Length 8>>\nstream\n0 0 m  S\nendstream\nendobj\n"), tail)
	found := open(t, appended).Signatures[0]
	if changes, _, err := found.Changes(); found.CheckRange() != nil || found.Whole() || err == nil {
		t.Errorf("changes = %v, range %v, want an error", changes, found.CheckRange())
	}
	if changes, _, err := open(t, slices.Concat(sign(t, newSigner(t), newForm(nil)), []byte("% harmless\n"))).Signatures[0].Changes(); changes != nil || err != nil {
		t.Errorf("changes by a comment = %v, %v", changes, err)
	}
}

// Objects in an object stream that a later revision writes anew are changed, though their own entries are not.
func TestObjectStreamReplaced(t *testing.T) {
	signed := sign(t, newSigner(t), sample(t, "stream.pdf"))
	replaced := revise(t, signed, func(f *pdf.File, u *pdf.Update) {
		for n := 1; n < 20; n++ {
			o, err := f.Get(pdf.Ref{Number: n})
			stream, ok := o.(*pdf.Stream)
			if err != nil || !ok || stream.Dict["Type"] != pdf.Name("ObjStm") {
				continue
			}
			data, err := f.Decode(stream)
			if err != nil || !bytes.Contains(data, []byte("Helvetica")) {
				t.Fatalf("object stream = %q, %v", data, err)
			}
			data = bytes.Replace(data, []byte("Helvetica"), []byte("Courier  "), 1)
			u.Set(pdf.Ref{Number: n}, pdf.NewStream(pdf.Dict{"Type": stream.Dict["Type"], "N": stream.Dict["N"], "First": stream.Dict["First"]}, data))
		}
	})
	changes, _, err := open(t, replaced).Signatures[0].Changes()
	if err != nil || !has(changes, pades.Content) {
		t.Errorf("changes = %v, %v", changes, err)
	}
}

// What a certification lets later revisions do.
func TestCertification(t *testing.T) {
	reference := func(text string) map[int]string {
		return map[int]string{group: "=/T(group)/Kids[<</T(sig)/FT/Sig/V<</Reference[" + text + "]>>>>]"}
	}
	level := func(p int) map[int]string {
		return reference(fmt.Sprintf("<</TransformMethod/DocMDP/TransformParams<</P %d>>>>", p))
	}
	fill, annotate := set(textField, pdf.Dict{"V": pdf.String("9999")}), set(note, pdf.Dict{"Contents": pdf.String("other")})
	for name, tt := range map[string]struct {
		more   map[int]string
		change func(*pdf.File, *pdf.Update)
		level  int
		want   pades.Kind
		breaks bool
	}{
		"2 fill":          {level(2), fill, 2, pades.Form, false},
		"2 annotate":      {level(2), annotate, 2, pades.Annotation, true},
		"3 annotate":      {level(3), annotate, 3, pades.Annotation, false},
		"unknown level":   {level(7), annotate, 2, pades.Annotation, true},
		"all locked":      {reference("<</TransformMethod/FieldMDP/TransformParams<</Action/All>>>>"), fill, 0, pades.Locked, true},
		"included":        {reference("<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(amount)]>>>>"), fill, 0, pades.Locked, true},
		"not included":    {reference("<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(amoun)]>>>>"), fill, 0, pades.Form, false},
		"excluded":        {reference("<</TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(amount)]>>>>"), fill, 0, pades.Form, false},
		"not excluded":    {reference("<</TransformMethod/FieldMDP/TransformParams<</Action/Exclude/Fields[(x)]>>>>"), fill, 0, pades.Locked, true},
		"strictest level": {reference("<</TransformMethod/DocMDP/TransformParams<</P 3>>>><</TransformMethod/DocMDP>>"), annotate, 2, pades.Annotation, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, revise(t, sign(t, newSigner(t), newForm(tt.more)), tt.change))
			last := d.Signatures[len(d.Signatures)-1]
			changes, level, err := last.Changes()
			if err != nil || level != tt.level || !has(changes, tt.want) {
				t.Fatalf("changes = %v, level %d, %v", changes, level, err)
			}
			if breaks := slices.ContainsFunc(changes, func(c pades.Change) bool { return c.Breaks(level) }); breaks != tt.breaks {
				t.Errorf("changes = %v break the signature %t", changes, breaks)
			}
		})
	}
	all := pades.Change{Kind: pades.Added}
	if !all.Breaks(1) || all.Breaks(2) || (pades.Change{Kind: pades.Evidence}).Breaks(1) {
		t.Error("a signature is no change under level 1, or evidence is one")
	}
}
