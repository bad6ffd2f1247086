package revocation

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/revocation/ocsp"
)

// Responder is one key of the OCSP responder of an issuer, with its certificate.
type Responder struct {
	Issuer      message.IssuerID
	Number      int    // counts the keys for an issuer from 1
	Certificate []byte // DER; nil until issued
}

// name is the label of the key and the ID of the request for its certificate.
func (r Responder) name() string {
	return "ocsp-" + strings.ToLower(string(r.Issuer)) + "-" + strconv.Itoa(r.Number)
}

// responder is a responder at work.
type responder struct {
	signer      crypto.Signer
	suite       jpki.Suite
	certificate []byte
	keyID       jpki.KeyID
	notAfter    time.Time
}

// renewAll renews the responders of all issuers in force.
func (s *Service) renewAll(ctx context.Context, now time.Time) error {
	known, err := s.readIssuers(ctx)
	if err != nil {
		return fmt.Errorf("renewing responders: %w", err)
	}
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(known.byKey)) { // the same order in every run: it takes serial numbers
		if !inForce(known.byKey[id], now) {
			continue
		}
		if err := s.renew(ctx, id, now); err != nil {
			errs = append(errs, fmt.Errorf("renewing responder of %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// renew gives the responder of an issuer a new key and certificate, if the present one ends soon or there is none.
//
//  1. Record the intent: the number of the new key, with an audit entry. Stopped here: the next renewal takes this number.
//  2. Make the key, or take the one left there. Stopped here: a key that has signed nothing.
//  3. Ask the CA for the certificate. Stopped here: the CA has issued it, and issues it again to the same request. One that
//     makes no responder of the key is not taken, and the next renewal takes another number and asks anew.
//  4. Record the certificate, with an audit entry, and enter it in the register. Stopped before the commit: as after 3.
//     Stopped after it: answers are signed with the new key.
func (s *Service) renew(ctx context.Context, issuer message.IssuerID, now time.Time) error {
	next, due, err := s.nextResponder(ctx, issuer, now)
	if err != nil || !due {
		return err
	}
	s.Step("renew 2")
	signer, err := s.takeKey(ctx, next.name())
	if err != nil {
		return err
	}
	request, err := requestFor(next, signer)
	if err != nil {
		return err
	}
	s.Step("renew 3")
	issued, err := s.CA.CertifyResponder(ctx, itself, request)
	if err != nil {
		return err
	}
	next.Certificate = issued.Certificate
	c, err := jpki.Parse(next.Certificate)
	if err != nil {
		return err
	}
	if err := s.checkResponder(ctx, c, issuer, signer.Public()); err != nil {
		_, another := s.intendResponder(ctx, Responder{Issuer: issuer, Number: next.Number + 1})
		return errors.Join(err, another)
	}
	return s.recordResponder(ctx, next, c)
}

// checkResponder says why verifiers would not believe what a key signs with a certificate, or nil. Without ocspNoCheck they
// would ask about the responder before they believe it, and so on.
//
// Spec: RFC 6960 §4.2.2.2, §4.2.2.2.1
func (s *Service) checkResponder(ctx context.Context, c *jpki.Certificate, issuer message.IssuerID, key crypto.PublicKey) error {
	ca, err := s.issuer(ctx, issuer)
	if err != nil {
		return err
	}
	useless := func(why string) error { return fault.New(fault.Invalid, "revocation.responder_useless", issuer, why) }
	same, ok := key.(interface{ Equal(crypto.PublicKey) bool })
	noCheck := func(e jpki.Extension) bool { return jpki.NameOf(e.ID) == "ocspNoCheck" }
	switch {
	case c.Kind != jpki.SigningResponder && c.Kind != jpki.AuthenticationResponder:
		return useless("kind")
	case !slices.ContainsFunc(c.Extensions, noCheck):
		return useless("ocspNoCheck")
	case !ok || !same.Equal(c.PublicKey):
		return useless("key")
	case c.SignedBy(ca) != nil:
		return useless("signature")
	}
	return nil
}

// nextResponder returns the responder that waits for its certificate, intended now or before; due is false if none does.
func (s *Service) nextResponder(ctx context.Context, issuer message.IssuerID, now time.Time) (next Responder, due bool, err error) {
	var last Responder
	var ok bool
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		last, ok, err = tx.Responder(ctx, issuer)
		return err
	})
	if err != nil || ok && last.Certificate == nil {
		return last, true, err
	}
	if ok {
		c, err := jpki.Parse(last.Certificate)
		if err != nil || now.Add(s.Terms.Renewal).Before(c.NotAfter) {
			return last, false, err
		}
	}
	next = Responder{Issuer: issuer, Number: last.Number + 1}
	due, err = s.intendResponder(ctx, next)
	return next, due, err
}

// intendResponder records a new number, unless another process has; if that one stops, the next renewal goes on.
func (s *Service) intendResponder(ctx context.Context, r Responder) (mine bool, err error) {
	entry := audit.Entry{Act: ActRenew, Subject: "responder:" + r.name(), Law: articleOfProvision}
	err = s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		last, _, err := tx.Responder(ctx, r.Issuer)
		if err != nil || last.Number >= r.Number {
			return err
		}
		mine = true
		err = tx.AddResponder(ctx, r)
		s.Step("renew 1")
		return err
	})
	return mine, err
}

