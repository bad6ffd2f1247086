//go:build judges

package pagetest_test

import (
	"bytes"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/page/pagetest"
)

// Every page of the demonstration, however one looks at it: axe finds nothing, and it fits its window.
func TestScreenLooks(t *testing.T) {
	url, b := demo(t), pagetest.Open(t)
	looks := []struct {
		name string
		look pagetest.Look
	}{
		{"light", pagetest.Look{}},
		{"english", pagetest.Look{Lang: "en"}},
		{"dark", pagetest.Look{Dark: true}},
		{"forced-colours", pagetest.Look{ForcedColors: true, ReducedMotion: true}},
		{"narrow", pagetest.Look{Width: 320, Height: 640}},
		{"narrow-english-dark", pagetest.Look{Width: 320, Height: 640, Lang: "en", Dark: true}},
		{"print", pagetest.Look{Print: true, Width: 720}},
	}
	for _, tt := range looks {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"apply", "case", "fails"} {
				w := b.Visit(t, url+"/"+path, tt.look)
				if !tt.look.Print { // on paper nobody clicks, and the mark across it is faint by intent
					w.Accessible()
					w.Large()
				}
				w.Fits()
				picture := w.Screenshot("demo-" + path + "-" + tt.name)
				if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// What one looks at takes effect.
func TestScreenMedia(t *testing.T) {
	url, b := demo(t), pagetest.Open(t)
	ground := func(look pagetest.Look) string {
		return b.Visit(t, url+"/apply", look).Style("body", "background-color")
	}
	if light, dark := ground(pagetest.Look{}), ground(pagetest.Look{Dark: true}); light != "rgb(255, 255, 255)" || dark == light {
		t.Errorf("the ground is %s, and %s in the dark", light, dark)
	}
	if got := b.Visit(t, url+"/apply", pagetest.Look{ForcedColors: true}).Style(".test-mark", "border-top-width"); got != "3px" {
		t.Errorf("in forced colours the mark TEST has a border of %s", got)
	}
	paper := b.Visit(t, url+"/apply", pagetest.Look{Print: true})
	for selector, want := range map[string]string{".test-print": "block", ".bar": "none", ".test-mark": "block"} {
		if got := paper.Style(selector, "display"); got != want {
			t.Errorf("on paper %s is %s, want %s", selector, got, want)
		}
	}
}

// A whole procedure without scripts: a mistake, its correction, and what was done.
func TestScreenWithoutScripts(t *testing.T) {
	for _, noScript := range []bool{true, false} {
		t.Run(fmt.Sprintf("NoScript %t", noScript), func(t *testing.T) {
			w := pagetest.Open(t).Visit(t, demo(t)+"/apply", pagetest.Look{NoScript: noScript})
			w.Type("氏名", "𠮷田　花子")
			w.Type("生年月日", "平成31年5月1日")
			w.Follow("button", "次へ進む")
			if text := w.Text(); w.Status() != 422 || !strings.Contains(text, "次の 1 項目を直してください。") {
				t.Errorf("status %d, page %s", w.Status(), text)
			}
			if !noScript {
				w.Accessible()
			}
			w.Screenshot("demo-again")
			if stop := w.Walk()[0]; stop.String() != "link 生年月日" {
				t.Errorf("the first stop on the page is %q, want the link to what is wrong", stop)
			}
			w.Click("link", "生年月日")
			w.Clear("生年月日")
			w.Type("生年月日", "令和元年5月1日")
			w.Enter()
			if text := w.Text(); !strings.HasSuffix(w.Address(), "/case") || !strings.Contains(text, "申請を受け付けました。") {
				t.Errorf("at %s: %s", w.Address(), text)
			}
			w.Screenshot("demo-done")
		})
	}
}

// The keyboard goes everywhere, in the order of the page, and one always sees where it is.
func TestScreenByKeyboard(t *testing.T) {
	b := pagetest.Open(t)
	url := demo(t)
	w := b.Visit(t, url+"/apply", pagetest.Look{})
	var stops []string
	for _, stop := range w.Walk() {
		stops = append(stops, stop.String())
	}
	want := []string{
		"link 本文へ進む", "link OpenJPKI 受付窓口", "link 日本語", "link English", "link 住民", "link 職員", "link 認証局",
		"textbox 氏名 必須", "textbox 生年月日 必須", "checkbox 署名用電子証明書", "checkbox 利用者証明用電子証明書", "textbox ログインの4けた 必須",
		"textbox 窓口に伝えたいこと 任意", "DisclosureTriangle 氏名に使えない文字があるとき", "button 次へ進む", "link 戻る",
	}
	if !slices.Equal(stops, want) {
		t.Errorf("the walk stops at\n%q, want\n%q", stops, want)
	}
	for _, look := range []pagetest.Look{{Width: 320, Height: 500}, {ForcedColors: true}, {Dark: true}} {
		b.Visit(t, url+"/case", look).Walk()
	}
}

// What a screen reader tells.
func TestScreenTree(t *testing.T) {
	w := pagetest.Open(t).Visit(t, demo(t)+"/apply", pagetest.Look{})
	tree := w.Tree()
	for _, want := range []string{
		"banner \"\"\n", "navigation \"役割の切り替え\"", "complementary \"カードの置き場所\"", "heading \"電子証明書の発行申請\" level=1",
		"textbox \"氏名 必須\" required=true", "group \"申請する電子証明書 必須\"", "checkbox \"署名用電子証明書\" checked=true", "status \"\"", "contentinfo \"\"",
	} {
		if !strings.Contains(tree, want) {
			t.Errorf("the tree lacks %s:\n%s", want, tree)
		}
	}
}

// The checks can fail: a bad page is found out by axe, by its width, and by what the browser says of it.
func TestScreenBad(t *testing.T) {
	url, b := demo(t), pagetest.Open(t)
	heard := &listener{TB: t}
	w := b.Visit(heard, url+"/bad", pagetest.Look{Width: 320})
	var rules []string
	for _, v := range w.Violations() {
		rules = append(rules, v.Rule)
	}
	for _, want := range []string{"image-alt", "label", "link-name"} {
		if !slices.Contains(rules, want) {
			t.Errorf("axe finds %v, want %s too", rules, want)
		}
	}
	w.Accessible()
	w.Fits()
	w.Large()
	w.Walk()
	for _, cleanup := range slices.Backward(heard.cleanups) {
		cleanup()
	}
	all := strings.Join(heard.errors, "\n")
	for _, want := range []string{"image-alt", "wider than its window", "too small for a finger", "cannot be seen", "Content Security Policy", "404"} {
		if !strings.Contains(all, want) {
			t.Errorf("nobody says %q:\n%s", want, all)
		}
	}
}

// listener keeps the errors of a test that should fail.
type listener struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (l *listener) Errorf(format string, args ...any) {
	l.errors = append(l.errors, fmt.Sprintf(format, args...))
}

func (l *listener) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }
