package counterweb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
)

// filled is what a clerk enters for 花子, changed where pairs say so.
func filled(pairs ...string) []string {
	form := []string{
		"number", "A1", "name", "𠮷田 花子", "reading", "よしだ　はなこ", "sex", "2", "birth", "S52.11.7", "address", "架空県見本市例示町1丁目2番地3",
		"spelled_name", "吉田　花子", "kinds", "sign", "kinds", "auth", "occasion", "first", "card_end", "2036-11-07",
	}
	for i := 0; i < len(pairs); i += 2 {
		at := slices.Index(form, pairs[i])
		if at < 0 {
			form = append(form, pairs[i], pairs[i+1])
			continue
		}
		form[at+1] = pairs[i+1]
	}
	return form
}

// path is where the case has its page.
func (v *visitor) path() string { return "/counter/cases/" + v.id }

// take opens the case of 花子 and takes it to a state on its page.
func (v *visitor) take(to counter.State) {
	v.t.Helper()
	v.Get("/counter/new")
	v.visits++
	number := fmt.Sprintf("A%d", v.visits)
	v.id = "99201-" + number
	v.Post("/counter/new", filled("number", number)...)
	v.Shows(200, "案件 "+v.id)
	for _, step := range []struct {
		from counter.State
		do   func()
	}{
		{counter.Received, func() { v.Post(v.path() + "/certify") }},
		{counter.Existing, func() { v.Post(v.path()+"/identify", "document", "driving_licence", "agrees", "yes", "looks", "yes") }},
		{counter.Identified, func() { v.Post(v.path() + "/prepare") }},
		{counter.CardOut, func() { v.visitKiosk(v.t); v.Post(v.path() + "/read_keys") }},
		{counter.KeysRead, func() { v.Post(v.path() + "/request") }},
		{counter.Waiting, func() { must(v.t, v.courier.Deliver(v.t.Context())); v.Get(v.path()) }},
		{counter.Arrived, func() { v.judge() }},
		{counter.Approved, func() { v.Post(v.path() + "/store") }},
		{counter.Stored, func() { v.Post(v.path()+"/pay", "by", "none") }},
		{counter.Paid, func() { v.Post(v.path() + "/hand_over") }},
	} {
		if step.from == to {
			return
		}
		step.do()
		v.Shows(200)
	}
}

var asked = []string{"issuer", "serial", "validity", "name", "birth", "sex", "address", "substitutes"}

// judge answers that all is right but some fields.
func (v *visitor) judge(wrong ...string) {
	v.t.Helper()
	var form []string
	for _, field := range asked {
		answer := "right"
		if slices.Contains(wrong, field) {
			answer = "wrong"
		}
		form = append(form, "judge_"+field, answer)
	}
	v.Post(v.path()+"/check", form...)
}

func (v *visitor) state() counter.State {
	v.t.Helper()
	c, err := v.Case(v.t.Context(), authz.Actor{Office: authz.Terminal}, v.id)
	must(v.t, err)
	return c.State
}

// From the form to the card in the applicant's hand, on the screens.
//
// Req: R-ISS-08, R-ISS-16, R-ISS-17, R-ISS-19, R-ISS-25
func TestWholeWay(t *testing.T) {
	v := newRig(t).visitor(t)
	v.Shows(200, "進行中の案件はありません。")
	v.take("received")
	v.Shows(200, "申請を受け付けました。", "昭和52年11月7日", "まだ照合していません", "実在確認", v.path()+"/withdraw")
	v.Hides("公開鍵読込", "発行要求", "</span> 一致")
	v.Post(v.path() + "/certify")
	v.Shows(200, "</span> 一致", "本人確認を記録する", "U+20BB7", "U+5409")
	v.Post(v.path()+"/identify", "document", "passport", "agrees", "yes", "looks", "yes")
	v.Shows(200, "鍵書込")
	v.Post(v.path() + "/prepare")
	v.Shows(200, "公開鍵読込", "カードの準備をやり直す")
	v.Post(v.path() + "/read_keys")
	v.Shows(409, "鍵ペアがまだ作られていません。", "公開鍵読込")
	v.visitKiosk(t)
	v.Post(v.path() + "/read_keys")
	v.Shows(200, "発行要求")
	v.Hides("read_keys")
	v.Post(v.path() + "/request")
	v.Shows(200, "認証局の回答を待っています。")
	must(t, v.courier.Deliver(t.Context()))
	v.Get(v.path())
	v.Shows(200, "イメージ確認を記録する", "<mark>吉</mark>田", "U+20BB7", "令和12年11月7日", "第13条")
	v.judge()
	v.Shows(200, "格納")
	v.Post(v.path() + "/store")
	v.Shows(200, "手数料は 0 円です。")
	v.Post(v.path()+"/pay", "by", "none")
	v.Shows(200, "交付")
	v.Post(v.path() + "/hand_over")
	v.Shows(200, "カードを申請者に渡しました。", "電子証明書の写し")
	v.Get(v.path() + "/copy")
	v.Shows(200, "<mark>吉</mark>田", "代替文字です", "署名用電子証明書", "利用者証明用電子証明書", "架空県見本市")
	if state := v.state(); state != counter.Completed {
		t.Errorf("the case is %s, want completed", state)
	}
	v.Get("/counter")
	v.Shows(200, "進行中の案件はありません。")
	v.Post("/counter/find", "number", "Ａ１")
	v.Shows(200, "案件 99201-A1")
	if log := v.log.String(); strings.Contains(log, "花子") || strings.Contains(log, "例示町") {
		t.Errorf("the log names a person:\n%s", log)
	}
}

