package ocsp_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	judge "golang.org/x/crypto/ocsp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

var update = flag.Bool("update", false, "rewrite golden files")

const root = "../../../testdata/"

// requests are those of foreign programs for the certificates of testdata/golden.
func requests(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/requests/*.der")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d requests, error %v", len(files), err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".der")] = content
	}
	return all
}

func certificate(t testing.TB, name string) *jpki.Certificate {
	t.Helper()
	encoded, err := os.ReadFile(root + "golden/rsa2048-" + name + ".der")
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpki.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issuerOf says which CA a query names.
func issuerOf(t testing.TB, q ocsp.Query) string {
	t.Helper()
	for _, name := range []string{"sign-ca", "auth-ca"} {
		hashes, err := ocsp.HashesOf(certificate(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hashes {
			if h == q.ID.Issuer {
				return name
			}
		}
	}
	return "another"
}

// Req: R-SYS-23
func TestParseRequest(t *testing.T) {
	tests := map[string]struct {
		asks   string // issuer and serial number of each query
		nonce  int    // its size
		signed bool
	}{
		"openssl-sha1-nonce": {"sign-ca 067C6A80", 16, false},
		"openssl-sha256":     {"sign-ca 067C6A80", 0, false},
		"openssl-four":       {"sign-ca 067C6A80, sign-ca 01, sign-ca none, auth-ca 80", 16, false},
		"openssl-signed":     {"sign-ca 067C6A80", 16, true},
		"gnutls":             {"sign-ca 067C6A80", 0, false},
	}
	for name, encoded := range requests(t) {
		t.Run(name, func(t *testing.T) {
			want := tests[name]
			r, err := ocsp.ParseRequest(encoded)
			if err != nil {
				t.Fatal(err)
			}
			var asks []string
			for _, q := range r.Queries {
				serial, ok := q.ID.Number()
				if text := serial.String(); ok {
					asks = append(asks, issuerOf(t, q)+" "+text)
				} else {
					asks = append(asks, issuerOf(t, q)+" none")
				}
			}
			if got := strings.Join(asks, ", "); got != want.asks || len(r.Nonce()) != want.nonce || (r.Signature != nil) != want.signed {
				t.Errorf("ParseRequest = %s, nonce of %d bytes, signed %t; want %+v", got, len(r.Nonce()), r.Signature != nil, want)
			}
			if again, err := r.Marshal(); err != nil || !bytes.Equal(again, encoded) {
				t.Errorf("Marshal = %X, %v, want the bytes that were read", again, err)
			}
		})
	}
}

func TestParseRequestRefuses(t *testing.T) {
	good, err := ocsp.ParseRequest(requests(t)["openssl-sha1-nonce"])
	if err != nil {
		t.Fatal(err)
	}
	altered := func(change func(*ocsp.Request)) []byte {
		r := *good
		r.Queries, r.Extensions = append([]ocsp.Query(nil), good.Queries...), append([]der.Extension(nil), good.Extensions...)
		change(&r)
		encoded, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	nonce := func(value string) []byte {
		return altered(func(r *ocsp.Request) { r.Extensions[0].Value = []byte(value) })
	}
	tests := map[string][]byte{
		"nothing":               nil,
		"a certificate":         marshal(t, certificate(t, "sign")),
		"trailing data":         append(altered(func(*ocsp.Request) {}), 0),
		"no certificate":        altered(func(r *ocsp.Request) { r.Queries = nil }),
		"too many certificates": altered(func(r *ocsp.Request) { r.Queries = make([]ocsp.Query, 0); fill(r, good.Queries[0], ocsp.MaxQueries+1) }),
		"too large": altered(func(r *ocsp.Request) {
			r.Extensions[0] = der.Extension{ID: der.MustOID("2.999.1"), Value: make([]byte, ocsp.MaxRequest)}
		}),
		"empty nonce":          nonce("\x04\x00"),
		"nonce of 33 bytes":    nonce("\x04\x21" + strings.Repeat("n", 33)),
		"nonce without a type": nonce("sixteen bytes..."),
		"nonce with more":      nonce("\x04\x01n\x05\x00"),
		"extension twice":      altered(func(r *ocsp.Request) { r.Extensions = append(r.Extensions, r.Extensions[0]) }),
		"unknown critical": altered(func(r *ocsp.Request) {
			r.Extensions = append(r.Extensions, der.Extension{ID: der.MustOID("2.999.1"), Critical: true, Value: []byte{5, 0}})
		}),
		"padded serial number": altered(func(r *ocsp.Request) { r.Queries[0].ID.Serial = "\x00\x01" }),
		"no serial number":     altered(func(r *ocsp.Request) { r.Queries[0].ID.Serial = "" }),
		"signature of nothing": altered(func(r *ocsp.Request) { r.Signature = []byte{0x30, 0} }),
		"name of nobody":       altered(func(r *ocsp.Request) { r.Requestor = []byte{0x30, 0} }),
	}
	for name, encoded := range tests {
		if r, err := ocsp.ParseRequest(encoded); err == nil {
			t.Errorf("%s: ParseRequest = %+v, want an error", name, r)
		}
	}
	for name, encoded := range map[string][]byte{
		"nonce of 1 byte":    nonce("\x04\x01n"),
		"nonce of 32 bytes":  nonce("\x04\x20" + strings.Repeat("n", 32)),
		"many certificates":  altered(func(r *ocsp.Request) { r.Queries = nil; fill(r, good.Queries[0], ocsp.MaxQueries) }),
		"negative serial":    altered(func(r *ocsp.Request) { r.Queries[0].ID.Serial = "\xFF" }),
		"serial of 20 bytes": altered(func(r *ocsp.Request) { r.Queries[0].ID.Serial = strings.Repeat("\x7F", 20) }),
	} {
		if _, err := ocsp.ParseRequest(encoded); err != nil {
			t.Errorf("%s: ParseRequest: %v", name, err)
		}
	}
}

func fill(r *ocsp.Request, q ocsp.Query, n int) {
	for range n {
		r.Queries = append(r.Queries, q)
	}
}

func marshal(t testing.TB, c *jpki.Certificate) []byte {
	t.Helper()
	encoded, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

var noon = time.Date(2026, 6, 1, 3, 0, 0, 0, time.UTC)

// Req: R-SYS-23, R-REV-09
func TestGolden(t *testing.T) {
	request, err := ocsp.ParseRequest(requests(t)["openssl-four"])
	if err != nil {
		t.Fatal(err)
	}
	responder, key := certificate(t, "sign-ocsp"), testKey(t, "rsa2048-holder")
	answer := func(query int, status ocsp.Status) ocsp.Answer {
		return ocsp.Answer{ID: request.Queries[query].ID, Status: status, ThisUpdate: noon, NextUpdate: noon.Add(30 * time.Minute)}
	}
	revoked := answer(0, ocsp.Revoked)
	revoked.RevokedAt, revoked.Reason = noon.Add(-time.Hour), message.AffiliationChanged
	bare := revoked
	bare.Reason = message.Unspecified
	tests := map[string]struct {
		answers []ocsp.Answer
		nonce   []byte
		want    judge.Response
	}{
		"good":        {[]ocsp.Answer{answer(0, ocsp.Good)}, nil, judge.Response{Status: judge.Good}},
		"unknown":     {[]ocsp.Answer{answer(0, ocsp.Unknown)}, nil, judge.Response{Status: judge.Unknown}},
		"revoked":     {[]ocsp.Answer{revoked}, []byte("sixteen bytes..."), judge.Response{Status: judge.Revoked, RevocationReason: judge.AffiliationChanged}},
		"unspecified": {[]ocsp.Answer{bare}, nil, judge.Response{Status: judge.Revoked}},
		"four":        {[]ocsp.Answer{revoked, answer(1, ocsp.Good), answer(2, ocsp.Unknown), answer(3, ocsp.Good)}, request.Nonce(), judge.Response{Status: judge.Revoked, RevocationReason: judge.AffiliationChanged}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := ocsp.Response{KeyHash: string(responder.KeyID()), ProducedAt: noon.Add(90 * time.Second), Answers: tt.answers, Nonce: tt.nonce}
			tbs, err := r.TBS()
			if err != nil {
				t.Fatal(err)
			}
			signature, err := jpki.RSA2048.Sign(nil, key, tbs)
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := ocsp.Assemble(tbs, jpki.RSA2048.Algorithm, signature, marshal(t, responder))
			if err != nil {
				t.Fatal(err)
			}
			var dump bytes.Buffer
			if err := der.Dump(&dump, encoded, jpki.NameOf); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".der", encoded)
			golden(t, name+".txt", dump.Bytes())
			readBack(t, encoded, tt.want, tt.nonce)
		})
	}
}

// readBack has x/crypto/ocsp judge the response.
func readBack(t *testing.T, encoded []byte, want judge.Response, nonce []byte) {
	t.Helper()
	ca, err := x509.ParseCertificate(marshal(t, certificate(t, "sign-ca")))
	if err != nil {
		t.Fatal(err)
	}
	holder, err := x509.ParseCertificate(marshal(t, certificate(t, "sign")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := judge.ParseResponseForCert(encoded, holder, ca)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != want.Status || got.RevocationReason != want.RevocationReason || !got.ThisUpdate.Equal(noon) ||
		!got.NextUpdate.Equal(noon.Add(30*time.Minute)) || !got.ProducedAt.Equal(noon.Add(90*time.Second)) {
		t.Errorf("read back: status %d, reason %d, %v to %v, produced %v", got.Status, got.RevocationReason, got.ThisUpdate, got.NextUpdate, got.ProducedAt)
	}
	if want.Status == judge.Revoked && !got.RevokedAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("revoked at %v", got.RevokedAt)
	}
	if nonce != nil && !bytes.Contains(encoded, append([]byte{4, byte(len(nonce))}, nonce...)) {
		t.Error("response lacks the nonce")
	}
}

func TestFailure(t *testing.T) {
	for trouble, want := range map[ocsp.Trouble][]byte{
		ocsp.MalformedRequest: judge.MalformedRequestErrorResponse, ocsp.InternalError: judge.InternalErrorErrorResponse,
		ocsp.TryLater: judge.TryLaterErrorResponse, ocsp.Unauthorized: judge.UnauthorizedErrorResponse,
	} {
		if got := ocsp.Failure(trouble); !bytes.Equal(got, want) {
			t.Errorf("Failure(%d) = %X, want %X", trouble, got, want)
		}
	}
}

func testKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	text, err := os.ReadFile(root + "keys/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is built now; read the change with -update and git diff", file)
	}
}

// What is accepted is written back as the same bytes.
func FuzzParseRequest(f *testing.F) {
	for _, encoded := range requests(f) {
		f.Add(encoded)
	}
	full, err := ocsp.ParseRequest(requests(f)["openssl-signed"])
	if err != nil {
		f.Fatal(err)
	}
	full.Requestor = []byte{0x82, 2, 'j', 'p'} // no program at hand sends a name, or extensions of one certificate
	full.Queries[0].Extensions = []der.Extension{{ID: der.MustOID("2.999.1"), Value: []byte{5, 0}}}
	encoded, err := full.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := ocsp.ParseRequest(in)
		if err != nil {
			return
		}
		out, err := r.Marshal()
		if err != nil || !bytes.Equal(out, in) {
			t.Errorf("Marshal = %X, %v, read from %X", out, err, in)
		}
		if len(r.Queries) == 0 || len(r.Queries) > ocsp.MaxQueries || len(r.Nonce()) > ocsp.MaxNonce {
			t.Errorf("%d certificates, nonce of %d bytes", len(r.Queries), len(r.Nonce()))
		}
	})
}

func BenchmarkParseRequest(b *testing.B) {
	encoded := requests(b)["openssl-sha1-nonce"]
	for b.Loop() {
		if _, err := ocsp.ParseRequest(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTBS(b *testing.B) {
	request, err := ocsp.ParseRequest(requests(b)["openssl-sha1-nonce"])
	if err != nil {
		b.Fatal(err)
	}
	r := ocsp.Response{KeyHash: strings.Repeat("k", 20), ProducedAt: noon, Nonce: request.Nonce(),
		Answers: []ocsp.Answer{{ID: request.Queries[0].ID, Status: ocsp.Good, ThisUpdate: noon, NextUpdate: noon.Add(time.Hour)}}}
	responder := marshal(b, certificate(b, "sign-ocsp"))
	for b.Loop() {
		tbs, err := r.TBS()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ocsp.Assemble(tbs, jpki.RSA2048.Algorithm, make([]byte, 256), responder); err != nil {
			b.Fatal(err)
		}
	}
}
