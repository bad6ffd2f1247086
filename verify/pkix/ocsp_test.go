package pkix_test

import (
	"crypto"
	stdpkix "crypto/x509/pkix"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

func parseOCSP(t testing.TB, encoded []byte) *pkix.OCSPResponse {
	t.Helper()
	r, err := pkix.ParseOCSP(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseOCSP(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	issuer := parse(t, ca.DER)
	at := verifytest.Now.Add(-30 * time.Minute)
	revoked := func(r *ocsp.Response) {
		r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, at, ocsp.CertificateHold
	}
	tests := []struct {
		name   string
		change []func(*ocsp.Response)
		want   pkix.Answer
	}{
		{"good", nil, pkix.Answer{Status: pkix.OCSPGood}},
		{"revoked", []func(*ocsp.Response){revoked}, pkix.Answer{Status: pkix.OCSPRevoked, RevokedAt: at, Reason: pkix.CertificateHold}},
		{"unknown", []func(*ocsp.Response){func(r *ocsp.Response) { r.Status = ocsp.Unknown }}, pkix.Answer{Status: pkix.OCSPUnknown}},
		{"SHA-256", []func(*ocsp.Response){func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 }}, pkix.Answer{}},
		{"SHA-512", []func(*ocsp.Response){func(r *ocsp.Response) { r.IssuerHash = crypto.SHA512 }}, pkix.Answer{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := parseOCSP(t, ca.OCSP(t, 0x80, tt.change...))
			if len(r.Answers) != 1 || r.Status != pkix.Successful {
				t.Fatalf("%d answers, %s", len(r.Answers), r.Status)
			}
			got := r.Answers[0]
			if got.Status != tt.want.Status || got.RevokedAt != tt.want.RevokedAt || got.Reason != tt.want.Reason ||
				got.ThisUpdate != verifytest.Now.Add(-time.Hour) || got.NextUpdate != verifytest.Now.Add(time.Hour) {
				t.Errorf("answer = %+v, want %+v", got, tt.want)
			}
			other := parse(t, verifytest.NewCA(t, jpki.SigningCA, 2).DER) // of the same name
			if !got.ID.Names(serialOf(0x80), issuer.Subject, issuer.Key) || got.ID.Names(serialOf(0x81), issuer.Subject, issuer.Key) ||
				got.ID.Names(serialOf(0x80), other.Subject, other.Key) || got.ID.Names(serialOf(0x80), "0\x00", issuer.Key) {
				t.Error("the id names another certificate than the one asked for")
			}
			if err := issuer.Key.Check(r.Signed); err != nil || r.ResponderName != issuer.Subject || r.Certificates != nil {
				t.Errorf("signature %v, responder %X, %d certificates", err, r.ResponderName, len(r.Certificates))
			}
		})
	}
}

func TestOCSPExtensions(t *testing.T) {
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	with := func(e stdpkix.Extension) *pkix.OCSPResponse {
		return parseOCSP(t, ca.OCSP(t, 0x80, func(r *ocsp.Response) { r.ExtraExtensions = []stdpkix.Extension{e} }))
	}
	if a := with(extension("2.999.1", true, "\x05\x00")).Answers[0]; len(a.UnknownCritical) != 1 {
		t.Errorf("UnknownCritical = %v, want one", a.UnknownCritical)
	}
	if a := with(extension("2.999.1", false, "\x05\x00")).Answers[0]; a.UnknownCritical != nil {
		t.Errorf("UnknownCritical = %v, want none", a.UnknownCritical)
	}
}

func TestOCSPDelegated(t *testing.T) {
	responder := verifytest.NewCA(t, jpki.SigningCA, 1).Appoint(t)
	r := parseOCSP(t, responder.OCSP(t, 0x80))
	if len(r.Certificates) != 1 || !r.Certificates[0].OCSPNoCheck || r.Certificates[0].Key.Check(r.Signed) != nil {
		t.Errorf("response with %d certificates, want that of the responder", len(r.Certificates))
	}
}

func TestParseOCSPRefuses(t *testing.T) {
	good := verifytest.NewCA(t, jpki.SigningCA, 1).OCSP(t, 0x80)
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "not a DER OCSP response"},
		{"cut", good[:100], "not a DER OCSP response"},
		{"trailing byte", append(good[:len(good):len(good)], 0), "not a DER OCSP response"},
		{"no answer", []byte{0x30, 3, 0x0A, 1, 0}, "successful OCSP response without an answer"},
		{"too large", make([]byte, pkix.MaxOCSP+1), "OCSP response of 1048577 bytes, more than 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r, err := pkix.ParseOCSP(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("ParseOCSP = %v, %v, want error %q", r, err, tt.want)
			}
		})
	}
	if r, err := pkix.ParseOCSP(ocsp.UnauthorizedErrorResponse); err != nil || r.Status.String() != "unauthorized" {
		t.Errorf("ParseOCSP = %v, %v, want unauthorized", r, err)
	}
}

// FuzzParseOCSP: what is accepted is the answer that x/crypto/ocsp reads, if it reads it.
func FuzzParseOCSP(f *testing.F) {
	ca := verifytest.NewCA(f, jpki.SigningCA, 1)
	f.Add(ca.OCSP(f, 0x80))
	f.Add(ca.Appoint(f).OCSP(f, 0x80, func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, verifytest.Now }))
	f.Add(ocsp.TryLaterErrorResponse)
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := pkix.ParseOCSP(in)
		if err != nil || len(r.Answers) != 1 {
			return
		}
		other, err := ocsp.ParseResponse(in, nil)
		if err == nil && (int(r.Answers[0].Status) != other.Status || !r.Answers[0].ThisUpdate.Equal(other.ThisUpdate)) {
			t.Errorf("ParseOCSP(%X) = %+v, want %+v", in, r.Answers[0], other)
		}
	})
}
