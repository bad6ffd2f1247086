package status_test

import (
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
	"github.com/openjpki/jpki/verify/verifytest"
)

var now = verifytest.Now

// serial is that of the certificate in question.
const serial = 0x067C6A80

// scene is a certificate of the first of two CAs of one name.
type scene struct {
	first, second *verifytest.CA
	path          path.Path
}

func newScene(t testing.TB) scene {
	t.Helper()
	first, second := verifytest.NewCA(t, jpki.SigningCA, 1), verifytest.NewCA(t, jpki.SigningCA, 2)
	target := parse(t, first.Issue(t, serial, verifytest.Mihon).DER)
	return scene{first, second, path.Path{Anchor: parse(t, first.DER), Certificates: []*pkix.Certificate{target}}}
}

func parse(t testing.TB, encoded []byte) *pkix.Certificate {
	t.Helper()
	c, err := pkix.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// evidence is encoded CRLs and OCSP responses.
type evidence struct{ lists, responses [][]byte }

func lists(encoded ...[]byte) evidence     { return evidence{lists: encoded} }
func responses(encoded ...[]byte) evidence { return evidence{responses: encoded} }

func (e evidence) checker(t testing.TB, strict bool) *status.Checker {
	t.Helper()
	c := status.Config{Strict: strict}
	for _, encoded := range e.lists {
		l, err := pkix.ParseCRL(encoded)
		if err != nil {
			t.Fatal(err)
		}
		c.CRLs = append(c.CRLs, l)
	}
	for _, encoded := range e.responses {
		r, err := pkix.ParseOCSP(encoded)
		if err != nil {
			t.Fatal(err)
		}
		c.Responses = append(c.Responses, r)
	}
	return status.New(c)
}

// revoked are entries that revoke the certificate in question for a reason.
func revoked(reason int) []x509.RevocationListEntry {
	return []x509.RevocationListEntry{verifytest.Revoke(2, now, 1), verifytest.Revoke(serial, now.Add(-90*time.Minute), reason)}
}

func span(from, to time.Duration) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = now.Add(from), now.Add(to) }
}

// scopedBy replaces the distribution point of a CRL.
func scopedBy(scope ...stdpkix.Extension) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) { l.ExtraExtensions = scope }
}

type test struct {
	name   string
	given  evidence
	want   status.State
	reason error // why the first evidence does not count
}

func run(t *testing.T, s scene, strict bool, tests []test) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.given.checker(t, strict).Of(s.path, 0, now, path.Pool{})
			if got.State != tt.want {
				t.Errorf("Of = %s, want %s; %+v", got.State, tt.want, got.Evidence)
			}
			switch {
			case tt.reason == nil:
			case len(got.Evidence) == 0:
				t.Errorf("no evidence, want %v", tt.reason)
			case !errors.Is(got.Evidence[0].Err, tt.reason) && got.Evidence[0].Err.Error() != tt.reason.Error():
				t.Errorf("evidence = %v, want %v", got.Evidence[0].Err, tt.reason)
			}
		})
	}
}

