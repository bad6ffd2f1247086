package link

import (
	"context"
	"time"

	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
)

// Store is the link server's database.
type Store = office.Store[Tx]

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	Certificates
	Notices
	Lists
	Orders
	Holds
}

// Certificates are the serial map.
type Certificates interface {
	AddCertificate(ctx context.Context, r message.HolderRecord) error
	// Certificate returns what was recorded under the ID of a record.
	Certificate(ctx context.Context, id string) (message.HolderRecord, bool, error)
	// IssuedBefore returns the certificates with these attributes that were issued before a time.
	IssuedBefore(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error)
	// ValidAt returns the certificates with these attributes whose last second is not before a time.
	ValidAt(ctx context.Context, a message.Attributes, at time.Time) ([]message.HolderRecord, error)
}

// Notice is a change notice as it is shown: without the attributes.
type Notice struct {
	ID   string
	Fact message.Fact
	At   time.Time
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
	// AddList records the list of a day and returns its entries: all certificates on no list yet, by time of issue.
	AddList(ctx context.Context, date string, through time.Time) ([]message.HolderEntry, error)
	// LastThrough returns the Through of the newest list: the Unix epoch if there is none.
	LastThrough(ctx context.Context) (time.Time, error)
}

// Orders are the revocation orders, each with what came of it.
type Orders interface {
	// AddOrder records an order, unless it is there.
	AddOrder(ctx context.Context, o message.RevocationOrder) (added bool, err error)
	// Order returns an order and what came of it: "" until the answer is there.
	Order(ctx context.Context, id string) (message.RevocationOrder, message.Outcome, bool, error)
	SetOutcome(ctx context.Context, id string, o message.Outcome) error
}

// Holds are the calls about lost cards.
type Holds interface {
	// AddHold records a call with the number of certificates that it met.
	AddHold(ctx context.Context, h HoldRequest, met int) error
	Hold(ctx context.Context, id string) (h HoldRequest, met int, found bool, err error)
}
