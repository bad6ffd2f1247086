package kioskweb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
)

// The five screens with a new card: both key pairs, one PIN by keyboard and one by the pad.
//
// Req: R-KSK-02, R-KSK-03, R-KSK-05, R-KSK-07
func TestFiveScreens(t *testing.T) {
	v := newRig(t, prepared(t)).visitor(t)
	v.Shows(200, "カードをセットしてください", "職員からは見えません")
	v.post("begin")
	v.Shows(200, "ログインの鍵を作る", "署名の鍵を作る", "2分間操作がないと")
	v.post("choose", "choice", "make_login")
	v.Shows(200, "新しいログインの4けた", `type="password"`, `inputmode="numeric"`)
	v.post("pin", "pin", "8472", "press", "ok")
	v.Shows(200, "（もう一度）")
	v.post("pin", "pin", "8472", "press", "ok")
	v.Shows(200, "ログイン（利用者証明用）の鍵を作ります。")
	v.post("generate")
	v.Shows(200, "ログインの鍵を、カードに入れました。")
	v.post("another")
	v.post("choose", "choice", "make_sign")
	v.Shows(200, "新しい署名の6〜16文字", `value="Z"`)
	v.press("Q", "W", "9", "9", "X")
	v.Shows(200, "ボタンで入力した文字：5文字")
	v.post("pin", "press", "ok")
	v.Shows(400, "署名用は英数字6文字から16文字です。", "ボタンで入力した文字：0文字")
	v.press("Q", "W", "9", "9", "X", "X", "delete", "Y", "ok")
	v.Shows(200, "（もう一度）")
	v.press("Q", "W", "9", "9", "X", "Y", "ok")
	v.post("generate")
	v.Shows(200, "両方の鍵ができました。")
	v.post("return")
	v.Shows(200, "カードが残っています。", "カードをセットしてください")
	v.pulled = true
	v.look()
	v.Hides("カードが残っています。")
	for _, pin := range []string{"8472", "QW99X"} {
		if strings.Contains(v.said.String(), pin) {
			t.Errorf("the PIN %s stands in a page, an address or the log", pin)
		}
	}
	opened, err := card.Open(t.Context(), v.chip.Card)
	must(t, err)
	must(t, opened.Verify(t.Context(), card.Authentication, "8472"))
	must(t, opened.Verify(t.Context(), card.Signature, "qw99xy"))
}

// At renewal the PIN there is is entered; before the last try the resident is warned.
//
// Req: R-ISS-32
func TestExistingPIN(t *testing.T) {
	v := newRig(t, renewing(t)).visitor(t)
	v.post("begin")
	v.post("choose", "choice", "make_login")
	v.Shows(200, "今のログインの4けた")
	wrong := "0001"
	v.post("pin", "pin", wrong, "press", "ok")
	v.Shows(403, "暗証番号が違います。", "残りの回数は 2 回")
	v.post("pin", "pin", wrong, "press", "ok")
	v.Shows(403, "残りの回数は 1 回")
	v.post("pin", "pin", wrong, "press", "ok")
	v.Shows(403, "暗証番号はまだ送られていません。", "あと1回間違えると")
	v.post("pin", "pin", cardtest.PIN(card.Authentication), "press", "ok")
	v.Shows(200, "鍵を作ります")
}

// A PIN is changed: the present one, then the new one twice, which must be the same.
//
// Req: R-KSK-08
func TestChangePIN(t *testing.T) {
	v := newRig(t, renewing(t)).visitor(t)
	v.post("begin")
	v.post("choose", "choice", "pin_sign")
	v.Shows(200, "今の署名の6〜16文字")
	v.post("pin", "pin", cardtest.PIN(card.Signature), "press", "ok")
	v.post("pin", "pin", "NEWPIN1", "press", "ok")
	v.post("pin", "pin", "NEWPIN2", "press", "ok")
	v.Shows(400, "2回の入力が一致しません。", "新しい署名の6〜16文字")
	v.Hides("（もう一度）")
	v.post("pin", "pin", "NEWPIN1", "press", "ok")
	v.post("pin", "pin", "NEWPIN1", "press", "ok")
	v.Shows(200, "署名の6〜16文字を設定しました。")
}

// A card in work is nobody else's, and a session nobody else's.
func TestOneSession(t *testing.T) {
	r := newRig(t, prepared(t))
	v, other := r.visitor(t), r.visitor(t)
	v.post("begin")
	other.post("begin")
	other.Shows(409, "別の画面で手続きが進んでいます。")
	other.post("choose", "choice", "make_login")
	other.Shows(409, "手続きは終わっています。")
	v.look()
	v.Shows(200, "業務を選んでください")
}

// A session that is left alone ends; the visitor may make its time ten times as long.
//
// Spec: WCAG 2.2 §2.2.1
func TestTimeLimit(t *testing.T) {
	v := newRig(t, prepared(t)).visitor(t)
	v.post("begin")
	v.now = v.now.Add(119 * time.Second)
	v.post("extend")
	v.Shows(200, "20分間操作がないと")
	v.now = v.now.Add(19 * time.Minute)
	v.look()
	v.Shows(200, "業務を選んでください")
	v.now = v.now.Add(time.Minute)
	v.look()
	v.Shows(200, "カードをセットしてください", "カードが残っています。")
	v.post("choose", "choice", "make_login")
	v.Shows(409, "しばらく操作がありませんでした。")
}

// Who takes the card out has ended his session, and what he entered is gone.
func TestCardTakenOut(t *testing.T) {
	v := newRig(t, prepared(t)).visitor(t)
	v.post("begin")
	v.post("choose", "choice", "make_login")
	v.press("1", "2")
	v.pulled = true
	v.post("pin", "press", "3")
	v.Shows(409, "手続きは終わっています。")
	v.post("begin")
	v.Shows(503, "カードがないか、カードリーダーが使えません。")
	v.pulled = false
	v.post("begin")
	v.post("choose", "choice", "make_login")
	v.Shows(200, "ボタンで入力した文字：0文字")
}

// Only a card from the counter is taken, and only in the order of the table.
//
// Req: R-ISS-14
func TestRefusals(t *testing.T) {
	v := newRig(t, cardtest.Blank(t)).visitor(t)
	v.post("begin")
	v.Shows(403, "窓口での準備が済んでいません。")
	v.Hides("カードが残っています。")

	v = newRig(t, prepared(t)).visitor(t)
	v.post("begin")
	v.post("choose", "choice", "dance")
	v.Shows(400, "メニューにありません。")
	for _, act := range []string{"pin", "generate", "another"} {
		v.post(act, "press", "ok")
		v.Shows(409, "手続きの順番が違います。", "業務を選んでください")
	}
	v.post("return")
	v.Shows(200, "カードをセットしてください")
}
