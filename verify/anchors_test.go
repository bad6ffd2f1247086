package verify_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// The CA for user authentication cannot issue signing certificates, whatever policy it writes into them.
func TestPolicyOfTheOtherCA(t *testing.T) {
	s := newScene(t)
	wrong := s.login.Issue(t, 9, verifytest.Mihon, with(jpki.PolicyTestSigning), using(jpki.DigitalSignature|jpki.NonRepudiation))
	r := judge(t, newVerifier(t, s.config(t)), detached(t, wrong), document)
	expect(t, r, failed, verify.ChainConstraintsFailure, "jpki.policy", verify.Failed)
}

// Who may have issued the certificate.
func TestIssuer(t *testing.T) {
	s := newScene(t)
	next := verifytest.NewCA(t, jpki.SigningCA, 9) // of the same name
	impostor := next.Issue(t, serial, verifytest.Mihon)
	tests := []struct {
		name    string
		p7s     []byte
		anchors [][]byte
		want    verify.Indication
		sub     verify.SubIndication
	}{
		{"nobody is trusted", s.p7s, nil, indeterminate, verify.NoCertificateChainFound},
		{"another CA is trusted", s.p7s, [][]byte{s.login.DER}, indeterminate, verify.NoCertificateChainFound},
		{"another generation is trusted", s.p7s, [][]byte{next.DER}, indeterminate, verify.NoCertificateChainFound},
		{"both generations are trusted", s.p7s, [][]byte{next.DER, s.ca.DER}, passed, ""},
		{"the CA in the file is not trusted for that", detached(t, impostor, next), [][]byte{s.ca.DER}, indeterminate, verify.NoCertificateChainFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := s.config(t)
			config.Anchors = tt.anchors
			expect(t, judge(t, newVerifier(t, config), tt.p7s, document), tt.want, tt.sub, "", "")
		})
	}
}

// A CA has its certificate renewed for the same key: both certificates are good anchors by name and key, but one of them
// has expired. The verdict is that of the path that is valid.
func TestRenewedAnchor(t *testing.T) {
	s := newScene(t)
	expired := verifytest.NewCAWith(t, s.ca.Profile, s.ca.Key, jpki.SigningCA, 3, at(-time.Hour))
	for name, entries := range map[string][]x509.RevocationListEntry{"good": nil, "revoked": {verifytest.Revoke(serial, now, 3)}} {
		t.Run(name, func(t *testing.T) {
			c := s.config(t, entries...)
			c.Anchors = [][]byte{expired.DER, s.ca.DER}
			r := judge(t, newVerifier(t, c), s.p7s, document)
			if entries == nil {
				expect(t, r, passed, "", "", "")
			} else {
				expect(t, r, failed, verify.Revoked, "path", verify.Passed)
			}
		})
	}
}

// By the rules of JPKI a list of CA certificates says nothing of a holder's, whose list bears another name.
//
// Spec: RFC 5280 §6.3.3
func TestAuthorityListIsNoEvidence(t *testing.T) {
	s := newScene(t)
	ofCAs := s.ca.CRL(t, verifytest.Mihon, nil, func(l *x509.RevocationList) {
		l.ExtraExtensions[0] = verifytest.Scope(t, s.ca.Certificate.Subject)
	})
	c := verify.Config{At: now, Anchors: [][]byte{s.ca.DER}, CRLs: [][]byte{ofCAs}}
	expect(t, judge(t, newVerifier(t, c), s.p7s, document), indeterminate, verify.TryLater, "revocation.status", verify.Undetermined)
	c.Policy = verify.RFC5280
	expect(t, newVerifier(t, c).Certificate(s.sign.DER), passed, "", "revocation.crl", verify.Passed)
}

// Plain path validation trusts nobody but the caller's anchors.
func TestPlainKnowsNoJLIS(t *testing.T) {
	s := newScene(t)
	published := map[jpki.Fingerprint]jpki.Published{fingerprint(s.ca.DER): {Kind: jpki.SigningCA, Generation: 3}}
	v, err := verify.NewRecognizing(verify.Config{Policy: verify.RFC5280, At: now}, published)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, judge(t, v, s.p7s, document), failed, verify.NoCertificateChainFound, "path", verify.Failed)
}

// The anchors of J-LIS are known by their fingerprints, in the file too, and kept apart from all others.
func TestTwoSetsOfAnchors(t *testing.T) {
	s := newScene(t)
	genuine := s.ca.Issue(t, 5, verifytest.Mihon, with(jpki.PolicySigning))
	list := s.ca.CRL(t, verifytest.Mihon, nil)
	published := map[jpki.Fingerprint]jpki.Published{fingerprint(s.ca.DER): {Kind: jpki.SigningCA, Generation: 3}}
	tests := []struct {
		name       string
		p7s        []byte
		anchors    [][]byte
		lists      [][]byte
		published  map[jpki.Fingerprint]jpki.Published
		want       verify.Indication
		sub        verify.SubIndication
		check      string
		outcome    verify.Outcome
		set, cured string
	}{
		{"real, CA in the file", detached(t, genuine, s.ca), nil, [][]byte{list}, published, passed, "", "path.set", verify.Information, "J-LIS, CA for digital signature, generation 3", ""},
		{"real, CA given", detached(t, genuine), [][]byte{s.ca.DER}, [][]byte{list}, published, passed, "", "path.set", verify.Information, "J-LIS, CA for digital signature, generation 3", ""},
		{"real, CA nowhere", detached(t, genuine), nil, [][]byte{list}, published, indeterminate, verify.NoCertificateChainFound, "path", verify.Undetermined, "", ""},
		{"real, no CRL", detached(t, genuine, s.ca), nil, nil, published, indeterminate, verify.TryLater, "revocation.status", verify.Undetermined, "J-LIS, CA for digital signature, generation 3", "Only registered verifiers"},
		{"test policy under a real CA", s.p7s, nil, [][]byte{list}, published, failed, verify.ChainConstraintsFailure, "path.set", verify.Failed, "", ""},
		{"real policy under a test CA", detached(t, genuine, s.ca), [][]byte{s.ca.DER}, [][]byte{list}, nil, failed, verify.ChainConstraintsFailure, "path.set", verify.Failed, "", ""},
		{"test", s.p7s, [][]byte{s.ca.DER}, [][]byte{list}, nil, passed, "", "path.set", verify.Information, "TEST", ""},
		{"test, CA in the file only", s.p7s, nil, [][]byte{list}, nil, indeterminate, verify.NoCertificateChainFound, "path", verify.Undetermined, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := verify.NewRecognizing(verify.Config{At: now, Anchors: tt.anchors, CRLs: tt.lists}, tt.published)
			if err != nil {
				t.Fatal(err)
			}
			r := judge(t, v, tt.p7s, document)
			expect(t, r, tt.want, tt.sub, tt.check, tt.outcome)
			if c, _ := r.Signatures[0].Checks.Find("path.set"); tt.set != "" && c.Evidence != tt.set {
				t.Errorf("path.set = %q, want %q", c.Evidence, tt.set)
			}
			if c, _ := r.Signatures[0].Checks.Find(tt.check); !strings.Contains(c.Cure, tt.cured) {
				t.Errorf("cure of %s = %q, want %q in it", tt.check, c.Cure, tt.cured)
			}
		})
	}
}
