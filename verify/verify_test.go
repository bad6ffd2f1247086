package verify_test

import (
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/verifytest"
	"golang.org/x/crypto/ocsp"
)

const (
	passed        = verify.TotalPassed
	failed        = verify.TotalFailed
	indeterminate = verify.Indeterminate
)

// What is wrong with a file or its content.
//
// Req: R-VAL-01
func TestSignature(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	other := s.ca.IssueFor(t, s.sign.Key, serial, verifytest.Mihon, at(time.Hour)) // the same but for its end
	tests := []struct {
		name    string
		p7s     []byte
		content []byte
		want    verify.Indication
		sub     verify.SubIndication
		check   string
		outcome verify.Outcome
	}{
		{"detached", s.p7s, document, passed, "", "signature.value", verify.Passed},
		{"attached", attached(t, s.sign, document), nil, passed, "", "signature.content", verify.Passed},
		{"attached and given", attached(t, s.sign, document), document, passed, "", "", ""},
		{"empty", attached(t, s.sign, []byte{}), nil, passed, "", "", ""},
		{"other content", s.p7s, flip(document, document), failed, verify.HashFailure, "signature.content", verify.Failed},
		{"other attached content", flip(attached(t, s.sign, document), document), nil, failed, verify.HashFailure, "signature.content", verify.Failed},
		{"attached, another given", attached(t, s.sign, document), []byte("another"), failed, verify.HashFailure, "signature.content", verify.Failed},
		{"content missing", s.p7s, nil, indeterminate, verify.SignedDataNotFound, "signature.content", verify.Undetermined},
		{"other signing time", flip(s.p7s, []byte("260601030000")), document, failed, verify.SigCryptoFailure, "signature.value", verify.Failed},
		{"other signature", flip(s.p7s, s.p7s), document, failed, verify.SigCryptoFailure, "signature.value", verify.Failed},
		{"certificate exchanged", exchange(t, s.p7s, other.DER), document, indeterminate, verify.NoSigningCertificateFound, "signer.reference", verify.Undetermined},
		{"certificate left out", exchange(t, s.p7s, s.ca.DER), document, indeterminate, verify.NoSigningCertificateFound, "signer.certificate", verify.Undetermined},
		{"certificate among others", exchange(t, s.p7s, other.DER, []byte{0x30, 0}, s.sign.DER), document, passed, "", "format.certificates", verify.Warning},
		{"certificate altered", flip(s.p7s, []byte("260501030000")), document, failed, verify.CertificateChainGeneralFailure, "path.signature", verify.Failed},
		{"not a signature", []byte("document"), document, failed, verify.FormatFailure, "format.cms", verify.Failed},
		{"cut", s.p7s[:len(s.p7s)/2], document, failed, verify.FormatFailure, "format.cms", verify.Failed},
		{"nothing", nil, document, failed, verify.FormatFailure, "format.cms", verify.Failed},
		{"certificate that is not for documents", detached(t, s.ca.Issue(t, serial, verifytest.Mihon, using(jpki.DigitalSignature))), document,
			failed, verify.ChainConstraintsFailure, "jpki.usage", verify.Failed},
		{"by the authentication certificate", detached(t, s.auth, s.login), document, failed, verify.ChainConstraintsFailure, "jpki.policy", verify.Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, judge(t, v, tt.p7s, tt.content), tt.want, tt.sub, tt.check, tt.outcome)
		})
	}
}

// The cure for the wrong certificate says which one to take.
func TestWrongCertificateOfTheCard(t *testing.T) {
	s := newScene(t)
	r := judge(t, newVerifier(t, s.config(t)), detached(t, s.auth), document)
	c, _ := r.Signatures[0].Checks.Find("jpki.policy")
	if !strings.Contains(c.Cure, "署名用電子証明書") || !strings.Contains(c.Evidence, "1.2.392.200149.8.5.1.0.30; authentication certificate") {
		t.Errorf("check = %+v", c)
	}
	config := s.config(t)
	config.Kind = jpki.Authentication
	expect(t, judge(t, newVerifier(t, config), detached(t, s.auth), document), passed, "", "jpki.policy", verify.Passed)
	expect(t, judge(t, newVerifier(t, config), s.p7s, document), failed, verify.ChainConstraintsFailure, "jpki.policy", verify.Failed)
}

