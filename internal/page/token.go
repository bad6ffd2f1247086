package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/openjpki/jpki/internal/fault"
)

const (
	keySize     = 32 // of the site's key, in bytes
	sessionSize = 32 // of a session's name, in bytes
	tokenField  = "token"
)

func newSession() string {
	name := make([]byte, sessionSize)
	rand.Read(name) // never fails
	return base64.RawURLEncoding.EncodeToString(name)
}

func validSession(s string) bool {
	name, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && len(name) == sessionSize
}

// seal is what only this site can say of a text in this session, for one purpose.
func (v *visit) seal(purpose, text string) string {
	mac := hmac.New(sha256.New, v.site.config.Key)
	fmt.Fprintf(mac, "%s %s %s", purpose, v.session, text) // purpose and session have no space
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// admit lets a request pass that changes nothing by its method, or that is a form of this site's, of this session and of
// bearable size. Faults: "page.foreign", "page.too_large", "page.form_invalid", "page.form_expired".
func (s *Site) admit(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	if err := s.origin.Check(r); err != nil {
		return fault.Wrap(err, fault.Denied, "page.foreign")
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.config.MaxBody)
	err := r.ParseForm() // which ParseMultipartForm would do too, and keep silent about what is wrong
	if err == nil {
		err = r.ParseMultipartForm(s.config.MaxBody) // all in memory: nothing that a person sends touches the disk
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(err, fault.Invalid, "page.too_large", large.Limit>>10)
	}
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return fault.New(fault.Invalid, "page.form_invalid") // without err, which repeats what was sent
	}
	v := visitOf(r)
	if !hmac.Equal([]byte(r.PostFormValue(tokenField)), []byte(v.seal("token", ""))) {
		return fault.New(fault.Denied, "page.form_expired")
	}
	return nil
}
