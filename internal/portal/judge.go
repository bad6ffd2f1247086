package portal

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/verify"
)

// Finding is what one examination found.
type Finding string

const (
	Open   Finding = ""       // nobody looked, or nobody can say
	Passed Finding = "passed" // in order
	Failed Finding = "failed" // not in order
)

// TextKey names the finding.
func (f Finding) TextKey() string {
	if f == Open {
		return "portal.finding_open"
	}
	return "portal.finding_" + string(f)
}

// Reason is why an application is not accepted, as one word. Each has a text with the cure.
type Reason string

const (
	NoReason     Reason = ""
	Altered      Reason = "altered"       // the document is not the one that was signed, or the signature is wrong
	Broken       Reason = "broken"        // the signature cannot be read
	WrongKind    Reason = "kind"          // signed with a certificate that does not sign
	Stranger     Reason = "stranger"      // the CA is not trusted
	Revoked      Reason = "revoked"       // the certificate
	Expired      Reason = "expired"       // the certificate
	Early        Reason = "early"         // the certificate is not valid yet
	OtherName    Reason = "other_name"    // the form has another name than the certificate
	OtherBirth   Reason = "other_birth"   // another birth date
	OtherAddress Reason = "other_address" // another address
	Unknown      Reason = "unknown"       // nobody can say now whether the certificate is revoked
)

// Reasons lists all but NoReason.
var Reasons = [...]Reason{Altered, Broken, WrongKind, Stranger, Revoked, Expired, Early, OtherName, OtherBirth, OtherAddress, Unknown}

// Judgement is what became of an application.
type Judgement struct {
	State     State
	Reason    Reason
	DecidedAt time.Time // zero while it waits
	// What the three examinations found: of the signature, of the certificate's name, birth date and address, of its validity.
	Signed, Match, Validity Finding
	Signer                  string // serial number and issuer's key of the certificate, never whose it is
}

// Judge examines an application that waits and returns what is known of it then. One that is decided stays as it is. If
// nobody can say now, it goes on waiting. Faults: "portal.no_application".
//
//  1. Examine, with evidence from outside; nothing is written. Stopped here: it waits, and is examined again by the
//     calendar.
//  2. Decide: record what was found. Stopped before the commit: it waits. Stopped after it: decided.
//
// Req: R-APP-09
func (s *Service) Judge(ctx context.Context, actor authz.Actor, number string) (Receipt, error) {
	a, err := s.find(ctx, number)
	if err != nil || a.State != Received {
		return Receipt{a.Number, a.ReceivedAt, a.Judgement}, err
	}
	s.Step("Judge 1")
	found, err := s.examine(ctx, a)
	if err != nil {
		return Receipt{}, fmt.Errorf("examining an application: %w", err)
	}
	a.Judgement = found
	entry := audit.Entry{Act: ActJudge, Law: article, Subject: "application:" + number}
	err = s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step("Judge 2")
		e.Detail["state"], e.Detail["reason"] = string(a.State), string(a.Reason)
		decided, err := tx.Decide(ctx, a)
		if err == nil && !decided {
			return fault.New(fault.Conflict, "portal.decided")
		}
		return err
	})
	if err != nil && fault.KeyOf(err) != "portal.decided" { // by somebody else meanwhile
		return Receipt{}, fmt.Errorf("deciding on an application: %w", err)
	}
	return s.Receipt(ctx, number)
}

// examine verifies the signature, compares form and certificate, and checks that the certificate is valid.
//
// Req: R-VAL-06
func (s *Service) examine(ctx context.Context, a Application) (Judgement, error) {
	report, err := s.verify(ctx, a)
	if err != nil {
		return Judgement{}, err
	}
	judged := report.Signatures[0]
	j := Judgement{Reason: reasonOf(report), Signer: judged.Signer, Signed: Passed, Validity: Passed}
	switch j.Reason {
	case Altered, Broken:
		j.Signed, j.Validity = Failed, Open
	case Unknown:
		j.Validity = Open
	case NoReason:
	default:
		j.Validity = Failed
	}
	f, err := ParseDocument(a.Document)
	if err != nil {
		return Judgement{}, err
	}
	if j.Signed == Passed {
		var differs Reason
		j.Match, differs = compare(f, judged.Certificate)
		if j.Reason == NoReason {
			j.Reason = differs
		}
	}
	return s.decide(j), nil
}

// decide draws the conclusion. All three must have passed.
func (s *Service) decide(j Judgement) Judgement {
	switch {
	case j.Reason == Unknown:
		j.State = Received
		return j
	case j.Signed == Passed && j.Match == Passed && j.Validity == Passed:
		j.State = Accepted
	default:
		j.State = Refused
	}
	j.DecidedAt = s.now()
	return j
}

// verify judges the signature: first as it stands, then with evidence about its certificate.
func (s *Service) verify(ctx context.Context, a Application) (verify.Report, error) {
	anchors, err := s.Anchors(ctx)
	if err != nil {
		return verify.Report{}, err
	}
	c := verify.Config{At: s.now(), Anchors: anchors, Kind: jpki.Signing}
	report, err := judgeWith(c, a)
	if err != nil || reasonOf(report) != Unknown {
		return report, err
	}
	if c.CRLs, c.OCSP, err = s.Evidence(ctx, report.Signatures[0].Certificate); err != nil {
		return report, nil // nobody can say now: it waits
	}
	return judgeWith(c, a)
}

func judgeWith(c verify.Config, a Application) (verify.Report, error) {
	v, err := verify.New(c)
	if err != nil {
		return verify.Report{}, err
	}
	return v.CMS(a.Signature, bytes.NewReader(a.Document))
}

// reasonOf says in the agency's words why a signature cannot be accepted.
func reasonOf(r verify.Report) Reason {
	switch r.SubIndication {
	case "":
		if len(r.Signatures) == 1 {
			return NoReason
		}
		return Broken // an application has one applicant
	case verify.HashFailure, verify.SigCryptoFailure:
		return Altered
	case verify.ChainConstraintsFailure:
		return WrongKind
	case verify.NoCertificateChainFound, verify.CertificateChainGeneralFailure:
		return Stranger
	case verify.Revoked:
		return Revoked
	case verify.Expired:
		return Expired
	case verify.NotYetValid:
		return Early
	case verify.TryLater:
		if ofTheNation(r) {
			return Unknown
		}
		return Stranger
	}
	return Broken
}

// ofTheNation reports whether the path leads to an anchor of the agency. Package verify recognises the CAs of J-LIS by
// itself; no evidence about their certificates is to be had here.
func ofTheNation(r verify.Report) bool {
	set, found := r.Signatures[0].Checks.Find("path.set")
	return found && strings.HasPrefix(set.Evidence, "TEST")
}
