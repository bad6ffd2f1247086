package portal

import (
	"context"
	"time"

	"github.com/openjpki/jpki/internal/office"
)

// Store is the agency's database.
type Store = office.Store[Tx]

// Tx is one transaction. Where nothing is found, methods return a nil slice or false.
type Tx interface {
	office.Tx
	// Add records an application, unless one of the same number is there.
	Add(ctx context.Context, a Application) (added bool, err error)
	Application(ctx context.Context, number string) (Application, bool, error)
	// All returns what came, the newest first, at most so many, without documents and signatures.
	All(ctx context.Context, most int) ([]Application, error)
	// Waiting returns the numbers of what is not decided, the oldest first.
	Waiting(ctx context.Context) ([]string, error)
	// Decide records what an examination found, unless the application is decided.
	Decide(ctx context.Context, a Application) (decided bool, err error)
	// Erase erases what came before a time and returns how many.
	Erase(ctx context.Context, before time.Time) (int64, error)
}
