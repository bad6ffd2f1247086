package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pdf"
)

var samples = []string{"table.pdf", "stream.pdf", "linearized.pdf", "linearized-stream.pdf"}

// One document in four styles: all say the same.
func TestSamples(t *testing.T) {
	for _, name := range samples {
		t.Run(name, func(t *testing.T) {
			content := read(t, name)
			f := open(t, content)
			pages := 0
			err := f.Pages(func(_ pdf.Ref, node pdf.Dict) bool {
				if node["Type"] != pdf.Name("Page") {
					return true
				}
				pages++
				contents, err := f.Resolve(node["Contents"])
				stream, ok := contents.(*pdf.Stream)
				if err != nil || !ok {
					t.Fatalf("contents = %v, %v", contents, err)
				}
				data, err := f.Decode(stream)
				if err != nil || !bytes.Contains(data, []byte("Tj")) {
					t.Errorf("contents = %q, %v", data, err)
				}
				return true
			})
			if err != nil || pages != 1 || f.Version() != "1.7" {
				t.Errorf("%d pages, version %s, %v", pages, f.Version(), err)
			}
			if revisions := f.Revisions(); len(revisions) != 1 || revisions[0].End() != int64(len(bytes.TrimSpace(content))) {
				t.Errorf("%d revisions, the last ends at %d", len(revisions), revisions[0].End())
			}
		})
	}
}

func TestEncrypted(t *testing.T) {
	content := read(t, "encrypted.pdf")
	if _, err := pdf.Open(bytes.NewReader(content), int64(len(content))); !errors.Is(err, pdf.ErrEncrypted) {
		t.Errorf("Open = %v", err)
	}
}

// A hybrid file: the stream beside the table knows the objects that the table calls free.
func TestHybrid(t *testing.T) {
	b := minimal()
	inner := "<</Producer(x)>>"
	b.stream(5, "/Type/ObjStm/N 1/First 4", "4 0 "+inner)
	b.offsets[6] = b.Len()
	b.stream(6, "/Type/XRef/W[1 4 2]/Index[4 1]/Size 7", line(2, 5, 0))
	b.table(fmt.Sprintf("/Size 7/Root 1 0 R/Info 4 0 R/XRefStm %d", b.offsets[6]), 1, 2, 3, 5)
	f := open(t, b.Bytes())
	info, err := f.Dict(f.Trailer()["Info"])
	if err != nil || info["Producer"] != pdf.String("x") {
		t.Errorf("info = %v, %v", info, err)
	}
}

func TestRevisions(t *testing.T) {
	b := minimal()
	start := b.table("/Size 4/Root 1 0 R", 1, 2, 3)
	first := b.Len()
	b.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 8 8]>>")
	b.object(4, "(new)")
	b.table(fmt.Sprintf("/Size 5/Root 1 0 R/Prev %d", start), 3, 4)
	f := open(t, b.Bytes())
	revisions := f.Revisions()
	if len(revisions) != 2 || revisions[1].End() != int64(first-1) || revisions[0].End() != int64(b.Len()-1) {
		t.Fatalf("%d revisions", len(revisions))
	}
	for i, want := range []int64{8, 9} {
		page, err := revisions[i].Dict(pdf.Ref{Number: 3})
		if box, _ := page["MediaBox"].(pdf.Array); err != nil || len(box) != 4 || box[3] != want {
			t.Errorf("page in revision %d = %v, %v", i, page, err)
		}
	}
	if changed := f.Changed(revisions[1]); len(changed) != 2 || !changed[3] || !changed[4] {
		t.Errorf("changed = %v", changed)
	}
	if o, err := revisions[1].Get(pdf.Ref{Number: 4}); o != nil || err != nil {
		t.Errorf("object 4 of the older revision = %v, %v", o, err)
	}
	if blank, err := f.Blank(f.End(), f.Size()); !blank || err != nil {
		t.Errorf("Blank behind the end = %t, %v", blank, err)
	}
	if blank, err := f.Blank(0, f.Size()); blank || err != nil {
		t.Errorf("Blank of the file = %t, %v", blank, err)
	}
}

// A section of which the bytes behind the revision are a part: the last word of the revision begins a table there.
func TestSectionBeyondRevision(t *testing.T) {
	at := 0
	var b *builder
	for range 2 { // until the offset is known
		b = minimal()
		b.table(fmt.Sprintf("/Size 4/Root 1 0 R/Prev %04d", at), 1, 2, 3)
		at = bytes.LastIndex(b.Bytes(), []byte("xref"))
	}
	signed := b.Len()
	start := bytes.Index(b.Bytes(), []byte("xref\n0"))
	fmt.Fprintf(b, "1\n0000000000 65535 f \ntrailer\n<</Size 4>>\nstartxref\n%d\n%%%%EOF\n", start)
	f := open(t, b.Bytes())
	if revisions := f.Revisions(); len(revisions) != 1 || revisions[0].End() <= int64(signed) {
		t.Errorf("%d revisions, the oldest ends at %d of %d", len(revisions), revisions[len(revisions)-1].End(), signed)
	}
}

