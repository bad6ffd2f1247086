package ca_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/crl"
)

var validityService = authz.Actor{Office: authz.Revocation}

// newest returns the certificate of the newest generation of a CA.
func newest(t *testing.T, o *office, kind jpki.Kind) *jpki.Certificate {
	t.Helper()
	issuers, err := o.Issuers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var newest *jpki.Certificate
	for _, i := range issuers { // by generation
		if i.ID.Kind == kind {
			if newest, err = jpki.Parse(i.Certificate); err != nil {
				t.Fatal(err)
			}
		}
	}
	return newest
}

func keyOf(c *jpki.Certificate) message.IssuerID { return message.IssuerID(c.KeyID().String()) }

// listOf is a list of Mihon-shi as the validity service prepares it.
func listOf(issuer *jpki.Certificate, number uint64) crl.List {
	point := jpki.Sandbox("").CRLPartition(issuer.Kind, mihon)
	return crl.List{Issuer: issuer, Point: point, Number: number, ThisUpdate: now, NextUpdate: now.Add(36 * time.Hour)}
}

func prepared(t *testing.T, l crl.List, serials ...jpki.Serial) []byte {
	t.Helper()
	var enc crl.Encoder
	var entries []byte
	var err error
	for _, serial := range serials {
		if entries, err = enc.Append(entries, crl.Entry{Serial: serial, RevokedAt: now}); err != nil {
			t.Fatal(err)
		}
	}
	tbs, err := l.TBS(crl.Stream{Reader: bytes.NewReader(entries), Size: int64(len(entries))})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(tbs)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Req: R-VAL-03, R-SYS-24
func TestSignList(t *testing.T) {
	o := founded(t, nil)
	issuer := newest(t, o, jpki.SigningCA)
	for number := range uint64(3) {
		tbs := prepared(t, listOf(issuer, number+1), 5, 9)
		for range 2 { // the second time as after a lost answer
			signature, err := o.SignList(t.Context(), validityService, keyOf(issuer), bytes.NewReader(tbs))
			if err != nil {
				t.Fatal(err)
			}
			suite := jpki.P384
			whole, err := jpki.Assemble(tbs, suite.Algorithm, signature)
			if err != nil {
				t.Fatal(err)
			}
			checkSignature(t, whole, issuer)
		}
	}
	if report := verifyAudit(t, o); report.Head.Count != 4+6 {
		t.Errorf("audit log has %d entries, want one for each signature", report.Head.Count)
	}
}

func checkSignature(t *testing.T, list []byte, issuer *jpki.Certificate) {
	t.Helper()
	read, err := x509.ParseRevocationList(list)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := issuer.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.CheckSignatureFrom(signer); err != nil {
		t.Errorf("signature of list %v: %v", read.Number, err)
	}
}

// A number is used once, and the lists of other points and other keys have their own.
func TestSignListNumbers(t *testing.T) {
	o := founded(t, nil)
	issuer := newest(t, o, jpki.SigningCA)
	other := listOf(issuer, 3)
	other.Point = issuer.Subject
	tests := []struct {
		name string
		tbs  []byte
		want string // the fault, "" if signed
	}{
		{"first", prepared(t, listOf(issuer, 7), 5), ""},
		{"lower number", prepared(t, listOf(issuer, 6), 5), "revocation.list_number"},
		{"same number, other content", prepared(t, listOf(issuer, 7), 5, 6), "revocation.list_number"},
		{"the same list", prepared(t, listOf(issuer, 7), 5), ""},
		{"list of CAs with a number of its own", prepared(t, other), ""},
		{"next but some", prepared(t, listOf(issuer, 20)), ""},
		{"the first again", prepared(t, listOf(issuer, 7), 5), "revocation.list_number"},
	}
	for _, tt := range tests {
		_, err := o.SignList(t.Context(), validityService, keyOf(issuer), bytes.NewReader(tt.tbs))
		if fault.KeyOf(err) != tt.want {
			t.Errorf("%s: SignList = %v, want %q", tt.name, err, tt.want)
		}
	}
	second, err := o.Found(t.Context(), sandbox, jpki.SigningCA, "")
	if err != nil {
		t.Fatal(err)
	}
	next, err := jpki.Parse(second.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.SignList(t.Context(), validityService, keyOf(next), bytes.NewReader(prepared(t, listOf(next, 1)))); err != nil {
		t.Errorf("first list of the next generation: %v", err)
	}
}

// The CA's key signs nothing but lists that are its own.
func TestSignListRefuses(t *testing.T) {
	o := founded(t, nil)
	issuer, other := newest(t, o, jpki.SigningCA), newest(t, o, jpki.AuthenticationCA)
	altered := func(change func(*crl.List)) []byte {
		l := listOf(issuer, 1)
		change(&l)
		return prepared(t, l)
	}
	record, err := o.Issue(t.Context(), counter, newApplicant(t, "hanako").request(jpki.Signing))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := jpki.Parse(record.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	tbs, err := certificate.TBS()
	if err != nil {
		t.Fatal(err)
	}
	before := verifyAudit(t, o).Head.Count
	tests := []struct {
		name  string
		actor authz.Actor
		key   message.IssuerID
		tbs   []byte
		want  string
	}{
		{"the counter asks", counter, keyOf(issuer), prepared(t, listOf(issuer, 1)), "authz.denied"},
		{"a certificate", validityService, keyOf(issuer), tbs, "revocation.list_refused"},
		{"no key of ours", validityService, "0000", prepared(t, listOf(issuer, 1)), "revocation.no_issuer"},
		{"list of the other CA", validityService, keyOf(issuer), prepared(t, listOf(other, 1)), "revocation.list_refused"},
		{"point of the other CA", validityService, keyOf(issuer), altered(func(l *crl.List) { l.Point = listOf(other, 1).Point }), "revocation.list_refused"},
		{"point of nobody", validityService, keyOf(issuer), altered(func(l *crl.List) { l.Point = der.Name{der.Country("JP")} }), "revocation.list_refused"},
		{"dated ahead", validityService, keyOf(issuer), altered(func(l *crl.List) { l.ThisUpdate = now.Add(time.Hour) }), "revocation.list_refused"},
		{"next update after weeks", validityService, keyOf(issuer), altered(func(l *crl.List) { l.NextUpdate = now.AddDate(0, 0, 11) }), "revocation.list_refused"},
		{"cut off", validityService, keyOf(issuer), prepared(t, listOf(issuer, 1))[:300], "revocation.list_refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if signature, err := o.SignList(t.Context(), tt.actor, tt.key, bytes.NewReader(tt.tbs)); fault.KeyOf(err) != tt.want {
				t.Errorf("SignList = %X, %v, want %s", signature, err, tt.want)
			}
		})
	}
	if n := count(t, o, "list"); n != 0 {
		t.Errorf("%d lists recorded after refusals, want none", n)
	}
	if got := verifyAudit(t, o).Head.Count - before; got != int64(len(tests)) {
		t.Errorf("%d audit entries for %d refusals", got, len(tests))
	}
}

// responderRequest asks for the certificate of a responder with the key.
func responderRequest(t *testing.T, id string, issuer message.IssuerID, key crypto.Signer) message.ResponderRequest {
	t.Helper()
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return message.ResponderRequest{ID: id, Issuer: issuer, PKCS10: request}
}

// Req: R-SYS-23
func TestCertifyResponder(t *testing.T) {
	o := founded(t, func(c *ca.Config) { c.ResponderLife = 5 * 24 * time.Hour })
	issuer := newest(t, o, jpki.AuthenticationCA)
	key := newApplicant(t, "").key
	request := responderRequest(t, "ocsp-1", keyOf(issuer), key)
	issued, err := o.CertifyResponder(t.Context(), validityService, request)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jpki.Parse(issued.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignedBy(issuer); err != nil || c.Kind != jpki.AuthenticationResponder || c.NotAfter.Sub(c.NotBefore) != 5*24*time.Hour {
		t.Errorf("CertifyResponder = %s from %v to %v, signed by the CA: %v", c.Kind, c.NotBefore, c.NotAfter, err)
	}
	request = responderRequest(t, "ocsp-1", keyOf(issuer), key) // signed anew: ECDSA has many signatures
	if again, err := o.CertifyResponder(t.Context(), validityService, request); err != nil || !bytes.Equal(again.Certificate, issued.Certificate) {
		t.Errorf("the same request again: %v, want the same certificate", err)
	}
	tests := []struct {
		name    string
		actor   authz.Actor
		request message.ResponderRequest
		want    string
	}{
		{"the counter asks", counter, responderRequest(t, "ocsp-2", keyOf(issuer), key), "authz.denied"},
		{"another request under the same name", validityService, responderRequest(t, "ocsp-1", keyOf(issuer), newApplicant(t, "").key), "ca.request_reused"},
		{"signed for another request", validityService, message.ResponderRequest{ID: "ocsp-2", Issuer: request.Issuer, PKCS10: request.PKCS10}, "revocation.responder_refused"},
		{"not signed", validityService, message.ResponderRequest{ID: "ocsp-2", Issuer: request.Issuer}, "revocation.responder_refused"},
		{"no name", validityService, message.ResponderRequest{Issuer: request.Issuer, PKCS10: request.PKCS10}, "revocation.responder_refused"},
		{"no issuer of ours", validityService, responderRequest(t, "ocsp-2", "0000", key), "revocation.no_issuer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := o.CertifyResponder(t.Context(), tt.actor, tt.request); fault.KeyOf(err) != tt.want {
				t.Errorf("CertifyResponder: %v, want %s", err, tt.want)
			}
		})
	}
	verifyAudit(t, o)
}

// What is told of a certificate to the validity service holds nothing of its holder.
func TestNoticeOf(t *testing.T) {
	o := founded(t, nil)
	issued, err := o.Issue(t.Context(), counter, newApplicant(t, "hanako").request(jpki.Signing))
	if err != nil {
		t.Fatal(err)
	}
	issuer := newest(t, o, jpki.SigningCA)
	n, err := ca.NoticeOf(issued.Certificate)
	if err != nil || n.Issuer != keyOf(issuer) || n.Serial != issued.Serial || n.Kind != jpki.Signing || n.Certificate != nil {
		t.Errorf("NoticeOf = %+v, %v", n, err)
	}
	if !strings.Contains(string(n.Point), "Mihon-shi CRLDP") {
		t.Errorf("Point = %q, want the distribution point of the certificate", n.Point)
	}
	own, err := ca.NoticeOf(issued.CA)
	if err != nil || own.Issuer != keyOf(issuer) || own.Kind != jpki.SigningCA || !bytes.Equal(own.Certificate, issued.CA) {
		t.Errorf("NoticeOf the CA = %+v, %v", own, err)
	}
	if _, err := ca.NoticeOf([]byte("x")); err == nil {
		t.Error("NoticeOf no certificate: no error")
	}
}
