package status

import (
	"errors"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/verify/pkix"
)

// MaxAge is how old an OCSP answer may be that names no next update.
//
// Assumed: a day, as CRLs have it; the answers of J-LIS come every 15 minutes, what they say of the next is not public.
const MaxAge = 24 * time.Hour

// Reasons why an OCSP response does not count.
var (
	// ErrUnknown says that the responder does not know the certificate, in a response that would count otherwise.
	ErrUnknown = errors.New("responder does not know the certificate")
	// ErrResponder says that neither the CA nor a responder it appointed signed.
	ErrResponder = errors.New("signed neither by the key of the issuer nor by a responder appointed with it")
	// ErrResponderRevoked says that the certificate of the responder is revoked.
	ErrResponderRevoked = errors.New("certificate of the responder is revoked")
)

// byOCSP takes in all answers about a certificate.
func (k *Checker) byOCSP(q question) Status {
	var s Status
	c := q.certificate()
	for _, response := range k.Responses {
		for i := range response.Answers {
			answer := &response.Answers[i]
			if !answer.ID.Names(c.Serial, c.Issuer, q.issuerKey()) {
				continue
			}
			e := Evidence{Response: response, Answer: answer}
			if e.Err = k.answers(q, response, answer); e.Err == nil {
				e.State = Good
				if answer.Status == pkix.OCSPRevoked {
					e.State = Revoked
				}
			}
			s = Join(s, Status{e.State, answer.RevokedAt, answer.Reason, answer.ThisUpdate, []Evidence{e}})
		}
	}
	return s
}

// answers says why an answer does not count, or nil.
//
// Spec: RFC 6960 §3.2
func (k *Checker) answers(q question, r *pkix.OCSPResponse, a *pkix.Answer) error {
	if err := understood(append(slices.Clip(r.UnknownCritical), a.UnknownCritical...)); err != nil {
		return err
	}
	until := a.NextUpdate
	if until.IsZero() {
		until = a.ThisUpdate.Add(MaxAge)
	}
	if err := current(q.at, a.ThisUpdate, until); err != nil {
		return err
	}
	if err := k.responder(q, r); err != nil {
		return err
	}
	if a.Status == pkix.OCSPUnknown {
		return ErrUnknown
	}
	return nil
}

// responder says why the signer of a response may not speak for the issuer of the certificate, or nil. It is the issuer's
// key itself, or a key for which the issuer's key issued a certificate with the extended key usage OCSPSigning.
//
// Spec: RFC 6960 §4.2.2.2
func (k *Checker) responder(q question, r *pkix.OCSPResponse) error {
	issuer := q.issuer()
	if signedBy(r, issuer.Subject, q.issuerKey()) {
		return nil
	}
	err := ErrResponder
	for _, c := range slices.Concat(r.Certificates, q.others.Named(r.ResponderName)) {
		if !appointed(c, q) || !signedBy(r, c.Subject, c.Key.Inherit(q.issuerKey())) {
			continue
		}
		if err = k.responderStatus(c, q); err == nil {
			return nil
		}
	}
	return err
}

func signedBy(r *pkix.OCSPResponse, subject pkix.Name, key pkix.PublicKey) bool {
	named := r.ResponderKey == key.KeyHash()
	if r.ResponderName != "" {
		named = r.ResponderName.Matches(subject)
	}
	return named && key.Check(r.Signed) == nil
}

// appointed reports whether a certificate makes its key a responder for the issuer.
func appointed(c *pkix.Certificate, q question) bool {
	return slices.Contains(c.ExtKeyUsage, pkix.UsageOCSPSigning) &&
		(c.KeyUsage == 0 || c.KeyUsage&(jpki.DigitalSignature|jpki.NonRepudiation) != 0) &&
		len(c.UnknownCritical) == 0 &&
		!q.at.Before(c.NotBefore) && !q.at.Truncate(time.Second).After(c.NotAfter) &&
		c.Issuer.Matches(q.issuer().Subject) && q.issuerKey().Check(c.Signed) == nil
}

// responderStatus refuses a responder whose certificate a CRL at hand shows to be revoked. Without such a CRL it is
// believed for as long as it lasts, as if it had the extension ocsp-nocheck.
//
// Spec: RFC 6960 §4.2.2.2.1
func (k *Checker) responderStatus(c *pkix.Certificate, q question) error {
	if c.OCSPNoCheck || len(q.open) == maxDepth {
		return nil
	}
	own := q
	own.path.Certificates = append(slices.Clone(q.path.Certificates[:q.index]), c)
	own.open = append(slices.Clip(q.open), c)
	if k.byCRL(own).State == Revoked {
		return ErrResponderRevoked
	}
	return nil
}
