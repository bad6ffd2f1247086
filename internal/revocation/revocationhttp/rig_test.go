package revocationhttp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationdb"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
	"golang.org/x/crypto/cryptobyte"
)

var (
	now     = time.Date(2026, 6, 1, 15, 46, 0, 0, time.UTC)
	mihon   = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	sandbox = authz.Actor{Office: authz.Sandbox}
)

// rig is a validity service with an authentication CA, behind a web server.
type rig struct {
	service      *revocation.Service
	ca           *ca.Service
	authority    *jpki.Certificate
	key          crypto.Signer
	certificates []*jpki.Certificate
	url          string // of the server; OCSP is at url/ocsp
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newRig serves the validity service before a mux of another office; access is who may ask, nil for everybody.
func newRig(t testing.TB, access revocation.Access) *rig {
	t.Helper()
	dir := t.TempDir()
	url := func(name string) string { return "sqlite:" + filepath.Join(dir, name) }
	keys := func(name string) *signer.Software {
		return &signer.Software{Dir: filepath.Join(dir, name), Passphrase: []byte("test"), Iterations: 1000}
	}
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	profile.Suite = jpki.P384
	clock := func() time.Time { return now }
	r := &rig{key: must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)}
	r.ca = must(ca.New(ca.Config{Store: officetest.Open(t, url("ca.db"), clock, cadb.Open), Profile: profile, Keys: keys("ca"), Now: clock}))(t)
	r.service = must(revocation.New(revocation.Config{
		Store: officetest.Open(t, url("revocation.db"), clock, revocationdb.Open), CA: r.ca, Keys: keys("ocsp"), Suite: jpki.P384,
		Dir: filepath.Join(dir, "crl"), Now: clock, Access: access,
	}))(t)
	issuer := must(r.ca.Found(t.Context(), sandbox, jpki.AuthenticationCA, ""))(t)
	r.authority = must(jpki.Parse(issuer.Certificate))(t)
	r.tell(t, issuer.Certificate)
	r.issue(t)
	r.publish(t)

	handler := must(revocationhttp.New(revocationhttp.Config{Service: r.service}))(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/other/", func(w http.ResponseWriter, q *http.Request) { _, _ = w.Write([]byte(q.URL.Path)) })
	server := httptest.NewServer(handler.Before(mux))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *rig) tell(t testing.TB, certificate []byte) {
	t.Helper()
	if err := r.service.Issued(t.Context(), sandbox, must(ca.NoticeOf(certificate))(t)); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) publish(t testing.TB) {
	t.Helper()
	if err := r.service.Tick(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

// issue issues a certificate and tells of it.
func (r *rig) issue(t testing.TB) *jpki.Certificate {
	t.Helper()
	const nonce, card = "sixteen bytes...", "TEST000000000001"
	proof := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{SerialNumber: card, CommonName: hex.EncodeToString([]byte(nonce))},
	}, r.key))(t)
	holder := "holder-" + strconv.Itoa(len(r.certificates))
	address := "架空県見本市例示町１丁目２番地３"
	issued := must(r.ca.Issue(t.Context(), sandbox, message.IssueRequest{
		ID: holder, Kind: jpki.Authentication, Holder: message.Holder(holder), Municipality: mihon,
		Person: jpki.Person{
			Name: "見本　花子", NameMarks: "00000", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
			Address: address, AddressMarks: jpki.NoMarks(address),
		},
		Registered: message.Attributes{
			Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: address,
		},
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
		Proof:   message.Proof{CardSerial: card, Nonce: []byte(nonce), PKCS10: proof},
	}))(t)
	c := must(jpki.Parse(issued.Certificate))(t)
	r.tell(t, issued.Certificate)
	r.certificates = append(r.certificates, c)
	return c
}

// nonce is the extension of a request with a nonce of 16 bytes.
func nonce(t testing.TB) der.Extension {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1OctetString([]byte("sixteen bytes..."))
	return der.Extension{ID: der.MustOID("1.3.6.1.5.5.7.48.1.2"), Value: must(b.Bytes())(t)}
}
