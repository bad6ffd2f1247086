package verify_test

import (
	"bytes"
	"crypto/x509"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

// A thousand altered signatures: each gets a verdict, and none passes but where nothing was altered that is signed or
// proves who signed.
//
// Req: R-VAL-01
func TestMutatedSignatures(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	originals := [][]byte{detached(t, s.sign), detached(t, s.sign, s.ca), embed(t, s.p7s, s.ca.CRL(t, verifytest.Mihon, nil), s.ca.OCSP(t, serial))}
	var signed []signedPart
	for _, p7s := range originals {
		signed = append(signed, signedPartOf(t, p7s))
	}
	seen := map[verify.SubIndication]int{}
	verifytest.Bounded(t, verifytest.Mutations(3, 1000, originals...), func(m verifytest.Mutation) {
		r := judge(t, v, m.Bytes, document)
		seen[r.SubIndication]++
		if r.Indication != passed {
			return
		}
		if !bytes.Contains(m.Bytes, s.sign.DER) {
			t.Errorf("%s: passes, though the certificate is altered: %X", m.How, m.Bytes)
		}
		if part := signedPartOf(t, m.Bytes); !slices.ContainsFunc(signed, func(p signedPart) bool { return reflect.DeepEqual(p, part) }) {
			t.Errorf("%s: passes, though something signed is altered: %X", m.How, m.Bytes)
		}
	})
	t.Logf("verdicts: %v", seen)
	if seen[""] > 100 || seen[verify.FormatFailure] == 0 || seen[verify.SigCryptoFailure] == 0 {
		t.Errorf("verdicts = %v, want nearly all refused, for several reasons", seen)
	}
}

// signedPart is all that a signature in a file covers, and the signature.
type signedPart struct {
	Signed    []cms.Attribute
	Signature []byte
}

func signedPartOf(t testing.TB, p7s []byte) signedPart {
	t.Helper()
	file, err := cms.Parse(p7s)
	if err != nil || len(file.Signers) != 1 {
		t.Fatalf("%d signers, %v", len(file.Signers), err)
	}
	return signedPart{file.Signers[0].Signed, file.Signers[0].Signature}
}

// A thousand altered certificates, of which none passes: every byte is signed, or is of the signature.
//
// Req: R-VAL-01
func TestMutatedCertificates(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	verifytest.Bounded(t, verifytest.Mutations(4, 1000, s.sign.DER, s.auth.DER), func(m verifytest.Mutation) {
		if r := v.Certificate(m.Bytes); r.Indication == passed {
			t.Errorf("%s: passes, though it is altered: %X", m.How, m.Bytes)
		}
	})
	given := s.config(t)
	verifytest.Bounded(t, verifytest.Mutations(5, 1000, s.ca.DER), func(m verifytest.Mutation) {
		c := given
		c.Anchors = [][]byte{m.Bytes}
		if v, err := verify.New(c); err == nil {
			v.Certificate(s.sign.DER) // an anchor is trusted as it is given: any verdict will do
		}
	})
}

// A thousand altered lists, of which none is believed.
//
// Req: R-VAL-04
func TestMutatedLists(t *testing.T) {
	s := newScene(t)
	revoked := verifytest.Revoke(serial, now.Add(-2*time.Hour), 3)
	originals := [][]byte{s.ca.CRL(t, verifytest.Mihon, nil), s.ca.CRL(t, verifytest.Mihon, []x509.RevocationListEntry{revoked, verifytest.Revoke(7, now, 6)})}
	given, read := s.config(t), 0
	verifytest.Bounded(t, verifytest.Mutations(6, 1000, originals...), func(m verifytest.Mutation) {
		c := given
		c.CRLs = [][]byte{m.Bytes}
		v, err := verify.New(c)
		if err != nil {
			return // and says so
		}
		read++
		if r := v.Certificate(s.sign.DER); r.Indication != indeterminate {
			t.Errorf("%s: an altered list is believed, %s: %X", m.How, r.Indication, m.Bytes)
		}
	})
	if read < 50 {
		t.Errorf("%d altered lists were read, want some to come as far as the signature", read)
	}
}

// A thousand altered OCSP responses. One that is believed says what the responder signed.
//
// Req: R-VAL-05
func TestMutatedResponses(t *testing.T) {
	s := newScene(t)
	revoked := func(r *ocsp.Response) { r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, now, 3 }
	given, responder := s.config(t), s.ca.Appoint(t)
	originals := map[string][]byte{
		"good": responder.OCSP(t, serial), "revoked": responder.OCSP(t, serial, revoked), "by the CA": s.ca.OCSP(t, serial),
	}
	for name, original := range originals {
		t.Run(name, func(t *testing.T) {
			signed, err := pkix.ParseOCSP(original)
			if err != nil {
				t.Fatal(err)
			}
			read := 0
			verifytest.Bounded(t, verifytest.Mutations(7, 1000, original), func(m verifytest.Mutation) {
				c := given
				c.CRLs, c.OCSP = nil, [][]byte{m.Bytes}
				v, err := verify.New(c)
				if err != nil {
					return
				}
				read++
				if r := v.Certificate(s.sign.DER); r.Indication == indeterminate {
					return
				}
				if now, err := pkix.ParseOCSP(m.Bytes); err != nil || !bytes.Equal(now.TBS, signed.TBS) || !bytes.Equal(now.Signature, signed.Signature) {
					t.Errorf("%s: an altered response is believed: %X", m.How, m.Bytes)
				}
			})
			if read < 50 {
				t.Errorf("%d altered responses were read, want some to come as far as the signature", read)
			}
		})
	}
}

// FuzzCMS: whatever the file, there is a verdict, and it passes only with the holder's certificate in it.
func FuzzCMS(f *testing.F) {
	s := newScene(f)
	v := newVerifier(f, s.config(f))
	f.Add(s.p7s)
	f.Add(attached(f, s.sign, document))
	f.Add(embed(f, s.p7s, s.ca.CRL(f, verifytest.Mihon, nil), s.ca.OCSP(f, serial)))
	f.Fuzz(func(t *testing.T, p7s []byte) {
		r := judge(t, v, p7s, document)
		if r.Indication == passed && !bytes.Contains(p7s, s.sign.DER) {
			t.Errorf("passes without the certificate: %X", p7s)
		}
	})
}
