package story_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// row is the value of a row on the page, by its term.
func (b *browser) row(term string) string {
	b.t.Helper()
	m := regexp.MustCompile(`<dt>` + term + `</dt><dd>([^<]*)</dd>`).FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s has no row %s:\n%s", b.at, term, b.page)
	}
	return m[1]
}

// A visitor who hands in the form himself, at the clerk's own page, goes on from there with the help of the story; and his
// card is read where it lies, and nowhere else.
//
// Req: R-ISS-02, R-ISS-13
func TestByHandAtTheCounter(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address).visit("/story/application").press("/story/application", "act", "next")
	b.visit("/story")
	form := []string{
		"number", "HAND1", "name", b.row("氏名"), "address", b.row("住所"), "birth", b.row("生年月日"), "card_end", b.row("カードの有効期限"),
		"sex", map[string]string{"男": "1", "女": "2"}[b.row("性別")], "kinds", "sign", "occasion", "first",
	}
	b.press("/story/role/clerk").visit("/counter/new").press("/counter/new", form...).ok("99201-HAND1")
	b.visit("/story").ok("99201-HAND1").press("/story/register").ok("本人確認済み")
	b.visit("/counter/cases/99201-HAND1").press("/counter/cases/99201-HAND1/prepare")
	if b.status == http.StatusOK || !strings.Contains(b.page, "カードはここになく、「手元」にあります。") {
		t.Errorf("the counter writes to a card in hand: status %d", b.status)
	}
	b.visit("/counter/cases/99201-HAND1").press("/story/card/counter?to=%2Fcounter%2Fcases%2F99201-HAND1").ok("カードの場所：窓口の読取装置")
	b.press("/counter/cases/99201-HAND1/prepare").ok("カード返却済み")
	for _, step := range steps[2:6] {
		b.visit("/story").press("/story/" + step).ok("操作が終わりました。")
	}
	b.ok("受理しました")
	b.visit("/story/keys/bytes").ok("PUT KEY", "IMPORT PRIVATE KEY")
}

// A case that ends before its time is no end of the story: another one is opened.
func TestWithdrawn(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address).visit("/story").press("/story/application")
	id := number(t, b)
	b.press("/story/role/clerk").visit("/counter/cases/"+id).press("/counter/cases/"+id+"/withdraw", "sure", "yes")
	b.visit("/story").ok("取下げ").press("/story/application").ok("受付済み")
	if other := number(t, b); other == id {
		t.Errorf("the case is %s again", id)
	}
}

// What somebody may not do in his role he cannot do by a form that he sends anyhow.
func TestActInAnotherRole(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address).visit("/story").press("/story/application")
	id := number(t, b)
	if b.post("/counter/cases/" + id + "/withdraw"); b.status != http.StatusForbidden {
		t.Errorf("a resident withdraws the case at the clerk's page: status %d", b.status)
	}
	if b.post("/story/card/nowhere"); b.status != http.StatusNotFound {
		t.Errorf("the card is nowhere: status %d", b.status)
	}
}
