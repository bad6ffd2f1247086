package app_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/db/dbtest"
)

// sorts are what a column of a store or a member of a message may be. None of them can be a My Number: a person types
// attributes and texts only, and both are refused where they hold twelve digits.
var sorts = []string{
	"attributes",    // or one of them
	"text",          // that a clerk types
	"certificate",   // or a part of one, or a proof of possession
	"count",         // of something, or a place in a row, or a flag
	"digest",        // or a random value
	"instant",       // or a date, or a time span
	"letter",        // whole, in the post; or an entry of the audit log
	"name",          // of a thing that a program gives: a case, a request, a key
	"pseudonym",     // of a holder
	"resident-code", // 11 digits
	"card-number",   // of a card
	"serial-number", // of a certificate
	"staff-number",  // of a clerk
	"word",          // one of a fixed set: a state, a kind, an office, a key of a fault
}

// Every column of every store, and every member of every message, has a name of which testdata/fields.txt says what it
// is. So none is added in which a My Number could stand, or anything else, without a look.
//
// Req: R-GEN-02
func TestFieldsAreKnown(t *testing.T) {
	told := map[string]string{}
	file, err := os.Open(filepath.Join("testdata", "fields.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if field, sort, is := strings.Cut(lines.Text(), " "); is && field != "#" {
			told[field] = strings.TrimSpace(sort)
		}
	}
	there := map[string]bool{}
	for _, field := range append(columns(t), members(t)...) {
		name := strings.ToLower(strings.ReplaceAll(field[strings.LastIndex(field, ".")+1:], "_", ""))
		there[name] = true
		if !slices.Contains(sorts, told[name]) {
			t.Errorf("testdata/fields.txt says that %s, as in %s, is %q, want one of %v", name, field, told[name], sorts)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if !there[name] {
			t.Errorf("testdata/fields.txt tells of %s, which is nowhere", name)
		}
	}
}

// columns are those of the stores of all offices: "ca.record.serial".
func columns(t *testing.T) (all []string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, office := range offices() {
		database := dbtest.Raw(t, "sqlite:"+filepath.Join(dir, string(office), string(office)+".db"))
		rows, err := database.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_schema m, pragma_table_xinfo(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'schema_%' AND m.name NOT LIKE 'sqlite_%'`) // versions of the schemas
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				t.Fatal(err)
			}
			all = append(all, string(office.Office())+"."+table+"."+column)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// members are those of the structs of package message: "message.ChangeNotice.Fact".
func members(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "message", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, is := node.(*ast.TypeSpec)
			if !is {
				return true
			}
			if of, is := spec.Type.(*ast.StructType); is {
				for _, field := range of.Fields.List {
					for _, name := range field.Names {
						all = append(all, "message."+spec.Name.Name+"."+name.Name)
					}
				}
			}
			return false
		})
	}
	return all
}
