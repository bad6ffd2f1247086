//go:build judges

package counterweb_test

import (
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page/pagetest"
)

// clerk is somebody at the screens: by mouse, or by keyboard alone.
type clerk struct {
	*pagetest.Window
	*rig
	t        *testing.T
	lang     locale.Lang
	keyboard bool
	script   bool
}

// say is a text as a screen reader tells it: English labels have a capital.
func (c *clerk) say(key string, args ...any) string {
	text := strings.ReplaceAll(locale.Text(c.lang, key, args...), "　", " ")
	if c.lang == locale.English {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// press goes to a link or button and waits for what it brings.
func (c *clerk) press(role, key string, args ...any) {
	c.t.Helper()
	name := c.say(key, args...)
	if !c.keyboard {
		c.Follow(role, name)
		return
	}
	c.TabTo(role, name)
	c.Window.Enter()
}

// write enters text.
func (c *clerk) write(key, text string) {
	c.t.Helper()
	if c.keyboard {
		c.TabTo("textbox", c.say(key))
	}
	c.Type(c.say(key), text)
}

// answer gives the same answer to a number of questions.
func (c *clerk) answer(key string, times int) {
	c.t.Helper()
	if !c.keyboard {
		c.ClickAll("radio", c.say(key))
		return
	}
	for range times {
		c.TabTo("radio", c.say(key))
		c.Key(" ")
	}
}

// looks judges the page and takes its picture.
func (c *clerk) looks(name string) {
	c.t.Helper()
	if c.script {
		c.Accessible()
		c.Large()
	}
	c.Fits()
	c.Screenshot("counter-" + name + "-" + string(c.lang))
}

// A whole case in a real browser: by mouse, by keyboard alone, without scripts, in English.
//
// Req: R-ISS-17, R-ISS-19, R-ISS-25
func TestScreenCase(t *testing.T) {
	b := pagetest.Open(t)
	for _, tt := range []struct {
		name     string
		look     pagetest.Look
		keyboard bool
	}{
		{"mouse", pagetest.Look{Width: 1366, Height: 768}, false},
		{"keyboard without scripts", pagetest.Look{NoScript: true}, true},
		{"English, narrow", pagetest.Look{Lang: "en", Width: 320, Height: 640}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			c := &clerk{b.Visit(t, r.url+"/counter", tt.look), r, t, locale.Japanese, tt.keyboard, !tt.look.NoScript}
			if tt.look.Lang == "en" {
				c.lang = locale.English
			}
			c.looks("list")
			c.fillForm()
			c.walk()
			if cases, err := r.OpenCases(t.Context(), authz.Actor{Office: authz.Terminal}); err != nil || len(cases) != 0 {
				t.Errorf("%d cases are open, %v", len(cases), err)
			}
		})
	}
}

func (c *clerk) fillForm() {
	c.t.Helper()
	c.press("link", "counterweb.new_title")
	c.write("counter.field_name", "𠮷田　花子")
	c.write("counter.field_reading", "よしだ　はなこ")
	c.TabTo("combobox", c.say("counter.field_sex"))
	c.Key("ArrowDown")
	c.Key("ArrowDown")
	c.write("counter.field_birth", "S52.11.7")
	c.write("counter.field_address", "架空県見本市例示町1丁目2番地3")
	c.write("counter.field_card_end", "2036-11-07")
	c.looks("new")
	c.press("button", "counterweb.take_in")
	c.looks("new-again")
	if !strings.Contains(c.Text(), c.say("page.problems", 1)) {
		c.t.Errorf("nothing is asked for again:\n%s", c.Text())
	}
	c.write("counterweb.spelled_name", "吉田　花子")
	c.press("button", "counterweb.take_in")
}

func (c *clerk) walk() {
	c.t.Helper()
	c.looks("received")
	c.press("button", "counterweb.do_certify")
	c.looks("existing")
	c.answer("counterweb.driving_licence", 1)
	c.answer("counterweb.yes", 2)
	c.press("button", "counterweb.record_identity")
	c.looks("identified")
	c.press("button", "counterweb.do_prepare")
	c.press("button", "counterweb.do_read_keys")
	c.looks("no-key")
	c.visitKiosk(c.t)
	c.press("button", "counterweb.do_read_keys")
	c.press("button", "counterweb.do_request")
	c.looks("waiting")
	must(c.t, c.courier.Deliver(c.t.Context()))
	c.press("link", "counterweb.look_again")
	c.looks("check")
	c.answer("counterweb.right", len(asked))
	c.press("button", "counterweb.record_check")
	c.press("button", "counterweb.do_store")
	c.looks("fee")
	c.press("button", "counterweb.do_pay")
	c.press("button", "counterweb.do_hand_over")
	c.looks("completed")
	c.press("link", "counterweb.copy_title")
	c.looks("copy")
	if !strings.Contains(c.Text(), "吉") {
		c.t.Errorf("the copy lacks the substitute:\n%s", c.Text())
	}
}

// The copy on paper, the pages beside the way of a case, and a case that ended before its time.
func TestScreenOthers(t *testing.T) {
	b, r := pagetest.Open(t), newRig(t)
	v := r.visitor(t)
	v.take(counter.Completed)
	paper := b.Visit(t, r.url+v.path()+"/copy", pagetest.Look{Print: true, Width: 720})
	paper.Fits()
	paper.Screenshot("counter-copy-print")
	v.take(counter.Arrived)
	v.judge("address")
	mistaken := v.path()
	v.Get("/counter/stop")
	v.Post("/counter/stop", "act", "stop", "reason", "drill")
	for name, path := range map[string]string{
		"mistaken": mistaken, "stopped": "/counter/stop", "list-stopped": "/counter", "revocation": "/counter/revocation", "pin": "/counter/pin",
	} {
		for _, look := range []pagetest.Look{{}, {Dark: true, Lang: "en", Width: 320, Height: 640}} {
			w := b.Visit(t, r.url+path, look)
			w.Accessible()
			w.Large()
			w.Fits()
			w.Walk()
			w.Screenshot("counter-" + name + look.Lang)
		}
	}
}
