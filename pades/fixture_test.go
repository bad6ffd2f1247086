package pades_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/pades"
	"github.com/openjpki/jpki/pdf"
	"github.com/openjpki/jpki/verify/verifytest"
)

var signedAt = time.Date(2026, 6, 1, 12, 0, 0, 0, time.FixedZone("JST", 9*3600))

// newSigner signs with a fresh key and a certificate of a test CA.
func newSigner(t testing.TB) *pades.Signer {
	t.Helper()
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	holder := ca.Issue(t, 2, verifytest.Mihon)
	s, err := pades.New(pades.Config{Key: holder.Key, Certificate: holder.DER, Chain: [][]byte{ca.DER}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t testing.TB, s *pades.Signer, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Sign(&out, bytes.NewReader(content), int64(len(content)), pades.Details{Time: signedAt}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "pdf", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func openFile(t testing.TB, content []byte) *pdf.File {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func open(t testing.TB, content []byte) *pades.Document {
	t.Helper()
	d, err := pades.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The objects of the form that tests change.
const (
	catalog   = 1
	pageTree  = 2
	page      = 3
	contents  = 4
	font      = 5
	formFont  = 6
	form      = 7
	textField = 8
	note      = 9
	shadow    = 10 // which nothing uses
	info      = 11
	group     = 12
	grouped   = 13
	objects   = 14
)

// newForm is a document with a form: a text field, a field in a group, an annotation, a font for the page and one for the
// fields, and an object that nothing uses. More is appended to the dictionaries of the given objects, or takes
// their place behind a sign of equality.
func newForm(more map[int]string) []byte {
	bodies := map[int]string{
		catalog:   "/Type/Catalog/Pages 2 0 R/AcroForm 7 0 R",
		pageTree:  "/Type/Pages/Kids[3 0 R]/Count 1",
		page:      "/Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[8 0 R 9 0 R 13 0 R]",
		contents:  "/Length 32",
		font:      "/Type/Font/Subtype/Type1/BaseFont/Helvetica",
		formFont:  "/Type/Font/Subtype/Type1/BaseFont/Courier",
		form:      "/Fields[8 0 R 12 0 R]/DR<</Font<</F2 6 0 R>>>>/DA(/F2 9 Tf)",
		textField: "/Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/Rect[9 9 90 30]/P 3 0 R",
		note:      "/Type/Annot/Subtype/Text/Rect[100 100 120 120]/Contents(note)",
		shadow:    "/Length 33",
		info:      "/Title(Contract)",
		group:     "/T(group)/FT/Tx/Kids[13 0 R]",
		grouped:   "/Type/Annot/Subtype/Widget/Parent 12 0 R/T(inner)/Rect[9 39 90 60]/P 3 0 R",
	}
	streams := map[int]string{contents: "BT /F1 12 Tf (I pay 100 yen) Tj ET", shadow: "BT /F1 12 Tf (I pay 9999 yen) Tj ET"}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE6\x97\xA5\n")
	offsets := map[int]int{}
	for _, n := range slices.Sorted(maps.Keys(bodies)) {
		offsets[n] = b.Len()
		if data := streams[n]; data != "" {
			fmt.Fprintf(&b, "%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n", n, len(data), data)
			continue
		}
		body := bodies[n] + more[n]
		if whole, ok := strings.CutPrefix(more[n], "="); ok {
			body = whole
		}
		fmt.Fprintf(&b, "%d 0 obj\n<<%s>>\nendobj\n", n, body)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", objects)
	for n := 1; n < objects; n++ {
		fmt.Fprintf(&b, "%010d 00000 n \n", offsets[n])
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info 11 0 R>>\nstartxref\n%d\n%%%%EOF\n", objects, start)
	return b.Bytes()
}

// revise appends a revision.
func revise(t testing.TB, content []byte, change func(f *pdf.File, u *pdf.Update)) []byte {
	t.Helper()
	f := openFile(t, content)
	u, err := f.Update()
	if err != nil {
		t.Fatal(err)
	}
	change(f, u)
	revision, _, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(bytes.Clone(content), revision...)
}

// set changes entries of a dictionary.
func set(number int, entries pdf.Dict) func(*pdf.File, *pdf.Update) {
	return func(f *pdf.File, u *pdf.Update) {
		ref := pdf.Ref{Number: number}
		d, err := f.Dict(ref)
		if err != nil || d == nil {
			panic(fmt.Sprint(number, err))
		}
		maps.Copy(d, entries)
		u.Set(ref, d)
	}
}

// put writes an object anew.
func put(number int, o pdf.Object) func(*pdf.File, *pdf.Update) {
	return func(_ *pdf.File, u *pdf.Update) { u.Set(pdf.Ref{Number: number}, o) }
}