func TestPlace(t *testing.T) {
	b := minimal()
	b.object(4, "<</A 1 /Contents <4142> /B 2>>")
	b.table("/Size 5/Root 1 0 R", 1, 2, 3, 4)
	f := open(t, b.Bytes())
	from, to, err := f.Place(pdf.Ref{Number: 4}, "Contents")
	if err != nil || string(b.Bytes()[from:to]) != "<4142>" {
		t.Errorf("Place = %d, %d, %v", from, to, err)
	}
	for _, tt := range []struct {
		number int
		key    pdf.Name
	}{{4, "C"}, {9, "A"}} {
		if _, _, err := f.Place(pdf.Ref{Number: tt.number}, tt.key); err == nil {
			t.Errorf("Place of /%s in object %d: no error", tt.key, tt.number)
		}
	}
}

// Damage is named with its place, and nothing is repaired.
func TestDamaged(t *testing.T) {
	good := func() []byte {
		b := minimal()
		b.object(4, "<</Length 4     >>\nstream\ndata\nendstream")
		b.table("/Size 5/Root 1 0 R/Info 4 0 R", 1, 2, 3, 4)
		return b.Bytes()
	}
	for name, tt := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":             {nil, "does not begin"},
		"something before":  {append([]byte("junk\n"), good()...), "does not begin"},
		"cut":               {good()[:200], "no startxref"},
		"no end":            {replace(t, good(), "%%EOF", "%EOF"), "startxref without"},
		"start elsewhere":   {replace(t, good(), "startxref\n", "startxref\n1"), "outside the file"},
		"start at nothing":  {replace(t, good(), "xref\n0 1", "xraf\n0 1"), "\"xref\" expected"},
		"entry kind":        {replace(t, good(), "65535 f", "65535 x"), "n or f expected"},
		"no trailer":        {replace(t, good(), "trailer", "tralier"), "\"trailer\" expected"},
		"no size":           {replace(t, good(), "/Size 5", "/Siz 5"), "without /Size"},
		"beyond size":       {replace(t, good(), "/Size 5", "/Size 4"), "beyond /Size"},
		"two entries":       {replace(t, good(), "\n4 1\n", "\n3 1\n"), "two entries for object 3"},
		"loop":              {replace(t, good(), "/Info 4 0 R", fmt.Sprintf("/Prev %d", bytes.Index(good(), []byte("xref\n")))), "loop"},
		"previous nowhere":  {replace(t, good(), "/Info 4 0 R", "/Prev(x)"), "/Prev is no number"},
		"hybrid nowhere":    {replace(t, good(), "/Info 4 0 R", "/XRefStm 0"), "/XRefStm leads nowhere"},
		"no root":           {replace(t, good(), "/Root 1 0 R", "/Rot 1 0 R"), "without /Root"},
		"root elsewhere":    {replace(t, good(), "/Root 1 0 R", "/Root 4 0 R"), "no dictionary"},
		"other number":      {replace(t, good(), "1 0 obj", "7 0 obj"), "object 7 0 where 1 0 should be"},
		"no endobj":         {replace(t, good(), "<</Type/Catalog/Pages 2 0 R>>\nendobj", "<</Type/Catalog/Pages 2 0 R>>\nendjob"), "\"endobj\" expected"},
		"page without node": {replace(t, good(), "/Kids[3 0 R]", "/Kids[9 0 R]"), "no dictionary"},
		"page loop":         {replace(t, good(), "/Kids[3 0 R]", "/Kids[2 0 R]"), "loop"},
		"length":            {replace(t, good(), "/Length 4", "/Length 3"), "\"endstream\" expected"},
		"length too large":  {replace(t, good(), "/Length 4    ", "/Length 99999"), "fits in the file"},
		"length in circle":  {replace(t, good(), "/Length 4    ", "/Length 4 0 R"), "circle"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := pdf.Open(bytes.NewReader(tt.content), int64(len(tt.content)))
			if err == nil {
				err = errors.Join(f.Pages(func(pdf.Ref, pdf.Dict) bool { return true }), second(f.Resolve(f.Trailer()["Info"])))
			}
			if _, ok := errors.AsType[*pdf.SyntaxError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// Work on a file is bounded, however often it is asked.
func TestWork(t *testing.T) {
	f := open(t, read(t, "table.pdf"))
	f.SetWork(20000)
	var err error
	for range 100 {
		if err == nil {
			_, _, err = f.Catalog()
		}
	}
	if !errors.Is(err, pdf.ErrWork) {
		t.Errorf("error = %v, want %v", err, pdf.ErrWork)
	}
}

// FuzzOpen: whatever the file, it is read or refused; and a revision behind one that is read leaves it as it was.
func FuzzOpen(f *testing.F) {
	for _, name := range append(samples, "encrypted.pdf") {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		for _, revision := range file.Revisions() {
			_, _ = wholly(t, revision)
			_ = revision.Pages(func(pdf.Ref, pdf.Dict) bool { return true })
		}
		count, err := wholly(t, file)
		if err == nil {
			updated(t, content, file, count)
		}
	})
}
