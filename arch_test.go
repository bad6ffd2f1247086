package jpki_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/openjpki/jpki"

// foundations know nothing of the offices.
var foundations = []string{"authz", "audit", "audit/auditdb", "db", "durable", "fault", "line", "locale", "message",
	"office", "office/officedb", "page",
	"post", "post/medium", "post/postdb", "post/posthttp", "schedule", "schedule/scheduledb"}

// level ranks a package folder: imports point to lower levels. docs/design.md says why.
func level(dir string) int {
	base := path.Base(dir)
	internal, isInternal := strings.CutPrefix(dir, "internal/")
	switch {
	case dir == "der" || dir == "apdu" || strings.HasPrefix(dir, "spec"):
		return 0
	case dir == ".":
		return 1 // what a certificate says
	case !isInternal && !strings.HasPrefix(dir, "cmd/"):
		return 2 // public libraries
	case slices.Contains(foundations, internal):
		return 3
	case dir == "internal/app":
		return 6
	case dir == "internal/tour", dir == "internal/story", dir == "internal/sim":
		return 7 // what plays in a nation
	case strings.HasPrefix(dir, "cmd/"):
		return 8
	case strings.HasSuffix(base, "db"), strings.HasSuffix(base, "http"), strings.HasSuffix(base, "web"), strings.HasSuffix(base, "test"):
		return 5 // adapters of an office, and its test support
	default:
		return 4 // offices and their parts
	}
}

// forbidden says why the package in folder from may not import the one in to, or "".
func forbidden(from, to string) string {
	a, b := level(from), level(to)
	switch {
	case a == b && (a == 2 || a == 3 || a == 0): // card/vpcd -> card, audit -> authz
		return ""
	case a == 4 && b == 4 && strings.HasPrefix(to, from+"/"): // ca -> ca/lint
		return ""
	case a == 4 && (to == "internal/db" || strings.HasSuffix(to, "db")):
		return "an office does not know how it is stored"
	case a == 5 && b == 4 && !strings.HasPrefix(from, officeOf(to)+"/"):
		return "an adapter knows its own office only"
	case b >= a:
		return "imports point down only"
	case a == 2 && b >= 3:
		return "public packages stand alone"
	}
	return ""
}

// officeOf is the folder of the office that a folder belongs to: internal/ca for internal/ca/lint.
func officeOf(dir string) string {
	parts := strings.SplitN(dir, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// offices keep away from what belongs to their adapters.
var adaptersOnly = []string{"database/sql", "net/http", "html/template"}

// The house as a test: every import of every package points down.
func TestImports(t *testing.T) {
	imports := 0
	for file, dir := range sources(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imports++
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if to, ours := strings.CutPrefix(imported, module); ours {
				if why := forbidden(dir, path.Clean("./"+to)); why != "" {
					t.Errorf("%s imports %s: %s", file, imported, why)
				}
			}
			if level(dir) == 4 && slices.Contains(adaptersOnly, imported) {
				t.Errorf("%s imports %s: an office does not know how it is stored or shown", file, imported)
			}
		}
	}
	if imports == 0 {
		t.Error("no imports found")
	}
}

// Each package opens with a comment of its own.
func TestPackageComments(t *testing.T) {
	commented := map[string]bool{}
	for file, dir := range sources(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		commented[dir] = commented[dir] || parsed.Doc != nil
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("package in %s has no comment", dir)
		}
	}
}

// sources are the Go files of the house that are not tests, each with its folder.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if err == nil && strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			files[file] = path.Dir(filepath.ToSlash(file))
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	return files
}

// The rules themselves: what they let pass and what not.
func TestForbidden(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{".", "der", true}, {"der", ".", false}, {"card", "apdu", true}, {"card", "internal/fault", false},
		{"card/vpcd", "card", true}, {"internal/ca", "internal/ca/lint", true}, {"internal/ca/lint", "internal/ca", false},
		{"internal/ca", "internal/db", false}, {"internal/ca", "internal/audit/auditdb", false}, {"internal/ca", "internal/audit", true},
		{"internal/ca/cadb", "internal/ca", true}, {"internal/ca/cadb", "internal/registry", false}, {"internal/ca", "internal/registry", false},
		{"internal/registry/registrydb", "internal/ca/cadb", false}, {"internal/app", "internal/ca/cadb", true},
		{"internal/ca", "internal/app", false}, {"cmd/jpki", "internal/app", true}, {"internal/app", "cmd/jpki", false},
		{"internal/tour", "internal/app", true}, {"internal/app", "internal/tour", false}, {"cmd/jpki", "internal/tour", true},
		{"internal/message", ".", true}, {".", "internal/message", false},
	}
	for _, tt := range tests {
		if why := forbidden(tt.from, tt.to); (why == "") != tt.allowed {
			t.Errorf("forbidden(%s, %s) = %q, want allowed %t", tt.from, tt.to, why, tt.allowed)
		}
	}
}

// The house drawn in docs/design.md is the house in the tree: the same folders, on the same levels.
func TestDesignShowsTheHouse(t *testing.T) {
	page, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\S+)/` \\|.*\\| ([0-9]) \\|$").FindAllStringSubmatch(string(page), -1) {
		drawn[row[1]], _ = strconv.Atoi(row[2])
	}
	built := map[string]int{}
	for _, dir := range sources(t) {
		built[dir] = level(dir)
	}
	if !maps.Equal(drawn, built) {
		t.Errorf("the table of the house in docs/design.md has %v, the tree has %v", drawn, built)
	}
}

// Every choice that fills in for a text that is not public is told in docs/divergences.md, by its file.
func TestAssumptionsAreTold(t *testing.T) {
	page, err := os.ReadFile("docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	assumptions := 0
	for file := range sources(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), "// Assumed: ") {
			continue
		}
		assumptions++
		if !strings.Contains(string(page), "`"+filepath.ToSlash(file)+"`") {
			t.Errorf("docs/divergences.md does not tell what %s assumes", file)
		}
	}
	if assumptions == 0 {
		t.Error("no assumption found")
	}
}