// What a form lacks is said at its inputs, which keep what was entered.
func TestFormIsShownAgain(t *testing.T) {
	tests := []struct {
		name  string
		pairs []string
		wants []string
	}{
		{"no name", []string{"name", ""}, []string{`<a href="#name">`}},
		{"no sex", []string{"sex", ""}, []string{`<a href="#sex">`}},
		{"no such day", []string{"birth", "S65.1.1"}, []string{`<a href="#birth">`, `value="S65.1.1"`}},
		{"no substitute", []string{"spelled_name", ""}, []string{`<a href="#spelled_name">`, "代替文字リスト"}},
		{"another substitute", []string{"spelled_name", "由田　花子"}, []string{`<a href="#spelled_name">`, `value="由田　花子"`}},
		{"a substitute too many", []string{"spelled_name", "吉吉田　花子"}, []string{`<a href="#spelled_name">`}},
		{"a child", []string{"birth", "R5.1.1"}, []string{`<a href="#kinds">`}},
		{"a card that has ended", []string{"card_end", "H30.1.1"}, []string{`<a href="#card_end">`}},
		{"a correction of nothing", []string{"occasion", "correction"}, []string{`<a href="#before">`}},
		{"a number that is none", []string{"number", "A-1"}, []string{`<a href="#number">`}},
	}
	v := newRig(t).visitor(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v.t = t
			v.Get("/counter/new")
			v.Post("/counter/new", filled(tt.pairs...)...)
			v.Shows(422, append(tt.wants, "架空県見本市例示町")...)
		})
	}
}

// A day may be chosen from lists.
//
// Req: R-ISS-17
func TestBirthFromLists(t *testing.T) {
	v := newRig(t).visitor(t)
	v.Get("/counter/new")
	v.Post("/counter/new", filled("birth", "", "birth-era", "3", "birth-year", "52", "birth-month", "11", "birth-day", "7")...)
	v.Shows(200, "昭和52年11月7日")
}

// The ways on which a case ends before its time, and what follows.
//
// Req: R-ISS-08, R-ISS-20, R-ISS-22
func TestSideExits(t *testing.T) {
	tests := []struct {
		name  string
		from  counter.State
		act   func(v *visitor)
		state counter.State
		wants []string
	}{
		{"mismatch", counter.Received, func(v *visitor) {
			v.register.Address = "架空県見本市例示町９丁目"
			v.Post(v.path() + "/certify")
		}, counter.Mismatch, []string{"不一致", "例示町９丁目", "申請書と住民票が違う項目", "公的個人認証法第3条"}},
		{"unproven", counter.Existing, func(v *visitor) {
			v.Post(v.path()+"/identify", "document", "passport", "agrees", "yes", "looks", "no")
		}, counter.Unproven, []string{"別の公的な証明書"}},
		{"mistaken", counter.Arrived, func(v *visitor) { v.judge("address") }, counter.Mistaken,
			[]string{"公的個人認証法第13条", "/counter/new?occasion=correction&before="}},
		{"resubstituted", counter.Arrived, func(v *visitor) { v.judge("substitutes") }, counter.Resubstituted,
			[]string{"公的個人認証法第9条", "/counter/new?occasion=substitution&before="}},
		{"withdrawn", counter.Identified, func(v *visitor) { v.Post(v.path() + "/withdraw") }, counter.Withdrawn, []string{"取り下げられました"}},
		{"faulty", counter.Arrived, func(v *visitor) { v.judge("serial") }, counter.Faulty,
			[]string{"サービスを停止しました", "/counter/stop"}},
	}
	v := newRig(t).visitor(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v.t, v.register.Attributes = t, hanako()
			v.take(tt.from)
			tt.act(v)
			v.Shows(200, append(tt.wants, "公的個人認証法第")...)
			v.Hides(v.path() + "/withdraw")
			if state := v.state(); state != tt.state {
				t.Errorf("the case is %s, want %s", state, tt.state)
			}
		})
	}
}

