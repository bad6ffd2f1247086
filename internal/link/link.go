package link

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// itself is the link server as an actor.
var itself = authz.Actor{Office: authz.Link}

// The acts of this office.
const (
	ActRecord authz.Act = "link.record" // take a certificate into the serial map
	ActList   authz.Act = "link.list"   // make the holder list of a day
	ActNotice authz.Act = "link.notice" // take a change notice
	ActSend   authz.Act = "link.send"   // hand a list or an order over
)

// policy says who may do them.
var policy = authz.Policy{
	ActRecord: {authz.CA},
	ActList:   {authz.Link, authz.Sandbox},
	ActNotice: {authz.Registry},
	ActSend:   {authz.Link},
}

// article is the ground of all that this office does after an issue.
//
// Req: R-REG-05
const article = "公的個人認証法第12条"

// RevocationOrder asks the office that keeps the revocation information to revoke a certificate.
//
// Req: R-REG-06, R-REG-07
type RevocationOrder struct {
	// ID names the order: the same for the same notice and certificate. 64 hexadecimal digits.
	ID         string
	Issuer     message.IssuerID
	Serial     jpki.Serial
	Fact       message.Fact
	At         time.Time // when the resident record was amended
	RecordedAt time.Time // when this office recorded the order
}

// Notice is a change notice as it is shown: without the attributes.
type Notice struct {
	ID   string
	Fact message.Fact
	At   time.Time
}

// Store is what the link server needs of a database.
type Store interface {
	// Update runs f in one transaction; nothing is kept if f returns an error.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f in a transaction that changes nothing.
	View(ctx context.Context, f func(Tx) error) error
}

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	audit.Tx
	Certificates
	Notices
	Lists
	Orders
}

// Certificates are the serial map.
type Certificates interface {
	AddCertificate(ctx context.Context, r message.HolderRecord) error
	// Certificate returns what was recorded under the ID of a record.
	Certificate(ctx context.Context, id string) (message.HolderRecord, bool, error)
	// IssuedBefore returns the certificates with these attributes that were issued before a time.
	IssuedBefore(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error)
}

// Notices are the change notices that came.
type Notices interface {
	AddNotice(ctx context.Context, n message.ChangeNotice) error
	Notice(ctx context.Context, id string) (message.ChangeNotice, bool, error)
	// NoticesAfter returns the notices of these attributes with a time after a time.
	NoticesAfter(ctx context.Context, a message.Attributes, issued time.Time) ([]message.ChangeNotice, error)
	// Unmet returns the notices for which no certificate with the attributes was issued before.
	Unmet(ctx context.Context) ([]Notice, error)
}

// Lists are the holder lists.
type Lists interface {
	// AddList records a list, whose entries are all certificates on no list yet.
	AddList(ctx context.Context, l message.HolderList) error
	// ListOn returns the list of a date with its entries.
	ListOn(ctx context.Context, date string) (message.HolderList, bool, error)
	// LastThrough returns the Through of the newest list: the Unix epoch if there is none.
	LastThrough(ctx context.Context) (time.Time, error)
	// UnsentLists returns the dates of the lists not marked as sent, the oldest first.
	UnsentLists(ctx context.Context) ([]string, error)
	SetListSent(ctx context.Context, date string) error
}

// Orders are the revocation orders.
type Orders interface {
	// AddOrder records an order to be sent, unless it is there.
	AddOrder(ctx context.Context, o RevocationOrder) error
	UnsentOrders(ctx context.Context) ([]RevocationOrder, error)
	SetOrderSent(ctx context.Context, id string) error
}

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Store Store
	// SendList hands a holder list over to the register, SendOrder an order to the office that revokes. Each may be
	// called again with the same message.
	SendList  func(ctx context.Context, l message.HolderList) error
	SendOrder func(ctx context.Context, o RevocationOrder) error
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
	// Step is called as each numbered step of an act begins, for those who watch or test. Optional.
	Step func(Step)
}

// Step is a numbered step of an act, as the doc comment of its method numbers them.
type Step struct {
	Act    string // the method, such as "TakeNotice"
	Number int    // from 1
}

// String returns the step as in "TakeNotice 2".
func (s Step) String() string { return s.Act + " " + strconv.Itoa(s.Number) }

// Service is the link server. It is safe for concurrent use.
type Service struct {
	Config
	guard audit.Guard[Tx]
}

// New returns the office over its store.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.SendList == nil || c.SendOrder == nil {
		return nil, errors.New("making a link server: store, send list and send order must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Step == nil {
		c.Step = func(Step) {}
	}
	return &Service{c, audit.Guard[Tx]{Policy: policy, Update: c.Store.Update}}, nil
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

var identifier = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// Record takes a certificate into the serial map, and orders its revocation if a notice that meets it came before. The
// same record again changes nothing. Faults: link.record_invalid, link.record_reused.
//
//  1. Check: the form of the record, that it is not there yet. Stopped here: nothing happened.
//  2. Record: the certificate, and orders by the notices that came before. Stopped before the commit: nothing happened.
//     Stopped after it: all is done but the sending, see [Service.Deliver].
//
// Law: 公的個人認証法 §8
// Req: R-SYS-17
func (s *Service) Record(ctx context.Context, actor authz.Actor, r message.HolderRecord) error {
	r.IssuedAt, r.NotAfter = r.IssuedAt.UTC().Truncate(time.Second), r.NotAfter.UTC().Truncate(time.Second)
	entry := audit.Entry{Act: ActRecord, Law: "公的個人認証法第8条"}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step(Step{"Record", 1})
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
		s.Step(Step{"Record", 2})
		if err := tx.AddCertificate(ctx, r); err != nil {
			return err
		}
		notices, err := tx.NoticesAfter(ctx, r.Attributes, r.IssuedAt)
		if err != nil {
			return err
		}
		for _, n := range notices {
			if err := s.order(ctx, tx, n, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording a certificate: %w", err)
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
