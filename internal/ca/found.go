package ca

import (
	"context"
	"crypto"
	"fmt"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/lint"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
)

// caYears is the life of a CA certificate, to the end of the day before the anniversary.
const caYears = 10

// Found makes a new generation of a CA: its key pair and its self-signed certificate. kind is SigningCA or
// AuthenticationCA; governor is the prefecture of a governor's CA, "" in today's scheme. If the newest generation is
// not signed yet, because an earlier Found was stopped, it is completed instead.
//
//  1. Make the key under the label of the generation, or take the one left there. Stopped here: a key that has signed
//     nothing; the next Found takes it.
//  2. Prepare and lint: in a transaction, look up the next serial number of the CA and build the certificate.
//     Stopped here: as after 1.
//  3. Record: the issuer with the bytes to be signed, and the audit entry, are committed. Stopped before the commit: as
//     after 1. Stopped after it: an issuer without certificate, which signs nothing.
//  4. Sign. Stopped here: as after 3; a signature that nobody has seen. Resume signs again.
//  5. Record the certificate with its audit entry, and tell the validity service of it. Stopped before the commit: as
//     after 3. Stopped after it: the CA stands, and the letter is under way.
func (s *Service) Found(ctx context.Context, actor authz.Actor, kind jpki.Kind, governor string) (Issuer, error) {
	issuer, err := s.recordIssuer(ctx, actor, kind, governor)
	if err != nil {
		return Issuer{}, fmt.Errorf("founding %s: %w", kind, err)
	}
	return s.completeIssuer(ctx, issuer)
}

func (s *Service) recordIssuer(ctx context.Context, actor authz.Actor, kind jpki.Kind, governor string) (Issuer, error) {
	if _, known := s.Governors[governor]; !kind.IsCA() || governor != "" && !known {
		return Issuer{}, fault.New(fault.Invalid, "ca.no_such_ca")
	}
	generation, err := s.nextGeneration(ctx, kind, governor)
	if err != nil {
		return Issuer{}, err
	}
	issuer := Issuer{ID: IssuerID{kind, generation, governor}}
	entry := audit.Entry{Act: ActFound, Subject: issuer.ID.String(), Law: "公的個人認証法第3条"}
	var key crypto.Signer
	if policy.Check(actor, ActFound) == nil { // who may not found a CA makes no key either; Do records the attempt
		s.Step("Found 1")
		if key, err = s.takeKey(ctx, issuer.ID.String(), s.Profile.Suite); err != nil {
			return Issuer{}, err
		}
	}
	err = s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		existing, err := tx.Issuers(ctx)
		if err != nil {
			return err
		}
		for _, i := range existing {
			if i.ID == issuer.ID {
				issuer = i
				return nil
			}
		}
		return s.prepareIssuer(ctx, tx, &issuer, key.Public())
	})
	return issuer, err
}

// nextGeneration returns the generation to found: the newest one if it is not signed yet, else the one after it.
func (s *Service) nextGeneration(ctx context.Context, kind jpki.Kind, governor string) (int, error) {
	generation := 1
	err := s.Store.View(ctx, func(tx Tx) error {
		issuers, err := tx.Issuers(ctx)
		for _, i := range issuers {
			if i.ID.Kind == kind && i.ID.Governor == governor && i.Certificate != nil {
				generation = max(generation, i.ID.Generation+1)
			}
		}
		return err
	})
	return generation, err
}

func (s *Service) prepareIssuer(ctx context.Context, tx Tx, issuer *Issuer, key crypto.PublicKey) (err error) {
	s.Step("Found 2")
	if issuer.Serial, err = tx.NextSerial(ctx, issuer.ID); err != nil {
		return err
	}
	now := s.now()
	local := now.In(jpki.Japan)
	validity := jpki.Validity{NotBefore: now, NotAfter: endOfDay(onDay(local.Year()+caYears, int(local.Month()), local.Day()).AddDate(0, 0, -1))}
	c, err := s.Profile.CA(issuer.ID.Kind, s.Governors[issuer.ID.Governor], issuer.Serial, validity, key)
	if err != nil {
		return err
	}
	if issuer.TBS, _, err = s.examine(c, nil); err != nil {
		return err
	}
	if err := tx.AddIssuer(ctx, *issuer); err != nil {
		return err
	}
	s.Step("Found 3")
	return nil
}

func (s *Service) completeIssuer(ctx context.Context, issuer Issuer) (Issuer, error) {
	if issuer.Certificate != nil {
		return issuer, nil
	}
	s.Step("Found 4")
	certificate, err := s.sign(ctx, issuer.ID.String(), issuer.TBS)
	if err != nil {
		return Issuer{}, err
	}
	entry := audit.Entry{Act: ActSign, Subject: issuer.ID.String(), Law: "公的個人認証法第3条", Detail: map[string]string{"serial": issuer.Serial.String()}}
	issuer.Certificate = certificate
	err = s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		if err := tx.SetIssuerCertificate(ctx, issuer.ID, certificate); err != nil {
			return err
		}
		notice, err := NoticeOf(certificate)
		if err != nil {
			return err
		}
		err = office.Send(ctx, tx, message.IssuedNoticeLetter, message.AtRevocation, message.TopicCertificates, notice)
		s.Step("Found 5")
		return err
	})
	return issuer, err
}

// examine lints a certificate as the bytes it will have and returns the part to be signed, with what a reader will find in
// it. issuer is nil for a CA.
func (s *Service) examine(c, issuer *jpki.Certificate) (tbs []byte, parsed *jpki.Certificate, err error) {
	if tbs, err = c.TBS(); err != nil {
		return nil, nil, err
	}
	whole, err := jpki.Assemble(tbs, c.Algorithm, make([]byte, 256)) // stands in for the signature
	if err != nil {
		return nil, nil, err
	}
	if parsed, err = jpki.Parse(whole); err != nil {
		return nil, nil, fmt.Errorf("reading back the prepared certificate: %w", err)
	}
	if issuer == nil {
		issuer = parsed
	}
	subject := lint.Subject{Certificate: parsed, Size: len(whole), Issuer: issuer, Profile: s.Profile}
	if findings := lint.Check(subject); len(findings) > 0 {
		return nil, nil, fault.Wrap(findings, fault.Internal, "ca.lint", findings[0].ID)
	}
	return tbs, parsed, nil
}
