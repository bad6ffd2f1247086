package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify/path"
	"github.com/openjpki/jpki/verify/pkix"
	"github.com/openjpki/jpki/verify/status"
)

// answered is what an OCSP responder said of one certificate, after the response was judged.
type answered struct {
	Status     string     `json:"status"` // good, revoked, unknown; none if no answer counts
	Serial     string     `json:"serial"`
	Reason     string     `json:"reason,omitempty"`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
	ThisUpdate *time.Time `json:"thisUpdate,omitempty"`
	NextUpdate *time.Time `json:"nextUpdate,omitempty"`
	ProducedAt *time.Time `json:"producedAt,omitempty"`
	Responder  string     `json:"responder,omitempty"` // a name, or "key:" and the identifier of the key
	Nonce      string     `json:"nonce,omitempty"`     // repeated
	Problem    string     `json:"problem,omitempty"`   // why no answer counts
}

// ocspQuestion is what the command line asks.
type ocspQuestion struct {
	issuer, certificate *pkix.Certificate
	request             status.Request
	at                  time.Time
}

func ocspQuery(ctx context.Context, in *invocation) error {
	var f ocspFlags
	in.flags.StringVar(&f.issuer, "issuer", "", "`PEM` file with the certificate of the CA that issued it")
	in.flags.StringVar(&f.cert, "cert", "", "`PEM` file with the certificate in question")
	in.flags.StringVar(&f.at, "at", "", "judge for this `TIME`, as 2026-04-01T12:00:00Z; else for now")
	in.flags.BoolVar(&f.nonce, "nonce", false, "send a nonce; a response that does not repeat it does not count")
	in.flags.BoolVar(&f.sha256, "sha256", false, "name the certificate by SHA-256 in place of SHA-1")
	url := in.flags.String("url", "", "`URL` of the responder")
	out := in.flags.String("out", "", "`FILE` for the response")
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(0, 0); err != nil {
		return err
	}
	if err := in.required("issuer", "cert", "url"); err != nil {
		return err
	}
	q, err := in.ocspQuestion(f)
	if err != nil {
		return err
	}
	encoded, problem, err := ask(ctx, *url, q.request)
	if err != nil {
		return err
	}
	if *out != "" && problem == nil {
		if err := os.WriteFile(*out, encoded, 0o644); err != nil {
			return err
		}
	}
	a := q.judge(encoded, problem)
	if !*asJSON {
		a.print(in.stdout)
	} else if err := in.printJSON(a); err != nil {
		return err
	}
	return a.verdict()
}

// verdict ends the command with its exit status.
func (a answered) verdict() error {
	switch a.Status {
	case "good":
		return nil
	case "none":
		return errIndeterminate
	}
	return errNotOK
}

// ocspFlags are the flags that make the question.
type ocspFlags struct {
	issuer, cert, at string
	nonce, sha256    bool
}

// ocspQuestion reads the certificates and makes the request.
func (in *invocation) ocspQuestion(f ocspFlags) (q ocspQuestion, err error) {
	if q.at, err = in.judgedFor(f.at); err != nil {
		return q, err
	}
	for _, from := range []struct {
		file string
		to   **pkix.Certificate
	}{{f.issuer, &q.issuer}, {f.cert, &q.certificate}} {
		encoded, err := readCertificate(from.file)
		if err != nil {
			return q, err
		}
		if *from.to, err = pkix.ParseCertificate(encoded); err != nil {
			return q, fault.Wrap(err, fault.Invalid, "ocsp.certificate")
		}
	}
	if q.issuer.Key.Check(q.certificate.Signed) != nil || !q.certificate.Issuer.Matches(q.issuer.Subject) {
		return q, fault.New(fault.Invalid, "ocsp.issuer")
	}
	hash := crypto.SHA1
	if f.sha256 {
		hash = crypto.SHA256
	}
	var nonce []byte
	if f.nonce {
		nonce = make([]byte, status.MaxNonce)
		_, _ = rand.Read(nonce) // never fails
	}
	q.request, err = status.NewRequest(hash, q.certificate.Serial, q.issuer, nonce)
	return q, err
}

