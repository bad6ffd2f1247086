package verify_test

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/der"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// A certificate alone, by the rules of RFC 5280 and by those of JPKI.
func TestCertificate(t *testing.T) {
	s := newScene(t)
	other := s.ca.Issue(t, 7, verifytest.Mihon, with(der.MustOID("2.999.1")))
	list := func(entries ...x509.RevocationListEntry) [][]byte {
		return [][]byte{s.ca.CRL(t, verifytest.Mihon, entries)}
	}
	plain := func(change func(*verify.Config)) verify.Config {
		c := verify.Config{Policy: verify.RFC5280, At: now, Anchors: [][]byte{s.ca.DER}}
		if change != nil {
			change(&c)
		}
		return c
	}
	tests := []struct {
		name    string
		config  verify.Config
		in      []byte
		want    verify.Indication
		sub     verify.SubIndication
		check   string
		outcome verify.Outcome
	}{
		{"path alone", plain(nil), s.sign.DER, passed, "", "revocation", verify.Skipped},
		{"of another PKI", plain(nil), other.DER, passed, "", "path", verify.Passed},
		{"not revoked", plain(func(c *verify.Config) { c.CRLs = list() }), s.sign.DER, passed, "", "revocation.status", verify.Passed},
		{"revoked", plain(func(c *verify.Config) { c.CRLs = list(verifytest.Revoke(serial, now, 1)) }), s.sign.DER, failed, verify.Revoked, "revocation.status", verify.Failed},
		{"status missing", plain(func(c *verify.Config) { c.CRLs = [][]byte{s.ca.CRL(t, verifytest.Rei, nil)} }), s.sign.DER, indeterminate, verify.TryLater, "revocation.status", verify.Undetermined},
		{"OCSP for another", plain(func(c *verify.Config) { c.OCSP = [][]byte{s.ca.OCSP(t, 1)} }), s.sign.DER, indeterminate, verify.TryLater, "revocation.status", verify.Undetermined},
		{"OCSP", plain(func(c *verify.Config) { c.OCSP = [][]byte{s.ca.OCSP(t, serial)} }), s.sign.DER, passed, "", "revocation.ocsp", verify.Passed},
		{"no path", plain(func(c *verify.Config) { c.Anchors = [][]byte{s.login.DER} }), s.sign.DER, failed, verify.NoCertificateChainFound, "path", verify.Failed},
		{"expired", plain(func(c *verify.Config) { c.At = now.AddDate(5, 0, 0) }), s.sign.DER, failed, verify.Expired, "path.validity", verify.Failed},
		{"CA expired", plain(func(c *verify.Config) { c.At = now.AddDate(9, 0, 0) }), s.sign.DER, failed, verify.Expired, "path.anchor", verify.Failed},
		{"altered", plain(nil), flip(s.sign.DER, s.sign.DER), failed, verify.CertificateChainGeneralFailure, "path.signature", verify.Failed},
		{"acceptable policy", plain(func(c *verify.Config) { c.Acceptable, c.ExplicitPolicy = []der.OID{jpki.PolicyTestSigning}, true }), s.sign.DER, passed, "", "path.policy", verify.Passed},
		{"other policy", plain(func(c *verify.Config) { c.Acceptable, c.ExplicitPolicy = []der.OID{jpki.PolicySigning}, true }), s.sign.DER, failed, verify.ChainConstraintsFailure, "path.policy", verify.Failed},
		{"usage", plain(func(c *verify.Config) { c.Usage, c.Anchors = jpki.UsageClientAuth, [][]byte{s.login.DER} }), s.auth.DER, passed, "", "path.usage", verify.Passed},
		{"other usage", plain(func(c *verify.Config) {
			c.Usage, c.Anchors = der.MustOID("1.3.6.1.5.5.7.3.1"), [][]byte{s.login.DER}
		}), s.auth.DER, failed, verify.ChainConstraintsFailure, "path.usage", verify.Failed},
		{"no certificate", plain(nil), []byte("certificate"), failed, verify.FormatFailure, "format.certificate", verify.Failed},
		{"JPKI, signing", s.config(t), s.sign.DER, passed, "", "jpki.policy", verify.Passed},
		{"JPKI, authentication", s.config(t), s.auth.DER, passed, "", "jpki.policy", verify.Passed},
		{"JPKI, other PKI", s.config(t), other.DER, failed, verify.ChainConstraintsFailure, "jpki.policy", verify.Failed},
		{"ETSI, other PKI", etsi(s.config(t)), other.DER, passed, "", "jpki.usage", verify.Passed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newVerifier(t, tt.config).Certificate(tt.in)
			guard(t, r)
			expect(t, r, tt.want, tt.sub, tt.check, tt.outcome)
		})
	}
}

func etsi(c verify.Config) verify.Config {
	c.Policy = verify.ETSI
	return c
}

// Without a time the clock of the machine counts.
func TestCertificateNow(t *testing.T) {
	s := newScene(t)
	config := s.config(t)
	config.At = time.Time{}
	before := time.Now().Add(-time.Second)
	r := newVerifier(t, config).Certificate(s.sign.DER)
	if r.Time.Before(before) || r.Time.After(time.Now()) || r.Time.Location() != time.UTC {
		t.Errorf("report for %v, want now in UTC", r.Time)
	}
}
