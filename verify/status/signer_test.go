package status_test

import (
	"crypto/x509"
	"math/big"
	"testing"

	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
	"github.com/openjpki/jpki/verify/verifytest"
)

// crlSigner is a certificate that a CA issued to itself for another key, and the CA with that key.
func crlSigner(t testing.TB, ca *verifytest.CA, usage x509.KeyUsage) (*pkix.Certificate, *verifytest.CA) {
	t.Helper()
	issuer := parse(t, ca.DER)
	r := ca.Appoint(t, func(c *x509.Certificate) {
		c.SerialNumber, c.RawSubject, c.KeyUsage, c.ExtKeyUsage = big.NewInt(0x43524C), []byte(issuer.Subject), usage, nil
		c.ExtraExtensions, c.SubjectKeyId = nil, []byte("key for CRLs")
	})
	return parse(t, r.Certificate.Raw), &verifytest.CA{Profile: ca.Profile, Certificate: ca.Certificate, DER: r.Certificate.Raw, Key: r.Key}
}

// RFC 5280 lets a CA sign its CRLs with another key than its certificates, if a valid path leads to that key.
//
// Spec: RFC 5280 §6.3.3
func TestOtherSigner(t *testing.T) {
	s := newScene(t)
	signer, withKey := crlSigner(t, s.first, x509.KeyUsageCRLSign|x509.KeyUsageDigitalSignature)
	foreign, withForeignKey := crlSigner(t, s.second, x509.KeyUsageCRLSign)
	listed := []x509.RevocationListEntry{verifytest.Revoke(0x43524C, now, 1)}
	unfit, withUnfitKey := crlSigner(t, s.first, x509.KeyUsageCRLSign)
	unfit.KeyUsage = 1 // as if the certificate said digitalSignature only
	tests := []struct {
		name   string
		signer *pkix.Certificate
		list   []byte
		strict bool
		want   status.State
		reason error
	}{
		{"good", signer, withKey.CRL(t, verifytest.Mihon, nil, scopedBy()), false, status.Good, nil},
		{"revoked", signer, withKey.CRL(t, verifytest.Mihon, revoked(3), scopedBy()), false, status.Revoked, nil},
		{"strict", signer, withKey.CRL(t, verifytest.Mihon, nil, scopedBy()), true, status.Undetermined, status.ErrOtherKey},
		{"signer's certificate not at hand", foreign, withKey.CRL(t, verifytest.Mihon, nil, scopedBy()), false, status.Undetermined, status.ErrOtherKey},
		{"signer that may not", unfit, withUnfitKey.CRL(t, verifytest.Mihon, nil, scopedBy()), false, status.Undetermined, status.ErrKeyUsage},
		{"signer of another anchor", foreign, withForeignKey.CRL(t, verifytest.Mihon, nil, scopedBy()), false, status.Undetermined, status.ErrSigner},
		{"signer that is revoked", signer, withKey.CRL(t, verifytest.Mihon, listed, scopedBy()), false, status.Undetermined, status.ErrSigner},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := lists(tt.list).checker(t, tt.strict).Of(s.path, 0, now, path.NewPool(tt.signer))
			if got.State != tt.want || len(got.Evidence) != 1 || got.Evidence[0].Err != tt.reason {
				t.Errorf("Of = %s, %+v, want %s, %v", got.State, got.Evidence, tt.want, tt.reason)
			}
		})
	}
}

// A delta CRL is of the signer of the CRL it changes.
//
// Spec: RFC 5280 §5.2.4
func TestDeltaOfOtherSigner(t *testing.T) {
	s := newScene(t)
	signer, withKey := crlSigner(t, s.first, x509.KeyUsageCRLSign)
	full := s.first.CRL(t, verifytest.Mihon, nil, scopedBy())
	got := lists(full, withKey.CRL(t, verifytest.Mihon, revoked(3), scopedBy(), delta(7, 9))).checker(t, false).Of(s.path, 0, now, path.NewPool(signer))
	if got.State != status.Good || got.Evidence[0].Delta != nil {
		t.Errorf("Of = %s, %+v, want good by the CRL alone", got.State, got.Evidence)
	}
}
