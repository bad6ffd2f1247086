//go:build judges

package portalweb_test

import (
	"strings"
	"testing"

	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/page/pagetest"
)

// examined looks at a page of a window with all that a machine can check.
func examined(w *pagetest.Window, name string, look pagetest.Look) {
	if !look.NoScript {
		w.Accessible()
	}
	w.Large()
	w.Fits()
	w.Screenshot("agency-" + name)
}

// says fails the test unless the page says all.
func says(t *testing.T, w *pagetest.Window, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if text := w.Text(); !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// A whole application by mouse: with and without scripts, in Japanese and English, narrow and dark, then the clerk's desk.
//
// Req: R-APP-01, R-APP-02, R-APP-03, R-APP-04, R-APP-05, R-APP-06
func TestScreenApplication(t *testing.T) {
	type words struct{ start, copies, next, pin, sign, send, result, clerks string }
	ja := words{"申請を始める", "通数", "次へ進む", "署名用の暗証番号", "署名する", "送信する", "受理しました", "職員の方はこちら"}
	en := words{"Start", "Number of copies", "Next", "PIN for signatures", "Sign", "Send", "Accepted", "For clerks"}
	b := pagetest.Open(t)
	tests := []struct {
		name string
		look pagetest.Look
		words
	}{
		{"ja", pagetest.Look{}, ja},
		{"en-narrow", pagetest.Look{Lang: "en", Width: 320}, en},
		{"no-script-dark", pagetest.Look{NoScript: true, Dark: true}, ja},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := b.Visit(t, newAgency(t).url+"/agency", tt.look)
			examined(w, "front-"+tt.name, tt.look)
			w.Follow("link", tt.start)
			w.Clear(tt.copies)
			w.Type(tt.copies, "2")
			examined(w, "apply-"+tt.name, tt.look)
			w.Follow("button", tt.next)
			w.Type(tt.pin, "WRONG1")
			w.Follow("button", tt.sign)
			examined(w, "wrong-"+tt.name, tt.look)
			w.Type(tt.pin, cardtest.SignaturePIN)
			w.Follow("button", tt.sign)
			examined(w, "send-"+tt.name, tt.look)
			w.Follow("button", tt.send)
			says(t, w, tt.result)
			examined(w, "receipt-"+tt.name, tt.look)
			number := w.Address()[strings.LastIndex(w.Address(), "/")+1:]
			w.Go(strings.Split(w.Address(), "/agency")[0] + "/agency")
			w.Follow("link", tt.clerks)
			examined(w, "list-"+tt.name, tt.look)
			w.Follow("link", number)
			says(t, w, hanako.Name)
			examined(w, "read-"+tt.name, tt.look)
		})
	}
}

// The same by keyboard alone, to a decision that is no: its reason and its cure.
//
// Req: R-APP-03, R-APP-04
func TestScreenApplicationByKeyboard(t *testing.T) {
	w := pagetest.Open(t).Visit(t, newAgency(t).url+"/agency", pagetest.Look{})
	w.TabTo("link", "申請を始める")
	w.Enter()
	w.Walk()
	w.Go(w.Address()) // the walk has ended somewhere
	w.TabTo("textbox", "氏名")
	w.Type("氏名", "の母") // behind the name that is known
	w.TabTo("button", "次へ進む")
	w.Enter()
	w.TabTo("DisclosureTriangle", "署名する文書")
	w.Key("Enter")
	says(t, w, "住民票の写しの交付申請書（見本）")
	w.TabTo("textbox", "署名用の暗証番号")
	w.Type("署名用の暗証番号", cardtest.SignaturePIN)
	w.Enter()
	w.TabTo("button", "送信する")
	w.Enter()
	says(t, w, "受理できません", "申請書の氏名が、証明書の氏名と違います。", "住民票のとおりの氏名で")
	w.Walk()
	examined(w, "refused", pagetest.Look{})
}
