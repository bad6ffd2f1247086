package spec_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/openjpki/jpki/spec"
)

const source = `// Package a is a toy.
//
// Spec: RFC 5280 §4.2.1.3, §4.2.1.4; ISO/IEC 7816-4:2020 §11.3
// Law: 公的個人認証法 §3
package a

// Example shows the grammar and refers to nothing:
//
//	// Req: R-CRD-99
//
// Assumed: nobody says how long a tick lasts,
// so it lasts 15 minutes.
// Req: R-CRD-01, R-VAL-01
var Tick int // Spec: RFC 5280
`

func TestReferences(t *testing.T) {
	tree, err := spec.Load(module("a/a.go", source, "a/testdata/bad.go", "package\n", ".git/bad.go", "package\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []spec.Reference{
		{File: "a/a.go", Line: 3, Tag: spec.Spec, Items: []string{"RFC 5280", "ISO/IEC 7816-4"}},
		{File: "a/a.go", Line: 4, Tag: spec.Law, Items: []string{"公的個人認証法"}},
		{File: "a/a.go", Line: 11, Tag: spec.Assumed, Items: []string{"nobody says how long a tick lasts, so it lasts 15 minutes."}},
		{File: "a/a.go", Line: 13, Tag: spec.Req, Items: []string{"R-CRD-01", "R-VAL-01"}},
		{File: "a/a.go", Line: 14, Tag: spec.Spec, Items: []string{"RFC 5280"}},
	}
	if !reflect.DeepEqual(tree.References, want) {
		t.Errorf("References = %+v, want %+v", tree.References, want)
	}
}

const testSource = `//go:build judges

package a_test

// TestCard proves it as a whole.
//
// Req: R-CRD-01
func TestCard(t *testing.T) {
	// Req: R-CRD-01
	sign(t)
	// Req: R-CRD-01
	t.Run("blocked PIN", func(t *testing.T) {
		// Req: R-CRD-01
		t.Run("once more", sign)
		sign(t) // Req: R-CRD-01
	})
	for _, tt := range tests {
		// Req: R-CRD-01
		t.Run(tt.name, func(t *testing.T) {
			// Req: R-CRD-01
			t.Run("inside a table", sign)
		})
	}
}

// Req: R-CRD-01
func FuzzCard(f *testing.F) {}
`

func TestReferencesInTests(t *testing.T) {
	tree, err := spec.Load(module("card/a/a_test.go", testSource))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"TestCard", "TestCard", "TestCard/blocked_PIN", "TestCard/blocked_PIN/once_more", "TestCard/blocked_PIN",
		"TestCard", "TestCard", "FuzzCard",
	}
	var got []string
	for _, ref := range tree.References {
		if ref.Test.Dir != "card/a" {
			t.Errorf("line %d: Dir = %q, want card/a", ref.Line, ref.Test.Dir)
		}
		got = append(got, ref.Test.Name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("tests = %q, want %q", got, want)
	}
}

func TestReferencesInScripts(t *testing.T) {
	const script = "# issue\n# Req: R-CRD-01, R-VAL-01\nexec jpki vcard new\n-- notes.txt --\n# Req: R-CRD-99\n"
	tree, err := spec.Load(module("cmd/jpki/testdata/script/vcard.txt", script))
	if err != nil {
		t.Fatal(err)
	}
	want := []spec.Reference{{
		File:  "cmd/jpki/testdata/script/vcard.txt",
		Line:  2,
		Tag:   spec.Req,
		Items: []string{"R-CRD-01", "R-VAL-01"},
		Test:  spec.Test{Dir: "cmd/jpki", Name: "TestScript/vcard"},
	}}
	if !reflect.DeepEqual(tree.References, want) {
		t.Errorf("References = %+v, want %+v", tree.References, want)
	}
}

// FuzzLoad: whatever a test file holds, a reference points at the line where its tag stands.
func FuzzLoad(f *testing.F) {
	f.Add(source)
	f.Add(testSource)
	f.Add("package a\n\n//line b.go:99\n// Spec: RFC 5280\nvar A int\n")
	f.Fuzz(func(t *testing.T, text string) {
		tree, _ := spec.Load(module("a/a_test.go", text))
		lines := strings.Split(text, "\n")
		for _, ref := range tree.References {
			if line := lines[ref.Line-1]; !strings.Contains(line, "// "+string(ref.Tag)+": ") {
				t.Errorf("line %d is %q, tag %s", ref.Line, line, ref.Tag)
			}
		}
	})
}
