package line_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/post"
)

var discard = log.New(io.Discard, "", 0)

// What the offices of the tests ask each other.
type (
	asked struct {
		Text string `json:"text"`
	}
	echoed struct {
		Text  string       `json:"text"`
		Actor authz.Actor  `json:"actor"`
		From  post.Address `json:"from"`
	}
)

const echo line.Question[asked, echoed] = "/echo"

type answerer = func(context.Context, authz.Actor, post.Address, asked) (echoed, error)

func doEcho(_ context.Context, actor authz.Actor, from post.Address, q asked) (echoed, error) {
	return echoed{q.Text, actor, from}, nil
}

func neverEchoed(t *testing.T) answerer {
	return func(context.Context, authz.Actor, post.Address, asked) (echoed, error) {
		t.Error("a question arrived, want none")
		return echoed{}, nil
	}
}

// answering starts the CA's server with an answer.
func answering(t *testing.T, a *linetest.Authority, answer answerer) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	echo.Handle(mux, answer)
	return a.Serve(t, ca, mux)
}

// Many ask at a time, and each gets its own answer: what was asked, its office as its certificate names it, its operator.
func TestAsk(t *testing.T) {
	a := linetest.New(t)
	server := answering(t, a, doEcho)
	clients := map[post.Address]*line.Client{counter: a.Client(t, counter, ca, server), "registry": a.Client(t, "registry", ca, server)}
	var all sync.WaitGroup
	for from, client := range clients {
		for i := range 20 {
			all.Go(func() {
				q := asked{fmt.Sprintf("見本 <%d> \u2028", i)}
				operator := fmt.Sprintf("op-%d", i)
				got, err := echo.Ask(t.Context(), client, operator, q)
				want := echoed{q.Text, authz.Actor{Office: from.Office(), Operator: operator}, from}
				if err != nil || got != want {
					t.Errorf("Ask = %v, %v, want %v", got, err, want)
				}
			})
		}
	}
	all.Wait()
	got, err := echo.Ask(t.Context(), clients[counter], "", asked{})
	if err != nil || got.Actor.Operator != "" {
		t.Errorf("Ask for a machine = %v, %v", got, err)
	}
}

// raw sends a request of any form with the counter's certificate and returns the fault.
func raw(t *testing.T, a *linetest.Authority, url string, change func(*http.Request), body io.Reader) error {
	t.Helper()
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{a.Office(t, counter)}, RootCAs: a.Roots}}}
	defer web.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	change(request)
	response, err := web.Do(request)
	must(t, err)
	defer response.Body.Close()
	return line.Refusal(response, ca)
}

// What is no question is refused before anybody answers it.
func TestRefusedQuestions(t *testing.T) {
	a := linetest.New(t)
	server := answering(t, a, neverEchoed(t))
	keep := func(*http.Request) {}
	operator := func(values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Jpki-Operator"] = values }
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		body   string
		want   string
	}{
		{"other type", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, `{"text":"a"}`, "line.question_invalid"},
		{"other method", func(r *http.Request) { r.Method = http.MethodPut }, `{"text":"a"}`, "line.peer"},
		{"other path", func(r *http.Request) { r.URL.Path = "/other" }, `{"text":"a"}`, "line.peer"},
		{"nothing", keep, ``, "line.question_invalid"},
		{"no JSON", keep, `text`, "line.question_invalid"},
		{"unknown member", keep, `{"text":"a","office":"ca"}`, "line.question_invalid"},
		{"other type of member", keep, `{"text":1}`, "line.question_invalid"},
		{"something behind it", keep, `{"text":"a"} {}`, "line.question_invalid"},
		{"not UTF-8", keep, "{\"text\":\"\xff\"}", "line.question_invalid"},
		{"too large", keep, `{"text":"` + strings.Repeat("a", line.MaxBody) + `"}`, "line.question_invalid"},
		{"a name as operator", operator("山田"), `{"text":"a"}`, "line.operator"},
		{"a sentence as operator", operator("op 7"), `{"text":"a"}`, "line.operator"},
		{"a long operator", operator(strings.Repeat("7", 65)), `{"text":"a"}`, "line.operator"},
		{"two operators", operator("op-7", "op-8"), `{"text":"a"}`, "line.operator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantFault(t, "asking", raw(t, a, server+string(echo), tt.change, strings.NewReader(tt.body)), tt.want)
		})
	}
}

// The office is never taken from what is written.
func TestOfficeFromCertificate(t *testing.T) {
	a := linetest.New(t)
	var got authz.Actor
	server := answering(t, a, func(_ context.Context, actor authz.Actor, _ post.Address, _ asked) (echoed, error) {
		got = actor
		return echoed{}, nil
	})
	raw(t, a, server+string(echo), func(r *http.Request) {
		for _, name := range []string{"Jpki-Office", "Office", "From", "Forwarded", "X-Forwarded-For"} {
			r.Header.Set(name, "ca")
		}
	}, strings.NewReader(`{"text":"ca"}`))
	if want := (authz.Actor{Office: authz.Counter}); got != want {
		t.Errorf("actor %v, want %v", got, want)
	}
}

