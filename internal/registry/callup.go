package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/post"
)

// CallUp is a resident who was called up 呼出し for a counter. The counter asks for him by the number of its application,
// so that the resident code need not leave the register.
//
// Req: R-SYS-11, R-DAT-08
type CallUp struct {
	Counter     post.Address
	Application string
	Resident    int64  // number of the record
	Day         string // in Japan, on which the call-up counts: "2026-04-01"
}

// CallUp calls a resident up at the register's own terminal (住基CS端末) for an application at a counter, which may then
// have his attributes from [Service.Export] until the day ends in Japan. The same again changes nothing; on another day it
// counts for that day. An application is one resident's for ever. Faults: registry.export_invalid, registry.no_resident,
// registry.called_up_other.
//
// Assumed: a call-up is for the number of a case and counts for its day, on which the applicant stands at the counter.
//
// Law: 公的個人認証法 §3
// Req: R-SYS-11, R-DAT-08
func (s *Service) CallUp(ctx context.Context, actor authz.Actor, code ResidentCode, counter post.Address, application string) error {
	entry := audit.Entry{Act: ActCallUp, Law: articleOfExport}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		if err := checkApplication(counter, application, code); err != nil {
			return err
		}
		r, err := resident(ctx, tx, code)
		if err != nil {
			return err
		}
		e.Subject, e.Detail["counter"], e.Detail["case"] = r.subject(), string(counter), application
		earlier, found, err := tx.CallUp(ctx, counter, application)
		if err != nil {
			return err
		}
		if found && earlier.Resident != r.Number {
			return fault.New(fault.Conflict, "registry.called_up_other", application)
		}
		return tx.SetCallUp(ctx, CallUp{counter, application, r.Number, dayOf(s.now())})
	})
	if err != nil {
		return fmt.Errorf("calling a resident up: %w", err)
	}
	return nil
}

// calledUp returns the record, as it stands, of the resident who was called up today for an application at a counter.
func (s *Service) calledUp(ctx context.Context, tx Tx, counter post.Address, application string) (Resident, error) {
	c, found, err := tx.CallUp(ctx, counter, application)
	if err != nil {
		return Resident{}, err
	}
	if !found || c.Day != dayOf(s.now()) {
		return Resident{}, fault.New(fault.NotFound, "registry.not_called_up", application)
	}
	r, found, err := tx.ResidentNumbered(ctx, c.Resident)
	return standing(r, found, err)
}

// dayOf returns the day in Japan of an instant.
func dayOf(at time.Time) string { return at.In(jpki.Japan).Format(time.DateOnly) }
