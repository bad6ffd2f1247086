package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
)

// tiers is a PKI that is none of JPKI: a root, an authority below it and a certificate.
type tiers struct {
	root, authority, target *x509.Certificate
	keys                    map[*x509.Certificate]crypto.Signer
}

func newTiers(t testing.TB, key crypto.Signer) tiers {
	t.Helper()
	rootKey, authorityKey := verifytest.NewKey(t, jpki.P384), verifytest.NewKey(t, jpki.P384)
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
			BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
	}
	leaf := template(3, "target")
	leaf.IsCA, leaf.KeyUsage = false, x509.KeyUsageDigitalSignature
	root := issue(t, template(1, "root"), nil, rootKey.Public(), rootKey)
	authority := issue(t, template(2, "authority"), root, authorityKey.Public(), rootKey)
	target := issue(t, leaf, authority, key.Public(), authorityKey)
	return tiers{root, authority, target, map[*x509.Certificate]crypto.Signer{root: rootKey, authority: authorityKey}}
}

func issue(t testing.TB, template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	if parent == nil {
		parent = template
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// revoke publishes a CRL with one certificate on it, or none.
func (p tiers) revoke(t testing.TB, issuer, revoked *x509.Certificate) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	if revoked != nil {
		list.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: revoked.SerialNumber, RevocationTime: now.Add(-time.Minute), ReasonCode: 2}}
	}
	encoded, err := x509.CreateRevocationList(rand.Reader, list, issuer, p.keys[issuer])
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// An authority between the anchor and the certificate is asked about too.
func TestRevokedAuthority(t *testing.T) {
	p := newTiers(t, verifytest.NewKey(t, jpki.P384))
	good := p.revoke(t, p.authority, nil)
	tests := []struct {
		name   string
		policy verify.Policy
		lists  [][]byte
		want   verify.Indication
		sub    verify.SubIndication
	}{
		{"good", verify.RFC5280, [][]byte{good, p.revoke(t, p.root, nil)}, passed, ""},
		{"authority revoked", verify.RFC5280, [][]byte{good, p.revoke(t, p.root, p.authority)}, failed, verify.Revoked},
		{"authority revoked", verify.ETSI, [][]byte{good, p.revoke(t, p.root, p.authority)}, indeterminate, verify.RevokedCANoPOE},
		{"certificate revoked", verify.ETSI, [][]byte{p.revoke(t, p.authority, p.target), p.revoke(t, p.root, nil)}, indeterminate, verify.RevokedNoPOE},
		{"authority unknown", verify.RFC5280, [][]byte{good}, indeterminate, verify.TryLater},
		{"authority unknown", verify.ETSI, [][]byte{good}, indeterminate, verify.TryLater},
	}
	for _, tt := range tests {
		t.Run(tt.name+"/"+string(tt.policy), func(t *testing.T) {
			v := newVerifier(t, verify.Config{
				Policy: tt.policy, At: now, Anchors: [][]byte{p.root.Raw}, Certificates: [][]byte{p.authority.Raw}, CRLs: tt.lists,
			})
			r := v.Certificate(p.target.Raw)
			guard(t, r)
			expect(t, r, tt.want, tt.sub, "", "")
		})
	}
}

// Keys and hash functions that are too weak are no proof for a signature; plain path validation does not look.
func TestWeakAlgorithms(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1536)
	if err != nil {
		t.Fatal(err)
	}
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"RSA of 1536 bits": short, "P-224": small} {
		t.Run(name, func(t *testing.T) {
			p := newTiers(t, key)
			c := verify.Config{
				Policy: verify.ETSI, At: now, Anchors: [][]byte{p.root.Raw}, Certificates: [][]byte{p.authority.Raw},
				CRLs: [][]byte{p.revoke(t, p.authority, nil), p.revoke(t, p.root, nil)},
			}
			expect(t, newVerifier(t, c).Certificate(p.target.Raw), indeterminate, verify.CryptoConstraintsFailureNoPOE, "signature.algorithm", verify.Undetermined)
			c.Policy = verify.RFC5280
			expect(t, newVerifier(t, c).Certificate(p.target.Raw), passed, "", "", "")
		})
	}
}

// The certificates of the first years of JPKI were signed with SHA-1.
func TestSHA1(t *testing.T) {
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp")
	ca := verifytest.NewCAWith(t, profile, verifytest.NewKey(t, profile.Suite), jpki.SigningCA, 1)
	old := *ca
	old.Suite.Hash = crypto.SHA1
	h := old.Issue(t, serial, verifytest.Mihon, func(c *jpki.Certificate) { c.Algorithm = sha1WithRSA })
	v := newVerifier(t, verify.Config{At: now, Anchors: [][]byte{ca.DER}, CRLs: [][]byte{ca.CRL(t, verifytest.Mihon, nil)}})
	expect(t, judge(t, v, detached(t, h), document), indeterminate, verify.CryptoConstraintsFailure, "signature.algorithm", verify.Undetermined)
}
