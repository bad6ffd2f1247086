package counter

import (
	"context"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office"
)

// Store is what the office needs of a database.
type Store = office.Store[Tx]

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	CaseTx
	ProcedureTx
	StopTx
}

// CaseTx is what cases need of a transaction.
type CaseTx interface {
	Case(ctx context.Context, id string) (Case, bool, error)
	AddCase(ctx context.Context, c Case) error
	// SetCase replaces a case with its certificates.
	SetCase(ctx context.Context, c Case) error
	// OpenCases returns the cases that are not over, without their papers and certificates, by the time they were opened.
	OpenCases(ctx context.Context) ([]Case, error)
	// CertificateOn returns the certificate of a kind that this office stored last on a card.
	CertificateOn(ctx context.Context, cardSerial string, kind jpki.Kind) (Certificate, bool, error)
	// Erase removes the papers of the cases and the documents of the notices that were to be kept until an instant, and
	// returns how many those were.
	Erase(ctx context.Context, at time.Time) (int64, error)
}

// Order is an order to revoke that this office gave.
type Order struct {
	message.RevocationOrder
	Of         string // the case or the notice that it follows from
	Kind       jpki.Kind
	CardSerial string          // of the card with the certificate; "" if it was on none
	Outcome    message.Outcome // "" until answered
	Reason     message.Reason
	RevokedAt  time.Time
}

// Notice is what a holder handed in besides applications 届出.
type Notice struct {
	ID         string // of the office and its reception number, as that of a case
	Work       string // a Ground or a PINWork
	Key        string // the key whose PIN it is about; "" for revocations
	Identity   Identity
	CardSerial string
	TakenAt    time.Time
	DoneAt     time.Time // zero until done
	KeepUntil  time.Time
}

// ProcedureTx is what the other procedures need of a transaction.
type ProcedureTx interface {
	Order(ctx context.Context, id string) (Order, bool, error)
	AddOrder(ctx context.Context, o Order) error
	// SetOutcome notes the answer to an order.
	SetOutcome(ctx context.Context, answer message.Revocation) error
	// OrdersOf returns the orders of a case or a notice, by ID.
	OrdersOf(ctx context.Context, of string) ([]Order, error)
	Notice(ctx context.Context, id string) (Notice, bool, error)
	AddNotice(ctx context.Context, n Notice) error
	// SetNoticeDone notes when a notice was done.
	SetNoticeDone(ctx context.Context, id string, at time.Time) error
}

// StopTx is what stopping and starting the service needs of a transaction.
type StopTx interface {
	// Stop returns the stop in force.
	Stop(ctx context.Context) (Stop, bool, error)
	// SetStop keeps a stop in the place of the one before.
	SetStop(ctx context.Context, s Stop) error
	ClearStop(ctx context.Context) error
}