// A fault is the same on both sides, kind, key and text in both languages; its cause, and an error without key, stay where
// they happened.
func TestFaultsCross(t *testing.T) {
	a := linetest.New(t)
	secret := fault.Wrap(io.ErrUnexpectedEOF, fault.Denied, "post.no_route", counter)
	faults := map[string]error{
		"invalid": fault.New(fault.Invalid, "post.too_large", 1<<20), "denied": secret,
		"not found": fault.New(fault.NotFound, "line.not_relayed"), "conflict": fault.New(fault.Conflict, "post.altered"),
		"unavailable": fault.New(fault.Unavailable, "post.medium_foreign", "<ca>", counter), "internal": fault.New(fault.Internal, "post.settled"),
	}
	server := answering(t, a, func(_ context.Context, _ authz.Actor, _ post.Address, q asked) (echoed, error) {
		if err, ok := faults[q.Text]; ok {
			return echoed{}, err
		}
		return echoed{}, io.ErrUnexpectedEOF
	})
	client := a.Client(t, counter, ca, server)
	for text, want := range faults {
		_, got := echo.Ask(t.Context(), client, "", asked{text})
		if fault.KindOf(got) != fault.KindOf(want) || fault.KeyOf(got) != fault.KeyOf(want) || strings.Contains(got.Error(), "EOF") {
			t.Errorf("%v arrives as %v", want, got)
		}
		for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
			if diff := cmp.Diff(locale.Explain(lang, want), locale.Explain(lang, got)); diff != "" {
				t.Errorf("%v in %s: -sent +arrived\n%s", want, lang, diff)
			}
		}
	}
	_, err := echo.Ask(t.Context(), client, "", asked{"unknown"})
	wantFault(t, "an error without key", err, "line.peer")
	if strings.Contains(err.Error(), "EOF") {
		t.Errorf("%v tells of the inside", err)
	}
}

// What is no answer is taken for none.
func TestAnswers(t *testing.T) {
	a := linetest.New(t)
	elsewhere := a.Serve(t, ca, nobody(t))
	write := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	const problem = "application/problem+json"
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"status alone": {write(503, "", ""), "line.peer"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, "line.peer"},
		"a fault of other type":   {write(403, "text/html", `{"kind":"denied","key":"post.late"}`), "line.peer"},
		"a fault of unknown kind": {write(403, problem, `{"kind":"odd","key":"post.late"}`), "line.peer"},
		"a fault without kind":    {write(403, problem, `{"key":"post.late"}`), "line.peer"},
		"a fault with a wild key": {write(403, problem, `{"kind":"denied","key":"<b>"}`), "line.peer"},
		"a fault with more":       {write(403, problem, `{"kind":"denied","key":"post.late","detail":"a"}`), "line.peer"},
		"an endless fault":        {write(403, problem, `{"kind":"denied","key":"post.late","args":["`+strings.Repeat("a", 1<<16)+`"]}`), "line.peer"},
		"a fault":                 {write(403, problem, `{"kind":"denied","key":"post.late"}`), "post.late"},
		"garbage":                 {write(200, "application/json", "ok"), "line.answer_invalid"},
		"unknown member":          {write(200, "application/json", `{"more":1}`), "line.answer_invalid"},
		"something behind":        {write(200, "application/json", `{} {}`), "line.answer_invalid"},
		"endless":                 {write(200, "application/json", strings.Repeat(" ", line.MaxBody+1)), "line.answer_invalid"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "{}")
		}, "line.unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			client := a.Client(t, counter, ca, a.Serve(t, ca, tt.answer))
			_, err := echo.Ask(t.Context(), client, "", asked{})
			wantFault(t, "Ask", err, tt.want)
		})
	}
}

// An office that never answers holds nobody up, and neither does the end of what the question was for.
func TestNoAnswer(t *testing.T) {
	a := linetest.New(t)
	released := make(chan struct{})
	server := answering(t, a, func(context.Context, authz.Actor, post.Address, asked) (echoed, error) {
		<-released
		return echoed{}, nil
	})
	t.Cleanup(func() { close(released) }) // before the server ends
	config := line.ClientConfig{Office: ca, URL: server, Own: a.Office(t, counter), Roots: a.Roots, Limit: 50 * time.Millisecond}
	_, err := echo.Ask(t.Context(), linetest.Client(t, config), "", asked{})
	wantFault(t, "Ask with a limit", err, "line.unreachable")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = echo.Ask(ctx, a.Client(t, counter, ca, server), "", asked{})
	wantFault(t, "Ask for nobody", err, "line.unreachable")
}

// What is read as a question is the question: writing it and reading it again gives the same, in the same bytes.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"見本","count":1,"body":"AQI=","more":{"a":"b"},"inner":{"flag":true}}`, `{}`, `null`, `{"name":"a","name":"b"}`,
		`{"NAME":"a"}`, `{"other":1}`, `{} {}`, "{\"name\":\"\xff\"}", `{"name":"\ud800"}`, `{"count":1e3}`, `{"body":"="}`, `[`, ` { } `,
	} {
		f.Add([]byte(seed))
	}
	type question struct {
		Name  string            `json:"name"`
		Count int64             `json:"count"`
		Body  []byte            `json:"body"`
		More  map[string]string `json:"more"`
		Inner struct {
			Flag bool `json:"flag"`
		} `json:"inner"`
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second question
		if err := line.Decode(data, &first); err != nil {
			wantFault(t, "Decode", err, "line.question_invalid")
			return
		}
		written := encode(t, first)
		if err := line.Decode(written, &second); err != nil {
			t.Fatalf("Decode of what was written: %v", err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("read again: -first +second\n%s", diff)
		}
		if again := encode(t, second); string(again) != string(written) {
			t.Errorf("written again as %s, first as %s", again, written)
		}
	})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}
