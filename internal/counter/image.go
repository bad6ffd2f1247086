package counter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Image is a certificate as the clerk and the applicant read it 電子証明書のイメージ; it is also the printed copy
// 電子証明書の写し.
//
// Req: R-ISS-19, R-ISS-25
type Image struct {
	Kind                jpki.Kind
	Issuer              string // distinguished name
	Serial              jpki.Serial
	NotBefore, NotAfter time.Time
	Person              *jpki.Person `json:",omitempty"` // with its substitute marks; nil for an authentication certificate, which shows none
	Differs             []Field      // what this office itself found not to be as it was asked for
}

// Images returns the images of a case's certificates, authentication first.
func (c Case) Images() ([]Image, error) {
	var images []Image
	for _, certificate := range c.Certificates {
		parsed, err := jpki.Parse(certificate.Certificate)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate of request %s: %w", c.requestID(certificate.Kind), err)
		}
		i := Image{
			Kind: parsed.Kind, Issuer: parsed.Issuer.String(), Serial: parsed.Serial, NotBefore: parsed.NotBefore,
			NotAfter: parsed.NotAfter, Differs: certificate.Differs,
		}
		if p, ok := parsed.Person(); ok {
			i.Person = &p
		}
		images = append(images, i)
	}
	return images, nil
}

// Judgement is what the clerk says to each field of the images: whether it is right.
type Judgement map[Field]bool

// question is a field of the images, with what follows if it is wrong.
type question struct {
	field Field
	wrong Event
}

// questions returns what the clerk is asked, worst first: a fault of the system stops the service, a mistake goes to the
// CA, and the wish for another substitute character begins anew.
//
// Req: R-ISS-20, R-ISS-21, R-ISS-22
func (c Case) questions() []question {
	asked := []question{{FieldIssuer, Fault}, {FieldSerial, Fault}, {FieldValidity, Fault}}
	if c.certificate(jpki.Signing) != nil {
		asked = append(asked, question{FieldName, Mistake}, question{FieldBirth, Mistake}, question{FieldSex, Mistake},
			question{FieldAddress, Mistake}, question{FieldSubstitutes, Resubstitute})
	}
	return asked
}

// Questions returns the fields that [Service.CheckImage] wants judged.
func (c Case) Questions() []Field {
	var fields []Field
	for _, q := range c.questions() {
		fields = append(fields, q.field)
	}
	return fields
}

// IfWrong returns what follows if a field is judged wrong: Fault, Mistake or Resubstitute.
func (c Case) IfWrong(f Field) Event {
	for _, q := range c.questions() {
		if q.field == f {
			return q.wrong
		}
	}
	return ""
}

// judge returns the event that a judgement comes to. Faults: counter.judgement, counter.certificate_differs.
func (c Case) judge(j Judgement) (Event, error) {
	event, asked := Approve, c.Questions()
	for _, q := range c.questions() {
		right, answered := j[q.field]
		if !answered {
			return "", fault.New(fault.Invalid, "counter.judgement", q.field)
		}
		if !right && event == Approve {
			event = q.wrong
		}
	}
	for field := range j {
		if !slices.Contains(asked, field) {
			return "", fault.New(fault.Invalid, "counter.judgement", field)
		}
	}
	for _, certificate := range c.Certificates {
		if event == Approve && len(certificate.Differs) > 0 {
			return "", fault.New(fault.Conflict, "counter.certificate_differs", certificate.Kind, certificate.Differs[0])
		}
	}
	return event, nil
}

// CheckImage is the image check イメージ確認. If every field is right the certificates may be stored. If not:
//
//   - the wrong person: the CA is told to revoke (article 13), and the case ends; a new one is free;
//   - a fault of the system: the same, and the service is stopped until two operators let it go on;
//   - another substitute character is wished: the certificates are revoked, and the case ends; a new one costs more.
//
// Faults: counter.judgement, counter.certificate_differs, counter.stopped, counter.order.
//
// Law: 公的個人認証法 §9, §13
func (s *Service) CheckImage(ctx context.Context, actor authz.Actor, id string, j Judgement) (Case, error) {
	event, wrong := s.judged(ctx, id, j)
	return s.carry(ctx, actor, id, event, func(tx Tx, c *Case) error {
		if wrong != nil {
			return wrong
		}
		switch event {
		case Mistake, Fault:
			return s.report(ctx, tx, actor, c, event)
		case Resubstitute:
			return s.orderAll(ctx, tx, actor, c, substitutes)
		}
		return nil
	})
}

// judged returns the event that a judgement on a case comes to: Approve, with the reason, if it comes to none, so that the
// attempt is on record.
func (s *Service) judged(ctx context.Context, id string, j Judgement) (event Event, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		c, err := load(ctx, tx, id)
		if err != nil {
			return err
		}
		event, err = c.judge(j)
		return err
	})
	if err != nil {
		return Approve, err
	}
	return event, nil
}

// report tells the CA that its certificates are wrong, and stops the service if the system is at fault.
func (s *Service) report(ctx context.Context, tx Tx, actor authz.Actor, c *Case, event Event) error {
	for _, certificate := range c.Certificates {
		wrong := message.MistakenIssue{RequestID: c.requestID(certificate.Kind), FoundAt: s.now()}
		if err := write(ctx, tx, actor, message.MistakenIssueLetter, message.AtCA, message.TopicIssue, wrong); err != nil {
			return err
		}
	}
	if event == Mistake {
		return nil
	}
	return s.stop(ctx, tx, Stop{At: s.now(), By: actor.Operator, Reason: "image", Case: c.ID})
}