// What has become of the certificate, under both policies for signatures.
//
// Req: R-VAL-01
func TestSigner(t *testing.T) {
	s := newScene(t)
	end := now.AddDate(4, 0, 0) // of the certificate
	revoke := func(reason int) []x509.RevocationListEntry {
		return []x509.RevocationListEntry{verifytest.Revoke(serial, now.Add(-2*time.Hour), reason)}
	}
	later := func(d time.Duration) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) { l.ThisUpdate, l.NextUpdate = end.Add(d-time.Hour), end.Add(d+time.Hour) }
	}
	mihon := verifytest.Mihon
	tests := []struct {
		name       string
		at         time.Time
		crl        []byte
		jpki, etsi verify.Indication
		sub, noPOE verify.SubIndication
		check      string
	}{
		{"good", now, s.ca.CRL(t, mihon, nil), passed, passed, "", "", ""},
		{"revoked", now, s.ca.CRL(t, mihon, revoke(3)), failed, indeterminate, verify.Revoked, verify.RevokedNoPOE, "revocation.status"},
		{"on hold", now, s.ca.CRL(t, mihon, revoke(6)), failed, indeterminate, verify.Revoked, verify.TryLater, "revocation.status"},
		{"last second", end, s.ca.CRL(t, mihon, nil, later(0)), passed, passed, "", "", ""},
		{"expired", end.Add(time.Second), s.ca.CRL(t, mihon, nil, later(0)), failed, indeterminate, verify.Expired, verify.OutOfBoundsNoPOE, "path.validity"},
		{"expired and revoked", end.Add(time.Second), s.ca.CRL(t, mihon, revoke(3), later(0)), failed, indeterminate, verify.Revoked, verify.RevokedNoPOE, "revocation.status"},
		{"expired, nothing known", end.Add(time.Second), s.ca.CRL(t, mihon, nil), failed, indeterminate, verify.Expired, verify.OutOfBoundsNoPOE, "path.validity"},
		{"not yet valid", now.AddDate(-1, 0, 0), s.ca.CRL(t, mihon, nil), failed, indeterminate, verify.NotYetValid, verify.OutOfBoundsNoPOE, "path.validity"},
		{"CRL out of date", now.Add(48 * time.Hour), s.ca.CRL(t, mihon, nil), indeterminate, indeterminate, verify.TryLater, verify.TryLater, "revocation.status"},
		{"CRL of tomorrow", now.Add(-48 * time.Hour), s.ca.CRL(t, mihon, nil), indeterminate, indeterminate, verify.TryLater, verify.TryLater, "revocation.status"},
		{"CRL of another municipality", now, s.ca.CRL(t, verifytest.Rei, nil), indeterminate, indeterminate, verify.TryLater, verify.TryLater, "revocation.status"},
	}
	for _, tt := range tests {
		for policy, want := range map[verify.Policy]struct {
			verify.Indication
			verify.SubIndication
		}{verify.JPKI: {tt.jpki, tt.sub}, verify.ETSI: {tt.etsi, tt.noPOE}} {
			t.Run(tt.name+"/"+string(policy), func(t *testing.T) {
				v := newVerifier(t, verify.Config{Policy: policy, At: tt.at, Anchors: [][]byte{s.ca.DER}, CRLs: [][]byte{tt.crl}})
				outcome := verify.Failed
				if want.Indication == indeterminate {
					outcome = verify.Undetermined
				}
				r := judge(t, v, s.p7s, document)
				expect(t, r, want.Indication, want.SubIndication, tt.check, outcome)
				if r.Policy != policy || !r.Time.Equal(tt.at) {
					t.Errorf("report for %s at %v, want %s at %v", r.Policy, r.Time, policy, tt.at)
				}
			})
		}
	}
}

