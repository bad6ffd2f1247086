package locale_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"
)

// TestTemplatesUseTheCatalogue reads every template of the screens: each key that is written out exists, each place of its
// text is filled, and no words stand there that are not from the catalogue.
func TestTemplatesUseTheCatalogue(t *testing.T) {
	texts := readCatalogue(t, "text")
	calls := 0
	for _, file := range templateFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range checkTemplate(texts, string(data), &calls) {
			t.Errorf("%s: %s", file, wrong)
		}
	}
	if calls == 0 {
		t.Error("no template uses a text")
	}
}

func templateFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".html") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// checkTemplate returns what is wrong with a template, and counts its texts.
func checkTemplate(texts catalogue, source string, calls *int) []string {
	tree := parse.New("page")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(source, "", "", trees); err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for _, one := range trees {
		c := templateCheck{texts: texts}
		c.list(one.Root)
		*calls += c.calls
		wrong = append(append(wrong, c.wrong...), words(c.html.String())...)
	}
	return wrong
}

type templateCheck struct {
	texts catalogue
	html  strings.Builder // with a space for each action
	calls int
	wrong []string
}

func (c *templateCheck) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			c.html.Write(n.Text)
			continue
		case *parse.ActionNode:
			c.pipe(n.Pipe)
		case *parse.TemplateNode:
			c.pipe(n.Pipe)
		case *parse.IfNode:
			c.branch(n.BranchNode)
		case *parse.WithNode:
			c.branch(n.BranchNode)
		case *parse.RangeNode:
			c.branch(n.BranchNode)
		}
		c.html.WriteByte(' ')
	}
}

func (c *templateCheck) branch(n parse.BranchNode) {
	c.pipe(n.Pipe)
	c.list(n.List)
	c.list(n.ElseList)
}

func (c *templateCheck) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			if inner, ok := arg.(*parse.PipeNode); ok {
				c.pipe(inner)
			}
		}
		if name, ok := command.Args[0].(*parse.IdentifierNode); ok && name.Ident == "text" && len(command.Args) > 1 {
			c.text(command.Args[1:])
		}
	}
}

func (c *templateCheck) text(args []parse.Node) {
	c.calls++
	key, ok := args[0].(*parse.StringNode)
	if !ok {
		c.wrong = append(c.wrong, "the key "+args[0].String()+" is not written out")
		return
	}
	entry, ok := c.texts[key.Text]
	if !ok {
		c.wrong = append(c.wrong, "key "+key.Quoted+" is not in the catalogue")
	} else if len(args)-1 != len(places(entry["ja"])) {
		c.wrong = append(c.wrong, "the places of "+key.Quoted+" are not filled")
	}
}

var (
	tag    = regexp.MustCompile(`(?s)<[^>]*>`)
	spoken = regexp.MustCompile(`(?:aria-label|alt|title|placeholder|content)="([^"]*)"`)
	// unspoken are tags with words for programs.
	unspoken = regexp.MustCompile(`<meta [^>]*>|<!DOCTYPE html>`)
)

// words returns what a person would read of HTML in one language only.
func words(html string) []string {
	html = unspoken.ReplaceAllString(html, "")
	var wrong []string
	for _, m := range spoken.FindAllStringSubmatch(html, -1) {
		if strings.ContainsFunc(m[1], unicode.IsLetter) {
			wrong = append(wrong, "the words "+m[1]+" are not from the catalogue")
		}
	}
	attributes := !strings.Contains(html, "<") && strings.Contains(html, `="`) // a part that stands inside a tag
	text := tag.ReplaceAllString(html, "")
	if attributes || !strings.ContainsFunc(text, unicode.IsLetter) {
		return wrong
	}
	return append(wrong, "the words "+strings.Join(strings.Fields(text), " ")+" are not from the catalogue")
}

// The check can fail.
func TestCheckTemplate(t *testing.T) {
	texts := readCatalogue(t, "text")
	tests := []struct {
		name, html string
		ok         bool
	}{
		{"good", `<a href="{{.URL}}" title="{{text "page.next"}}">{{text "page.problems" 3}}</a>`, true},
		{"a text inside", `{{if .A}}{{else}}{{template "ruby" (furigana (text "page.gone"))}}{{end}}`, false},
		{"no such key", `{{text "page.gone"}}`, false},
		{"an empty place", `{{text "page.problems"}}`, false},
		{"too many arguments", `{{range .}}{{text "page.next" 1}}{{end}}`, false},
		{"a key that nobody can check", `{{with .}}{{text .Key}}{{end}}`, false},
		{"words", `<p>次へ</p>`, false},
		{"words alone", `{{define "title"}}お知らせ{{end}}`, false},
		{"words in an attribute", `<a title="next">{{.}}</a>`, false},
		{"no template", `{{if}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			if wrong := checkTemplate(texts, tt.html, &calls); (len(wrong) == 0) != tt.ok {
				t.Errorf("found %q, want none: %t", wrong, tt.ok)
			}
		})
	}
}