// What the CRLs of JPKI say, by the rules of JPKI and by those of RFC 5280.
//
// Req: R-VAL-04
func TestCRL(t *testing.T) {
	s := newScene(t)
	mihon, rei := verifytest.Mihon, verifytest.Rei
	named := func(further ...byte) func(*x509.RevocationList) {
		return scopedBy(verifytest.Scope(t, s.first.CRLPartition(jpki.SigningCA, mihon), further...))
	}
	whole := scopedBy()
	login := verifytest.NewCA(t, jpki.AuthenticationCA, 3)
	unknown := stdpkix.Extension{Id: asn1.ObjectIdentifier{2, 999, 1}, Critical: true, Value: []byte{5, 0}}
	withUnknown := func(l *x509.RevocationList) { l.ExtraExtensions = append(l.ExtraExtensions, unknown) }
	tests := []test{
		{"nothing", evidence{}, status.Undetermined, nil},
		{"not listed", lists(s.first.CRL(t, mihon, nil)), status.Good, nil},
		{"others listed", lists(s.first.CRL(t, mihon, revoked(3)[:1])), status.Good, nil},
		{"listed", lists(s.first.CRL(t, mihon, revoked(3))), status.Revoked, nil},
		{"on hold", lists(s.first.CRL(t, mihon, revoked(6))), status.Revoked, nil},
		{"of another municipality", lists(s.first.CRL(t, rei, nil)), status.Undetermined, nil},
		{"among other municipalities", lists(s.first.CRL(t, rei, nil), s.first.CRL(t, mihon, revoked(3))), status.Revoked, nil},
		{"of another generation, same distribution point", lists(s.second.CRL(t, mihon, nil)), status.Undetermined, status.ErrOtherKey},
		{"of another generation first", lists(s.second.CRL(t, mihon, nil), s.first.CRL(t, mihon, revoked(3))), status.Revoked, status.ErrOtherKey},
		{"of another generation last", lists(s.first.CRL(t, mihon, revoked(3)), s.second.CRL(t, mihon, nil)), status.Revoked, nil},
		{"of another generation that lists the number", lists(s.second.CRL(t, mihon, revoked(3)), s.first.CRL(t, mihon, nil)), status.Good, status.ErrOtherKey},
		{"of the other CA", lists(login.CRL(t, mihon, nil)), status.Undetermined, nil},
		{"altered", lists(flipLast(s.first.CRL(t, mihon, nil))), status.Undetermined, status.ErrOtherKey},
		{"out of date", lists(s.first.CRL(t, mihon, nil, span(-48*time.Hour, -time.Hour))), status.Undetermined, errors.New("out of date since 2026-06-01T02:00:00Z")},
		{"last second", lists(s.first.CRL(t, mihon, nil, span(-time.Hour, 0))), status.Good, nil},
		{"of tomorrow", lists(s.first.CRL(t, mihon, nil, span(24*time.Hour, 48*time.Hour))), status.Undetermined, errors.New("only valid from 2026-06-02T03:00:00Z")},
		{"clock a little ahead", lists(s.first.CRL(t, mihon, nil, span(time.Minute, time.Hour))), status.Good, nil},
		{"for users", lists(s.first.CRL(t, mihon, nil, named(0x81, 1, 0xFF))), status.Good, nil},
		{"for CAs", lists(s.first.CRL(t, mihon, nil, named(0x82, 1, 0xFF))), status.Undetermined, status.ErrScope},
		{"for attributes", lists(s.first.CRL(t, mihon, nil, named(0x85, 1, 0xFF))), status.Undetermined, status.ErrScope},
		{"for some reasons", lists(s.first.CRL(t, mihon, nil, named(0x83, 2, 6, 0x40))), status.Undetermined, nil},
		{"for some reasons, listed", lists(s.first.CRL(t, mihon, revoked(1), named(0x83, 2, 6, 0x40))), status.Revoked, nil},
		{"for all reasons together", lists(s.first.CRL(t, mihon, nil, named(0x83, 2, 6, 0x40)), s.first.CRL(t, mihon, nil, named(0x83, 3, 7, 0x3F, 0x80))), status.Good, nil},
		{"unknown critical extension", lists(s.first.CRL(t, mihon, nil, withUnknown)), status.Undetermined, errors.New("critical extension 2.999.1 is not understood")},
		{"of all certificates", lists(s.first.CRL(t, mihon, nil, whole)), status.Good, nil},
		{"of all certificates, listed", lists(s.first.CRL(t, mihon, revoked(3), whole)), status.Revoked, nil},
	}
	t.Run("strict", func(t *testing.T) { run(t, s, true, tests) })
	t.Run("RFC 5280", func(t *testing.T) {
		for i := range tests {
			if errors.Is(tests[i].reason, status.ErrOtherKey) {
				tests[i].reason = nil // the other generation is looked for among the certificates
			}
		}
		run(t, s, false, tests)
	})
}

// The list of CA certificates bears the name of the CA. RFC 5280 takes it for a list of all certificates unless it says
// what it is; by the strict rule it says nothing of a certificate that names another point.
//
// Spec: RFC 5280 §6.3.3
func TestAuthorityList(t *testing.T) {
	s := newScene(t)
	ofCAs := s.first.CRL(t, verifytest.Mihon, nil, scopedBy(verifytest.Scope(t, s.first.Certificate.Subject)))
	run(t, s, true, []test{{"strict", lists(ofCAs), status.Undetermined, nil}})
	run(t, s, false, []test{{"RFC 5280", lists(ofCAs), status.Good, nil}})
}

// A certificate may name several points, each for some reasons; one CRL may serve them all.
//
// Spec: RFC 5280 §6.3.3
func TestSeveralPoints(t *testing.T) {
	const compromise, others = pkix.Reasons(1 << 1), pkix.AllReasons &^ (1 << 1)
	s := newScene(t)
	c := s.path.Certificates[0]
	mihon := c.DistributionPoints[0].Name
	elsewhere := parse(t, s.first.Issue(t, 1, verifytest.Rei).DER).DistributionPoints[0].Name
	point := func(name pkix.PointName, reasons pkix.Reasons, issuers ...pkix.Name) pkix.DistributionPoint {
		return pkix.DistributionPoint{Name: name, Reasons: reasons, Issuers: issuers}
	}
	tests := []struct {
		name   string
		points []pkix.DistributionPoint
		given  evidence
		want   status.State
	}{
		{"one CRL for both", []pkix.DistributionPoint{point(mihon, compromise), point(mihon, others)}, lists(s.first.CRL(t, verifytest.Mihon, nil)), status.Good},
		{"one CRL for both, listed", []pkix.DistributionPoint{point(mihon, compromise), point(mihon, others)}, lists(s.first.CRL(t, verifytest.Mihon, revoked(3))), status.Revoked},
		{"a CRL for each", []pkix.DistributionPoint{point(mihon, compromise), point(elsewhere, others)},
			lists(s.first.CRL(t, verifytest.Mihon, nil), s.first.CRL(t, verifytest.Rei, nil)), status.Good},
		{"a CRL for one", []pkix.DistributionPoint{point(mihon, compromise), point(elsewhere, others)}, lists(s.first.CRL(t, verifytest.Mihon, nil)), status.Undetermined},
		{"in vain for an indirect point first", []pkix.DistributionPoint{point(mihon, pkix.AllReasons, c.Issuer), point(mihon, pkix.AllReasons)},
			lists(s.first.CRL(t, verifytest.Mihon, nil)), status.Good},
		{"indirect point alone", []pkix.DistributionPoint{point(mihon, pkix.AllReasons, c.Issuer)}, lists(s.first.CRL(t, verifytest.Mihon, nil)), status.Undetermined},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.DistributionPoints = tt.points
			if got := tt.given.checker(t, true).Of(s.path, 0, now, path.Pool{}); got.State != tt.want {
				t.Errorf("Of = %s, %+v, want %s", got.State, got.Evidence, tt.want)
			}
		})
	}
}