// A judgement that leaves a field out is not recorded, and what was answered stays.
func TestImageIsJudgedWhole(t *testing.T) {
	v := newRig(t).visitor(t)
	v.take(counter.Arrived)
	v.Post(v.path()+"/check", "judge_issuer", "right")
	v.Shows(400, "すべての項目を判定してください。", `value="right" checked`)
	if state := v.state(); state != counter.Arrived {
		t.Errorf("the case is %s, want arrived", state)
	}
}

// Without a card in the reader, and with questions open, nothing is done.
func TestActThatFails(t *testing.T) {
	v := newRig(t).visitor(t)
	v.take(counter.Existing)
	v.Post(v.path()+"/identify", "document", "passport", "agrees", "yes")
	v.Shows(400, "答えていない質問があります。", "本人確認を記録する")
	v.Post(v.path()+"/identify", "document", "mayors_method", "document_name", "面識による", "agrees", "yes")
	v.Shows(200, "鍵書込")
	v.pulled = true
	v.Post(v.path() + "/prepare")
	v.Shows(503, "カードと通信できません。", "鍵書込")
	v.Post(v.path() + "/dance")
	v.Shows(404)
	v.Get(v.path() + "/copy")
	v.Shows(404, "写しはまだありません。")
}

// Two operators let the service go on.
//
// Req: R-ISS-21
func TestStopAndRestart(t *testing.T) {
	v := newRig(t).visitor(t)
	v.take(counter.Identified)
	v.Get("/counter/stop")
	v.Post("/counter/stop", "act", "stop", "reason", "drill")
	v.Shows(200, "サービスを停止しています。", "op-1", "別々の操作者二人の同意")
	v.Get(v.path())
	v.Shows(200, "サービスを停止しています。")
	v.Hides(v.path() + "/prepare")
	v.Get("/counter/stop")
	v.Post("/counter/stop", "act", "restart")
	v.Shows(200, "あと一人")
	v.Post("/counter/stop", "act", "restart")
	v.Shows(403, "もう一人の操作者が同意してください。")
	v.clerk = "op-2"
	v.Post("/counter/stop", "act", "restart")
	v.Shows(200, "サービスを再開しました。", "サービスを停止する")
}

// The other procedures, with the card of a case that is over.
//
// Req: R-CNT-02, R-CNT-07, R-CNT-08
func TestProcedures(t *testing.T) {
	v := newRig(t).visitor(t)
	v.take(counter.Completed)
	who := []string{"document", "driving_licence", "agrees", "yes", "looks", "yes"}
	v.Get("/counter/pin")
	v.Post("/counter/pin", append(who, "number", "P1", "work", "unlock_pin", "kind", "sign")...)
	v.Shows(200, "受付番号 P1")
	v.Get("/counter/pin")
	v.Post("/counter/pin", append(who, "number", "P2", "work", "unlock_pin")...)
	v.Shows(400, "電子証明書の種類")
	v.Get("/counter/revocation")
	v.Post("/counter/revocation", append(who, "number", "R1", "kinds", "sign", "kinds", "auth", "ground", "compromise", "since", "令和8年3月31日")...)
	v.Shows(200, "受付番号 R1")
	v.Get("/counter/revocation")
	v.Post("/counter/revocation", append(who, "number", "R2", "kinds", "sign", "ground", "voluntary", "since", "H31.5.1")...)
	v.Shows(422, `<a href="#since">`)
	v.Get("/counter/revocation")
	v.Post("/counter/revocation", "number", "R3", "kinds", "sign", "ground", "voluntary", "document", "passport", "agrees", "yes", "looks", "no")
	v.Shows(403, "本人であることを確認できていません。")
}

// A correction comes with its case before, and costs nothing.
func TestFollowingCase(t *testing.T) {
	v := newRig(t).visitor(t)
	v.Get("/counter/new?occasion=correction&before=99201-A1")
	v.Shows(200, `value="correction" selected`, `value="99201-A1"`)
}
