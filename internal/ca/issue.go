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
)

// Issue issues one certificate. The same request asked again, after a crash or a lost answer, gets the same
// certificate. Faults: ca.request_invalid, ca.request_reused, ca.proof_invalid, ca.too_young, ca.double_issue,
// ca.no_rule, ca.no_issuer, ca.lint.
//
//  1. Check: who asks, the form of the request, the proof of possession, that the holder has no certificate of the kind
//     in force. Stopped here: nothing happened.
//  2. Prepare: in the same transaction, take the next serial number, settle the validity and build the certificate.
//     Stopped here: nothing happened; the number is not used up.
//  3. Lint: the bytes to be signed are read back and examined. Stopped here: nothing happened.
//  4. Record: the intent, with the bytes to be signed, and the audit entry are committed. Stopped before the commit:
//     nothing happened. Stopped after it: a record without certificate, which counts as in force.
//  5. Sign. Stopped here: as after 4; there may have been a signature, but it has left nowhere. Resume, or the same
//     request, signs the recorded bytes again.
//  6. Record the certificate with its audit entry. Stopped before the commit: as after 4. Stopped after it: issued.
//  7. Answer. Stopped here: issued, and the same request gets the answer.
//
// Law: 公的個人認証法 §3, §6, §22
func (s *Service) Issue(ctx context.Context, actor authz.Actor, r message.IssueRequest) (message.Issued, error) {
	var record Record
	entry := audit.Entry{Act: ActIssue, Law: articleOfIssue(r.Kind)}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) (err error) {
		s.Step(Step{"Issue", 1})
		if err := checkForm(r); err != nil {
			return err
		}
		e.Subject = "request:" + r.ID
		if record, err = s.intend(ctx, tx, r); err != nil {
			return err
		}
		e.Detail = map[string]string{"issuer": record.Issuer.String(), "serial": record.Serial.String()}
		s.Step(Step{"Issue", 4})
		return nil
	})
	if err != nil {
		return message.Issued{}, fmt.Errorf("issuing: %w", err)
	}
	if record, err = s.complete(ctx, record); err != nil {
		return message.Issued{}, fmt.Errorf("issuing: %w", err)
	}
	s.Step(Step{"Issue", 7})
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
	return nil
}

// intend returns the record of a request: the one it already has, or a new one.
func (s *Service) intend(ctx context.Context, tx Tx, r message.IssueRequest) (Record, error) {
	digest, err := digestOf(r)
	if err != nil {
		return Record{}, err
	}
	if earlier, ok, err := tx.RecordOf(ctx, r.ID); err != nil || ok {
		if err == nil && earlier.Digest != digest {
			err = fault.New(fault.Conflict, "ca.request_reused", r.ID)
		}
		return earlier, err
	}
	key, err := checkProof(r.Proof)
	if err != nil {
		return Record{}, fault.Wrap(err, fault.Invalid, "ca.proof_invalid")
	}
	now := s.Now().UTC().Truncate(time.Second)
	rule, ok := ruleOn(s.Rules, now)
	if !ok {
		return Record{}, fault.New(fault.Unavailable, "ca.no_rule")
	}
	if r.Kind == jpki.Signing && Age(r.Person.Birth, now) < rule.MinimumAge {
		return Record{}, fault.New(fault.Invalid, "ca.too_young", rule.MinimumAge)
	}
	if in, ok, err := tx.InForce(ctx, r.Holder, r.Kind, now); err != nil || ok {
		if err == nil {
			err = fault.New(fault.Conflict, "ca.double_issue", r.Kind, in.Serial)
		}
		return Record{}, err
	}
	record := Record{Kind: r.Kind, Request: r.ID, Digest: digest, Holder: r.Holder, NotBefore: now}
	if record.NotAfter, err = s.end(ctx, tx, r, rule, now); err != nil {
		return Record{}, err
	}
	return s.prepare(ctx, tx, r, record, key)
}

