package locale_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// keyed lists the functions that take a key of the catalogue: which part of the
// catalogue it is in, and at which argument it stands. What follows it fills
// the places of the text.
var keyed = map[string]struct {
	kind string
	at   int
}{
	"fault.New":   {"fault", 1},
	"fault.Wrap":  {"fault", 2},
	"locale.Text": {"text", 1},
	"page.Say":    {"text", 0},
}

// TestSourceUsesTheCatalogue reads every call in the source whose key is
// written out: the key exists, and each place of its text is filled.
func TestSourceUsesTheCatalogue(t *testing.T) {
	entries := map[string]catalogue{"text": readCatalogue(t, "text"), "fault": readCatalogue(t, "fault")}
	calls := 0
	for _, file := range sourceFiles(t) {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatalf("reading the source: %v", err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if kind, key, args, ok := keyAndArgs(call); ok {
				calls++
				checkCall(t, set.Position(call.Pos()).String(), entries[kind], key, args)
			}
			return true
		})
	}
	if calls == 0 {
		t.Error("no call with a key found, want the calls of package db at least")
	}
}

func sourceFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// keyAndArgs returns the key of a call in the table and how many arguments
// follow it; false for all other calls, and for a key that is not written out.
func keyAndArgs(call *ast.CallExpr) (kind, key string, args int, ok bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", "", 0, false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", "", 0, false
	}
	f, ok := keyed[pkg.Name+"."+sel.Sel.Name]
	if !ok || call.Ellipsis.IsValid() || len(call.Args) <= f.at {
		return "", "", 0, false
	}
	lit, ok := call.Args[f.at].(*ast.BasicLit)
	if !ok {
		return "", "", 0, false
	}
	key, err := strconv.Unquote(lit.Value)
	return f.kind, key, len(call.Args) - f.at - 1, err == nil
}

func checkCall(t *testing.T, where string, entries catalogue, key string, args int) {
	t.Helper()
	entry, ok := entries[key]
	if !ok {
		t.Errorf("%s: key %q is not in the catalogue", where, key)
		return
	}
	if want := len(places(entry["ja"])); args != want {
		t.Errorf("%s: %d arguments for %q, want %d", where, args, key, want)
	}
}
