//go:build judges

package kioskweb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page/pagetest"
)

// resident is somebody at the kiosk: by finger, or by keyboard alone.
type resident struct {
	*pagetest.Window
	t        *testing.T
	lang     locale.Lang
	keyboard bool
	script   bool
}

// say is a text as a screen reader tells it: English labels have a capital.
func (h *resident) say(key string) string {
	text := strings.ReplaceAll(locale.Text(h.lang, key), "　", " ")
	if h.lang == locale.English {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

func (h *resident) press(key string) { h.t.Helper(); h.button(h.say(key)) }

func (h *resident) button(name string) {
	h.t.Helper()
	if !h.keyboard {
		h.Follow("button", name)
		return
	}
	h.TabTo("button", name)
	h.Enter()
}

// looks judges the page and takes its picture.
func (h *resident) looks(name string) {
	h.t.Helper()
	if h.script {
		h.Accessible()
	}
	h.Large()
	h.Fits()
	h.Screenshot("kiosk-" + name + "-" + string(h.lang))
}

// shows fails the test if the page lacks a text.
func (h *resident) shows(key string) {
	h.t.Helper()
	if want := h.say(key); !strings.Contains(strings.ReplaceAll(h.Text(), "　", " "), want) {
		h.t.Errorf("the page lacks %q:\n%s", want, h.Text())
	}
}

// Both key pairs in a real browser: by finger on the pad, by keyboard alone without scripts, in English on a phone.
//
// Req: R-KSK-06, R-KSK-07
func TestScreenKiosk(t *testing.T) {
	b := pagetest.Open(t)
	for _, tt := range []struct {
		name     string
		look     pagetest.Look
		keyboard bool
	}{
		{"finger", pagetest.Look{Width: 1024, Height: 768}, false},
		{"keyboard without scripts", pagetest.Look{NoScript: true}, true},
		{"English, narrow, dark", pagetest.Look{Lang: "en", Width: 320, Height: 640, Dark: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, prepared(t))
			h := &resident{b.Visit(t, r.url+"/kiosk", tt.look), t, locale.Japanese, tt.keyboard, !tt.look.NoScript}
			if tt.look.Lang == "en" {
				h.lang = locale.English
			}
			h.visit()
			opened, err := card.Open(t.Context(), r.chip.Card)
			must(t, err)
			must(t, opened.Verify(t.Context(), card.Signature, "QW99XY"))
		})
	}
}

// visit makes both key pairs; the second PIN is not the same twice at first.
func (h *resident) visit() {
	h.t.Helper()
	h.looks("set")
	h.press("kioskweb.begin")
	h.looks("choose")
	h.press("kioskweb.make_login")
	h.looks("pin-login")
	h.enter("kioskweb.login_chosen", "8472")
	h.enter("kioskweb.login_again", "8472")
	h.looks("generate")
	h.press("kioskweb.generate")
	h.looks("return")
	h.press("kioskweb.another")
	h.press("kioskweb.make_sign")
	h.looks("pin-sign")
	h.enter("kioskweb.sign_chosen", "QW99XY")
	h.enter("kioskweb.sign_again", "QW99XZ")
	h.looks("pin-differs")
	h.shows("kioskweb.sign_chosen")
	h.enter("kioskweb.sign_chosen", "QW99XY")
	h.enter("kioskweb.sign_again", "QW99XY")
	h.press("kioskweb.generate")
	h.shows("kioskweb.both_made")
	h.press("kioskweb.give_back")
	h.shows("kioskweb.forgotten")
	h.looks("forgotten")
}

// enter gives a PIN: by the keys on the screen, or typed and sent by Enter.
func (h *resident) enter(label, pin string) {
	h.t.Helper()
	if h.keyboard {
		h.TabTo("textbox", h.say(label))
		h.Type(h.say(label), pin)
		h.Enter()
		return
	}
	for _, key := range strings.Split(pin, "") {
		h.button(key)
	}
	h.press("kioskweb.ok")
}

// The keyboard goes to the PIN first, then to what sends it, then to the pad.
func TestScreenOrder(t *testing.T) {
	r := newRig(t, prepared(t))
	w := pagetest.Open(t).Visit(t, r.url+"/kiosk", pagetest.Look{})
	w.Follow("button", locale.Text(locale.Japanese, "kioskweb.begin"))
	w.Follow("button", locale.Text(locale.Japanese, "kioskweb.make_login"))
	var stops []string
	for _, s := range w.Walk() {
		stops = append(stops, s.Name)
	}
	i := slices.Index(stops, "新しいログインの4けた 必須")
	if i < 0 || !slices.Equal(stops[i+1:min(i+4, len(stops))], []string{"決定", "1", "2"}) {
		t.Errorf("the walk stops at %q", stops)
	}
}
