//go:build judges

package pagetest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/page"
)

// words are a text of the demonstration, Japanese and English.
type words [2]string

func (w words) In(lang locale.Lang) string {
	if lang == locale.Japanese {
		return w[0]
	}
	return w[1]
}

type application struct {
	Title, Lead, More, MoreText page.Text
	Steps                       page.Steps
	Notice                      *page.Notice
	Name, Birth, PIN, Note      page.Field
	Kinds                       page.Choices
}

type certificate struct {
	Serial int
	Kind   jpki.Kind
	End    locale.Date
}

type caseData struct {
	Title, History, Discard page.Text
	Steps                   page.Steps
	Rows                    []page.Row
	Certificates            []certificate
}

func steps(current int) page.Steps {
	return page.Steps{Current: current, Labels: []page.Text{
		words{"申請内容の入力", "Application"}, words{"本人確認", "Identity"}, words{"鍵の生成", "Keys"}, words{"発行", "Issue"}, words{"交付", "Hand-over"},
	}}
}

func apply(r *http.Request) application {
	a := application{
		Title: words{"電子証明書の発行申請", "Application for certificates"},
		Lead: words{"カードに格納する｜電子証明書《でんししょうめいしょ》を申請します。カードの｜暗証番号《あんしょうばんごう》は、次の画面で本人が決めます。",
			"You apply for the certificates that are kept in the card. The holder chooses the PINs on the next page."},
		More: words{"氏名に使えない文字があるとき", "If a character of the name cannot be used"},
		MoreText: words{"証明書に記録できない文字は、代替文字に置き換えて記録します。代替文字は窓口で選べます。",
			"Characters that a certificate cannot hold are replaced. You choose the substitutes at the counter."},
		Steps: steps(0),
		Name: page.Field{Name: "name", Label: page.Say("counter.field_name"), Autocomplete: "name", Value: r.PostFormValue("name"),
			Hint: words{"住民票のとおりに入力してください。例：𠮷田　花子", "As in the resident record. Example: 𠮷田　花子"}},
		Birth: page.Field{Name: "birth", Label: page.Say("counter.field_birth"), Autocomplete: "bday", Value: r.PostFormValue("birth"),
			Hint: words{"例：平成30年4月1日、2018-04-01", "Example: 2018-04-01"}},
		Kinds: page.Choices{Name: "kinds", Label: page.Say("counter.field_kinds"), Several: true, Options: []page.Option{
			{Value: "sign", Label: words{"署名用電子証明書", "Signing certificate"}, Chosen: true, Hint: words{"文書に電子署名をするとき", "To sign documents"}},
			{Value: "auth", Label: words{"利用者証明用電子証明書", "Authentication certificate"}, Hint: words{"ログインするとき", "To log in"}},
		}},
		PIN:  page.Field{Name: "pin", Label: words{"ログインの4けた", "Four digits to log in"}, Type: "password", InputMode: "numeric", MaxLength: 4},
		Note: page.Field{Name: "note", Label: words{"窓口に伝えたいこと", "What the counter should know"}, Type: "textarea", Optional: true},
	}
	if r.Method == http.MethodPost {
		_, a.Birth.Error = locale.ParseDate(a.Birth.Value)
		return a
	}
	a.Notice = &page.Notice{Kind: page.Information, Title: words{"手数料はかかりません。", "There is no fee."}, Body: words{"カードの有効期限までに更新した場合も同じです。", "The same holds for a renewal in time."}}
	return a
}

func caseOf() caseData {
	return caseData{
		Title: words{"案件 0123-4567", "Case 0123-4567"}, History: words{"発行した電子証明書", "Certificates issued"}, Discard: words{"交付前に破棄する", "Discard"},
		Steps: steps(3),
		Rows: []page.Row{
			{Term: page.Say("counter.field_name"), Value: "公的　花子"}, {Term: page.Say("counter.field_birth"), Value: locale.Date{Year: 1990, Month: 4, Day: 1}},
			{Term: page.Say("counter.field_address"), Value: "東京都千代田区試験町一丁目2番3号"},
		},
		Certificates: []certificate{
			{4711, jpki.Signing, locale.Date{Year: 2031, Month: 4, Day: 1}}, {4712, jpki.Authentication, locale.Date{Year: 2031, Month: 4, Day: 1}},
		},
	}
}

func frame(r *http.Request) page.Frame {
	return page.Frame{
		Bar: []page.Link{
			{Label: words{"住民", "Resident"}, URL: "/apply", Current: r.URL.Path == "/apply"},
			{Label: words{"職員", "Clerk"}, URL: "/case", Current: r.URL.Path == "/case"}, {Label: page.Say("office.ca"), URL: "/fails"},
		},
		Tray: []page.Slot{
			{Place: words{"手元", "In hand"}, Content: words{"花子さんのカード", "Hanako's card"}}, {Place: words{"読取装置", "Reader"}}, {Place: page.Say("office.kiosk")},
		},
	}
}

// demo serves the pages of the demonstration and returns their address.
func demo(t *testing.T) string {
	t.Helper()
	s, err := page.NewSite(page.Config{Name: page.Say("office.counter"), Home: "/apply", Frame: frame})
	if err != nil {
		t.Fatal(err)
	}
	application, case_, bad := read[application](t, "apply.html"), read[caseData](t, "case.html"), read[caseData](t, "bad.html")
	s.Handle("GET /apply", func(w http.ResponseWriter, r *http.Request) error { return application.Show(w, r, apply(r)) })
	s.Handle("POST /apply", func(w http.ResponseWriter, r *http.Request) error {
		if a := apply(r); a.Birth.Error != nil {
			return application.ShowAgain(w, r, a)
		}
		return page.Redirect(w, r, "/case", words{"申請を受け付けました。", "The application was received."})
	})
	s.Handle("GET /case", func(w http.ResponseWriter, r *http.Request) error { return case_.Show(w, r, caseOf()) })
	s.Handle("GET /bad", func(w http.ResponseWriter, r *http.Request) error { return bad.Show(w, r, caseOf()) })
	s.Handle("GET /fails", func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Unavailable, "line.unreachable", "ca")
	})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

func read[T any](t *testing.T, name string) *page.Page[T] {
	t.Helper()
	p, err := page.New[T](os.DirFS("testdata/demo"), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
