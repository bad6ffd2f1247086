package portalweb_test

import (
	"crypto/x509"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/verify/verifytest"
)

// visitor is a browser without scripts; it fills in the hidden inputs of the page that it sees.
type visitor struct {
	a      *agency
	client *http.Client
	text   string // of the page, with tags
	path   string
	status int
}

func (a *agency) visit(path string) *visitor {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	v := &visitor{a: a, client: &http.Client{Jar: jar}}
	v.do(http.MethodGet, path, nil)
	return v
}

func (v *visitor) do(method, path string, values url.Values) {
	v.a.t.Helper()
	r, err := http.NewRequestWithContext(v.a.t.Context(), method, v.a.url+path, strings.NewReader(values.Encode()))
	if err != nil {
		v.a.t.Fatal(err)
	}
	if values != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := v.client.Do(r)
	if err != nil {
		v.a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.a.t.Fatal(err)
	}
	v.text, v.path, v.status = html.UnescapeString(string(text)), response.Request.URL.Path, response.StatusCode
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]+)">`)

// send sends a form of the page with what was entered: names and values.
func (v *visitor) send(path string, entered ...string) {
	v.a.t.Helper()
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(v.text, -1) {
		values.Set(m[1], m[2])
	}
	for i := 0; i < len(entered); i += 2 {
		values.Set(entered[i], entered[i+1])
	}
	v.do(http.MethodPost, path, values)
}

func (v *visitor) reads(wants ...string) {
	v.a.t.Helper()
	for _, want := range wants {
		if !strings.Contains(v.text, want) {
			v.a.t.Errorf("the page lacks %q:\n%s", want, v.text)
		}
	}
}

// fill sends the form as hanako, after changes.
func (v *visitor) fill(changes ...string) {
	v.a.t.Helper()
	v.send("/agency/apply", append([]string{"name", hanako.Name, "birth", "昭和55年2月17日", "address", hanako.Address, "copies", "1"}, changes...)...)
}

// From the first page to the receipt, and what the clerk sees.
//
// Req: R-APP-01, R-APP-02, R-APP-03, R-APP-04, R-APP-05, R-APP-06, R-APP-07
func TestApplication(t *testing.T) {
	a := newAgency(t)
	v := a.visit("/agency")
	v.reads("これは見本の手続です。", `href="/agency/apply"`)
	v.do(http.MethodGet, "/agency/apply", nil)
	v.reads(hanako.Name, "1980-02-17")
	v.fill()
	v.reads("署名する文書", "住民票の写しの交付申請書（見本）", "氏名："+hanako.Name)
	v.send("/agency/sign", "act", "edit")
	v.reads(`value="` + hanako.Address + `"`)
	v.fill()
	for pin, want := range map[string]string{"": "英数字 6～16 文字です。", "WRONG1": "暗証番号が違います。残り 4 回です。"} {
		v.send("/agency/sign", "pin", pin)
		if v.status != http.StatusUnprocessableEntity {
			t.Errorf("PIN %q: status %d", pin, v.status)
		}
		v.reads(want)
	}
	v.send("/agency/sign", "pin", cardtest.SignaturePIN)
	v.reads("まだ送信していません。")
	sending := *v
	v.send("/agency/send")
	v.reads("申請を受け付けました。", "受理しました", "すべて正しいことを確認しました。")
	receipt := v.path
	for _, secret := range []string{hanako.Name, hanako.Address, cardtest.SignaturePIN} {
		if strings.Contains(v.text, secret) || strings.Contains(a.log.String(), secret) || strings.Contains(receipt, secret) {
			t.Errorf("receipt, log or address holds %q", secret)
		}
	}
	sending.send("/agency/send") // the button pressed twice
	if sending.path != receipt {
		t.Errorf("sent twice: %s and %s", receipt, sending.path)
	}

	number := receipt[strings.LastIndex(receipt, "/")+1:]
	v.do(http.MethodGet, "/agency", nil)
	v.send("/agency/find", "number", " "+strings.ToLower(number))
	v.reads("受理しました")
	v.do(http.MethodGet, "/agency", nil)
	v.send("/agency/find", "number", "00000-00000")
	v.reads("この番号の申請はないか")

	v.do(http.MethodGet, "/agency/clerk", nil)
	v.reads(number, "受理")
	v.do(http.MethodGet, "/agency/clerk/"+number, nil)
	v.reads(hanako.Name, "証明書の有効性", "serial 0C")
	a.stopped = true
	for _, path := range []string{"/agency/clerk", "/agency/clerk/" + number} {
		if v.do(http.MethodGet, path, nil); v.status != http.StatusForbidden || strings.Contains(v.text, hanako.Name) {
			t.Errorf("%s is shown to others, status %d", path, v.status)
		}
	}
}

// What is wrong with the form is said at its inputs.
func TestForm(t *testing.T) {
	v := newAgency(t).visit("/agency/apply")
	v.fill("name", "", "birth", "昭和55年2月31日", "address", "123456789012", "copies", "x")
	if v.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", v.status)
	}
	v.reads("何も入力されていません。", "12 けたの数字が入っています。", "1 から 9 までの数ではありません。", "暦にない", "次の 4 項目を直してください。")
	v.send("/agency/send", "document", "broken", "signature", "x")
	v.reads("申請を受け付けませんでした。")
}

// The applicant reads why, and what to do; where nobody can say, the clerk examines it later.
func TestDecisions(t *testing.T) {
	a := newAgency(t)
	apply := func(changes ...string) *visitor {
		v := a.visit("/agency/apply")
		v.fill(changes...)
		v.send("/agency/sign", "pin", cardtest.SignaturePIN)
		v.send("/agency/send")
		return v
	}
	apply("name", "見本　次郎").reads("受理できません", "氏名が、証明書の氏名と違います。", "本人のカードで申請し直してください")
	a.away = true
	v := apply("copies", "2")
	v.reads("審査を待っています", "申請し直す必要はありません。")
	number := v.path[strings.LastIndex(v.path, "/")+1:]
	v.do(http.MethodGet, "/agency/clerk/"+number, nil)
	v.reads("未確認", "いま審査する")
	a.away, a.revoked = false, []x509.RevocationListEntry{verifytest.Revoke(serial, verifytest.Now.Add(-time.Hour), 1)}
	v.send("/agency/clerk/" + number + "/judge")
	v.reads("審査しました。", "受理できません", "証明書は失効しています。")
	v.do(http.MethodGet, "/agency/receipts/"+number, nil)
	v.reads("新しい署名用電子証明書の発行を受けてから")
	if portal.Retention != 30*24*time.Hour {
		t.Errorf("kept for %v", portal.Retention)
	}
}

// Blocked, the card signs no more, and the page says where help is.
func TestBlockedPIN(t *testing.T) {
	v := newAgency(t).visit("/agency/apply")
	v.fill()
	for range 4 {
		v.send("/agency/sign", "pin", "WRONG1")
	}
	v.send("/agency/sign", "pin", "WRONG1")
	v.reads("残りの回数が 1 回なので、カードに送りませんでした。")
}
