//go:build judges

package story_test

import (
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/page/pagetest"
)

// titles are the steps as they are called on their buttons.
var titles = map[string][2]string{
	"application": {"申請書の提出", "Handing in the application"}, "register": {"住民基本台帳との照合と本人確認", "Match with the register, and proof of identity"},
	"keys": {"鍵ペアの生成", "Making the keys at the kiosk"}, "issue": {"発行とイメージ確認", "Issue, and the check of the image"},
	"signature": {"文書に署名する", "Signing a document"}, "verification": {"行政機関による検証", "Verification by an agency"},
	"move": {"転居の届出", "Moving to another city"}, "refusal": {"失効と、理由の分かる拒否", "Revoked: a refusal with reason and cure"},
	"reissue": {"新しい住所での再発行", "Another certificate at the new home"},
}

func button(i int, lang string) string {
	title := titles[steps[i]]
	if lang == "en" {
		return "Do step " + string(rune('1'+i)) + " for me: " + title[1]
	}
	return "手順 " + string(rune('1'+i)) + "「" + title[0] + "」を代わりに行う"
}

// The whole life by mouse, in both languages; every page of it, its bytes and the map bear what axe and a narrow window ask.
//
// Req: R-STM-01
func TestScreenLife(t *testing.T) {
	b := pagetest.Open(t)
	for _, tt := range []struct{ name, lang, accepted string }{{"japanese", "ja", "受理しました"}, {"english", "en", "Accepted"}} {
		t.Run(tt.name, func(t *testing.T) {
			_, address := open(t, t.TempDir())
			w := b.Visit(t, address+"/story", pagetest.Look{Lang: tt.lang})
			look(w, "story-"+tt.lang)
			for i, step := range steps {
				w.Follow("button", button(i, tt.lang))
				look(w, "story-"+step+"-"+tt.lang)
				if step == "verification" || step == "reissue" {
					if !strings.Contains(w.Text(), tt.accepted) {
						t.Errorf("%s: %s", step, w.Text())
					}
				}
			}
			for _, path := range []string{"/story/issue/bytes", "/story/refusal/bytes", "/story/keys/bytes", "/map", "/map?from=registry&to=link", "/counter"} {
				w.Go(address + path)
				look(w, "story"+strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(path)+"-"+tt.lang)
			}
		})
	}
}

// look judges a page.
func look(w *pagetest.Window, name string) {
	w.Accessible()
	w.Large()
	w.Fits()
	w.Screenshot(name)
}

// The whole life without scripts, in a narrow window in the dark.
func TestScreenLifeWithoutScripts(t *testing.T) {
	_, address := open(t, t.TempDir())
	w := pagetest.Open(t).Visit(t, address+"/story", pagetest.Look{NoScript: true, Width: 320, Height: 640, Dark: true})
	for i, step := range steps {
		w.Follow("button", button(i, "ja"))
		w.Fits()
		w.Screenshot("story-" + step + "-narrow")
	}
	w.Go(address + "/map")
	w.Fits()
	w.Screenshot("story-map-narrow")
}

// The whole life by keyboard alone: Tab to the button, Enter, nine times.
func TestScreenLifeByKeyboard(t *testing.T) {
	_, address := open(t, t.TempDir())
	w := pagetest.Open(t).Visit(t, address+"/story", pagetest.Look{})
	w.Walk()
	for i := range steps {
		w.TabTo("button", button(i, "ja"))
		w.Enter()
	}
	if !strings.Contains(w.Text(), "受理しました") {
		t.Errorf("at the end: %s", w.Text())
	}
	w.Go(address + "/map")
	w.Walk()
}

// Role and tray by mouse: the card at the counter is not in the kiosk, and one press brings it there.
func TestScreenRoleAndTray(t *testing.T) {
	_, address := open(t, t.TempDir())
	w := pagetest.Open(t).Visit(t, address+"/story", pagetest.Look{})
	for i := range steps[:2] {
		w.Follow("button", button(i, "ja"))
	}
	w.Follow("button", "窓口に渡す")
	if !strings.Contains(w.Text(), "カードの場所：窓口の読取装置") {
		t.Errorf("the card is not at the counter: %s", w.Text())
	}
	w.Screenshot("story-tray")
	w.Follow("button", "窓口職員")
	look(w, "story-counter")
}
