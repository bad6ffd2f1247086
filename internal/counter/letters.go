package counter

import (
	"bytes"
	"context"
	"crypto/x509"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// handlers are the letters that this office takes.
func (s *Service) handlers() map[post.Kind]post.Handler[Tx] {
	return map[post.Kind]post.Handler[Tx]{
		post.Kind(message.ExportLetter):       {Act: Certify.Act(), Law: articleOfIssue, Apply: post.Applying(message.ExportLetter, s.takeExport)},
		post.Kind(message.IssuedLetter):       {Act: Receive.Act(), Law: articleOfIssue, Apply: post.Applying(message.IssuedLetter, s.takeIssued)},
		post.Kind(message.IssueRefusalLetter): {Act: Refuse.Act(), Law: articleOfIssue, Apply: post.Applying(message.IssueRefusalLetter, s.takeRefusal)},
		post.Kind(message.RevocationLetter):   {Act: ActNote, Apply: post.Applying(message.RevocationLetter, s.noteOutcome)},
	}
}

// takeExport is the existence check where register and counter share no network: the register's word comes on a medium.
//
// Req: R-SYS-12, R-ISS-08
func (s *Service) takeExport(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, x message.Export) error {
	var c Case
	return s.certify(ctx, tx, e, &c, x)
}

// requested returns the case and the certificate that a letter of the CA is about, which must not be answered yet.
func requested(ctx context.Context, tx Tx, e *audit.Entry, request string) (Case, *Certificate, error) {
	id, kind, ok := caseOfRequest(request)
	if !ok {
		return Case{}, nil, fault.New(fault.NotFound, "counter.no_case")
	}
	c, err := load(ctx, tx, id)
	if err != nil {
		return c, nil, err
	}
	certificate := c.certificate(kind)
	switch {
	case certificate == nil || certificate.PKCS10 == nil:
		return c, nil, fault.New(fault.NotFound, "counter.no_case")
	case certificate.answered():
		return c, nil, fault.New(fault.Conflict, "counter.answered", request)
	}
	e.Detail["request"] = request
	return c, certificate, nil
}

// takeIssued takes a certificate. It is read again here and compared with what was asked for; the clerk sees the result
// with its image. A certificate for a case that is over is discarded.
//
// Law: 公的個人認証法 §3, §13
// Req: R-ISS-19
func (s *Service) takeIssued(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, m message.Issued) error {
	c, certificate, err := requested(ctx, tx, e, m.RequestID)
	if err != nil {
		return err
	}
	own, err := jpki.Parse(m.Certificate)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "counter.certificate_unreadable", m.RequestID)
	}
	ca, err := jpki.Parse(m.CA)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "counter.certificate_unreadable", m.RequestID)
	}
	certificate.Issuer, certificate.Serial = message.IssuerID(ca.KeyID().String()), own.Serial
	certificate.Certificate, certificate.CA = m.Certificate, m.CA
	certificate.Differs = c.examine(*certificate, own, ca, m.Serial)
	e.Detail["serial"] = own.Serial.String()
	return s.answered(ctx, tx, e, &c)
}

// takeRefusal takes the CA's word that it does not issue.
func (s *Service) takeRefusal(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, m message.IssueRefusal) error {
	c, certificate, err := requested(ctx, tx, e, m.RequestID)
	if err != nil {
		return err
	}
	certificate.Refusal = m.Reason
	if m.Reason == "" {
		certificate.Refusal = "ca.refused"
	}
	return s.answered(ctx, tx, e, &c)
}

// answered moves a case on after an answer of the CA. As long as answers are missing it waits; one refusal ends it, and what
// has arrived or will arrive then is discarded.
func (s *Service) answered(ctx context.Context, tx Tx, e *audit.Entry, c *Case) error {
	refused, missing := false, false
	for _, certificate := range c.Certificates {
		refused = refused || certificate.Refusal != ""
		missing = missing || !certificate.answered()
	}
	switch {
	case c.State != Waiting, refused:
		if err := s.orderAll(ctx, tx, itself, c, discards); err != nil {
			return err
		}
		if c.State == Waiting {
			return s.advance(ctx, tx, e, c, Refuse, nil)
		}
	case !missing:
		return s.advance(ctx, tx, e, c, Receive, nil)
	}
	e.Subject = "case:" + c.ID
	return tx.SetCase(ctx, *c)
}

// examine returns in what a certificate is not as it was asked for.
func (c *Case) examine(asked Certificate, own, ca *jpki.Certificate, serial jpki.Serial) []Field {
	same := map[Field]bool{
		FieldKind:     own.Kind == asked.Kind,
		FieldSerial:   own.Serial == serial,
		FieldIssuer:   ca.Kind == asked.Kind.CA() && own.SignedBy(ca) == nil,
		FieldKey:      certifies(own, asked.PKCS10),
		FieldValidity: own.NotBefore.Before(own.NotAfter) && !own.NotAfter.After(c.Form.CardEnd),
	}
	if asked.Kind == jpki.Signing {
		want := c.Form.person(*c.Registered)
		is, _ := own.Person()
		same[FieldName], same[FieldAddress] = is.Name == want.Name, is.Address == want.Address
		same[FieldBirth], same[FieldSex] = is.Birth == want.Birth, is.Sex == want.Sex
		same[FieldSubstitutes] = is.NameMarks == want.NameMarks && is.AddressMarks == want.AddressMarks
	}
	return differing(same)
}

// certifies reports whether a certificate is for the key of a proof of possession.
func certifies(c *jpki.Certificate, pkcs10 []byte) bool {
	request, err := x509.ParseCertificateRequest(pkcs10)
	if err != nil {
		return false
	}
	key, err := x509.MarshalPKIXPublicKey(c.PublicKey)
	return err == nil && bytes.Equal(key, request.RawSubjectPublicKeyInfo)
}
