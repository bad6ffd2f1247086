package sim_test

import (
	"bytes"
	"crypto"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/sim"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// outcome is what a verifier says to each expectation.
var outcome = map[app.Verdict]struct {
	indication verify.Indication
	sub        verify.SubIndication
}{
	app.Good: {verify.TotalPassed, ""}, app.Revoked: {verify.TotalFailed, verify.Revoked}, app.OnHold: {verify.TotalFailed, verify.Revoked},
	app.Expired: {verify.TotalFailed, verify.Expired},
}

// checkVerdicts: a verifier with the lists, and the responder, find of every person what is expected.
func checkVerdicts(t *testing.T, s *app.Sandbox, n *sim.Nation) {
	t.Helper()
	known, err := n.Persons(s)
	if err != nil || len(known) < 12 {
		t.Fatalf("%d persons, %v, want twelve at least", len(known), err)
	}
	published, err := s.Revocation.Lists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var lists [][]byte
	for _, l := range published {
		lists = append(lists, readFile(t, s.Revocation.File(l)))
	}
	for _, k := range known {
		checkVerdict(t, s, lists, k, func(_ string, request []byte) ([]byte, error) {
			reply, err := s.Revocation.Answer(t.Context(), revocation.Caller{}, request)
			return reply.DER, err
		})
	}
	report, err := s.Check(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("examination: %+v, %v, want no findings", report, err)
	}
}

// ask asks the responder of an issuer.
type ask func(issuer string, request []byte) ([]byte, error)

func checkVerdict(t *testing.T, s *app.Sandbox, lists [][]byte, k app.Known, ask ask) {
	t.Helper()
	certificates := map[jpki.Kind]counter.Certificate{}
	for _, c := range caseOf(t, s, k.ID).Certificates {
		certificates[c.Kind] = c
	}
	for kind, want := range map[jpki.Kind]app.Verdict{jpki.Signing: k.Expect.Sign, jpki.Authentication: k.Expect.Auth} {
		c, there := certificates[kind]
		if !there || want == app.None {
			if there || want != app.None {
				t.Errorf("%s: there is a %s certificate: %t, expected is %s", k.ID, kind, there, want)
			}
			continue
		}
		indication, sub := judged(t, s, lists, c)
		if w := outcome[want]; indication != w.indication || sub != w.sub {
			t.Errorf("%s: the verdict on the %s certificate is %s %s, expected is %s", k.ID, kind, indication, sub, want)
		}
		answer := answerFor(t, c, ask)
		reason := ""
		if answer.Status == pkix.OCSPRevoked {
			reason = answer.Reason.String()
		}
		if revoked := want == app.Revoked || want == app.OnHold; want != app.Expired && (revoked != (reason != "") || revoked && reason != k.Expect.Reason) {
			t.Errorf("%s: the answer about the %s certificate is %s %q, expected is %s %q", k.ID, kind, answer.Status, reason, want, k.Expect.Reason)
		}
	}
}

// judged is the verdict of a verifier at the nation's time.
func judged(t *testing.T, s *app.Sandbox, lists [][]byte, c counter.Certificate) (verify.Indication, verify.SubIndication) {
	t.Helper()
	issuers, err := s.CA.Issuers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config := verify.Config{At: s.Now(), Kind: c.Kind, CRLs: lists}
	for _, i := range issuers {
		config.Anchors = append(config.Anchors, i.Certificate)
	}
	v, err := verify.New(config)
	if err != nil {
		t.Fatal(err)
	}
	report := v.Certificate(c.Certificate)
	return report.Indication, report.SubIndication
}

// answerFor asks the responder about a certificate.
func answerFor(t *testing.T, c counter.Certificate, ask ask) pkix.Answer {
	t.Helper()
	issuer, err := pkix.ParseCertificate(c.CA)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := pkix.ParseCertificate(c.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	request, err := status.NewRequest(crypto.SHA1, parsed.Serial, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := request.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	reply, err := ask(string(c.Issuer), encoded)
	if err != nil {
		t.Fatal(err)
	}
	response, err := pkix.ParseOCSP(reply)
	if err != nil || len(response.Answers) != 1 {
		t.Fatalf("OCSP response %+v, %v, want one answer", response, err)
	}
	return response.Answers[0]
}

// The cards of the story persons are what the stories say: their PINs open them, except the one that is locked, and they hold
// the certificates of the cases.
func TestCards(t *testing.T) {
	t.Parallel()
	s, n := found(t, sim.Config{Dir: t.TempDir(), End: end})
	known, err := n.Persons(s)
	if err != nil {
		t.Fatal(err)
	}
	generations := map[string]bool{}
	for _, k := range known {
		chip, err := app.OpenCard(s.Dir, k.ID)
		if err != nil {
			t.Fatal(err)
		}
		c, err := card.Open(t.Context(), chip)
		if err != nil {
			t.Fatal(err)
		}
		own, err := c.Certificate(t.Context(), card.AuthenticationCertificate)
		if first := caseOf(t, s, k.ID).Certificates[0]; err != nil || !bytes.Equal(own, first.Certificate) {
			t.Errorf("%s: the authentication certificate on the card is another than that of the case, %v", k.ID, err)
		} else if k.ID == "generation" || k.ID == "fresh" {
			generations[string(first.Issuer)] = true
		}
		if err := c.Verify(t.Context(), card.Authentication, k.PINs.Auth); err != nil {
			t.Errorf("%s: PIN of the authentication key: %v", k.ID, err)
		}
		if k.Expect.Sign != app.None {
			if err := c.Verify(t.Context(), card.Signature, k.PINs.Sign); (err != nil) != (k.ID == "locked") {
				t.Errorf("%s: PIN of the signature key: %v", k.ID, err)
			}
		}
		chip.Close()
	}
	if len(generations) != 2 {
		t.Error("the first and the last certificate are of one generation of the CA")
	}
}
