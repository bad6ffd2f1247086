package status_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
	"golang.org/x/crypto/ocsp"
)

// A request is the one that another program builds, byte for byte, and names the certificate as it reads it.
//
// Spec: RFC 6960 §4.1.1
func TestRequest(t *testing.T) {
	s := newScene(t)
	issuer, err := x509.ParseCertificate(s.first.DER)
	if err != nil {
		t.Fatal(err)
	}
	target, err := x509.ParseCertificate(s.path.Target().Raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		got := marshal(t, newRequest(t, s, hash, nil))
		want, err := ocsp.CreateRequest(target, issuer, &ocsp.RequestOptions{Hash: hash})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: request %X, %v, want %X", hash, got, err, want)
		}
	}
	nonce := []byte("sixteen bytes...")
	with := marshal(t, newRequest(t, s, crypto.SHA1, nonce))
	if r, err := ocsp.ParseRequest(with); err != nil || r.SerialNumber.Uint64() != serial {
		t.Errorf("request with a nonce: %+v, %v", r, err)
	}
	if !bytes.Contains(with, append([]byte("\x2B\x06\x01\x05\x05\x07\x30\x01\x02\x04\x12\x04\x10"), nonce...)) {
		t.Errorf("request %X is without the nonce", with)
	}
	if _, err := status.NewRequest(crypto.SHA1, s.path.Target().Serial, s.path.Anchor, make([]byte, status.MaxNonce+1)); err == nil {
		t.Error("a nonce of 33 bytes is taken")
	}
	if _, err := status.NewRequest(crypto.MD5, s.path.Target().Serial, s.path.Anchor, nil); !errors.Is(err, pkix.ErrAlgorithm) {
		t.Errorf("MD5: %v, want ErrAlgorithm", err)
	}
}

func newRequest(t testing.TB, s scene, hash crypto.Hash, nonce []byte) status.Request {
	t.Helper()
	r, err := status.NewRequest(hash, s.path.Target().Serial, s.path.Anchor, nonce)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func marshal(t testing.TB, r status.Request) []byte {
	t.Helper()
	encoded, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// Spec: RFC 8954 §2.1
func TestAnswers(t *testing.T) {
	s := newScene(t)
	nonce := []byte("sixteen bytes...")
	for _, tt := range []struct {
		name     string
		nonce    []byte
		response func(*pkix.OCSPResponse)
		want     error
	}{
		{"without a nonce", nil, func(*pkix.OCSPResponse) {}, nil},
		{"a nonce that was not asked for", nil, func(r *pkix.OCSPResponse) { r.Nonce = nonce }, nil},
		{"nonce repeated", nonce, func(r *pkix.OCSPResponse) { r.Nonce = nonce }, nil},
		{"nonce missing", nonce, func(*pkix.OCSPResponse) {}, status.ErrNonce},
		{"another nonce", nonce, func(r *pkix.OCSPResponse) { r.Nonce = append(nonce[:len(nonce):len(nonce)], 0) }, status.ErrNonce},
		{"of another certificate", nil, func(r *pkix.OCSPResponse) { r.Answers[0].ID.Serial = "\x01" }, status.ErrNoAnswer},
		{"by another hash", nil, func(r *pkix.OCSPResponse) { r.Answers[0].ID.KeyHash = "" }, status.ErrNoAnswer},
		{"hash without parameters", nil, func(r *pkix.OCSPResponse) { r.Answers[0].ID.Algorithm.Parameters = "" }, nil},
		{"no answer", nil, func(r *pkix.OCSPResponse) { r.Answers = nil }, status.ErrNoAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, err := pkix.ParseOCSP(s.first.OCSP(t, serial))
			if err != nil {
				t.Fatal(err)
			}
			tt.response(response)
			if err := newRequest(t, s, crypto.SHA1, tt.nonce).Answers(response); err != tt.want {
				t.Errorf("Answers = %v, want %v", err, tt.want)
			}
		})
	}
}

// That a certificate is not known is believed only of a response that would count otherwise.
func TestUnknown(t *testing.T) {
	s := newScene(t)
	unknown := func(r *ocsp.Response) { r.Status = ocsp.Unknown }
	old := func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour) }
	run(t, s, true, []test{
		{"current", responses(s.first.OCSP(t, serial, unknown)), status.Undetermined, status.ErrUnknown},
		{"altered", responses(flipLast(s.first.OCSP(t, serial, unknown))), status.Undetermined, status.ErrResponder},
		{"out of date", responses(s.first.OCSP(t, serial, unknown, old)), status.Undetermined, errors.New("out of date since 2026-06-01T02:00:00Z")},
	})
}
