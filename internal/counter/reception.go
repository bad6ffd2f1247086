package counter

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// Open takes in an application form and makes a case of it. reception is the number that the terminal gives to the
// visit, at most 24 letters and digits: the same form under the same number is the same case. Faults:
// counter.form_invalid, counter.too_young, counter.substitute_…, counter.number_used, counter.no_case for the case
// before, counter.stopped.
//
// Law: 公的個人認証法 §3, §22
func (s *Service) Open(ctx context.Context, actor authz.Actor, reception string, f Form) (Case, error) {
	var c Case
	f.CardEnd = f.CardEnd.UTC().Truncate(time.Second)
	entry := audit.Entry{Act: Open.Act(), Law: lawOf(Open)}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		if !validNumber(reception) {
			return fault.New(fault.Invalid, "counter.form_invalid", FieldNumber)
		}
		e.Subject = "case:" + s.id(reception)
		earlier, found, err := tx.Case(ctx, s.id(reception))
		if err != nil {
			return err
		}
		if found {
			c = earlier
			if c.Papers == nil || !reflect.DeepEqual(c.Form, f) {
				return fault.New(fault.Conflict, "counter.number_used", reception)
			}
			return nil
		}
		t, err := s.admit(ctx, tx, f)
		if err != nil {
			return err
		}
		now := s.now()
		c = Case{ID: s.id(reception), State: t.To, Event: Open, Papers: &Papers{Form: f}, OpenedAt: now, ChangedAt: now}
		c.Fee.Yen = s.Owed(c)
		for _, kind := range f.kinds() {
			c.Certificates = append(c.Certificates, Certificate{Kind: kind})
		}
		return tx.AddCase(ctx, c)
	})
	if err != nil {
		return Case{}, fmt.Errorf("opening a case: %w", err)
	}
	return c, nil
}

// admit checks whether a form may become a case.
func (s *Service) admit(ctx context.Context, tx Tx, f Form) (Transition, error) {
	t, err := next("", Open)
	if err != nil {
		return t, err
	}
	if err := s.running(ctx, tx, t); err != nil {
		return t, err
	}
	if err := f.check(s, s.now()); err != nil || f.Before == "" {
		return t, err
	}
	before, err := load(ctx, tx, f.Before)
	if err != nil {
		return t, err
	}
	wrong := before.State == Mistaken || before.State == Faulty
	if f.Occasion == Correction && !wrong || f.Occasion == Substitution && before.State != Resubstituted {
		return t, fault.New(fault.Conflict, "counter.form_invalid", FieldBefore)
	}
	return t, nil
}

// Certify is the existence check 実在確認: the register certifies the attributes of the resident whom a clerk called up
// there for this case, and they are compared with the form, field by field. One difference ends the case, which then names
// the fields. Faults: counter.no_register, counter.export_invalid, those of the register.
//
// Law: 公的個人認証法 §3
// Req: R-ISS-07, R-ISS-08, R-DAT-08
func (s *Service) Certify(ctx context.Context, actor authz.Actor, id string) (Case, error) {
	c, repeated, err := s.ready(ctx, actor, id, Certify)
	if err != nil || repeated {
		return c, err
	}
	if s.Register == nil {
		return Case{}, fault.New(fault.Invalid, "counter.no_register")
	}
	export, err := s.Register.Export(ctx, actor, id)
	if err != nil {
		return Case{}, fmt.Errorf("asking the register: %w", err)
	}
	err = s.guard.Do(ctx, actor, audit.Entry{Act: Certify.Act(), Law: lawOf(Certify)}, func(tx Tx, e *audit.Entry) error {
		return s.certify(ctx, tx, e, &c, export)
	})
	if err != nil {
		return Case{}, fmt.Errorf("comparing form and register: %w", err)
	}
	return c, nil
}

// certify compares the form of a case with what the register certified.
func (s *Service) certify(ctx context.Context, tx Tx, e *audit.Entry, c *Case, x message.Export) (err error) {
	if *c, err = load(ctx, tx, x.Case); err != nil {
		return err
	}
	if err := x.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "counter.export_invalid", FieldAttributes)
	}
	if x.Holder == "" || len(x.Holder) > 128 {
		return fault.New(fault.Invalid, "counter.export_invalid", FieldHolder)
	}
	event, fields := Certify, s.compare(c.Form, x)
	if len(fields) > 0 {
		event = Differ
	} else if fields = s.lacks(x.Attributes); len(fields) > 0 {
		event = Lack
	}
	return s.advance(ctx, tx, e, c, event, func(_ Tx, c *Case) error {
		c.Differs, c.Holder, c.Registered = fields, x.Holder, &x.Attributes
		return nil
	})
}

// compare returns the fields in which form and register differ. Only the municipality where he is registered may serve an
// applicant.
func (s *Service) compare(f Form, x message.Export) []Field {
	a, b := f.Attributes, x.Attributes
	return differing(map[Field]bool{
		FieldName: a.Name == b.Name, FieldBirth: a.Birth == b.Birth, FieldSex: a.Sex == b.Sex,
		FieldAddress: a.Address == b.Address, FieldMunicipality: x.Municipality == s.Municipality.Code,
	})
}

// differing returns the fields that are not the same, by name.
func differing(same map[Field]bool) []Field {
	var fields []Field
	for field, ok := range same {
		if !ok {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// Identify is the identity check 本人確認: the clerk has compared document, form and face. What does not prove that the
// applicant is the person of the form ends the case. Fault: counter.identity_invalid.
//
// Law: 公的個人認証法 §3
// Req: R-ISS-09, R-ISS-12
func (s *Service) Identify(ctx context.Context, actor authz.Actor, id string, i Identity) (Case, error) {
	event := Identify
	if !i.proves() {
		event = Reject
	}
	return s.carry(ctx, actor, id, event, func(_ Tx, c *Case) error {
		c.Identity = i
		return i.check()
	})
}

// Withdraw ends a case because the applicant wishes so 申請取下げ. Certificates that were issued are revoked as never
// handed over, and so are those that come later.
//
// Law: 公的個人認証法 §9, §13
func (s *Service) Withdraw(ctx context.Context, actor authz.Actor, id string) (Case, error) {
	return s.carry(ctx, actor, id, Withdraw, func(tx Tx, c *Case) error {
		return s.orderAll(ctx, tx, actor, c, discards)
	})
}
