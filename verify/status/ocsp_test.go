package status_test

import (
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/status"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

// Spec: RFC 6960 §3.2, §4.2.2.2
func TestOCSP(t *testing.T) {
	s := newScene(t)
	other := s.second.Appoint(t)
	responder := s.first.Appoint(t)
	notAppointed := s.first.Appoint(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	anyUsage := s.first.Appoint(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} })
	expired := s.first.Appoint(t, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Minute) })
	revoke := func(reason int) func(*ocsp.Response) {
		return func(r *ocsp.Response) { r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, now, reason }
	}
	at := func(from, to time.Duration) func(*ocsp.Response) {
		return func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now.Add(from), now.Add(to) }
	}
	endless := func(r *ocsp.Response) { r.NextUpdate = time.Time{} }
	critical := func(r *ocsp.Response) {
		r.ExtraExtensions = []stdpkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 1}, Critical: true, Value: []byte{5, 0}}}
	}
	dontKnow := func(r *ocsp.Response) { r.Status = ocsp.Unknown }
	run(t, s, true, []test{
		{"good", responses(s.first.OCSP(t, serial)), status.Good, nil},
		{"revoked", responses(s.first.OCSP(t, serial, revoke(3))), status.Revoked, nil},
		{"unknown", responses(s.first.OCSP(t, serial, dontKnow)), status.Undetermined, status.ErrUnknown},
		{"of another certificate", responses(s.first.OCSP(t, serial+1)), status.Undetermined, nil},
		{"of another generation", responses(s.second.OCSP(t, serial)), status.Undetermined, nil},
		{"by an appointed responder", responses(responder.OCSP(t, serial)), status.Good, nil},
		{"by an appointed responder, revoked", responses(responder.OCSP(t, serial, revoke(3))), status.Revoked, nil},
		{"by a responder of another generation", responses(other.For(s.first).OCSP(t, serial)), status.Undetermined, status.ErrResponder},
		{"by a certificate that is not for OCSP", responses(notAppointed.OCSP(t, serial)), status.Undetermined, status.ErrResponder},
		{"by a certificate for any use", responses(anyUsage.OCSP(t, serial)), status.Undetermined, status.ErrResponder},
		{"by a responder that has expired", responses(expired.OCSP(t, serial)), status.Undetermined, status.ErrResponder},
		{"unknown critical extension", responses(s.first.OCSP(t, serial, critical)), status.Undetermined, errors.New("critical extension 2.999.1 is not understood")},
		{"altered", responses(flipLast(s.first.OCSP(t, serial))), status.Undetermined, status.ErrResponder},
		{"out of date", responses(s.first.OCSP(t, serial, at(-2*time.Hour, -time.Hour))), status.Undetermined, errors.New("out of date since 2026-06-01T02:00:00Z")},
		{"of tomorrow", responses(s.first.OCSP(t, serial, at(24*time.Hour, 25*time.Hour))), status.Undetermined, errors.New("only valid from 2026-06-02T03:00:00Z")},
		{"without next update", responses(s.first.OCSP(t, serial, endless)), status.Good, nil},
		{"without next update, old", responses(s.first.OCSP(t, serial, endless, func(r *ocsp.Response) { r.ThisUpdate = now.Add(-status.MaxAge - time.Second) })),
			status.Undetermined, errors.New("out of date since 2026-06-01T02:59:59Z")},
	})
}

// A responder whose certificate does not say that it need not be checked is held against the CRLs at hand.
//
// Spec: RFC 6960 §4.2.2.2.1
func TestResponderStatus(t *testing.T) {
	s := newScene(t)
	checked := s.first.Appoint(t, func(c *x509.Certificate) { c.ExtraExtensions = nil })
	answer := checked.OCSP(t, serial)
	bad := []x509.RevocationListEntry{verifytest.Revoke(jpki.Serial(checked.Certificate.SerialNumber.Uint64()), now, 1)}
	everyone := scopedBy()
	run(t, s, true, []test{
		{"no CRL", evidence{nil, [][]byte{answer}}, status.Good, nil},
		{"not listed", evidence{[][]byte{s.first.CRL(t, verifytest.Mihon, nil, everyone)}, [][]byte{answer}}, status.Good, nil},
		{"listed", evidence{[][]byte{s.first.CRL(t, verifytest.Mihon, bad, everyone)}, [][]byte{answer}}, status.Good, status.ErrResponderRevoked},
		{"listed, nothing else counts", evidence{[][]byte{s.first.CRL(t, verifytest.Mihon, bad, everyone, span(-time.Hour, time.Hour))}, [][]byte{answer}}, status.Good, status.ErrResponderRevoked},
	})
}

// A CRL of the morning and an OCSP answer of now: whoever says revoked is right, and only a hold can be lifted.
func TestBoth(t *testing.T) {
	s := newScene(t)
	fresh := func(r *ocsp.Response) { r.ThisUpdate = now.Add(-time.Minute) }
	old := func(r *ocsp.Response) { r.ThisUpdate = now.Add(-2 * time.Hour) }
	say := func(state, reason int) func(*ocsp.Response) {
		return func(r *ocsp.Response) { r.Status, r.RevokedAt, r.RevocationReason = state, now, reason }
	}
	list := func(entries []x509.RevocationListEntry) []byte { return s.first.CRL(t, verifytest.Mihon, entries) }
	run(t, s, true, []test{
		{"both good", evidence{[][]byte{list(nil)}, [][]byte{s.first.OCSP(t, serial)}}, status.Good, nil},
		{"revoked since the CRL", evidence{[][]byte{list(nil)}, [][]byte{s.first.OCSP(t, serial, fresh, say(ocsp.Revoked, 3))}}, status.Revoked, nil},
		{"revoked in the CRL, newer answer good", evidence{[][]byte{list(revoked(3))}, [][]byte{s.first.OCSP(t, serial, fresh)}}, status.Revoked, nil},
		{"revoked in an older answer", evidence{[][]byte{list(nil)}, [][]byte{s.first.OCSP(t, serial, old, say(ocsp.Revoked, 3))}}, status.Revoked, nil},
		{"on hold in an older answer", evidence{[][]byte{list(nil)}, [][]byte{s.first.OCSP(t, serial, old, say(ocsp.Revoked, 6))}}, status.Good, nil},
		{"on hold in the CRL, newer answer good", evidence{[][]byte{list(revoked(6))}, [][]byte{s.first.OCSP(t, serial, fresh)}}, status.Good, nil},
		{"on hold since the CRL", evidence{[][]byte{list(nil)}, [][]byte{s.first.OCSP(t, serial, fresh, say(ocsp.Revoked, 6))}}, status.Revoked, nil},
	})
}
