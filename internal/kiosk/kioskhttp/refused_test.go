package kioskhttp_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/kiosk/kioskhttp"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
)

// No PIN is in a path, an answer, an error or the log of the server, and no answer is kept by the browser.
func TestSecretsAreNotTold(t *testing.T) {
	r := newRig(t, prepared(t))
	w, ctx := r.window(), t.Context()
	const planted, wrong, next, bad = "PLANTED77PIN", "WRONGLY88PIN", "FOLLOWS99PIN", "not-the-form-of-a-pin"
	tell := func(s kioskhttp.State, err error) {
		if err != nil {
			r.Write([]byte(err.Error() + "\n"))
		}
	}
	tell(w.Begin(ctx))
	tell(w.Choose(ctx, kiosk.KeyPair, card.Signature))
	tell(w.SetPIN(ctx, bad))
	tell(w.SetPIN(ctx, planted))
	tell(w.SetPIN(ctx, planted))
	tell(w.Generate(ctx))
	tell(w.Another(ctx))
	tell(w.Choose(ctx, kiosk.PINChange, card.Signature))
	tell(w.VerifyPIN(ctx, planted))
	tell(w.ChangePIN(ctx, wrong, next))
	tell(w.ChangePIN(ctx, planted, bad))
	tell(w.ChangePIN(ctx, planted, next))
	tell(w.SetPIN(ctx, strings.Repeat(planted, 1000)))
	for _, body := range []string{`{"pin":"` + planted, `{"` + planted + `":1}`, `{"pin":"a"} ` + planted, `"` + planted + `"`} {
		response, err := (&http.Client{Transport: r}).Post(r.url+"/kiosk/v1/setpin", "application/json", strings.NewReader(body))
		must(t, err)
		response.Body.Close()
	}
	state, err := w.State(ctx)
	if err != nil || state.Screen != kiosk.ReturnCard {
		t.Fatalf("in the end %+v, %v, want the last screen", state, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	said := r.said.String()
	for _, secret := range []string{planted, wrong, next, bad, r.chip.Serial} {
		if strings.Contains(said, secret) {
			t.Errorf("%q is told", secret)
		}
	}
	for _, want := range []string{"kiosk.pin_wrong", "kiosk.pin_form", "kiosk.order", "line.question_invalid"} {
		if !strings.Contains(said, want) {
			t.Errorf("%s is not among what was told", want)
		}
	}
	if answers, kept := strings.Count(said, "HTTP/1.1 "), strings.Count(said, "Cache-Control: no-store"); answers < 18 || kept != answers {
		t.Errorf("%d of %d answers are not to be kept", kept, answers)
	}
}

// What comes from elsewhere, or is no act, does nothing.
func TestRefused(t *testing.T) {
	r := newRig(t, prepared(t))
	const begin = "/kiosk/v1/begin"
	for name, tt := range map[string]struct{ method, path, header, value, body, want string }{
		"another site's page":                  {"POST", begin, "Origin", "https://attacker.example", "{}", "line.foreign"},
		"another site's look":                  {"GET", "/kiosk/v1/state", "Origin", "https://attacker.example", "", "line.foreign"},
		"a name that was made to lead here":    {"POST", begin, "Host", "attacker.example", "{}", "line.foreign"},
		"a form of another page":               {"POST", begin, "Content-Type", "text/plain", "{}", "line.question_invalid"},
		"more than is asked":                   {"POST", begin, "", "", `{"pin":"1234"}`, "line.question_invalid"},
		"too much":                             {"POST", begin, "", "", "{" + strings.Repeat(" ", 2000) + "}", "line.question_invalid"},
		"an act by a link":                     {"GET", begin, "", "", "", "line.peer"},
		"no act":                               {"POST", "/kiosk/v1/open", "", "", "{}", "line.peer"},
		"an act without the name of a session": {"POST", "/kiosk/v1/generate", "", "", "{}", "kiosk.session_over"},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), tt.method, r.url+tt.path, strings.NewReader(tt.body))
			must(t, err)
			request.Header.Set("Content-Type", "application/json")
			if tt.header == "Host" {
				request.Host = tt.value
			} else if tt.header != "" {
				request.Header.Set(tt.header, tt.value)
			}
			response, err := http.DefaultClient.Do(request)
			must(t, err)
			defer response.Body.Close()
			if err := line.Refusal(response, "kiosk"); fault.KeyOf(err) != tt.want {
				t.Errorf("refused with %v, want %s", err, tt.want)
			}
		})
	}
	checks{t}.is("State", at(kiosk.SetCard))(r.window().State(t.Context()))
}

func TestNewRefuses(t *testing.T) {
	if _, err := kioskhttp.New(kioskhttp.Config{}); err == nil {
		t.Error("New without a kiosk = nil, want an error")
	}
}

// What answers in the place of a panel is an error to its client.
func TestClientRefuses(t *testing.T) {
	c := checks{t}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"garbage": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }, "line.answer_invalid"},
		"status":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "line.peer"},
	} {
		w := kioskhttp.Client{URL: "http://" + linetest.Run(t, line.Server{Handler: tt.answer})}
		c.fails(name, tt.want)(w.State(t.Context()))
	}
	c.fails("no socket", "kiosk.no_card")(window(t, kioskhttp.PCSC(filepath.Join(t.TempDir(), "s"))).Begin(t.Context()))
	if _, err := (&kioskhttp.Client{URL: "%"}).State(t.Context()); err == nil {
		t.Error("State of no URL = nil, want an error")
	}
}

// window returns a window of a panel with a reader that does not work.
func window(t *testing.T, open kioskhttp.Open) *kioskhttp.Client {
	t.Helper()
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{{Version: 1}}})
	must(t, err)
	panel, err := kioskhttp.New(kioskhttp.Config{Kiosk: k, Open: open})
	must(t, err)
	return &kioskhttp.Client{URL: "http://" + linetest.Run(t, line.Server{Handler: panel})}
}