func TestStatusSays(t *testing.T) {
	s := newScene(t)
	got := lists(s.first.CRL(t, verifytest.Mihon, revoked(4))).checker(t, true).Of(s.path, 0, now, path.Pool{})
	if !got.At.Equal(now.Add(-90*time.Minute)) || got.Reason.String() != "superseded" || !got.AsOf.Equal(now.Add(-time.Hour)) || got.OnHold() {
		t.Errorf("Of = %+v, want revoked at %v as superseded", got, now.Add(-90*time.Minute))
	}
	held := lists(s.first.CRL(t, verifytest.Mihon, revoked(6))).checker(t, true).Of(s.path, 0, now, path.Pool{})
	if !held.OnHold() {
		t.Errorf("Of = %+v, want on hold", held)
	}
}

// delta makes a CRL a delta CRL to the one with the number base.
func delta(base byte, number int64) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.Number = big.NewInt(number)
		l.ThisUpdate = now.Add(-time.Minute)
		l.ExtraExtensions = append(l.ExtraExtensions, stdpkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, base}})
	}
}

// Spec: RFC 5280 §5.2.4
func TestDelta(t *testing.T) {
	s := newScene(t)
	full := func(entries []x509.RevocationListEntry, change ...func(*x509.RevocationList)) []byte { // number 7
		return s.first.CRL(t, verifytest.Mihon, entries, change...)
	}
	released := []x509.RevocationListEntry{verifytest.Revoke(serial, now, 8)}
	run(t, s, true, []test{
		{"revoked since", lists(full(nil), full(revoked(3), delta(7, 9))), status.Revoked, nil},
		{"hold lifted", lists(full(revoked(6)), full(released, delta(7, 9))), status.Good, nil},
		{"nothing since", lists(full(revoked(3)), full(nil, delta(7, 9))), status.Revoked, nil},
		{"alone", lists(full(nil, delta(7, 9))), status.Undetermined, nil},
		{"to a later list", lists(full(nil), full(revoked(3), delta(8, 9))), status.Good, nil},
		{"older than the list", lists(full(nil), full(revoked(3), delta(5, 7))), status.Good, nil},
		{"newest of two", lists(full(revoked(6)), full(revoked(6), delta(7, 8)), full(released, delta(7, 9))), status.Good, nil},
		{"makes up for an old list", lists(full(nil, span(-48*time.Hour, -time.Hour)), full(nil, delta(7, 9))), status.Good, nil},
		{"by another generation", lists(full(nil), s.second.CRL(t, verifytest.Mihon, revoked(3), delta(7, 9))), status.Good, nil},
		{"altered", lists(full(nil), flipLast(full(revoked(3), delta(7, 9)))), status.Good, nil},
		{"for other kinds of certificates", lists(full(nil), full(revoked(3), narrow(t, s.first), delta(7, 9))), status.Good, nil},
	})
}

// narrow makes a CRL one for CA certificates.
func narrow(t testing.TB, ca *verifytest.CA) func(*x509.RevocationList) {
	return scopedBy(verifytest.Scope(t, ca.CRLPartition(jpki.SigningCA, verifytest.Mihon), 0x82, 1, 0xFF))
}

// The key of a CA that may not sign CRLs signs none, even for its own certificates.
func TestIssuerThatMayNot(t *testing.T) {
	s := newScene(t)
	list := s.first.CRL(t, verifytest.Mihon, nil)
	s.path.Anchor.KeyUsage = jpki.KeyCertSign // as if the certificate said so
	run(t, s, true, []test{{"strict", lists(list), status.Undetermined, status.ErrKeyUsage}})
	run(t, s, false, []test{{"RFC 5280", lists(list), status.Undetermined, status.ErrKeyUsage}})
}

func flipLast(encoded []byte) []byte {
	encoded[len(encoded)-1] ^= 1
	return encoded
}
