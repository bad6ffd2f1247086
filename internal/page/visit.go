package page

import (
	"net/http"

	"github.com/openjpki/jpki/internal/locale"
)

// visit is what the site knows of the browser that asks.
type visit struct {
	site    *Site
	lang    locale.Lang
	session string
	notice  *Notice // left by [Redirect]
}

type visitKey struct{}

// visitOf returns the visit of a request that came through a site; nil else.
func visitOf(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey{}).(*visit)
	return v
}

// Lang is the language of the visitor.
func Lang(r *http.Request) locale.Lang {
	if v := visitOf(r); v != nil {
		return v.lang
	}
	return locale.Japanese
}

// visit reads the cookies of a request and sets those that are missing or new.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, lang: s.lang(w, r), session: s.cookie(r, sessionCookie)}
	if !validSession(v.session) {
		v.session = newSession()
		s.setCookie(w, sessionCookie, v.session, 0)
	}
	v.notice = v.readNotice(s.cookie(r, noticeCookie))
	return v
}

const (
	sessionCookie = "jpki-session"
	noticeCookie  = "jpki-notice"
	langCookie    = "jpki-lang"
)

func (s *Site) cookieName(name string) string {
	if s.config.Secure {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie, "" if there is none.
func (s *Site) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie keeps a value in the browser for maxAge seconds: until it closes if 0, no longer if negative.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.config.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}
