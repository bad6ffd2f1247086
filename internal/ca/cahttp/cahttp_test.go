package cahttp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/cahttp"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

// The validity service takes the client for its CA.
var _ revocation.CA = cahttp.Client{}

var (
	sandbox = authz.Actor{Office: authz.Sandbox}
	mihon   = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
)

// office is a CA that serves other offices, with the certificates that it gave them.
type office struct {
	*ca.Service
	db     *db.DB
	roots  *x509.CertPool
	server *httptest.Server
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{}
	o.open(t)
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		if _, err := o.Found(t.Context(), sandbox, kind, ""); err != nil {
			t.Fatal(err)
		}
	}
	root, err := o.FoundOffices(t.Context(), sandbox)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	o.roots = x509.NewCertPool()
	o.roots.AddCert(parsed)
	mux := http.NewServeMux()
	cahttp.Handle(mux, o.Service)
	o.server = httptest.NewUnstartedServer(mux)
	o.server.TLS = line.ServerTLS(o.certify(t, message.AtCA, "127.0.0.1"), o.roots)
	o.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of those it refuses
	o.server.StartTLS()
	t.Cleanup(o.server.Close)
	return o
}

func (o *office) open(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	o.db = dbtest.Open(t, db.Config{URL: "sqlite:" + filepath.Join(dir, "ca.db")})
	store, err := cadb.Open(t.Context(), o.db, officetest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	c := ca.Config{
		Store: store, Profile: jpki.Sandbox("http://127.0.0.1:8080/ocsp"),
		Keys: &signer.Software{Dir: filepath.Join(dir, "keys"), Passphrase: []byte("test"), Iterations: 1000},
	}
	c.Profile.Suite = jpki.P384
	if o.Service, err = ca.New(c); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (o *office) certify(t *testing.T, address post.Address, hosts ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := o.CertifyOffice(t.Context(), sandbox, ca.OfficeRequest{Address: address, PKCS10: request, Hosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key}
}

// client is the way of an office to the CA.
func (o *office) client(t *testing.T, from post.Address) cahttp.Client {
	t.Helper()
	c, err := line.NewClient(line.ClientConfig{Office: message.AtCA, URL: o.server.URL, Own: o.certify(t, from), Roots: o.roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return cahttp.Client{Line: c}
}

// lastEntry returns the newest audit entry.
func (o *office) lastEntry(t *testing.T) (last audit.Entry) {
	t.Helper()
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		for r, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			if last, err = audit.Parse(r.Encoding); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// issuer is the CA certificate of a kind, as another office learns it.
func issuer(t *testing.T, c cahttp.Client, kind jpki.Kind) *jpki.Certificate {
	t.Helper()
	certificates, err := c.Certificates(t.Context())
	if err != nil || len(certificates) != 2 {
		t.Fatalf("Certificates = %d, %v, want those of both CAs", len(certificates), err)
	}
	for _, encoded := range certificates {
		parsed, err := jpki.Parse(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Kind == kind {
			return parsed
		}
	}
	t.Fatalf("no certificate of %s", kind)
	return nil
}

func keyOf(c *jpki.Certificate) message.IssuerID { return message.IssuerID(c.KeyID().String()) }

// prepared is a list of Mihon-shi with a number of entries, as a stream.
func prepared(t *testing.T, issuer *jpki.Certificate, number uint64, size int) crl.Stream {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	l := crl.List{
		Issuer: issuer, Point: jpki.Sandbox("").CRLPartition(issuer.Kind, mihon), Number: number, ThisUpdate: now, NextUpdate: now.Add(36 * time.Hour),
	}
	var enc crl.Encoder
	var entries []byte
	var err error
	for serial := range size {
		if entries, err = enc.Append(entries, crl.Entry{Serial: jpki.Serial(serial + 1), RevokedAt: now}); err != nil {
			t.Fatal(err)
		}
	}
	tbs, err := l.TBS(crl.Stream{Reader: bytes.NewReader(entries), Size: int64(len(entries))})
	if err != nil {
		t.Fatal(err)
	}
	return tbs
}

// A list goes up as a stream and its signature comes down.
//
// Req: R-SYS-24
func TestSignList(t *testing.T) {
	o := newOffice(t)
	c := o.client(t, message.AtRevocation)
	from := issuer(t, c, jpki.SigningCA)
	tbs, err := io.ReadAll(prepared(t, from, 1, 100_000))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := c.SignList(t.Context(), authz.Actor{Operator: "op-9"}, keyOf(from), io.MultiReader(bytes.NewReader(tbs))) // its length is not known
	if err != nil {
		t.Fatal(err)
	}
	whole, err := jpki.Assemble(tbs, jpki.P384.Algorithm, signature)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(x509Of(t, from)); err != nil {
		t.Error(err)
	}
	if e := o.lastEntry(t); e.Act != ca.ActSignList || e.Actor != (authz.Actor{Office: authz.Revocation, Operator: "op-9"}) {
		t.Errorf("audit entry = %+v, want the office of the certificate and the operator", e)
	}
}

func x509Of(t *testing.T, c *jpki.Certificate) *x509.Certificate {
	t.Helper()
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// A fault of the CA arrives as it is, however much of the list was still to come.
func TestSignListRefuses(t *testing.T) {
	o := newOffice(t)
	c, counter := o.client(t, message.AtRevocation), o.client(t, "counter-99201")
	sign, auth := issuer(t, c, jpki.SigningCA), issuer(t, c, jpki.AuthenticationCA)
	broken := errors.New("broken off")
	tests := []struct {
		name   string
		client cahttp.Client
		issuer message.IssuerID
		tbs    io.Reader
		want   string
	}{
		{"the counter asks", counter, keyOf(sign), prepared(t, sign, 1, 1), "authz.denied"},
		{"list of the other CA", c, keyOf(sign), prepared(t, auth, 1, 200_000), "revocation.list_refused"},
		{"no list", c, keyOf(sign), bytes.NewReader(make([]byte, 8<<20)), "revocation.list_refused"},
		{"no issuer", c, "../../x", prepared(t, sign, 1, 1), "revocation.no_issuer"},
		{"broken off", c, keyOf(sign), io.MultiReader(io.LimitReader(prepared(t, sign, 1, 100_000), 1<<20), failing{broken}), "line.unreachable"},
		{"cut off", c, keyOf(sign), io.LimitReader(prepared(t, sign, 1, 100_000), 1<<20), "revocation.list_refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if signature, err := tt.client.SignList(t.Context(), authz.Actor{}, tt.issuer, tt.tbs); fault.KeyOf(err) != tt.want {
				t.Errorf("SignList = %X, %v, want %s", signature, err, tt.want)
			}
		})
	}
	var lists int
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM list`).Scan(&lists)
	})
	if err != nil || lists != 0 {
		t.Errorf("%d lists recorded, %v, want none", lists, err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Req: R-SYS-23
func TestCertifyResponder(t *testing.T) {
	o := newOffice(t)
	c := o.client(t, message.AtRevocation)
	authority := issuer(t, c, jpki.AuthenticationCA)
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "ocsp-1"}}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	asked := message.ResponderRequest{ID: "ocsp-1", Issuer: keyOf(authority), PKCS10: request}
	issued, err := c.CertifyResponder(t.Context(), authz.Actor{}, asked)
	if err != nil {
		t.Fatal(err)
	}
	responder, err := jpki.Parse(issued.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := responder.SignedBy(authority); err != nil {
		t.Error(err)
	}
	if _, err := o.client(t, "counter-99201").CertifyResponder(t.Context(), authz.Actor{}, asked); fault.KeyOf(err) != "authz.denied" {
		t.Errorf("the counter asks: %v, want authz.denied", err)
	}
}

// Whoever speaks for the CA with another certificate is not asked, and an answer that is no signature is none.
func TestAnswers(t *testing.T) {
	o := newOffice(t)
	for name, tt := range map[string]struct {
		office post.Address
		answer string
		want   string
	}{
		"nothing":        {message.AtCA, "", "line.answer_invalid"},
		"endless":        {message.AtCA, string(make([]byte, 2<<10)), "line.answer_invalid"},
		"another office": {"link", "signature", "line.unreachable"},
	} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.answer) }))
		server.TLS = line.ServerTLS(o.certify(t, tt.office, "127.0.0.1"), o.roots)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		c, err := line.NewClient(line.ClientConfig{Office: message.AtCA, URL: server.URL, Own: o.certify(t, message.AtRevocation), Roots: o.roots})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = cahttp.Client{Line: c}.SignList(context.Background(), authz.Actor{}, "0000", bytes.NewReader(nil))
		if fault.KeyOf(err) != tt.want {
			t.Errorf("%s: SignList = %v, want %s", name, err, tt.want)
		}
	}
}
