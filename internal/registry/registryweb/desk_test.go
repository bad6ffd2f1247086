package registryweb_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/registry"
)

// open looks for a resident and opens his record.
func (v *visitor) open(name string) (path string) {
	v.t.Helper()
	v.Get("/registry")
	v.Post("/registry", "name", name)
	v.Shows(200, "検索の結果：1件")
	path = regexp.MustCompile(`/registry/residents/[0-9]+`).FindString(v.Text)
	v.Get(path)
	v.Shows(200, name)
	return path
}

// event enters an event for the resident whose record is open.
func (v *visitor) event(path, kind string, pairs ...string) {
	v.t.Helper()
	v.Get(path + "/events/" + kind)
	v.Shows(200)
	v.Post(path+"/events/"+kind, append(pairs, "id", v.Hidden("id"), "at", v.Hidden("at"))...)
}

func TestSearch(t *testing.T) {
	v := newRig(t).visitor(t)
	v.Post("/registry", "name", "見本")
	v.Shows(200, "検索の結果：1件", "見本　花子", "昭和55年2月17日", "女")
	v.Post("/registry", "code", string(jiro))
	v.Shows(200, "例示　次郎")
	v.Post("/registry", "name", "だれか")
	v.Shows(200, "該当する住民票はありません。")
	v.Post("/registry")
	v.Shows(400, "検索しませんでした。")
	v.Get("/registry/residents/99")
	v.Shows(404)
	v.Get("/registry/residents/x")
	v.Shows(404)
	if log := v.log.String(); strings.Contains(log, "見本") || strings.Contains(log, string(jiro)) {
		t.Errorf("the log has what was looked for:\n%s", log)
	}
}

// A resident with a certificate moves, marries and dies; each time the record says what became of it.
//
// Req: R-REG-03, R-AMB-13
func TestEvents(t *testing.T) {
	v := newRig(t).visitor(t)
	v.list(t, 1, person("見本　花子"))
	v.now = begin.AddDate(0, 0, 1)
	path := v.open("見本　花子")
	v.event(path, "move", "address", "架空県見本市例示町２丁目")
	v.Shows(200, "「転居」を登録しました。", "通知した", "例示町１丁目 → 架空県見本市例示町２丁目")
	v.event(path, "merger", "address", "架空県新市例示町２丁目", "municipality", "99203")
	v.Shows(200, "通知しない", "99203")
	v.event(path, "correction", "birth", "S55.2.18", "name", "見本　花子", "sex", "2", "address", "架空県新市例示町２丁目")
	v.Shows(200, "昭和55年2月17日 → 昭和55年2月18日")
	v.event(path, "death")
	v.Shows(200, "この住民票は消除されています。", "死亡")
	v.Hides("異動を入力する", "呼び出す")
}

// What an event may not change has no input, and what is sent all the same is not taken.
func TestEventChangesWhatItMay(t *testing.T) {
	v := newRig(t).visitor(t)
	path := v.open("見本　花子")
	v.Get(path + "/events/name_change")
	v.Shows(200, `id="name"`, "住民基本台帳法第8条")
	v.Hides(`id="address"`, `id="birth"`, `id="municipality"`)
	v.event(path, "name_change", "name", "例示　花子", "address", "よそ")
	v.Shows(200, "例示　花子", "例示町１丁目")
	v.Hides("よそ")
	v.event(path, "name_change", "name", "例示　花子")
	v.Shows(400, "異動を登録しませんでした。", `value="例示　花子"`)
	v.event(path, "correction", "birth", "S99.1.1", "sex", "2", "name", "例示　花子", "address", "架空県見本市例示町１丁目")
	v.Shows(422, `<a href="#birth">`)
	v.Get(path + "/events/wedding")
	v.Shows(404)
}

// The same form twice is one event.
func TestEventSentTwice(t *testing.T) {
	v := newRig(t).visitor(t)
	path := v.open("見本　花子")
	v.Get(path + "/events/move")
	form := []string{"id", v.Hidden("id"), "at", v.Hidden("at"), "address", "架空県見本市例示町２丁目"}
	v.Post(path+"/events/move", form...)
	v.Get(path + "/events/move")
	v.now = v.now.Add(time.Minute)
	v.Post(path+"/events/move", form...)
	v.Shows(200)
	if n := strings.Count(v.Text, "<td>転居</td>"); n != 1 {
		t.Errorf("the record has %d moves, want 1", n)
	}
}

// The clerk calls a resident up for a case, of which the counter then learns the attributes.
//
// Req: R-SYS-11, R-DAT-08
func TestCallUp(t *testing.T) {
	v := newRig(t).visitor(t)
	path := v.open("見本　花子")
	v.Post(path+"/call-up", "case", "99201-A1")
	v.Shows(200, "案件 99201-A1 のために呼び出しました。")
	export, err := v.Export(t.Context(), authz.Actor{Office: authz.Counter}, "counter-99201", "99201-A1")
	if err != nil || export.Attributes != person("見本　花子") {
		t.Errorf("the counter gets %v, %v", export.Attributes, err)
	}
	v.Post(path+"/call-up", "case", "A1")
	v.Shows(422, `<a href="#case">`)
	other := v.open("例示　次郎")
	v.Post(other+"/call-up", "case", "99201-A1")
	v.Shows(409, "すでに別の住民を呼び出しています。")
}

// Two residents are the same on paper: a clerk decides whose certificate an event meets.
func TestQuestions(t *testing.T) {
	v := newRig(t).visitor(t)
	twin := person("見本　花子")
	must(t, v.Enter(t.Context(), clerk, registry.Resident{Code: "00000000003", Attributes: twin, Municipality: "99201"}))
	v.list(t, 1, twin, twin)
	v.now = begin.AddDate(0, 0, 1)
	v.Get("/registry")
	v.Post("/registry", "code", string(hanako))
	path := regexp.MustCompile(`/registry/residents/[0-9]+`).FindString(v.Text)
	v.event(path, "move", "address", "架空県見本市例示町２丁目")
	v.Shows(200, "職員の判断を待っている")
	v.Get("/registry/questions")
	v.Shows(200, "転居", "発行者情報 1", "発行者情報 2", "どれも違う")
	v.Hides("発行番号")
	event := v.Hidden("event")
	for _, wrong := range [][]string{nil, {"chosen-0", "1", "chosen-0", "nobody"}, {"chosen-0", "x"}} {
		v.Post("/registry/questions", append(wrong, "event", event, "choices", "chosen-0")...)
		v.Shows(400, "「どれも違う」だけを選んでください。")
	}
	v.Post("/registry/questions", "event", event, "choices", "chosen-0", "chosen-0", "2")
	v.Shows(200, "判断を登録しました。", "判断を待つ異動はありません。")
	v.Get(path)
	v.Shows(200, "通知した")
}

// Every event and outcome of the office has a name.
func TestNames(t *testing.T) {
	keys := []string{}
	for _, rule := range registry.Rules() {
		keys = append(keys, "registryweb.kind_"+string(rule.Event))
		for _, f := range rule.Changes {
			keys = append(keys, "registryweb.field_"+string(f))
		}
	}
	for _, o := range []registry.Outcome{registry.Silent, registry.Waiting, registry.Noticed, registry.Asked, registry.Declined, registry.NoHolder} {
		keys = append(keys, "registryweb.outcome_"+string(o))
	}
	for _, key := range keys {
		if locale.Text(locale.Japanese, key) == key {
			t.Errorf("%s is not in the catalogue", key)
		}
	}
}
