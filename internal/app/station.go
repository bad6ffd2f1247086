package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/schedule"
)

// station is one office at work in this process: what comes to it, what leaves it, and what falls due there.
type station struct {
	office   post.Address
	db       *db.DB
	receive  post.Receiver
	calendar schedule.Runner // nil if nothing falls due here
	outbox   postdb.Outbox
	courier  *post.Courier
	// questions mounts what other offices may ask it over a line; nil if nothing.
	questions func(*http.ServeMux)
}

// setting is what an office is given to work with.
type setting struct {
	place
	step    func(string)     // told each numbered step of each act
	observe func(post.Event) // told of each letter
}

// newStation returns the station of an office over its store; letters go nowhere yet, see [station.connect].
func newStation[T any](s setting, d *db.DB, store *officedb.Store[T]) *station {
	return &station{office: s.office, db: d, outbox: store.Outbox(), courier: &post.Courier{
		Office: s.office, Outbox: store.Outbox(), Carriers: map[post.Address]post.Carrier{}, Now: s.now,
		Observe: s.observe, Step: s.step,
	}}
}

// connect says how letters to an office travel.
func (s *station) connect(to post.Address, carry post.Carrier) { s.courier.Carriers[to] = carry }

// waiting reports whether a letter waits that is due.
func (s *station) waiting(ctx context.Context, now time.Time) (bool, error) {
	receivers, err := s.outbox.Receivers(ctx, now)
	return len(receivers) > 0, err
}

// settle delivers between offices of one process until nothing moves.
func settle(ctx context.Context, now func() time.Time, stations []*station) error {
	const rounds = 100 // a letter causes a letter causes a letter: far fewer than that
	for range rounds {
		moved := false
		for _, s := range stations {
			waits, err := s.waiting(ctx, now())
			if err != nil {
				return fmt.Errorf("settling the letters of %s: %w", s.office, err)
			}
			if !waits {
				continue
			}
			moved = true
			if err := s.courier.Deliver(ctx); err != nil {
				return fmt.Errorf("settling the letters of %s: %w", s.office, err)
			}
		}
		if !moved {
			return nil
		}
	}
	return errors.New("settling letters: the offices write to each other without end")
}

// heartbeat is how often an office looks at its calendar and its outbox when nothing wakes it.
const heartbeat = time.Second

// pause waits a moment before something is tried again.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(heartbeat):
	}
}
