//go:build judges

package verifyweb_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/page/pagetest"
)

// saved writes files for a browser to choose.
func saved(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// However one looks at the pages, axe finds nothing, and they fit.
func TestScreenVerify(t *testing.T) {
	n, b := newNation(t), pagetest.Open(t)
	p7s, content := saved(t, "document.p7s", n.signed(n.holder, false)), saved(t, "document.txt", document)
	changed := saved(t, "changed.txt", append(bytes.Clone(document), 'x'))
	tests := []struct {
		name    string
		look    pagetest.Look
		content string
		labels  [3]string
		want    string
	}{
		{"ja", pagetest.Look{}, content, [3]string{"検証するファイル", "署名された元の文書", "検証する"}, "有効です"},
		{"changed", pagetest.Look{}, changed, [3]string{"検証するファイル", "署名された元の文書", "検証する"}, "無効です"},
		{"open", pagetest.Look{NoScript: true, Width: 320}, "", [3]string{"検証するファイル", "署名された元の文書", "検証する"}, "判定できません"},
		{"en-dark", pagetest.Look{Lang: "en", Dark: true}, changed, [3]string{"File to check", "Document that was signed", "Check"}, "Not valid"},
		{"forced", pagetest.Look{ForcedColors: true}, content, [3]string{"検証するファイル", "署名された元の文書", "検証する"}, "有効です"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := b.Visit(t, n.url+"/verify", tt.look)
			examine := func(name string) {
				if !tt.look.NoScript {
					w.Accessible()
				}
				w.Large()
				w.Fits()
				w.Screenshot("verify-" + name + "-" + tt.name)
			}
			examine("form")
			w.Choose(tt.labels[0], p7s)
			if tt.content != "" {
				w.Choose(tt.labels[1], tt.content)
			}
			w.Follow("button", tt.labels[2])
			if text := w.Text(); !strings.Contains(text, tt.want) {
				t.Errorf("the page does not say %q:\n%s", tt.want, text)
			}
			examine("result")
		})
	}
}

// By keyboard one opens a branch of the tree and comes back to the form.
func TestScreenVerifyByKeyboard(t *testing.T) {
	n, b := newNation(t), pagetest.Open(t)
	w := b.Visit(t, n.url+"/verify", pagetest.Look{})
	w.Choose("検証するファイル", saved(t, "document.p7s", n.signed(n.holder, true)))
	w.TabTo("button", "検証する")
	w.Enter()
	if text := w.Text(); strings.Contains(text, "発行者と名前のつながり") {
		t.Error("what passed is open from the start")
	}
	w.TabTo("DisclosureTriangle", "証明書の発行元をたどる 合格")
	w.Key(" ")
	w.TabTo("DisclosureTriangle", "証明書 合格")
	w.Key("Enter")
	if text := w.Text(); !strings.Contains(text, "発行者と名前のつながり") {
		t.Errorf("the tree did not open:\n%s", text)
	}
	w.Walk()
	w.TabTo("link", "ほかのファイルを検証する")
	w.Enter()
	if !strings.HasSuffix(w.Address(), "/verify") {
		t.Errorf("at %s, want the form", w.Address())
	}
}

// A file that is dropped beside the input is chosen.
func TestScreenVerifyDrop(t *testing.T) {
	n, b := newNation(t), pagetest.Open(t)
	w := b.Visit(t, n.url+"/verify", pagetest.Look{})
	w.Drop(40, 300, saved(t, "document.p7s", n.signed(n.holder, true)))
	w.Follow("button", "検証する")
	if text := w.Text(); !strings.Contains(text, "有効です") {
		t.Errorf("the page says\n%s", text)
	}
}
