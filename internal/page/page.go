package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/openjpki/jpki/internal/locale"
)

//go:embed layout
var layouts embed.FS

// Page is a page that shows a T. It is safe for concurrent use.
type Page[T any] struct {
	name   string
	inLang map[locale.Lang]*template.Template
}

// View is the dot of a page.
type View[T any] struct {
	Data  T
	Lang  locale.Lang
	Token string // binds a form to the session, see template "token"
	Again bool   // the page asks again for what was wrong

	Site      Text
	Home      string
	Test      bool
	Notice    *Notice // of [Redirect]
	Frame     Frame
	Languages []langLink
}

// New reads a page from a template in fsys, once, at the start of the program. The template defines "title" and "main"; parts
// are files with templates that several pages have in common.
func New[T any](fsys fs.FS, name string, parts ...string) (*Page[T], error) {
	p := &Page[T]{name, map[locale.Lang]*template.Template{}}
	for _, lang := range []locale.Lang{locale.Japanese, locale.English} {
		t, err := parse(fsys, name, parts, lang)
		if err != nil {
			return nil, fmt.Errorf("reading page %s: %w", name, err)
		}
		p.inLang[lang] = t
	}
	return p, nil
}

// parse reads a template with the layouts, its functions bound to a language, and makes html/template examine where data
// will stand.
func parse(fsys fs.FS, name string, parts []string, lang locale.Lang) (*template.Template, error) {
	t, err := template.New(name).Funcs(functions(lang)).Option("missingkey=error").ParseFS(layouts, "layout/layout.html", "layout/parts.html")
	if err != nil {
		return nil, err
	}
	if t, err = t.ParseFS(fsys, append([]string{name}, parts...)...); err != nil {
		return nil, err
	}
	if t.Lookup("title") == nil || t.Lookup("main") == nil {
		return nil, errors.New(`"title" and "main" must be defined`)
	}
	if err = t.ExecuteTemplate(refusing{}, "layout", nil); !errors.Is(err, errRefused) {
		return nil, err
	}
	return t, nil
}

var errRefused = errors.New("nothing is written yet")

// refusing takes no byte: what comes as far as writing was found safe.
type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errRefused }

// Show answers with the page. It writes all or nothing.
func (p *Page[T]) Show(w http.ResponseWriter, r *http.Request, data T) error {
	return p.write(w, r, http.StatusOK, data)
}

// ShowAgain answers with the page of a form that cannot be accepted as it was entered: data hold what was entered, and at
// each field what is wrong with it.
func (p *Page[T]) ShowAgain(w http.ResponseWriter, r *http.Request, data T) error {
	return p.write(w, r, http.StatusUnprocessableEntity, data)
}

// ShowFailed answers with the page on which an act failed, with the status of the fault, and logs it as a page of faults
// would. The template shows the fault, which data hold, by "failed".
func (p *Page[T]) ShowFailed(w http.ResponseWriter, r *http.Request, failed error, data T) error {
	v := visitOf(r)
	if v == nil {
		return fmt.Errorf("showing page %s: the request came through no site", p.name)
	}
	status := statusOf(failed)
	v.site.log(r, status, failed)
	return p.write(w, r, status, data)
}

func (p *Page[T]) write(w http.ResponseWriter, r *http.Request, status int, data T) error {
	v := visitOf(r)
	if v == nil {
		return fmt.Errorf("showing page %s: the request came through no site", p.name)
	}
	view := View[T]{
		Data: data, Lang: v.lang, Token: v.seal("token", ""), Again: status == http.StatusUnprocessableEntity,
		Site: v.site.config.Name, Home: v.site.config.Home, Test: !v.site.config.Production,
		Notice: v.notice, Languages: languages(r, v.lang),
	}
	if v.site.config.Frame != nil {
		view.Frame = v.site.config.Frame(r)
	}
	var html bytes.Buffer
	if err := p.inLang[v.lang].ExecuteTemplate(&html, "layout", view); err != nil {
		return fmt.Errorf("showing page %s: %w", p.name, err)
	}
	if v.notice != nil {
		v.site.setCookie(w, noticeCookie, "", -1)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = html.WriteTo(w) // the visitor may be gone
	return nil
}
