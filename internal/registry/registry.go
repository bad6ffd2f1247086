package registry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
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
	"github.com/openjpki/jpki/internal/post"
)

// The acts of this office.
const (
	ActEnter  authz.Act = "registry.enter"   // 記載: make a resident record
	ActAmend  authz.Act = "registry.amend"   // 修正・消除: an event
	ActFind   authz.Act = "registry.find"    // 検索: look for residents
	ActRead   authz.Act = "registry.read"    // 閲覧: read a record with its events
	ActCallUp authz.Act = "registry.call_up" // 呼出し: call a resident up for a counter
	ActExport authz.Act = "registry.export"  // certify his attributes to it
	ActMedium authz.Act = "registry.medium"  // certify them on a medium
	ActMatch  authz.Act = "registry.match"   // 突合: take a holder list
	ActReview authz.Act = "registry.review"  // see what a clerk must decide
	ActDecide authz.Act = "registry.decide"  // decide it
)

// policy says who may do them.
var policy = authz.Policy{
	ActEnter:  {authz.Municipality, authz.Sandbox},
	ActAmend:  {authz.Municipality, authz.Sandbox},
	ActFind:   {authz.Municipality, authz.Sandbox},
	ActRead:   {authz.Municipality, authz.Sandbox},
	ActCallUp: {authz.Municipality, authz.Sandbox},
	ActExport: {authz.Counter, authz.Sandbox},
	ActMedium: {authz.Municipality, authz.Sandbox},
	ActMatch:  {authz.Link},
	ActReview: {authz.Municipality, authz.Sandbox},
	ActDecide: {authz.Municipality, authz.Sandbox},
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
	Attributes   message.Attributes `json:",omitzero"`
	Municipality string             // code of five digits
	AmendedAt    time.Time          // of the last event
	Removed      bool               // 消除
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store Store
	// PseudonymKey makes the pseudonyms of holders, see [message.Holder]: 32 bytes. With another key everybody would be
	// somebody else to the CA.
	PseudonymKey []byte
	// Observe is told of each letter that is applied or refused. Optional.
	Observe func(post.Event)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Rand is the source of the names of notices. Optional; crypto/rand if nil.
	Rand io.Reader
	// Step is called with each numbered step of an act as it begins, such as "Amend 2", for those who watch or test. Optional.
	Step func(string)
}

// Service is the register. It is safe for concurrent use.
type Service struct {
	Config
	guard audit.Guard[Tx]
	inbox *post.Inbox[Tx]
}

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil || len(c.PseudonymKey) != sha256.Size {
		return nil, errors.New("making a register: store and a pseudonym key of 32 bytes must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	s := &Service{Config: c, guard: audit.Guard[Tx]{Policy: policy, Update: c.Store.Update}}
	s.inbox = &post.Inbox[Tx]{
		Office: message.AtRegistry, Guard: s.guard, View: c.Store.View, Now: c.Now, Observe: c.Observe,
		Step: c.Step,
		Handlers: map[post.Kind]post.Handler[Tx]{
			post.Kind(message.HolderListLetter): {
				Act: ActMatch, Law: articleOfNotice, Apply: post.Applying(message.HolderListLetter, s.match)},
		},
	}
	return s, nil
}

// Receive takes the holder lists that the link server writes. It is a [post.Receiver]; a fault of a letter is in its
// receipt: registry.list_invalid, registry.list_reused.
func (s *Service) Receive(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	return s.inbox.Receive(ctx, from, batch)
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

// resident returns a record that is not removed.
func resident(ctx context.Context, tx Tx, code ResidentCode) (Resident, error) {
	r, found, err := tx.Resident(ctx, code)
	return standing(r, found, err)
}

// standing refuses what was read of a record that is not there, or was removed.
func standing(r Resident, found bool, err error) (Resident, error) {
	if err == nil && (!found || r.Removed) {
		err = fault.New(fault.NotFound, "registry.no_resident")
	}
	return r, err
}
