package page

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/openjpki/jpki/internal/locale"
)

const langAge = 365 * 24 * 60 * 60 // in seconds

// lang chooses the language: ?lang, which is kept in a cookie, else the cookie, else what the browser prefers, else
// Japanese.
func (s *Site) lang(w http.ResponseWriter, r *http.Request) locale.Lang {
	if lang, ok := asLang(r.URL.Query().Get("lang")); ok {
		s.setCookie(w, langCookie, string(lang), langAge)
		return lang
	}
	if lang, ok := asLang(s.cookie(r, langCookie)); ok {
		return lang
	}
	return preferred(r.Header.Get("Accept-Language"))
}

func asLang(tag string) (locale.Lang, bool) {
	lang := locale.Lang(tag)
	return lang, lang == locale.Japanese || lang == locale.English
}

// preferred reads Accept-Language: of Japanese and English the one with the greater weight, the first of equals. Who
// accepts neither reads English, who says nothing Japanese.
//
// Spec: RFC 9110 §12.5.4
func preferred(header string) locale.Lang {
	if strings.TrimSpace(header) == "" {
		return locale.Japanese
	}
	best, weight := locale.English, 0.0
	for entry := range strings.SplitSeq(header, ",") {
		tag, parameter, _ := strings.Cut(entry, ";")
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if tag == "*" {
			tag = string(locale.Japanese)
		}
		lang, ok := asLang(tag)
		if q := quality(parameter); ok && q > weight {
			best, weight = lang, q
		}
	}
	return best
}

// quality reads "q=0.8"; what is missing is 1, what is no number 0.
func quality(parameter string) float64 {
	value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
	if !ok {
		return 1
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return 0
	}
	return q
}

// languages are links to the page that is being read, in each language.
func languages(r *http.Request, now locale.Lang) []langLink {
	var links []langLink
	for _, l := range []langLink{{Lang: locale.Japanese, Name: "日本語"}, {Lang: locale.English, Name: "English"}} {
		query := r.URL.Query()
		query.Set("lang", string(l.Lang))
		l.URL, l.Current = "?"+query.Encode(), l.Lang == now
		links = append(links, l)
	}
	return links
}

// langLink leads to another language, whose name stands in itself.
type langLink struct {
	Lang    locale.Lang
	Name    string
	URL     string
	Current bool
}
