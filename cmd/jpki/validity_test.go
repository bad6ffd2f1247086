package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
	"github.com/openjpki/jpki/verify/verifytest"
	foreign "golang.org/x/crypto/ocsp"
)

// validity is a CA with certificates, a list and a responder, for scripts about revocation. The list is of the time of
// package verifytest, the answers of the present one.
type validity struct {
	ca        *verifytest.CA
	responder verifytest.Responder
	login     verifytest.Holder
	files     map[string][]byte
	url       string
}

const loginSerial = 0x067C6A80

func newValidity(t testing.TB) *validity {
	t.Helper()
	v := &validity{ca: verifytest.NewCA(t, jpki.AuthenticationCA, 1)}
	now := time.Now().UTC().Truncate(time.Second)
	v.responder = v.ca.Appoint(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(time.Hour) })
	v.login = v.ca.Issue(t, loginSerial, verifytest.Mihon)
	other := verifytest.NewCA(t, jpki.AuthenticationCA, 2)
	list := v.ca.CRL(t, verifytest.Mihon, []x509.RevocationListEntry{
		verifytest.Revoke(loginSerial, verifytest.Now.Add(-2*time.Hour), 1), verifytest.Revoke(0x067C6A90, verifytest.Now.Add(-3*time.Hour), 6),
	})
	v.files = map[string][]byte{
		"auth-ca.pem": asPEM("CERTIFICATE", v.ca.DER), "auth.pem": asPEM("CERTIFICATE", v.login.DER), "other-ca.pem": asPEM("CERTIFICATE", other.DER),
		"mihon.crl": list, "mihon.pem": asPEM("X509 CRL", list), "empty.crl": v.ca.CRL(t, verifytest.Rei, nil),
	}
	server := httptest.NewServer(v.handler(t, now))
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

func asPEM(kind string, content []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
}

// write puts the files into the folder of a script.
func (v *validity) write(dir string) error {
	for name, content := range v.files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// handler answers by the path of the address. The responder of this house, which repeats nonces, says good and revoked;
// the others answer with a response of x/crypto/ocsp, signed by a responder that the CA appointed.
func (v *validity) handler(t testing.TB, now time.Time) http.Handler {
	fresh := func(r *foreign.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-time.Minute), now.Add(time.Hour) }
	old := func(r *foreign.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour) }
	unknown := func(r *foreign.Response) { r.Status = foreign.Unknown }
	altered := v.responder.OCSP(t, loginSerial, fresh)
	altered[len(altered)-1] ^= 1
	canned := map[string][]byte{
		"/appointed": v.responder.OCSP(t, loginSerial, fresh), "/old": v.responder.OCSP(t, loginSerial, old),
		"/unknown": v.responder.OCSP(t, loginSerial, fresh, unknown), "/altered": altered, "/later": ocsp.Failure(ocsp.TryLater),
		"/another": v.responder.OCSP(t, loginSerial+1, fresh), "/nonsense": []byte("nonsense"),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, err := io.ReadAll(r.Body)
		answer, ok := canned[r.URL.Path]
		switch {
		case err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/ocsp-request":
			http.Error(w, "POST of an OCSP request expected", http.StatusBadRequest)
			return
		case r.URL.Path == "/" || r.URL.Path == "/revoked":
			answer, err = v.answer(request, now, r.URL.Path == "/revoked")
		case !ok:
			http.NotFound(w, r)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(answer)
	})
}

// answer is one of this house's responder, with the key of the CA.
func (v *validity) answer(request []byte, now time.Time, revoked bool) ([]byte, error) {
	asked, err := ocsp.ParseRequest(request)
	if err != nil {
		return nil, err
	}
	a := ocsp.Answer{ID: asked.Queries[0].ID, Status: ocsp.Good, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour)}
	if revoked {
		a.Status, a.RevokedAt, a.Reason = ocsp.Revoked, now.Add(-time.Hour), message.KeyCompromise
	}
	tbs, err := ocsp.Response{KeyHash: string(v.ca.Certificate.KeyID()), ProducedAt: now, Answers: []ocsp.Answer{a}, Nonce: asked.Nonce()}.TBS()
	if err != nil {
		return nil, err
	}
	signature, err := v.ca.Suite.Sign(rand.Reader, v.ca.Key, tbs)
	if err != nil {
		return nil, err
	}
	return ocsp.Assemble(tbs, v.ca.Suite.Algorithm, signature, v.ca.DER)
}
