//go:build judges

package registryweb_test

import (
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page/pagetest"
	"github.com/openjpki/jpki/internal/registry"
)

// officer is a clerk at the register's terminal: by mouse, or by keyboard alone.
type officer struct {
	*pagetest.Window
	t        *testing.T
	lang     locale.Lang
	keyboard bool
	script   bool
}

// say is a text as a screen reader tells it: English labels have a capital.
func (o *officer) say(key string, args ...any) string {
	text := strings.ReplaceAll(locale.Text(o.lang, key, args...), "　", " ")
	if o.lang == locale.English {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

func (o *officer) press(role, key string, args ...any) {
	o.t.Helper()
	if !o.keyboard {
		o.Follow(role, o.say(key, args...))
		return
	}
	o.TabTo(role, o.say(key, args...))
	o.Enter()
}

func (o *officer) write(key, text string) {
	o.t.Helper()
	if o.keyboard {
		o.TabTo("textbox", o.say(key))
	}
	o.Type(o.say(key), text)
}

// looks judges the page and takes its picture.
func (o *officer) looks(name string) {
	o.t.Helper()
	if o.script {
		o.Accessible()
		o.Large()
	}
	o.Fits()
	o.Screenshot("registry-" + name + "-" + string(o.lang))
}

func (o *officer) shows(key string, args ...any) {
	o.t.Helper()
	if want := locale.Text(o.lang, key, args...); !strings.Contains(o.Text(), want) {
		o.t.Errorf("the page lacks %q:\n%s", want, o.Text())
	}
}

// A clerk finds a resident, calls her up, and enters her move, in a real browser: by mouse, by keyboard alone without
// scripts, in English on a narrow screen. Then he decides whose certificate the move meets.
func TestScreenRegister(t *testing.T) {
	b := pagetest.Open(t)
	for _, tt := range []struct {
		name     string
		look     pagetest.Look
		keyboard bool
	}{
		{"mouse", pagetest.Look{}, false},
		{"keyboard without scripts", pagetest.Look{NoScript: true}, true},
		{"English, narrow, dark", pagetest.Look{Lang: "en", Width: 320, Height: 640, Dark: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			twin := person("見本　花子")
			must(t, r.Enter(t.Context(), clerk, registry.Resident{Code: "00000000003", Attributes: twin, Municipality: "99201"}))
			r.list(t, 1, twin, twin)
			r.now = begin.AddDate(0, 0, 1)
			found, err := r.Find(t.Context(), clerk, registry.Query{Code: hanako})
			must(t, err)
			o := &officer{b.Visit(t, r.url+"/registry", tt.look), t, locale.Japanese, tt.keyboard, !tt.look.NoScript}
			if tt.look.Lang == "en" {
				o.lang = locale.English
			}
			o.visit(found[0].Number)
		})
	}
}

func (o *officer) visit(number int64) {
	o.t.Helper()
	o.write("registryweb.name_begins", "見本")
	o.press("button", "registryweb.search")
	o.looks("search")
	o.press("link", "registryweb.record", number)
	o.looks("record")
	o.write("registryweb.case", "99201-A1")
	o.press("button", "registryweb.call_up_now")
	o.shows("registryweb.called_up", "99201-A1")
	o.press("link", "registryweb.kind_move")
	o.looks("event")
	o.write("registryweb.field_address", "２番")
	o.press("button", "registryweb.amend")
	o.shows("registryweb.outcome_asked")
	o.looks("amended")
	o.press("link", "registryweb.to_search")
	o.press("link", "registryweb.questions_title")
	o.looks("questions")
	if o.keyboard {
		o.TabTo("checkbox", o.say("registryweb.nobody"))
		o.Key(" ")
	} else {
		o.Click("checkbox", o.say("registryweb.nobody"))
	}
	o.press("button", "registryweb.decide")
	o.shows("registryweb.no_questions")
}
