package link

import (
	"context"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// record takes a certificate into the serial map, and orders its revocation if a notice that meets it came before. The
// same record again changes nothing. Faults: link.record_invalid, link.record_reused.
//
//  1. Check: the form of the record, that it is not there yet. Stopped here: nothing happened.
//  2. Record: the certificate, and orders by the notices that came before, with their letters. Stopped before the commit:
//     nothing happened, the letter comes again. Stopped after it: done.
//
// Law: 公的個人認証法 §8
// Req: R-SYS-17
func (s *Service) record(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, r message.HolderRecord) error {
	s.Step("record 1")
	r.IssuedAt, r.NotAfter = r.IssuedAt.UTC().Truncate(time.Second), r.NotAfter.UTC().Truncate(time.Second)
	if err := checkRecord(r); err != nil {
		return err
	}
	e.Subject = "record:" + r.ID
	earlier, known, err := tx.Certificate(ctx, r.ID)
	if err != nil || known {
		if err == nil && earlier != r {
			err = fault.New(fault.Conflict, "link.record_reused", r.ID)
		}
		return err
	}
	s.Step("record 2")
	if err := tx.AddCertificate(ctx, r); err != nil {
		return err
	}
	notices, err := tx.NoticesAfter(ctx, r.Attributes, r.IssuedAt)
	if err != nil {
		return err
	}
	for _, n := range notices {
		if err := s.orderBy(ctx, tx, n, r); err != nil {
			return err
		}
	}
	return nil
}

func checkRecord(r message.HolderRecord) error {
	switch {
	case !identifier.MatchString(r.ID):
		return fault.New(fault.Invalid, "link.record_invalid", "id")
	case r.Kind != jpki.Signing && r.Kind != jpki.Authentication:
		return fault.New(fault.Invalid, "link.record_invalid", "kind")
	case r.Issuer == "" || r.Serial == 0:
		return fault.New(fault.Invalid, "link.record_invalid", "serial")
	case !r.NotAfter.After(r.IssuedAt):
		return fault.New(fault.Invalid, "link.record_invalid", "validity")
	}
	if err := r.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "link.record_invalid", "attributes")
	}
	return nil
}
