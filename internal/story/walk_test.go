package story_test

import (
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var steps = []string{"application", "register", "keys", "issue", "signature", "verification", "move", "refusal", "reissue"}

// results are what the page of a step says when it is done.
var results = map[string]string{
	"application": "受付済み", "register": "本人確認済み", "keys": "TEST", "issue": "署名用電子証明書", "verification": "受理しました",
	"move": "架空県隣里市新例町", "refusal": "市区町村の窓口で、新しい署名用電子証明書の発行を受けてから、申請し直してください。", "reissue": "受理しました",
}

// The whole life by the direct way: one press for each step. The first signature is verified with the sixth.
//
// Req: R-STM-01, R-STM-03, R-APP-07, R-APP-09, R-VAL-06
func TestWalk(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address)
	b.visit("/story").ok("電子証明書の一生を体験する")
	for i, step := range steps {
		if b.press("/story/"+step).ok("操作が終わりました。", results[step]); b.clicks != i+1 {
			t.Fatalf("%s took %d presses, want %d in all", step, b.clicks, i+1)
		}
	}
	b.visit("/story").ok("最後の手順を見る")
	want := map[string][]string{
		"application": {"電子証明書発行申請書"}, "register": {"台帳が証明した"}, "keys": {"PKCS #10", "PUT KEY", "IMPORT PRIVATE KEY", "VERIFY"},
		"issue":     {"issue_request/1", "issued/1", "holder_record/1", "issued_notice/1", "UPDATE BINARY", "keyUsage"},
		"signature": {"CMS", "PERFORM SECURITY OPERATION"}, "verification": {"OCSP の回答", "SEQUENCE"}, "move": {"記録はまだありません"},
		"refusal": {"holder_list/1", "change_notice/1", "revocation_order/1", "revoked/1", "失効リスト"}, "reissue": {"issue_request/1", "CMS", "OCSP の回答"},
	}
	for _, step := range steps {
		b.visit("/story/" + step).ok("元の文書が求めること")
		b.visit("/story/" + step + "/bytes").ok(want[step]...)
	}
}

// Each act by itself, in its order; a step ahead of its time is refused, and one that is done changes nothing.
func TestOneActAtATime(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address)
	b.visit("/story/application").press("/story/application", "act", "next").ok("操作が終わりました。", "未使用のカード")
	if strings.Contains(b.page, "受付済み") {
		t.Error("one act was asked for, and the case is open, too")
	}
	if b.post("/story/issue"); b.status != http.StatusConflict || !strings.Contains(b.page, "先に手順 1 を終える必要があります。") {
		t.Errorf("a step ahead of its time: status %d", b.status)
	}
	b.visit("/story/application").press("/story/application", "act", "next").ok("受付済み")
	if b.post("/story/application"); b.status != http.StatusOK {
		t.Errorf("a step that is done: status %d", b.status)
	}
}

// What is recorded of the card holds neither PIN nor key, in no form.
//
// Req: R-KSK-09, R-CRD-04
func TestTapeHoldsNoSecret(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address).visit("/story")
	for _, step := range steps[:5] {
		b.press("/story/" + step)
	}
	for _, step := range steps[:5] {
		b.visit("/story/" + step + "/bytes")
		for _, secret := range []string{hex.EncodeToString([]byte("1234")), hex.EncodeToString([]byte("ABC123"))} {
			if strings.Contains(b.page, " "+secret) {
				t.Errorf("the bytes of step %s show a PIN", step)
			}
		}
		for _, row := range regexp.MustCompile(`(?s)<td lang="en">(VERIFY|PUT KEY|IMPORT PRIVATE KEY|CHANGE REFERENCE DATA|EXTERNAL AUTHENTICATE)</td><td class="mono bytes">([0-9a-f]{8})([^<]*)<`).FindAllStringSubmatch(b.page, -1) {
			if data := strings.TrimSpace(row[3]); data != "" && !regexp.MustCompile(`^\[[0-9]+\]$`).MatchString(data) {
				t.Errorf("%s is shown with its data %q", row[1], data)
			}
		}
	}
}

// Two browsers are two residents: neither sees the other's name, bytes or cases, and the clock is one.
func TestTwoVisitors(t *testing.T) {
	_, address := open(t, t.TempDir())
	one, other := newBrowser(t, address).visit("/story"), newBrowser(t, address).visit("/story")
	for _, step := range steps {
		one.press("/story/" + step).ok("操作が終わりました。")
		other.press("/story/"+step).ok("操作が終わりました。", results[step])
	}
	mine, theirs := number(t, one), number(t, other)
	if mine == theirs {
		t.Fatalf("both have the case %s", mine)
	}
	for _, step := range steps {
		if one.visit("/story/" + step + "/bytes"); strings.Contains(one.page, theirs) {
			t.Errorf("the bytes of step %s show the other's case", step)
		}
	}
	one.visit("/story").press("/story/role/clerk")
	one.visit("/counter/cases/" + mine).ok("見本")
	one.visit("/counter/cases/" + theirs)
	if one.status != http.StatusNotFound {
		t.Errorf("the other's case answers with status %d", one.status)
	}
}

var caseNumber = regexp.MustCompile(`99201-[0-9a-fx]+`)

// number is that of the case of a browser's resident.
func number(t *testing.T, b *browser) string {
	t.Helper()
	id := caseNumber.FindString(b.visit("/story").page)
	if id == "" {
		t.Fatal("no case")
	}
	return id
}

// The pages of an office are seen in its role, and one press changes it.
func TestRoles(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address)
	b.visit("/counter").ok("役割を変えると見られます。").press("/story/role/clerk?to=/counter")
	if b.at != "/counter" || strings.Contains(b.page, "役割を変えると見られます。") || b.status != http.StatusOK {
		t.Errorf("at %s with status %d", b.at, b.status)
	}
	for role, desk := range map[string]string{"register": "/registry", "agency": "/agency/clerk", "sp": "/verify", "approver": "/counter", "resident": "/story"} {
		if b.visit("/story").press("/story/role/" + role); b.at != desk || b.status != http.StatusOK {
			t.Errorf("as %s at %s with status %d, want %s", role, b.at, b.status, desk)
		}
	}
	b.visit("/kiosk").ok()
	if b.visit("/story").press("/story/role/clerk"); b.visit("/kiosk").status != http.StatusOK || !strings.Contains(b.page, "役割を変えると見られます。") {
		t.Errorf("a clerk sees the kiosk: status %d", b.status)
	}
}

// The map shows what was recorded: holder lists and change notices on their lines, and the way to one's own.
//
// Req: R-NET-09
func TestMap(t *testing.T) {
	_, address := open(t, t.TempDir())
	b := newBrowser(t, address).visit("/story")
	for _, step := range steps[:8] {
		b.press("/story/" + step)
	}
	b.visit("/map").ok("holder_list/1", "change_notice/1", "/story/refusal/bytes", `href="/map?from=link&amp;to=registry"`)
	b.visit("/map?from=registry&to=link").ok("change_notice/1")
	if strings.Contains(b.page, "holder_list/1</td>") {
		t.Error("the list of one line has the letters of another")
	}
	other := newBrowser(t, address).visit("/map").ok("change_notice/1")
	if strings.Contains(other.page, "/bytes") {
		t.Error("somebody else may look into letters that are not about him")
	}
}
