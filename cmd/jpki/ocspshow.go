package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify/pkix"
)

// response is an OCSP response as it stands, not judged.
type response struct {
	Status       string         `json:"status"`
	Responder    string         `json:"responder,omitempty"`
	ProducedAt   *time.Time     `json:"producedAt,omitempty"`
	Algorithm    string         `json:"algorithm,omitempty"`
	Nonce        string         `json:"nonce,omitempty"`
	Certificates []string       `json:"certificates,omitempty"` // serial numbers
	Answers      []singleAnswer `json:"answers"`
}

// singleAnswer is what a response says of one certificate, whose issuer it names by hashes.
type singleAnswer struct {
	Serial     string     `json:"serial"`
	Hash       string     `json:"hash"` // object identifier of the hash function
	NameHash   string     `json:"nameHash"`
	KeyHash    string     `json:"keyHash"`
	Status     string     `json:"status"`
	Reason     string     `json:"reason,omitempty"`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
	ThisUpdate time.Time  `json:"thisUpdate"`
	NextUpdate *time.Time `json:"nextUpdate,omitempty"`
}

func ocspShow(_ context.Context, in *invocation) error {
	asJSON := in.flags.Bool("json", false, "print JSON")
	if err := in.parse(1, 1); err != nil {
		return err
	}
	objects, err := readObjects(in.flags.Arg(0))
	if err != nil {
		return err
	}
	r, err := pkix.ParseOCSP(objects[0])
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "ocsp.malformed")
	}
	shown := describeResponse(r)
	if *asJSON {
		return in.printJSON(shown)
	}
	shown.print(in.stdout)
	return nil
}

func describeResponse(r *pkix.OCSPResponse) response {
	shown := response{Status: r.Status.String(), Answers: []singleAnswer{}}
	if r.Status != pkix.Successful {
		return shown
	}
	shown.Responder, shown.ProducedAt, shown.Algorithm = responderText(r), given(r.ProducedAt), r.Algorithm.ID.String()
	shown.Nonce = hex.EncodeToString(r.Nonce)
	for _, c := range r.Certificates {
		shown.Certificates = append(shown.Certificates, c.Serial.String())
	}
	for _, a := range r.Answers {
		one := singleAnswer{
			Serial: a.ID.Serial.String(), Hash: a.ID.Algorithm.ID.String(), NameHash: hex.EncodeToString([]byte(a.ID.NameHash)),
			KeyHash: hex.EncodeToString([]byte(a.ID.KeyHash)), Status: a.Status.String(), ThisUpdate: a.ThisUpdate, NextUpdate: given(a.NextUpdate),
		}
		if a.Status == pkix.OCSPRevoked {
			one.Reason, one.RevokedAt = a.Reason.String(), given(a.RevokedAt)
		}
		shown.Answers = append(shown.Answers, one)
	}
	return shown
}

func (r response) print(w io.Writer) {
	fmt.Fprintf(w, "%-11s %s\n", "response", r.Status)
	if r.ProducedAt == nil {
		return
	}
	fmt.Fprintf(w, "%-11s %s\n%-11s %s\n%-11s %s\n", "responder", r.Responder, "produced", japanTime(*r.ProducedAt), "algorithm", r.Algorithm)
	if r.Nonce != "" {
		fmt.Fprintf(w, "%-11s %s\n", "nonce", r.Nonce)
	}
	for _, serial := range r.Certificates {
		fmt.Fprintf(w, "%-11s %s\n", "certificate", serial)
	}
	for _, a := range r.Answers {
		fmt.Fprintf(w, "  %s  %s", a.Serial, a.Status)
		if a.RevokedAt != nil {
			fmt.Fprintf(w, "  %s  %s", japanTime(*a.RevokedAt), a.Reason)
		}
		until := ""
		if a.NextUpdate != nil {
			until = " to " + japanTime(*a.NextUpdate)
		}
		fmt.Fprintf(w, "  from %s%s\n", japanTime(a.ThisUpdate), until)
	}
}
