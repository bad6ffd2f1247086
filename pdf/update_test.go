package pdf_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/openjpki/jpki/pdf"
)

// updated appends a revision with a new object that the catalog leads to, and reads it back.
func updated(t testing.TB, content []byte, f *pdf.File, objects int) []byte {
	t.Helper()
	root, catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	u, err := f.Update()
	if err != nil {
		t.Fatal(err)
	}
	added := u.New()
	want := pdf.NewStream(pdf.Dict{"Name": pdf.NewText("山田\\")}, []byte("endstream endobj"))
	u.Set(added, want)
	catalog["Added"] = added
	if _, isStream := f.Trailer()["Root"].(pdf.Ref); !isStream {
		t.Fatal("no root")
	}
	u.Set(root, catalog)
	revision, places, err := u.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	whole := append(bytes.Clone(content), revision...)
	now, err := pdf.Open(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatalf("%v behind %q", err, content)
	}
	got, err := now.Get(added)
	if same, _ := pdf.Equal(pdf.NewStream(pdf.Dict{"Name": pdf.NewText("山田\\"), "Length": int64(16)}, []byte("endstream endobj")), got); !same || err != nil {
		t.Errorf("the new object is read as %v, %v", got, err)
	}
	if at, ok := now.Offset(added.Number); !ok || at != int64(len(content)+places[added]) {
		t.Errorf("the new object stands at %d, not at %d", at, len(content)+places[added])
	}
	if count, err := wholly(t, now); count < objects+1 || err != nil {
		t.Errorf("%d objects are read, %v, want more than %d", count, err, objects)
	}
	return whole
}

// A revision follows the style of the file, twice in a row, and leaves every byte in front of it alone.
func TestUpdate(t *testing.T) {
	for _, name := range samples {
		t.Run(name, func(t *testing.T) {
			content := read(t, name)
			for n := range 2 {
				f := open(t, content)
				count, err := wholly(t, f)
				if err != nil {
					t.Fatal(err)
				}
				whole := updated(t, content, f, count-n) // the second takes the place of the first
				if !bytes.HasPrefix(whole, content) {
					t.Fatal("the file was altered")
				}
				tail := string(whole[len(content):])
				if isStream := strings.Contains(name, "stream"); strings.Contains(tail, "\ntrailer\n") == isStream || strings.Contains(tail, "/XRef") != isStream {
					t.Errorf("revision in another style: %s", tail)
				}
				before, after := f.Trailer(), open(t, whole).Trailer()
				if id := after["ID"].(pdf.Array); len(id) != 2 || id[1] == id[0] && n > 0 {
					t.Errorf("identifier = %v", id)
				} else if old, ok := before["ID"].(pdf.Array); ok && (id[0] != old[0] || id[1] == old[1]) {
					t.Errorf("identifier %v after %v", id, old)
				}
				if got := len(open(t, whole).Revisions()); got != n+2 {
					t.Errorf("%d revisions", got)
				}
				content = whole
			}
		})
	}
	older := open(t, updated(t, read(t, "table.pdf"), open(t, read(t, "table.pdf")), 0)).Revisions()[1]
	if _, err := older.Update(); err == nil {
		t.Error("a revision behind one that is not the newest: no error")
	}
}
