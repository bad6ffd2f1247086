package app

import (
	"context"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
)

// serve answers with the nation, or says how far its founding is.
func (u *up) serve(w http.ResponseWriter, r *http.Request) {
	if handler := u.handler.Load(); handler != nil {
		(*handler).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Retry-After", "1")
	answer(w, http.StatusServiceUnavailable, u.progress.Load())
}

// mux is what the nation answers to this machine. life ends with the nation.
func (u *up) mux(life context.Context) (http.Handler, error) {
	pages := Pages{Handler: http.HandlerFunc(u.index), Sites: map[string]string{"story": "/story"}}
	if u.Pages != nil {
		var err error
		if pages, err = u.Pages(u.sandbox, u.people); err != nil {
			return nil, err
		}
	}
	u.sites = pages.Sites
	mux := http.NewServeMux()
	mux.Handle("/", pages.Handler)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, struct{}{}) })
	mux.HandleFunc("GET /sandbox.json", u.describe)
	mux.HandleFunc("POST /clock", func(w http.ResponseWriter, r *http.Request) { u.moveClock(life, w, r) })
	return mux, nil
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // who asked may be gone
}

// refuse tells the log what cannot be told to others.
func (u *up) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if fault.KindOf(err) == fault.Internal {
		u.Log.ErrorContext(r.Context(), "answering "+r.URL.Path, "error", err)
	}
	line.Refuse(w, err)
}

// farthest is how far one request may move the clock: longer than any certificate lives.
const farthest = 11 * 366 * 24 * time.Hour

// moveClock moves the nation's clock. Of those who ask at the same time each moves it by what he says, one after the other.
// Faults: "app.up_advance", "app.up_ended".
func (u *up) moveClock(life context.Context, w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Advance string `json:"advance"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<10))
	if err == nil {
		err = line.Decode(body, &asked)
	}
	by, wrong := time.ParseDuration(asked.Advance)
	if err != nil || wrong != nil || by < time.Second || by > farthest {
		u.refuse(w, r, fault.New(fault.Invalid, "app.up_advance"))
		return
	}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(life, stop)()                           // who ends the nation does not wait until years are over
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // years take more than a minute
	err = u.sandbox.AdvanceBy(ctx, by)
	if err != nil && life.Err() != nil {
		err = fault.Wrap(err, fault.Unavailable, "app.up_ended")
	}
	if err != nil {
		u.refuse(w, r, err)
		return
	}
	clock, err := u.clock()
	if err != nil {
		u.refuse(w, r, err)
		return
	}
	answer(w, http.StatusOK, clock)
}

var indexPage = template.Must(template.New("index").Parse(`<!DOCTYPE html>
<html lang="ja">
<meta charset="utf-8">
<title>TEST OpenJPKI</title>
<h1>TEST — OpenJPKI 試験環境 Sandbox</h1>
<p>架空の国です。証明書に法律上の効力はありません。An invented nation: its certificates have no legal effect.</p>
<p>{{.Clock.Now}}</p>
<ul>
{{range .Persons}}<li><b>{{.ID}}</b> {{.Name}}: {{.StoryJA}} <span lang="en">{{.Story}}</span> (sign: {{.Expect.Sign}}, auth: {{.Expect.Auth}})
{{end}}</ul>
<ul>
<li><a href="/sandbox.json">/sandbox.json</a>
<li>POST /clock {"advance":"24h"}
{{range .OCSP}}<li>OCSP {{.Issuer}}: {{.URL}}
{{end}}{{range .CRL}}<li>CRL {{.Municipality}}: <a href="{{.URL}}">{{.URL}}</a>
{{end}}</ul>
</html>
`))

// index is the one page of a nation without pages: its persons and addresses.
func (u *up) index(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	case r.URL.Path == "/":
		http.Redirect(w, r, "/story", http.StatusFound)
		return
	case r.URL.Path != "/story":
		http.NotFound(w, r)
		return
	}
	d, err := u.description(r.Context())
	if err != nil {
		u.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	_ = indexPage.Execute(w, d) // who asked may be gone
}
