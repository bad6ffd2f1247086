package app_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/post"
)

var update = flag.Bool("update", false, "rewrite the table in docs/guide-operator.md")

const operatorGuide = "../../docs/guide-operator.md"

// lettersOf reads from package message who writes what to whom: the letters by "FROM TO".
func lettersOf(t *testing.T) map[string][]string {
	t.Helper()
	source, err := os.ReadFile("../message/letter.go")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`Name: "([a-z_]+)", Version: ([0-9]+)\} *// ([a-z, ]+) → ([a-z ]+), [a-z]+(; by sealed medium)?\n`)
	found := map[string][]string{}
	all := form.FindAllStringSubmatch(string(source), -1)
	if want := strings.Count(string(source), "post.Form["); len(all) != want {
		t.Fatalf("%d of %d letters say who writes them to whom", len(all), want)
	}
	for _, m := range all {
		receivers := []string{m[4]}
		if m[4] == "who ordered" {
			receivers = []string{"counter", "link", "ca"}
		}
		for _, from := range strings.Split(m[3], ", ") {
			for _, to := range receivers {
				if m[5] == "" {
					found[from+" "+to] = append(found[from+" "+to], "`"+m[1]+"/"+m[2]+"`")
				}
			}
		}
	}
	return found
}

// The examples have a line for each letter, and the operator's guide shows the lines.
func TestLines(t *testing.T) {
	letters := lettersOf(t)
	var b strings.Builder
	b.WriteString("| from | to | letters |\n|---|---|---|\n")
	for _, role := range []string{"terminal", "counter", "registry", "link", "ca", "revocation", "kiosk"} {
		text, err := app.Example(role)
		if err != nil {
			t.Fatal(err)
		}
		var c app.ServeConfig
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		for _, other := range slices.SortedFunc(maps.Keys(c.Offices), func(a, b post.Address) int { return strings.Compare(string(a), string(b)) }) {
			line := role + " " + string(other.Office())
			fmt.Fprintf(&b, "| %s | %s | %s |\n", role, other.Office(), strings.Join(letters[line], ", "))
			delete(letters, line)
		}
	}
	if len(letters) > 0 {
		t.Errorf("letters without a line in the examples: %v", letters)
	}
	const head, tail = "<!-- lines -->\n", "<!-- end of lines -->"
	before, rest, ok := strings.Cut(read(t, operatorGuide), head)
	shown, after, ends := strings.Cut(rest, tail)
	if !ok || !ends {
		t.Fatalf("%s has no place for the table", operatorGuide)
	}
	if *update {
		if err := os.WriteFile(operatorGuide, []byte(before+head+b.String()+tail+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if shown != b.String() {
		t.Errorf("%s shows another table; -update writes this one:\n%s", operatorGuide, b.String())
	}
}

// The operator's guide explains each member of the configuration and names each question.
func TestOperatorGuide(t *testing.T) {
	guide := read(t, operatorGuide)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[app.ServeConfig]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && !regexp.MustCompile("(?m)^\\| [^|]*`"+name+"`").MatchString(guide) {
			t.Errorf("member %q is not explained", name)
		}
	}
	question := regexp.MustCompile(`(?:line\.Question\[.*\] *|path[A-Z][A-Za-z]+ +)= "(/(?:office|ca|registry|link|counter)/[^"]+)"`)
	asked := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range question.FindAllStringSubmatch(read(t, path), -1) {
			asked++
			if !strings.Contains(guide, "`"+m[1]+"`") {
				t.Errorf("question %s of %s is not named", m[1], path)
			}
		}
		return nil
	})
	if err != nil || asked < 20 {
		t.Errorf("%d questions found, %v, want more than 20", asked, err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
