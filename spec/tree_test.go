package spec_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/spec"
)

const (
	requirements = "# head\n\nR-CRD-01  first\nR-CRD-02  second [information]\nR-VAL-01  third\n"
	index        = "RFC 5280 | profile | partial\nISO/IEC 7816-4 | commands | no\n公的個人認証法 | the Act | yes\n"
	glossary     = "認証局    CA      CA\n暗証番号  PIN     PIN\n"
)

// module is a small module with sound lists and the files given as pairs of path and text.
func module(files ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	files = append([]string{
		"spec/requirements.txt", requirements, "spec/index.txt", index, "spec/glossary.txt", glossary,
	}, files...)
	for pair := range slices.Chunk(files, 2) {
		tree[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	return tree
}

func TestLoad(t *testing.T) {
	tree, err := spec.Load(module("a/a.go", "package a\n\n// Spec: RFC 5280 §4.1\nvar A int\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []spec.Requirement{
		{ID: "R-CRD-01", Title: "first"},
		{ID: "R-CRD-02", Title: "second", Information: true},
		{ID: "R-VAL-01", Title: "third"},
	}
	if !slices.Equal(tree.Requirements, want) {
		t.Errorf("Requirements = %+v, want %+v", tree.Requirements, want)
	}
	if got, want := tree.Texts[1], (spec.Text{Name: "ISO/IEC 7816-4", Title: "commands", Status: "no"}); got != want {
		t.Errorf("Texts[1] = %+v, want %+v", got, want)
	}
	if got, want := tree.Terms[0], (spec.Term{Japanese: "認証局", English: "CA", Name: "CA"}); got != want {
		t.Errorf("Terms[0] = %+v, want %+v", got, want)
	}
}

func TestLoadFaults(t *testing.T) {
	const good = "package a\n\n// Req: R-CRD-01\nvar A int\n"
	tests := []struct {
		name  string
		files []string
		want  string
	}{
		{"no references", nil, "no comment refers"},
		{"id twice", []string{"spec/requirements.txt", "R-CRD-01  a\nR-CRD-01  b\n"}, "requirements.txt:2: R-CRD-01 stands where R-CRD-02 belongs"},
		{"id left out", []string{"spec/requirements.txt", "R-CRD-02  a\n"}, "stands where R-CRD-01 belongs"},
		{"id malformed", []string{"spec/requirements.txt", "R-CARD-1  a\n"}, "is not an id"},
		{"id without title", []string{"spec/requirements.txt", "R-CRD-01\n"}, "is not an id"},
		{"long title", []string{"spec/requirements.txt", "R-CRD-01  " + strings.Repeat("鍵", 111) + "\n"}, "111 characters"},
		{"unknown status", []string{"spec/index.txt", "RFC 5280 | profile | done\n"}, `status of RFC 5280 is "done"`},
		{"text without title", []string{"spec/index.txt", "RFC 5280 | no\n"}, "is not a short name"},
		{"text twice", []string{"spec/index.txt", "X.690 | a | no\nX.690 | b | no\n"}, "index.txt:2: X.690 is listed twice"},
		{"term twice", []string{"spec/glossary.txt", "認証局  CA  CA\n認証局  authority  CA\n"}, "glossary.txt:2: 認証局 is defined twice"},
		{"term with one space", []string{"spec/glossary.txt", "認証局 CA  CA\n"}, "is not a Japanese term"},
		{"term without name", []string{"spec/glossary.txt", "認証局  CA\n"}, "is not a Japanese term"},
		{"columns swapped", []string{"spec/glossary.txt", "CA  認証局  CA\n"}, "is not a Japanese term"},
		{"no English", []string{"spec/glossary.txt", "認証局  機関  CA\n"}, "is not a Japanese term"},
		{"unknown requirement", []string{"a/b.go", "package a\n\n// Req: R-CRD-01, R-CRD-99\nvar B int\n"}, "a/b.go:3: R-CRD-99 is not in spec/requirements.txt"},
		{"unknown text", []string{"a/b.go", "package a\n\n// Spec: RFC 52801 §4\nvar B int\n"}, "a/b.go:3: RFC 52801 is not in spec/index.txt"},
		{"unknown law", []string{"a/b.go", "package a\n\n// Law: 民法 §1\nvar B int\n"}, "民法 is not in spec/index.txt"},
		{"unknown text under a build tag", []string{"a/b.go", "//go:build judges\n\npackage a\n\n// Spec: RFC 1\nvar B int\n"}, "a/b.go:5: RFC 1 is not"},
		{"one id too short", []string{"a/b.go", "package a\n\n// Req: R-CRD-1\nvar B int\n"}, `"R-CRD-1" is not a requirement id`},
		{"ids without comma", []string{"a/b.go", "package a\n\n// Req: R-CRD-01 R-CRD-02\nvar B int\n"}, "is not a requirement id"},
		{"words after the clause", []string{"a/b.go", "package a\n\n// Spec: RFC 5280 §4.1 on certificates\nvar B int\n"}, "is not a text and its clause"},
		{"misspelt tag", []string{"a/b.go", "package a\n\n// req: R-CRD-01\nvar B int\n"}, "is not written like"},
		{"tag without space", []string{"a/b.go", "package a\n\nvar B int //Spec: RFC 5280\n"}, "is not written like"},
		{"half an assumption", []string{"a/b.go", "package a\n\n// Assumed: 15 minutes\nvar B int\n"}, "full sentence"},
		{"test comment outside a test", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\nfunc newCard() {}\n"}, "a/a_test.go:3: a Req in a test file belongs to a test"},
		{"test comment over a variable", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\nvar cards int\n"}, "belongs to a test"},
		{"test comment detached", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\n\nfunc TestA(t *testing.T) {}\n"}, "belongs to a test"},
		{"testimony is no test", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\nfunc Testimony() {}\n"}, "belongs to a test"},
		{"TestMain is no test", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\nfunc TestMain(m *testing.M) {}\n"}, "belongs to a test"},
		{"method is no test", []string{"a/a_test.go", "package a\n\n// Req: R-CRD-01\nfunc (s suite) TestA() {}\n"}, "belongs to a test"},
		{"unknown requirement in a script", []string{"cmd/jpki/testdata/script/a.txt", "exec jpki\n# Req: R-CRD-09\n"}, "a.txt:2: R-CRD-09 is not"},
		{"broken Go file", []string{"a/b.go", "package\n"}, "a/b.go:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := tt.files
			if files != nil {
				files = append([]string{"a/a.go", good}, files...)
			}
			_, err := spec.Load(module(files...))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestLoadFaultKeepsTheRest(t *testing.T) {
	tree, err := spec.Load(module("a/a.go", "package a\n\n// Req: R-CRD-99\nvar A int\n\n// Req: R-CRD-01\nvar B int\n"))
	if err == nil {
		t.Error("Load = nil error, want one")
	}
	if got := len(tree.References); got != 2 {
		t.Errorf("%d references, want 2", got)
	}
}