// ocspPatience is how long a responder may take.
const ocspPatience = 30 * time.Second

// ask sends a request by POST. A problem is what the responder did wrong; an error means that nobody answered.
//
// Spec: RFC 6960 §A.1
func ask(ctx context.Context, url string, request status.Request) (response []byte, problem, err error) {
	body, err := request.Marshal()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, ocspPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, usageError{"-url is no address"}
	}
	r.Header.Set("Content-Type", "application/ocsp-request")
	r.Header.Set("Accept", "application/ocsp-response")
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "ocsp.no_responder")
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("responder answers %s", reply.Status), nil
	}
	response, err = io.ReadAll(io.LimitReader(reply.Body, pkix.MaxOCSP+1))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "ocsp.no_responder")
	}
	return response, nil, nil
}

// judge says what a response is worth.
func (q ocspQuestion) judge(encoded []byte, problem error) answered {
	a := answered{Status: "none", Serial: q.certificate.Serial.String()}
	var r *pkix.OCSPResponse
	if problem == nil {
		r, problem = pkix.ParseOCSP(encoded)
	}
	if problem == nil && r.Status != pkix.Successful {
		problem = fmt.Errorf("responder says %s", r.Status)
	}
	if problem == nil {
		problem = q.request.Answers(r)
	}
	if problem == nil {
		problem = q.believe(&a, r)
	}
	if problem != nil {
		a.Problem = problem.Error()
	}
	return a
}

// believe fills in what counts of a response that answers the request.
func (q ocspQuestion) believe(a *answered, r *pkix.OCSPResponse) error {
	checker := status.New(status.Config{Responses: []*pkix.OCSPResponse{r}, Strict: true})
	found := checker.Of(path.Path{Anchor: q.issuer, Certificates: []*pkix.Certificate{q.certificate}}, 0, q.at, path.Pool{})
	problem := status.ErrNoAnswer
	for _, e := range found.Evidence { // several answers about one certificate: the state is that of all
		problem = e.Err
		if e.Err == nil || errors.Is(e.Err, status.ErrUnknown) {
			a.ThisUpdate, a.NextUpdate = given(e.Answer.ThisUpdate), given(e.Answer.NextUpdate)
		}
	}
	switch {
	case found.State != status.Undetermined:
		a.Status = found.State.String()
	case errors.Is(problem, status.ErrUnknown):
		a.Status = "unknown"
	default:
		return problem
	}
	if found.State == status.Revoked {
		a.Reason, a.RevokedAt = found.Reason.String(), given(found.At)
	}
	a.ProducedAt, a.Responder = given(r.ProducedAt), responderText(r)
	if q.request.Nonce != nil {
		a.Nonce = "repeated"
	}
	return nil
}

func responderText(r *pkix.OCSPResponse) string {
	if r.ResponderName != "" {
		return nameText(r.ResponderName)
	}
	return fmt.Sprintf("key:%X", r.ResponderKey)
}

// print writes the answer for people.
func (a answered) print(w io.Writer) {
	fmt.Fprintf(w, "%-11s %s\n%-11s %s\n", "status", a.Status, "serial", a.Serial)
	for _, line := range []struct {
		label string
		text  string
		time  *time.Time
	}{
		{"problem", a.Problem, nil}, {"reason", a.Reason, nil}, {"revoked", "", a.RevokedAt}, {"this update", "", a.ThisUpdate},
		{"next update", "", a.NextUpdate}, {"produced", "", a.ProducedAt}, {"responder", a.Responder, nil}, {"nonce", a.Nonce, nil},
	} {
		if line.time != nil {
			line.text = japanTime(*line.time)
		}
		if line.text != "" {
			fmt.Fprintf(w, "%-11s %s\n", line.label, line.text)
		}
	}
}
