package counter

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/schedule"
)

// The acts of this office besides the events of a case.
const (
	ActRead    authz.Act = "counter.read"    // read the papers of a case
	ActList    authz.Act = "counter.list"    // see which cases are open
	ActStop    authz.Act = "counter.stop"    // サービスの停止
	ActRestart authz.Act = "counter.restart" // consent to its restart
	ActRevoke  authz.Act = "counter.revoke"  // 失効申請・届出
	ActPIN     authz.Act = "counter.pin"     // take a notice on a PIN
	ActPINDone authz.Act = "counter.pin_done"
	ActNote    authz.Act = "counter.note"  // note the answer to an order
	ActErase   authz.Act = "counter.erase" // erase papers whose time is over
)

// itself is this office as an actor.
var itself = authz.Actor{Office: authz.Counter}

// policy says who may do what: the offices of [Workflow], and the operator of a sandbox.
func policy() authz.Policy {
	clerks := append(slices.Clone(desk), authz.Sandbox)
	p := authz.Policy{
		ActRead: clerks, ActList: clerks, ActStop: clerks, ActRestart: clerks, ActRevoke: clerks, ActPIN: clerks,
		ActPINDone: clerks, ActNote: {authz.Revocation}, ActErase: {authz.Counter},
	}
	for _, t := range Workflow() {
		p[t.Event.Act()] = append(slices.Clone(t.Who), authz.Sandbox)
	}
	return p
}

// Secrets are the keys of the municipality. No clerk sees them.
//
// Req: R-CRD-05, R-DAT-09
type Secrets interface {
	// Transport returns the transport key 搬送鍵 of a card, which its manufacturer gave to the office.
	Transport(ctx context.Context, cardSerial string) (card.Secret, error)
	// Master returns the newest version of the master key. A new version shuts out every kiosk that does not get it.
	Master(ctx context.Context) (card.MasterKey, error)
}

// Register is the resident register as far as a counter on its network needs it. It answers for the resident whom a clerk
// called up, at the register's own terminal, for a case of this counter; the resident code never comes here. Faults: those
// of the register.
//
// Req: R-DAT-08
type Register interface {
	Export(ctx context.Context, actor authz.Actor, caseID string) (message.Export, error)
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store        Store
	Municipality jpki.Municipality
	Secrets      Secrets
	// Register is asked by [Service.Certify]. Optional; without it, as in 2003, what it certifies comes on a medium.
	Register Register
	// Kinds are the kinds of certificate that the CA issues. Optional; both if nil.
	Kinds []jpki.Kind
	// Characters is the list of substitute characters. Optional; without it every character can be encoded.
	Characters Characters
	// Tariffs are the fees. Optional; [Tariffs] if nil.
	Tariffs []Tariff
	// Keep is how many years the papers of a case are kept after it is over. Optional; ten if 0.
	//
	// Assumed: ten years; for how long a municipality keeps forms is settled by its own rules.
	Keep int
	// Observe is told of each letter that is applied or refused. Optional.
	Observe func(post.Event)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called with each numbered step of an act as it begins, such as "Request 1", for those who watch or test. Optional.
	Step func(string)
}

// Service is the counter of one municipality. It is safe for concurrent use.
type Service struct {
	Config
	guard    audit.Guard[Tx]
	inbox    post.Inbox[Tx]
	calendar schedule.Runner
	listed   bool // the office has a list of substitute characters
}

var municipalityCode = regexp.MustCompile(`^[0-9]{5}$`)

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Secrets == nil || !municipalityCode.MatchString(c.Municipality.Code) {
		return nil, errors.New("making a counter: store, secrets and a municipality with its code must be set")
	}
	s := &Service{Config: c, listed: c.Characters != nil}
	if s.Characters == nil {
		s.Characters = allCharacters
	}
	if s.Kinds == nil {
		s.Kinds = []jpki.Kind{jpki.Authentication, jpki.Signing}
	}
	if s.Tariffs == nil {
		s.Tariffs = Tariffs()
	}
	if s.Keep == 0 {
		s.Keep = 10
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Step == nil {
		s.Step = func(string) {}
	}
	s.guard = audit.Guard[Tx]{Policy: policy(), Update: s.Store.Update}
	s.inbox = post.Inbox[Tx]{
		Office: s.Address(), Guard: s.guard, View: s.Store.View, Handlers: s.handlers(), Now: s.Now, Observe: s.Observe,
	}
	var err error
	s.calendar, err = s.newCalendar()
	return s, err
}

