package ca

import (
	"context"
	"errors"
	"fmt"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
)

// complete signs a recorded certificate, if it is not signed yet.
func (s *Service) complete(ctx context.Context, record Record) (Record, error) {
	if record.Certificate != nil {
		return record, nil
	}
	s.Step("Issue 5")
	certificate, err := s.sign(ctx, record.Issuer.String(), record.TBS)
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
		if err := tx.SetCertificate(ctx, record.Issuer, record.Serial, certificate); err != nil {
			return err
		}
		err = reply(ctx, tx, record)
		s.Step("Issue 6")
		return err
	})
	return record, err
}

// reply writes the certificate to the office whose letter asked for it.
func reply(ctx context.Context, tx Tx, record Record) error {
	if record.Applicant == "" {
		return nil
	}
	issuers, err := tx.Issuers(ctx)
	if err != nil {
		return err
	}
	issued, err := answerOf(issuers, record)
	if err != nil {
		return err
	}
	return office.Send(ctx, tx, message.IssuedLetter, record.Applicant, message.TopicIssue, issued)
}

func (s *Service) answer(ctx context.Context, record Record) (message.Issued, error) {
	issuers, err := s.Issuers(ctx)
	if err != nil {
		return message.Issued{}, err
	}
	return answerOf(issuers, record)
}

func answerOf(issuers []Issuer, record Record) (message.Issued, error) {
	issuer, err := issuerOf(issuers, record.Issuer)
	return message.Issued{RequestID: record.Request, Serial: record.Serial, Certificate: record.Certificate, CA: issuer.Certificate}, err
}

// issuerOf returns the issuer with an ID, which is there: every record refers to one.
func issuerOf(issuers []Issuer, id IssuerID) (Issuer, error) {
	for _, i := range issuers {
		if i.ID == id {
			return i, nil
		}
	}
	return Issuer{}, fmt.Errorf("issuer %s is not recorded", id)
}

// Resume completes what was recorded but not signed when the CA last stopped. It is called at every start.
func (s *Service) Resume(ctx context.Context) error {
	var issuers []Issuer
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		issuers, err = tx.Issuers(ctx)
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
	return s.completeRecords(ctx)
}

// completeRecords signs whatever is recorded and not signed. What cannot be signed keeps nothing else from it.
func (s *Service) completeRecords(ctx context.Context) error {
	s.completing.Lock()
	defer s.completing.Unlock()
	var records []Record
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		records, err = tx.Unsigned(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading what is to be signed: %w", err)
	}
	var errs []error
	for _, r := range records {
		if _, err := s.complete(ctx, r); err != nil {
			errs = append(errs, fmt.Errorf("completing request %s: %w", r.Request, err))
		}
	}
	return errors.Join(errs...)
}
