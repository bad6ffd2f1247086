package page

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/openjpki/jpki/internal/fault"
)

// defaultMaxBody is the size of the largest form, in bytes.
const defaultMaxBody = 1 << 20

// Config says what a site is. Name must be set.
type Config struct {
	Name Text   // who serves these pages: Say("office.counter")
	Home string // where the site begins. Default: "/".
	// Frame is what stands around the page for this request: role bar and tray. Nothing if nil.
	Frame func(*http.Request) Frame
	// Secure says that browsers reach the site over TLS. Cookies then have the prefix __Host-.
	Secure bool
	// Production leaves the mark 試験環境 TEST away. It belongs to no sandbox.
	Production bool
	MaxBody    int64 // of a request, in bytes, files included. Default: 1 MiB.
	// Key makes tokens, of 32 bytes. Servers that stand behind one balancer have it in common. Default: a fresh one, so
	// that forms do not outlive the process.
	Key []byte
	Log *slog.Logger // nobody is told if nil
}

// Frame is what stands around a page.
type Frame struct {
	Bar  []Link // the role bar: the sites between which the visitor may change
	Tray []Slot // where his card is
}

// Handler answers a request or returns why not. It never writes a page of faults itself.
type Handler func(w http.ResponseWriter, r *http.Request) error

// As returns a handler that is told who acts, such as an operator. Without one nothing is done.
func As[A any](who func(*http.Request) (A, error), h func(w http.ResponseWriter, r *http.Request, actor A) error) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		actor, err := who(r)
		if err != nil {
			return err
		}
		return h(w, r, actor)
	}
}

// Site serves the pages of one office. It is safe for concurrent use once all handlers are there.
type Site struct {
	config Config
	mux    *http.ServeMux
	origin *http.CrossOriginProtection
	fault  *Page[faultData]
}

// NewSite returns a site without pages.
func NewSite(c Config) (*Site, error) {
	if c.Name == nil {
		return nil, fmt.Errorf("setting up a site: it has no name")
	}
	if c.Key == nil {
		c.Key = make([]byte, keySize)
		rand.Read(c.Key) // never fails
	}
	if len(c.Key) != keySize {
		return nil, fmt.Errorf("setting up a site: the key has %d bytes, want %d", len(c.Key), keySize)
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.Home == "" {
		c.Home = "/"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	faults, err := New[faultData](layouts, "layout/fault.html")
	if err != nil {
		return nil, err
	}
	return &Site{c, http.NewServeMux(), http.NewCrossOriginProtection(), faults}, nil
}

// Handle adds a page or an act under a pattern of http.ServeMux, "POST /cases/{number}". It panics on a pattern that is
// none or stands there already.
func (s *Site) Handle(pattern string, h Handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// ServeHTTP answers a request: with an asset, or as a visit.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if strings.HasPrefix(r.URL.Path, assetPath) {
		serveAsset(w, r)
		return
	}
	answer := &answer{ResponseWriter: w}
	r = r.WithContext(context.WithValue(r.Context(), visitKey{}, s.visit(answer, r)))
	defer func() {
		if reason := recover(); reason != nil {
			s.fail(answer, r, panicError(reason))
		}
	}()
	err := s.route(r)
	if err == nil {
		err = s.admit(answer, r)
	}
	if err != nil {
		s.fail(answer, r, err)
		return
	}
	s.mux.ServeHTTP(answer, r)
}

// harden lets a browser load nothing but what this site serves, tell nobody where it was, and keep nothing.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// route finds out whether a handler takes this path and method.
func (s *Site) route(r *http.Request) error {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		return nil
	}
	p := probe{header: http.Header{}}
	h.ServeHTTP(&p, r) // the mux's own answer: there is no such page, or not for this method
	if p.status == http.StatusMethodNotAllowed {
		return &methodError{p.header.Get("Allow")}
	}
	return fault.New(fault.NotFound, "page.not_found")
}

// panicError says of a panic what may stand in a log: the text of a bug, else the type alone, since a value may hold
// anything.
func panicError(reason any) error {
	if reason == http.ErrAbortHandler {
		panic(reason)
	}
	text := fmt.Sprintf("%T", reason)
	if bug, ok := reason.(runtime.Error); ok {
		text = bug.Error()
	}
	return fmt.Errorf("panic: %s\n%s", text, debug.Stack())
}

// answer remembers whether anything was written.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// probe keeps status and header of an answer that nobody sends.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
