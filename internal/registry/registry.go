package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// itself is the register as an actor.
var itself = authz.Actor{Office: authz.Registry}

// The acts of this office.
const (
	ActEnter  authz.Act = "registry.enter"  // 記載: make a resident record
	ActAmend  authz.Act = "registry.amend"  // 修正・消除: an event
	ActExport authz.Act = "registry.export" // give the counter a resident's attributes
	ActMatch  authz.Act = "registry.match"  // 突合: take a holder list
	ActReview authz.Act = "registry.review" // see what a clerk must decide
	ActDecide authz.Act = "registry.decide" // decide it
	ActSend   authz.Act = "registry.send"   // hand a notice over
)

// policy says who may do them.
var policy = authz.Policy{
	ActEnter:  {authz.Counter, authz.Sandbox},
	ActAmend:  {authz.Counter, authz.Sandbox},
	ActExport: {authz.Counter, authz.Sandbox},
	ActMatch:  {authz.Link},
	ActReview: {authz.Registry},
	ActDecide: {authz.Registry},
	ActSend:   {authz.Registry},
}

// articleOfNotice is the ground on which the register side tells the CA's.
//
// Req: R-REG-04
const articleOfNotice = "住民基本台帳法第30条の8"

// ResidentCode is a resident code 住民票コード: eleven digits, known to the register only.
//
// Req: R-DAT-08
type ResidentCode string

// Resident is a resident record 住民票.
//
// Req: R-SYS-21
type Resident struct {
	Number       int64 // of the record, by which the audit log names it; set by the store
	Code         ResidentCode
	Attributes   message.Attributes
	Municipality string    // code of five digits
	AmendedAt    time.Time // of the last event
	Removed      bool      // 消除
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store Store
	// Send hands a notice over to the link server. It may be called again with the same notice.
	Send func(ctx context.Context, n message.ChangeNotice) error
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Rand is the source of the names of notices. Optional; crypto/rand if nil.
	Rand io.Reader
	// Step is called as each numbered step of an act begins, for those who watch or test. Optional.
	Step func(Step)
}

// Step is a numbered step of an act, as the doc comment of its method numbers them.
type Step struct {
	Act    string // the method, such as "Amend"
	Number int    // from 1
}

// String returns the step as in "Amend 2".
func (s Step) String() string { return s.Act + " " + strconv.Itoa(s.Number) }

// Service is the register. It is safe for concurrent use.
type Service struct {
	Config
	guard audit.Guard[Tx]
}

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Send == nil {
		return nil, errors.New("making a register: store and send must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Step == nil {
		c.Step = func(Step) {}
	}
	return &Service{c, audit.Guard[Tx]{Policy: policy, Update: c.Store.Update}}, nil
}

var (
	identifier       = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	residentCode     = regexp.MustCompile(`^[0-9]{11}$`)
	municipalityCode = regexp.MustCompile(`^[0-9]{5}$`)
)

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

// Enter makes a resident record. Number, AmendedAt and Removed are set here. The same record again changes nothing.
// Faults: registry.resident_invalid, registry.resident_exists.
//
// Law: 住民基本台帳法 §8
func (s *Service) Enter(ctx context.Context, actor authz.Actor, r Resident) error {
	entry := audit.Entry{Act: ActEnter, Law: "住民基本台帳法第8条"}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		if err := checkResident(r); err != nil {
			return err
		}
		earlier, found, err := tx.Resident(ctx, r.Code)
		if err != nil {
			return err
		}
		if found {
			e.Subject = earlier.subject()
			if earlier.Attributes != r.Attributes || earlier.Municipality != r.Municipality || earlier.Removed {
				return fault.New(fault.Conflict, "registry.resident_exists")
			}
			return nil
		}
		r.AmendedAt, r.Removed = s.now(), false
		added, err := tx.AddResident(ctx, r)
		e.Subject = added.subject()
		return err
	})
	if err != nil {
		return fmt.Errorf("entering a resident: %w", err)
	}
	return nil
}

func (r Resident) subject() string { return "resident:" + strconv.FormatInt(r.Number, 10) }

func checkResident(r Resident) error {
	switch {
	case !residentCode.MatchString(string(r.Code)):
		return fault.New(fault.Invalid, "registry.resident_invalid", "code")
	case !municipalityCode.MatchString(r.Municipality):
		return fault.New(fault.Invalid, "registry.resident_invalid", "municipality")
	}
	if err := r.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "registry.resident_invalid", "attributes")
	}
	return nil
}

// Export is what the register certifies of a resident for an application: without the resident code.
type Export struct {
	Attributes   message.Attributes
	Municipality string    // code of five digits
	At           time.Time // when the record said so
}

// Export certifies a resident's four attributes to the counter. Faults: registry.no_resident.
//
// Law: 公的個人認証法 §3
func (s *Service) Export(ctx context.Context, actor authz.Actor, code ResidentCode) (Export, error) {
	var export Export
	entry := audit.Entry{Act: ActExport, Law: "公的個人認証法第3条"}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		r, err := resident(ctx, tx, code)
		if err != nil {
			return err
		}
		e.Subject = r.subject()
		export = Export{r.Attributes, r.Municipality, s.now()}
		return nil
	})
	if err != nil {
		return Export{}, fmt.Errorf("exporting a resident record: %w", err)
	}
	return export, nil
}

// resident returns a record that is not removed.
func resident(ctx context.Context, tx Tx, code ResidentCode) (Resident, error) {
	r, found, err := tx.Resident(ctx, code)
	if err == nil && (!found || r.Removed) {
		err = fault.New(fault.NotFound, "registry.no_resident")
	}
	return r, err
}
