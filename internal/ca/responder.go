package ca

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// CertifyResponder issues the certificate of an OCSP responder, signed by the key that the request names. The same request
// asked again gets the same certificate. No letter tells of it: who asks is the validity service itself. Faults:
// ca.request_reused, ca.lint, revocation.no_issuer, revocation.responder_refused.
//
//  1. Check: who asks, the form of the request, that its key signed it. Stopped here: nothing happened.
//  2. Prepare and lint: in the same transaction, look up the next serial number and build the certificate. Stopped here:
//     nothing happened.
//  3. Record: the intent, with the bytes to be signed, and the audit entry are committed. From here on all is as in
//     Issue: sign, record, answer.
//
// Spec: RFC 6960 §4.2.2.2
func (s *Service) CertifyResponder(ctx context.Context, actor authz.Actor, r message.ResponderRequest) (message.Issued, error) {
	var record Record
	entry := audit.Entry{Act: ActResponder, Subject: "key:" + string(r.Issuer), Law: articleOfRevocation}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) (err error) {
		s.Step("CertifyResponder 1")
		request, err := checkResponder(r)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "revocation.responder_refused")
		}
		e.Subject = "request:" + r.ID
		r.PKCS10 = request.RawSubjectPublicKeyInfo // the same key may sign its request anew
		if record, err = s.intendResponder(ctx, tx, r, request.PublicKey); err != nil {
			return err
		}
		e.Detail = map[string]string{"issuer": record.Issuer.String(), "serial": record.Serial.String()}
		s.Step("CertifyResponder 3")
		return nil
	})
	if err != nil {
		return message.Issued{}, fmt.Errorf("certifying a responder: %w", err)
	}
	if record, err = s.complete(ctx, record); err != nil {
		return message.Issued{}, fmt.Errorf("certifying a responder: %w", err)
	}
	return s.answer(ctx, record)
}

// checkResponder returns the request, if its key signed it for this ID.
func checkResponder(r message.ResponderRequest) (*x509.CertificateRequest, error) {
	if !requestID.MatchString(r.ID) {
		return nil, errors.New("malformed ID")
	}
	request, err := x509.ParseCertificateRequest(r.PKCS10)
	if err != nil {
		return nil, fmt.Errorf("reading request of a responder: %w", err)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("verifying request of a responder: %w", err)
	}
	if request.Subject.CommonName != r.ID {
		return nil, errors.New("signed for another request")
	}
	return request, nil
}

// intendResponder returns the record of a request: the one it already has, or a new one.
func (s *Service) intendResponder(ctx context.Context, tx Tx, r message.ResponderRequest, key crypto.PublicKey) (Record, error) {
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
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return Record{}, err
	}
	now := s.now()
	issuer, ca, err := withKey(issuers, r.Issuer, now)
	if err != nil {
		return Record{}, err
	}
	s.Step("CertifyResponder 2")
	record := Record{Issuer: issuer.ID, Request: r.ID, Digest: digest, NotBefore: now, NotAfter: now.Add(s.ResponderLife)}
	if ca.NotAfter.Before(record.NotAfter) {
		record.NotAfter = ca.NotAfter
	}
	if record.Serial, err = tx.NextSerial(ctx, issuer.ID); err != nil {
		return record, err
	}
	c, err := s.Profile.Responder(ca, record.Serial, jpki.Validity{NotBefore: record.NotBefore, NotAfter: record.NotAfter}, key)
	if err != nil {
		return record, fault.Wrap(err, fault.Invalid, "revocation.responder_refused")
	}
	record.Kind = c.Kind
	if record.TBS, _, err = s.examine(c, ca); err != nil {
		return record, err
	}
	return record, tx.AddRecord(ctx, record)
}
