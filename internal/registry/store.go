package registry

import (
	"context"
	"time"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
	"github.com/openjpki/jpki/internal/post"
)

// Store is the register's database.
type Store = office.Store[Tx]

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	Residents
	CallUps
	Events
	Holders
	Lists
	Notices
}

// Residents are the resident records.
type Residents interface {
	// AddResident returns the record with its number.
	AddResident(ctx context.Context, r Resident) (Resident, error)
	Resident(ctx context.Context, code ResidentCode) (Resident, bool, error)
	// ResidentNumbered returns the record of a number.
	ResidentNumbered(ctx context.Context, number int64) (Resident, bool, error)
	// Named returns the first records, by number, with a name that begins so.
	Named(ctx context.Context, name string, limit int) ([]Resident, error)
	// SetResident changes the record of r.Number.
	SetResident(ctx context.Context, r Resident) error
	// Shared reports whether the record of another resident than r, not removed, has the attributes of r.
	Shared(ctx context.Context, r Resident) (bool, error)
}

// CallUps are the residents that were called up for counters.
type CallUps interface {
	// CallUp returns the call-up for a counter under the number of an application.
	CallUp(ctx context.Context, counter post.Address, application string) (CallUp, bool, error)
	// SetCallUp records a call-up, in the place of the one for its counter and application if there is one.
	SetCallUp(ctx context.Context, c CallUp) error
}

// Events are what happened.
type Events interface {
	// AddEvent returns the record with its number.
	AddEvent(ctx context.Context, r Record) (Record, error)
	Event(ctx context.Context, id string) (Record, bool, error)
	// EventsOf returns the events of a resident, by number.
	EventsOf(ctx context.Context, code ResidentCode) ([]Record, error)
	// NextEvent returns the first event after h.Position and after h.IssuedAt whose Before is h.Present.
	NextEvent(ctx context.Context, h Holder) (Record, bool, error)
	SetOutcome(ctx context.Context, number int64, o Outcome) error
	// Close makes the outcome of all events that wait, up to and including a time, NoHolder.
	Close(ctx context.Context, covered time.Time) error
}

// Holders are the list of holders 証明書発行者DB.
type Holders interface {
	// AddHolder returns the holder with its number.
	AddHolder(ctx context.Context, h Holder) (Holder, error)
	// SetHolder changes Present, Position, Question and Ended of h.Number.
	SetHolder(ctx context.Context, h Holder) error
	// Holding returns the holders with these present attributes who are not ended and wait for no clerk.
	Holding(ctx context.Context, present message.Attributes) ([]Holder, error)
	// Candidates returns the holders whose Question is the number of an event.
	Candidates(ctx context.Context, event int64) ([]Holder, error)
	// Asked returns the events that are somebody's Question, by number.
	Asked(ctx context.Context) ([]Record, error)
}

// List is a holder list as far as its parts have come.
type List struct {
	Date           string
	Since, Through time.Time
	Parts, Total   int // how many parts and entries it has
	Arrived        int // parts that have come
	Entries        int // entries that have come
}

// Lists are the holder lists that were matched.
type Lists interface {
	// AddPart records that a part of a list was matched; digest tells it from another under the same name. The list is there.
	AddPart(ctx context.Context, date string, part int, digest string) error
	// PartDigest returns the digest of a part.
	PartDigest(ctx context.Context, date string, part int) (string, bool, error)
	List(ctx context.Context, date string) (List, bool, error)
	// SetList records a list, in the place of the one of its date if there is one.
	SetList(ctx context.Context, l List) error
	// Covered returns the end of the chain of whole lists that begins with the first: the Unix epoch if there is none.
	Covered(ctx context.Context) (time.Time, error)
}

// Notices are what the CA's side is told.
type Notices interface {
	// AddNotice records a notice, unless the event has one with the same attributes.
	AddNotice(ctx context.Context, event int64, n message.ChangeNotice) (added bool, err error)
}