// Address returns the address of the office: "counter-99201".
func (s *Service) Address() post.Address { return message.AtCounter(s.Municipality.Code) }

// Receive takes letters of other offices. It is a [post.Receiver].
func (s *Service) Receive(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	return s.inbox.Receive(ctx, from, batch)
}

// now returns the present time in whole seconds, UTC.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

// id returns the name of a case or notice: the office and its reception number.
func (s *Service) id(reception string) string { return s.Municipality.Code + "-" + reception }

// load reads a case. The fault is "counter.no_case".
func load(ctx context.Context, tx Tx, id string) (Case, error) {
	c, found, err := tx.Case(ctx, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "counter.no_case")
	}
	return c, err
}

// carry does one event of a case: permission, the look at its state, the work of f, the new state and the audit entry are
// one transaction. The event that was the last one already changes nothing; that lets a clerk ask again who lost the
// answer.
func (s *Service) carry(ctx context.Context, actor authz.Actor, id string, event Event, f func(tx Tx, c *Case) error) (Case, error) {
	var c Case
	entry := audit.Entry{Act: event.Act(), Law: lawOf(event)}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) (err error) {
		if c, err = load(ctx, tx, id); err != nil {
			return err
		}
		return s.advance(ctx, tx, e, &c, event, f)
	})
	if err != nil {
		return Case{}, fmt.Errorf("event %s of a case: %w", event, err)
	}
	return c, nil
}

// advance is carry within a transaction. f may be nil.
func (s *Service) advance(ctx context.Context, tx Tx, e *audit.Entry, c *Case, event Event, f func(tx Tx, c *Case) error) error {
	e.Subject = "case:" + c.ID
	t, err := next(c.State, event)
	if err != nil {
		if c.did(event) {
			e.Detail["state"] = string(c.State)
			return nil
		}
		return err
	}
	if err := s.running(ctx, tx, t); err != nil {
		return err
	}
	if f != nil {
		if err := f(tx, c); err != nil {
			return err
		}
	}
	c.State, c.Event, c.ChangedAt = t.To, event, s.now()
	if c.State.over() {
		c.KeepUntil = c.ChangedAt.AddDate(s.Keep, 0, 0)
	}
	e.Detail["event"], e.Detail["state"] = string(event), string(c.State)
	return tx.SetCase(ctx, *c)
}

// ready looks whether an event may follow, before anything outside the office is touched; repeated says that it is the
// last one already. Who may not do it is refused and recorded.
func (s *Service) ready(ctx context.Context, actor authz.Actor, id string, event Event) (c Case, repeated bool, err error) {
	if s.guard.Policy.Check(actor, event.Act()) != nil {
		return c, false, s.guard.Do(ctx, actor, audit.Entry{Act: event.Act(), Law: lawOf(event)}, nil)
	}
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		if c, err = load(ctx, tx, id); err != nil {
			return err
		}
		t, err := next(c.State, event)
		if err != nil && c.did(event) {
			repeated = true
			return nil
		}
		if err == nil {
			err = s.running(ctx, tx, t)
		}
		return err
	})
	return c, repeated, err
}

// Case returns a case with its papers. Who reads them is recorded. Fault: counter.no_case.
//
// Req: R-CNT-04
func (s *Service) Case(ctx context.Context, actor authz.Actor, id string) (Case, error) {
	var c Case
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActRead, Law: articleOfIssue}, func(tx Tx, e *audit.Entry) (err error) {
		c, err = load(ctx, tx, id)
		if err == nil {
			e.Subject = "case:" + c.ID
		}
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("reading a case: %w", err)
	}
	return c, nil
}

// OpenCases returns the cases that are not over, without papers, by the time they were opened.
func (s *Service) OpenCases(ctx context.Context, actor authz.Actor) ([]Case, error) {
	var cases []Case
	err := s.guard.Do(ctx, actor, audit.Entry{Act: ActList, Law: articleOfIssue}, func(tx Tx, _ *audit.Entry) (err error) {
		cases, err = tx.OpenCases(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing open cases: %w", err)
	}
	return cases, nil
}
