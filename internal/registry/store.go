package registry

import (
	"context"
	"time"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/message"
)

// Store is what the register needs of a database.
type Store interface {
	// Update runs f in one transaction; nothing is kept if f returns an error.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f in a transaction that changes nothing.
	View(ctx context.Context, f func(Tx) error) error
}

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	audit.Tx
	Residents
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
	// SetResident changes the record of r.Number.
	SetResident(ctx context.Context, r Resident) error
	// Shared reports whether the record of another resident than r, not removed, has the attributes of r.
	Shared(ctx context.Context, r Resident) (bool, error)
}

// Events are what happened.
type Events interface {
	// AddEvent returns the record with its number.
	AddEvent(ctx context.Context, r Record) (Record, error)
	Event(ctx context.Context, id string) (Record, bool, error)
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

// Lists are the holder lists that were matched.
type Lists interface {
	// AddList records that a list was matched; digest tells it from another under the same ID.
	AddList(ctx context.Context, l message.HolderList, digest string) error
	// ListDigest returns the digest of the list of an ID.
	ListDigest(ctx context.Context, id string) (string, bool, error)
	// Covered returns the end of the chain of lists that begins with the first: the Unix epoch if there is none.
	Covered(ctx context.Context) (time.Time, error)
}

// Notices are what the CA's side is told.
type Notices interface {
	// AddNotice records a notice to be sent, unless the event has one with the same attributes.
	AddNotice(ctx context.Context, event int64, n message.ChangeNotice) error
	// Unsent returns the notices not marked as sent, by event.
	Unsent(ctx context.Context) ([]message.ChangeNotice, error)
	SetSent(ctx context.Context, id string) error
}
