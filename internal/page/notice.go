package page

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/openjpki/jpki/internal/locale"
)

// NoticeKind says how a notice looks and what stands before it.
type NoticeKind string

const (
	Information NoticeKind = "information"
	Success     NoticeKind = "success"
	Warning     NoticeKind = "warning"
	Failure     NoticeKind = "failure"
)

// TextKey names the word that stands before a notice.
func (k NoticeKind) TextKey() string { return "page.notice_" + string(k) }

// Notice is a banner (ノティフィケーションバナー): what happened, or what to know.
type Notice struct {
	Kind  NoticeKind
	Title Text
	Body  Text // may be nil
}

// Redirect answers what a form did: the browser goes to a page of this site, which it may load again without doing the act
// again, and which shows once that it was done, if done is not nil. Since done travels in a cookie it holds no personal data.
func Redirect(w http.ResponseWriter, r *http.Request, path string, done Text) error {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.Contains(path, `\`) {
		return errors.New("redirecting: not a path of this site")
	}
	v := visitOf(r)
	if done != nil && v != nil {
		value, err := v.writeNotice(done.In(v.lang))
		if err != nil {
			return err
		}
		v.site.setCookie(w, noticeCookie, value, 0)
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// maxNotice bounds the text of a notice in bytes: cookies are small.
const maxNotice = 2000

// writeNotice returns a notice for the way through the browser, sealed so that nobody else can put one there.
func (v *visit) writeNotice(text string) (string, error) {
	if len(text) > maxNotice {
		return "", fmt.Errorf("redirecting: a notice of %d bytes", len(text))
	}
	encoded := base64.RawURLEncoding.EncodeToString([]byte(text))
	return encoded + "." + v.seal("notice", encoded), nil
}

// readNotice returns what writeNotice wrote in this session; nil for all else.
func (v *visit) readNotice(value string) *Notice {
	encoded, seal, _ := strings.Cut(value, ".")
	if encoded == "" || !hmac.Equal([]byte(seal), []byte(v.seal("notice", encoded))) {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	return &Notice{Kind: Success, Title: plain(text)}
}

// plain is a text that is already in the reader's language.
type plain string

// In returns the text.
func (p plain) In(locale.Lang) string { return string(p) }
