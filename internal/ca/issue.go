package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// Issue issues one certificate and returns it, for a caller in the same process; other offices ask by letter, see
// [Service.Receive], and go through the same steps. The same request asked again, after a crash or a lost answer, gets the
// same certificate. Faults: ca.request_invalid, ca.request_reused, ca.proof_invalid, ca.too_young, ca.double_issue,
// ca.renewal_early, ca.other_municipality, ca.no_rule, ca.no_issuer, ca.lint.
//
// A renewal is the issue of one certificate and the end of another of its kind, in one intent: when it is recorded, the new
// one is in force and the old one is not. Where there is no old one in force, it is an issue like any other.
//
//  1. Check: who asks, the form of the request, the proof of possession, that the holder has no certificate of the kind
//     in force, or one that may be renewed. Stopped here: nothing happened.
//  2. Prepare: in the same transaction, look up the next serial number, settle the validity and build the certificate.
//     Stopped here: nothing happened; the number is not used up.
//  3. Lint: the bytes to be signed are read back and examined. Stopped here: nothing happened.
//  4. Record: the intent, with the bytes to be signed, is committed with all that belongs to it: the end of the
//     certificate it renews and the order to revoke that, the letters to link server and validity service, and the audit
//     entry. Stopped before the commit: nothing happened. Stopped after it: a record without certificate, which counts as
//     in force; the letters are under way.
//  5. Sign. Stopped here: as after 4; there may have been a signature, but it has left nowhere. Resume, the next letter,
//     or the same request signs the recorded bytes again.
//  6. Record the certificate with its audit entry, and write the answer if the request came by letter. Stopped before the
//     commit: as after 4. Stopped after it: issued, and the answer is under way.
//  7. Answer. Stopped here: issued, and the same request gets the answer.
//
// Law: 公的個人認証法 §3, §6, §22
func (s *Service) Issue(ctx context.Context, actor authz.Actor, r message.IssueRequest) (message.Issued, error) {
	var record Record
	entry := audit.Entry{Act: ActIssue, Law: articleOfIssue(r.Kind)}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		in, err := s.consider(ctx, tx, e, "", r)
		if err != nil {
			return err
		}
		record = in.Record
		return s.record(ctx, tx, e, r, in)
	})
	if err != nil {
		return message.Issued{}, fmt.Errorf("issuing: %w", err)
	}
	if record, err = s.complete(ctx, record); err != nil {
		return message.Issued{}, fmt.Errorf("issuing: %w", err)
	}
	s.Step("Issue 7")
	return s.answer(ctx, record)
}

func articleOfIssue(kind jpki.Kind) string {
	switch kind {
	case jpki.Authentication:
		return "公的個人認証法第22条"
	case jpki.SigningResponder, jpki.AuthenticationResponder:
		return articleOfRevocation
	}
	return "公的個人認証法第3条"
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// checkForm checks what can be seen from the request alone.
func checkForm(r message.IssueRequest) error {
	switch {
	case !requestID.MatchString(r.ID):
		return fault.New(fault.Invalid, "ca.request_invalid", "id")
	case r.Kind != jpki.Signing && r.Kind != jpki.Authentication:
		return fault.New(fault.Invalid, "ca.request_invalid", "kind")
	case r.Holder == "" || len(r.Holder) > 128:
		return fault.New(fault.Invalid, "ca.request_invalid", "holder")
	case len(r.Municipality.Code) != 5:
		return fault.New(fault.Invalid, "ca.request_invalid", "municipality")
	case r.CardEnd.IsZero():
		return fault.New(fault.Invalid, "ca.request_invalid", "card end")
	}
	if err := r.Person.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "ca.request_invalid", "person")
	}
	// The link server finds the certificate by these; they go with it and are kept nowhere here.
	if err := r.Registered.Validate(); err != nil || r.Registered.Birth != r.Person.Birth || r.Registered.Sex != r.Person.Sex {
		return fault.Wrap(err, fault.Invalid, "ca.request_invalid", "registered attributes")
	}
	return nil
}

// intent is a certificate that may be recorded.
type intent struct {
	Record
	certificate *jpki.Certificate // as it will be, its signature aside; nil if the record is there already
	renews      Record            // the certificate that ends with it; zero if there is none
}

// consider takes a request through steps 1 to 3. It writes nothing.
func (s *Service) consider(ctx context.Context, tx Tx, e *audit.Entry, applicant post.Address, r message.IssueRequest) (intent, error) {
	s.Step("Issue 1")
	if err := checkForm(r); err != nil {
		return intent{}, err
	}
	e.Subject = "request:" + r.ID
	if applicant.Office() == authz.Counter && applicant != message.AtCounter(r.Municipality.Code) {
		return intent{}, fault.New(fault.Denied, "ca.other_municipality", r.Municipality.Code)
	}
	digest, err := digestOf(r)
	if err != nil {
		return intent{}, err
	}
	if earlier, ok, err := tx.RecordOf(ctx, r.ID); err != nil || ok {
		if err == nil && (earlier.Digest != digest || earlier.Applicant != applicant) {
			err = fault.New(fault.Conflict, "ca.request_reused", r.ID)
		}
		return intent{Record: earlier}, err
	}
	return s.intend(ctx, tx, r, Record{Kind: r.Kind, Request: r.ID, Digest: digest, Applicant: applicant, Holder: r.Holder, NotBefore: s.now()})
}