// An OCSP response counts as a CRL does, and one that the file brings along as one that is given.
func TestOCSP(t *testing.T) {
	s := newScene(t)
	revoked := func(r *ocsp.Response) { r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, now, 3 }
	responder := s.ca.Appoint(t)
	for name, tt := range map[string]struct {
		response []byte
		want     verify.Indication
	}{
		"good":                {s.ca.OCSP(t, serial), passed},
		"revoked":             {s.ca.OCSP(t, serial, revoked), failed},
		"of a responder":      {responder.OCSP(t, serial), passed},
		"of another's serial": {responder.OCSP(t, serial+1), indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVerifier(t, verify.Config{At: now, Anchors: [][]byte{s.ca.DER}, OCSP: [][]byte{tt.response}})
			if r := judge(t, v, s.p7s, document); r.Indication != tt.want {
				t.Errorf("verdict = %s %s, want %s", r.Indication, r.SubIndication, tt.want)
			}
			alone := newVerifier(t, verify.Config{At: now, Anchors: [][]byte{s.ca.DER}})
			if r := judge(t, alone, embed(t, s.p7s, nil, tt.response), document); r.Indication != tt.want {
				t.Errorf("verdict with the response in the file = %s %s, want %s", r.Indication, r.SubIndication, tt.want)
			}
		})
	}
}

// A CRL that the file brings along counts, and does not hide that one at hand says otherwise.
func TestEmbeddedCRL(t *testing.T) {
	s := newScene(t)
	entry := verifytest.Revoke(serial, now, 3)
	p7s := embed(t, s.p7s, s.ca.CRL(t, verifytest.Mihon, nil), nil)
	alone := verify.Config{At: now, Anchors: [][]byte{s.ca.DER}}
	expect(t, judge(t, newVerifier(t, alone), p7s, document), passed, "", "revocation.crl", verify.Passed)
	expect(t, judge(t, newVerifier(t, s.config(t, entry)), p7s, document), failed, verify.Revoked, "revocation.crl", verify.Passed)
	listed := embed(t, s.p7s, s.ca.CRL(t, verifytest.Mihon, []x509.RevocationListEntry{entry}), nil)
	expect(t, judge(t, newVerifier(t, s.config(t)), listed, document), failed, verify.Revoked, "revocation.status", verify.Failed)
}

// The golden signatures of package cms, whose certificates stand in the golden files of the root.
func TestGoldenSignatures(t *testing.T) {
	for _, suite := range []string{"rsa2048", "p384"} {
		for _, form := range []string{"attached", "detached"} {
			t.Run(suite+"/"+form, func(t *testing.T) {
				p7s, err := os.ReadFile(filepath.Join("..", "cms", "testdata", "golden", suite+"-"+form+".p7s"))
				if err != nil {
					t.Fatal(err)
				}
				content := document
				if form == "attached" {
					content = nil
				}
				r := judge(t, newVerifier(t, verify.Config{At: now}), p7s, content)
				expect(t, r, indeterminate, verify.NoCertificateChainFound, "signature.value", verify.Passed)
			})
		}
	}
}

func TestContentThatBreaksOff(t *testing.T) {
	s := newScene(t)
	broken := io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if r, err := newVerifier(t, s.config(t)).CMS(s.p7s, broken); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("CMS = %v, %v, want %v", r, err, io.ErrUnexpectedEOF)
	}
}

func TestNewRefuses(t *testing.T) {
	s := newScene(t)
	tests := []struct {
		name string
		in   verify.Config
		want string
	}{
		{"policy", verify.Config{Policy: "strict"}, `policy "strict" is not known`},
		{"kind", verify.Config{Kind: jpki.SigningCA}, `a certificate of kind "sign-ca" signs nothing for its holder`},
		{"anchor", verify.Config{Anchors: [][]byte{s.ca.DER, s.ca.DER[1:]}}, "reading trust anchor 2: not a DER certificate: one sequence expected"},
		{"certificate", verify.Config{Certificates: [][]byte{nil}}, "reading certificate 1: not a DER certificate: one sequence expected"},
		{"CRL", verify.Config{CRLs: [][]byte{s.ca.DER}}, "reading CRL 1: algorithm identifier expected"},
		{"OCSP", verify.Config{OCSP: [][]byte{s.ca.DER}}, "reading OCSP response 1: not a DER OCSP response"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if v, err := verify.New(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("New = %v, %v, want error %q", v, err, tt.want)
			}
		})
	}
}

// One verifier serves many at once.
func TestVerifierIsShared(t *testing.T) {
	s := newScene(t)
	v := newVerifier(t, s.config(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 4 {
				if r, err := v.CMS(s.p7s, strings.NewReader(string(document))); err != nil || r.Indication != passed {
					t.Errorf("CMS = %s %s, %v", r.Indication, r.SubIndication, err)
				}
			}
		})
	}
	group.Wait()
}