// end returns the last second of validity: the rule's, the card's, and for a signing certificate that of the
// authentication certificate beside it, whichever is first.
func (s *Service) end(ctx context.Context, tx Tx, r message.IssueRequest, rule ValidityRule, now time.Time) (time.Time, error) {
	end := rule.End(now, r.Person.Birth, r.Renewal)
	if card := r.CardEnd.UTC().Truncate(time.Second); card.Before(end) {
		end = card
	}
	if r.Kind == jpki.Signing {
		companion, ok, err := tx.InForce(ctx, r.Holder, jpki.Authentication, now)
		if err != nil {
			return end, err
		}
		if ok && companion.NotAfter.Before(end) {
			end = companion.NotAfter
		}
	}
	if !end.After(now) {
		return end, fault.New(fault.Invalid, "ca.request_invalid", "card end")
	}
	return end, nil
}

// prepare builds, lints and records the certificate.
func (s *Service) prepare(ctx context.Context, tx Tx, r message.IssueRequest, record Record, key crypto.PublicKey) (Record, error) {
	s.Step(Step{"Issue", 2})
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return record, err
	}
	governor := ""
	if _, ok := s.Governors[r.Municipality.Prefecture]; ok {
		governor = r.Municipality.Prefecture
	}
	issuer, ca, err := current(issuers, r.Kind.CA(), governor, record.NotBefore)
	if err != nil {
		return record, err
	}
	record.Issuer = issuer.ID
	if record.Serial, err = tx.NextSerial(ctx, issuer.ID.series()); err != nil {
		return record, err
	}
	c, err := s.build(ca, r, record, key)
	if err != nil {
		return record, fault.Wrap(err, fault.Invalid, "ca.request_invalid", "certificate")
	}
	s.Step(Step{"Issue", 3})
	if record.TBS, err = s.examine(c, ca); err != nil {
		return record, err
	}
	return record, tx.AddRecord(ctx, record)
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

// complete signs a recorded certificate, if it is not signed yet.
func (s *Service) complete(ctx context.Context, record Record) (Record, error) {
	if record.Certificate != nil {
		return record, nil
	}
	s.Step(Step{"Issue", 5})
	certificate, err := s.sign(ctx, record.Issuer, record.TBS)
	if err != nil {
		return record, err
	}
	entry := audit.Entry{
		Act: ActSign, Subject: "request:" + record.Request, Law: articleOfIssue(record.Kind),
		Detail: map[string]string{"issuer": record.Issuer.String(), "serial": record.Serial.String()},
	}
	record.Certificate = certificate
	err = s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		recorded, _, err := tx.RecordOf(ctx, record.Request)
		if err != nil || recorded.Certificate != nil { // somebody else completed it meanwhile
			record.Certificate = recorded.Certificate
			return err
		}
		err = tx.SetCertificate(ctx, record.Issuer, record.Serial, certificate)
		s.Step(Step{"Issue", 6})
		return err
	})
	return record, err
}

func (s *Service) answer(ctx context.Context, record Record) (message.Issued, error) {
	issuers, err := s.Issuers(ctx)
	for _, i := range issuers {
		if i.ID == record.Issuer {
			return message.Issued{RequestID: record.Request, Serial: record.Serial, Certificate: record.Certificate, CA: i.Certificate}, err
		}
	}
	return message.Issued{}, fmt.Errorf("answering request %s: issuer %s is not recorded: %w", record.Request, record.Issuer, err)
}

// Resume completes what was recorded but not signed when the CA last stopped. It is called at every start.
func (s *Service) Resume(ctx context.Context) error {
	var issuers []Issuer
	var records []Record
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if issuers, err = tx.Issuers(ctx); err != nil {
			return err
		}
		records, err = tx.Unsigned(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	for _, i := range issuers {
		if _, err := s.completeIssuer(ctx, i); err != nil {
			return fmt.Errorf("resuming issuer %s: %w", i.ID, err)
		}
	}
	for _, r := range records {
		if _, err := s.complete(ctx, r); err != nil {
			return fmt.Errorf("resuming request %s: %w", r.Request, err)
		}
	}
	return nil
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
