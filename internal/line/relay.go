package line

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httputil"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Relay brings what a page at a clerk's terminal (受付窓口端末) asks to the office that answers it, under the certificate of the
// terminal. All fields must be set.
type Relay struct {
	To *Client
	// Paths are what may be asked, as patterns of http.ServeMux: "POST /counter/cases".
	Paths []string
	// Operator says who sits at the terminal. Its fault is the answer. What the page itself says of it does not count.
	Operator func(*http.Request) (string, error)
}

// Handler returns the relay, behind [Loopback]. It panics on a pattern that is none. No cookie passes in either direction,
// since those of 127.0.0.1 belong to every server of the machine. Faults: "line.foreign", "line.not_relayed",
// "line.operator", "line.unreachable", and what the office answers.
func (y Relay) Handler() http.Handler {
	proxy := &httputil.ReverseProxy{
		Transport: y.To.http.Transport,
		ErrorLog:  slog.NewLogLogger(slog.DiscardHandler, slog.LevelWarn),
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(y.To.url)
			for _, local := range []string{"Cookie", "Origin", "Referer"} {
				p.Out.Header.Del(local)
			}
			p.Out.Header[headerOperator] = p.In.Header[headerOperator] // the page may have named it hop by hop
		},
		ModifyResponse: func(response *http.Response) error {
			response.Header.Del("Set-Cookie")
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			Refuse(w, fault.Wrap(err, fault.Unavailable, "line.unreachable", y.To.Office))
		},
	}
	mux := http.NewServeMux()
	for _, path := range y.Paths {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if err := y.sign(r); err != nil {
				Refuse(w, err)
				return
			}
			ctx, cancel := context.WithTimeout(r.Context(), y.To.limit)
			defer cancel()
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
			proxy.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		Refuse(w, fault.New(fault.NotFound, "line.not_relayed"))
	})
	return Loopback(mux)
}

// sign puts the operator of the terminal into a request.
func (y Relay) sign(r *http.Request) error {
	if r.Header.Get("Upgrade") != "" {
		return fault.New(fault.NotFound, "line.not_relayed")
	}
	operator, err := y.Operator(r)
	if err != nil {
		return err
	}
	if !authz.ValidOperator(operator) {
		return fault.New(fault.Invalid, "line.operator")
	}
	r.Header.Set(headerOperator, operator)
	return nil
}