// takeKey opens the key of a label, or makes it.
func (s *Service) takeKey(ctx context.Context, label string) (crypto.Signer, error) {
	if signer, err := s.Keys.Open(ctx, label); err == nil {
		return signer, nil
	}
	return s.Keys.Create(ctx, label, s.Suite) // fails where there is one that does not open
}

func requestFor(r Responder, signer crypto.Signer) (message.ResponderRequest, error) {
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: r.name()}}
	request, err := x509.CreateCertificateRequest(rand.Reader, template, signer)
	if err != nil {
		return message.ResponderRequest{}, fmt.Errorf("making request of a responder: %w", err)
	}
	return message.ResponderRequest{ID: r.name(), Issuer: r.Issuer, PKCS10: request}, nil
}

func (s *Service) recordResponder(ctx context.Context, r Responder, c *jpki.Certificate) error {
	entry := audit.Entry{
		Act: ActRenew, Subject: "responder:" + r.name(), Law: articleOfProvision, Detail: map[string]string{"serial": c.Serial.String()},
	}
	err := s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		last, _, err := tx.Responder(ctx, r.Issuer)
		if err != nil || last.Number != r.Number || last.Certificate != nil { // another process was faster
			return err
		}
		if err := tx.SetResponderCertificate(ctx, r); err != nil {
			return err
		}
		notice := message.IssuedNotice{Issuer: r.Issuer, Serial: c.Serial, Kind: c.Kind, NotBefore: c.NotBefore, NotAfter: c.NotAfter}
		_, err = s.enter(ctx, tx, notice)
		s.Step("renew 4")
		return err
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.responders, r.Issuer) // the next answer opens the new one
	return nil
}

// responder returns the responder of an issuer, opened, nil if it has no certificate in force.
func (s *Service) responder(ctx context.Context, issuer message.IssuerID, now time.Time) (*responder, error) {
	s.mu.Lock()
	open := s.responders[issuer]
	s.mu.Unlock()
	if open != nil && !now.After(open.notAfter) {
		return open, nil
	}
	var newest Responder
	var ok bool
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		newest, ok, err = tx.Certified(ctx, issuer)
		return err
	})
	if err != nil || !ok {
		return nil, err
	}
	c, err := jpki.Parse(newest.Certificate)
	if err != nil || !inForce(c, now) {
		return nil, err
	}
	open = &responder{certificate: newest.Certificate, keyID: c.KeyID(), notAfter: c.NotAfter}
	if open.signer, err = s.Keys.Open(ctx, newest.name()); err != nil {
		return nil, err
	}
	if open.suite, err = jpki.SuiteOf(open.signer.Public()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.responders[issuer] = open
	return open, nil
}

// sign makes the response of a responder.
func (r *responder) sign(response ocsp.Response) ([]byte, error) {
	response.KeyHash = string(r.keyID)
	tbs, err := response.TBS()
	if err != nil {
		return nil, err
	}
	signature, err := r.suite.Sign(rand.Reader, r.signer, tbs)
	if err != nil {
		return nil, err
	}
	return ocsp.Assemble(tbs, r.suite.Algorithm, signature, r.certificate)
}
