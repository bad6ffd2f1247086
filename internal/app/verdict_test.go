package app_test

import (
	"crypto"
	"io"
	"os"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/verify"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// ending is a certificate with what the world must read of it in the end: "good", or why it was revoked.
type ending struct {
	name        string
	certificate counter.Certificate
	want        string
	since       time.Time // since when the list says that the key was not the holder's alone; zero if it does not
}

func end(name string, certificate counter.Certificate, want string) ending {
	return ending{name: name, certificate: certificate, want: want}
}

// ends checks the end of a story: what the responder answers after the next tick, what the next list says, that the
// examination finds nothing, and that the audit logs are whole.
func (w *world) ends(endings ...ending) {
	w.t.Helper()
	w.pass(16 * time.Minute)
	for _, e := range endings {
		if got := w.answer(e.certificate); got != e.want {
			w.t.Errorf("%s: the responder answers %q, want %q", e.name, got, e.want)
		}
	}
	w.nextDay()
	for _, e := range endings {
		if got := w.listed(e.certificate); got != e.want {
			w.t.Errorf("%s: the list says %q, want %q", e.name, got, e.want)
		}
		if entry, _ := w.entry(e.certificate); !entry.Invalidity.Equal(e.since) {
			w.t.Errorf("%s: the list says invalid from %v, want %v", e.name, entry.Invalidity, e.since)
		}
	}
	checkNation(w.t, w.Sandbox)
}

// answer is what the responder says of a certificate.
func (w *world) answer(c counter.Certificate) string {
	w.t.Helper()
	a := answerFor(w.t, w.Sandbox, c)
	if a.Status == pkix.OCSPRevoked {
		return a.Reason.String()
	}
	return a.Status.String()
}

// listed is what the present list of a certificate's partition says of it.
func (w *world) listed(c counter.Certificate) string {
	w.t.Helper()
	entry, revoked := w.entry(c)
	if !revoked {
		return "good"
	}
	return entry.Reason.String()
}

func (w *world) entry(c counter.Certificate) (pkix.Entry, bool) {
	w.t.Helper()
	parsed, err := pkix.ParseCertificate(c.Certificate)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.list(c).Find(parsed.Serial, parsed.Issuer)
}

// list is the present list of a certificate's partition.
func (w *world) list(c counter.Certificate) *pkix.CRL {
	w.t.Helper()
	own, err := jpki.Parse(c.Certificate)
	if err != nil {
		w.t.Fatal(err)
	}
	partition, err := revocation.PartitionOf(own)
	if err != nil {
		w.t.Fatal(err)
	}
	_, file, err := w.Revocation.Latest(w.t.Context(), partition.Issuer, partition.ID())
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	encoded, err := io.ReadAll(file)
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := pkix.ParseCRL(encoded)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// answerFor asks the responder about a certificate of a case.
func answerFor(t *testing.T, s *app.Sandbox, c counter.Certificate) pkix.Answer {
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
	reply, err := s.Revocation.Answer(t.Context(), revocation.Caller{}, encoded)
	if err != nil {
		t.Fatal(err)
	}
	response, err := pkix.ParseOCSP(reply.DER)
	if err != nil || len(response.Answers) != 1 {
		t.Fatalf("OCSP response %+v, %v, want one answer", response, err)
	}
	return response.Answers[0]
}

// judged holds the verdict of a verifier on a certificate, by the list and the CAs of the nation, against what is wanted.
func (w *world) judged(c counter.Certificate, want verify.Indication) {
	w.t.Helper()
	issuers, err := w.CA.Issuers(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	config := verify.Config{At: w.Now(), Kind: c.Kind, CRLs: w.lists()}
	for _, i := range issuers {
		config.Anchors = append(config.Anchors, i.Certificate)
	}
	v, err := verify.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	if report := v.Certificate(c.Certificate); report.Indication != want {
		w.t.Errorf("the verdict on the %s certificate %s is %s, want %s: %+v", c.Kind, c.Serial, report.Indication, want, report.Signatures)
	}
}

// lists are all lists of the nation, DER.
func (w *world) lists() (encoded [][]byte) {
	w.t.Helper()
	published, err := w.Revocation.Lists(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range published {
		encoded = append(encoded, readFile(w.t, w.Revocation.File(l)))
	}
	return encoded
}

func parsed(t *testing.T, c counter.Certificate) *jpki.Certificate {
	t.Helper()
	own, err := jpki.Parse(c.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