// intend settles a new record.
func (s *Service) intend(ctx context.Context, tx Tx, r message.IssueRequest, record Record) (in intent, err error) {
	key, err := checkProof(r.Proof)
	if err != nil {
		return in, fault.Wrap(err, fault.Invalid, "ca.proof_invalid")
	}
	rule, ok := ruleOn(s.Rules, record.NotBefore)
	if !ok {
		return in, fault.New(fault.Unavailable, "ca.no_rule")
	}
	if r.Kind == jpki.Signing && r.Person.Birth.Age(record.NotBefore) < rule.MinimumAge {
		return in, fault.New(fault.Invalid, "ca.too_young", rule.MinimumAge)
	}
	in.Record = record
	if in.renews, err = renewed(ctx, tx, r, rule, record.NotBefore); err != nil {
		return in, err
	}
	if in.NotAfter, err = end(ctx, tx, r, rule, in); err != nil {
		return in, err
	}
	err = s.prepare(ctx, tx, r, &in, key)
	return in, err
}

// renewed returns the certificate of the same kind that a request renews, if one is in force: then the request must be a
// renewal, and in time.
func renewed(ctx context.Context, tx Tx, r message.IssueRequest, rule ValidityRule, now time.Time) (Record, error) {
	old, ok, err := tx.InForce(ctx, r.Holder, r.Kind, now)
	if err != nil || !ok {
		return Record{}, err
	}
	if !r.Renewal {
		return Record{}, fault.New(fault.Conflict, "ca.double_issue", r.Kind, old.Serial)
	}
	if from := rule.RenewalFrom(old.NotAfter); now.Before(from) {
		return Record{}, fault.New(fault.Conflict, "ca.renewal_early", old.Serial, from.Format(time.DateOnly))
	}
	return old, nil
}

// end returns the last second of validity: the rule's, the card's, and for a signing certificate that of the
// authentication certificate beside it, whichever is first.
func end(ctx context.Context, tx Tx, r message.IssueRequest, rule ValidityRule, in intent) (time.Time, error) {
	end := rule.End(in.NotBefore, r.Person.Birth, in.renews.Serial != 0)
	if card := r.CardEnd.UTC().Truncate(time.Second); card.Before(end) {
		end = card
	}
	if r.Kind == jpki.Signing {
		companion, ok, err := tx.InForce(ctx, r.Holder, jpki.Authentication, in.NotBefore)
		if err != nil {
			return end, err
		}
		if ok && companion.NotAfter.Before(end) {
			end = companion.NotAfter
		}
	}
	if !end.After(in.NotBefore) {
		return end, fault.New(fault.Invalid, "ca.request_invalid", "card end")
	}
	return end, nil
}

// prepare builds and lints the certificate.
func (s *Service) prepare(ctx context.Context, tx Tx, r message.IssueRequest, in *intent, key crypto.PublicKey) error {
	s.Step("Issue 2")
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return err
	}
	governor := ""
	if _, ok := s.Governors[r.Municipality.Prefecture]; ok {
		governor = r.Municipality.Prefecture
	}
	issuer, ca, err := current(issuers, r.Kind.CA(), governor, in.NotBefore)
	if err != nil {
		return err
	}
	in.Issuer = issuer.ID
	if in.Serial, err = tx.NextSerial(ctx, issuer.ID); err != nil {
		return err
	}
	c, err := s.build(ca, r, in.Record, key)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "ca.request_invalid", "certificate")
	}
	s.Step("Issue 3")
	in.TBS, in.certificate, err = s.examine(c, ca)
	return err
}

func (s *Service) build(ca *jpki.Certificate, r message.IssueRequest, record Record, key crypto.PublicKey) (*jpki.Certificate, error) {
	e := jpki.Entry{
		Serial: record.Serial, Key: key, Municipality: r.Municipality,
		Validity: jpki.Validity{NotBefore: record.NotBefore, NotAfter: record.NotAfter},
	}
	if r.Kind == jpki.Signing {
		e.CommonName = jpki.SigningCN(record.NotBefore, record.Serial, r.Municipality)
		return s.Profile.Signing(ca, e, r.Person)
	}
	var err error
	if e.CommonName, err = jpki.AuthenticationCN(s.Rand, r.Municipality); err != nil {
		return nil, err
	}
	return s.Profile.Authentication(ca, e)
}

// record commits to an intent: step 4.
func (s *Service) record(ctx context.Context, tx Tx, e *audit.Entry, r message.IssueRequest, in intent) error {
	e.Detail = map[string]string{"issuer": in.Issuer.String(), "serial": in.Serial.String()}
	if in.certificate != nil {
		if err := tx.AddRecord(ctx, in.Record); err != nil {
			return err
		}
		if in.renews.Serial != 0 {
			e.Detail["renews"] = in.renews.Serial.String()
			if err := endByOrder(ctx, tx, in.renews, message.Renewal, in.NotBefore); err != nil {
				return err
			}
		}
		if err := tell(ctx, tx, r, in.certificate); err != nil {
			return err
		}
	}
	s.Step("Issue 4")
	return nil
}

// tell writes to the link server whose certificate it is, and to the validity service that there is one.
//
// Req: R-ISS-26, R-SYS-17
func tell(ctx context.Context, tx Tx, r message.IssueRequest, c *jpki.Certificate) error {
	notice, err := noticeOf(c)
	if err != nil {
		return err
	}
	if err := office.Send(ctx, tx, message.IssuedNoticeLetter, message.AtRevocation, message.TopicCertificates, notice); err != nil {
		return err
	}
	return office.Send(ctx, tx, message.HolderRecordLetter, message.AtLink, message.TopicCertificates, message.HolderRecord{
		ID: r.ID, Attributes: r.Registered, Issuer: notice.Issuer, Serial: c.Serial, Kind: c.Kind, IssuedAt: c.NotBefore, NotAfter: c.NotAfter,
	})
}

// digestOf tells requests apart, the key in the proof of possession included.
func digestOf(r any) (string, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(r); err != nil {
		return "", fmt.Errorf("encoding request: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}
