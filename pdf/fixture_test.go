package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pdf"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func open(t testing.TB, content []byte) *pdf.File {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// builder writes a file by hand, with the offsets that follow.
type builder struct {
	bytes.Buffer
	offsets map[int]int
}

func newBuilder() *builder {
	b := &builder{offsets: map[int]int{}}
	b.WriteString("%PDF-1.7\n")
	return b
}

func (b *builder) object(n int, body string) {
	b.offsets[n] = b.Len()
	fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (b *builder) stream(n int, dict, data string) {
	b.object(n, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
}

// table ends a revision with entries for the numbers given, and returns where it starts.
func (b *builder) table(trailer string, numbers ...int) (start int) {
	start = b.Len()
	b.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for _, n := range numbers {
		fmt.Fprintf(b, "%d 1\n%010d 00000 n \n", n, b.offsets[n])
	}
	fmt.Fprintf(b, "trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n", trailer, start)
	return start
}

// minimal is a document of one empty page.
func minimal() *builder {
	b := newBuilder()
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	b.object(2, "<</Type/Pages/Kids[3 0 R]/Count 1>>")
	b.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")
	return b
}

func deflate(t testing.TB, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// line is one of a cross-reference stream with /W [1 4 2].
func line(kind, place, generation int) string {
	return string([]byte{byte(kind), byte(place >> 24), byte(place >> 16), byte(place >> 8), byte(place), byte(generation >> 8), byte(generation)})
}

// wholly reads every object that pages lead to.
func wholly(t testing.TB, f *pdf.File) (objects int, err error) {
	t.Helper()
	_, root, err := f.Catalog()
	if err != nil {
		return 0, err
	}
	seen := map[pdf.Ref]bool{}
	for stack := (pdf.Array{root}); len(stack) > 0; {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch o := o.(type) {
		case pdf.Ref:
			if !seen[o] {
				seen[o] = true
				next, err := f.Get(o)
				if err != nil {
					return 0, err
				}
				stack = append(stack, next)
			}
		case pdf.Array:
			stack = append(stack, o...)
		case pdf.Dict:
			for _, key := range o.Keys() {
				stack = append(stack, o[key])
			}
		case *pdf.Stream:
			stack = append(stack, o.Dict)
		}
	}
	return len(seen), nil
}

// replace changes the one place where old stands.
func replace(t testing.TB, content []byte, old, new string) []byte {
	t.Helper()
	if strings.Count(string(content), old) != 1 {
		t.Fatalf("%q stands %d times", old, strings.Count(string(content), old))
	}
	return bytes.Replace(content, []byte(old), []byte(new), 1)
}
