package kiosk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
)

// Config describes a kiosk.
type Config struct {
	// Master are the master keys of the municipality, each version once. A version that was revoked is not in it.
	Master []card.MasterKey
	// Now is the clock of the events. Default: time.Now.
	Now func() time.Time
	// Observe gets an event for every act, done or refused. Default: none.
	Observe func(Event)
	// Step is called with each numbered step of an act as it begins, such as "Generate 2". Optional.
	Step func(string)
}

// Event is what the kiosk tells of an act. It names the card and no person.
type Event struct {
	Time       time.Time
	Act        Act
	Outcome    string // "done", or the key of the fault
	CardSerial string // empty if the card could not be read
}

// Kiosk is a key-pair generator with its master keys. It formats as "[kiosk]".
type Kiosk struct {
	config Config
}

// New returns a kiosk.
func New(c Config) (*Kiosk, error) {
	if len(c.Master) == 0 {
		return nil, errors.New("making kiosk: no master key")
	}
	seen := map[uint32]bool{}
	for _, m := range c.Master {
		if seen[m.Version] {
			return nil, fmt.Errorf("making kiosk: version %d of the master key twice", m.Version)
		}
		seen[m.Version] = true
	}
	c.Master = slices.Clone(c.Master)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(Event) {}
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	return &Kiosk{config: c}, nil
}

// Format writes "[kiosk]".
func (Kiosk) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[kiosk]") }

// Begin takes the card in the reader: the card proves by its permit that it was prepared at the counter, the kiosk
// proves to the card that it has the master key. The faults are
//
//	kiosk.card_unusable  the card has no JPKI application, or has erased itself
//	kiosk.not_prepared   the card did not get its two keys at the counter, or they are used up
//	kiosk.key_version    the kiosk has not (or no more) the version of the master key they come from
//	kiosk.refused        the card does not take this kiosk for genuine: another municipality's
//	kiosk.card_gone      no answer from the card
//
// Req: R-KSK-01, R-ISS-14, R-CRD-03
func (k *Kiosk) Begin(ctx context.Context, reader card.Transmitter) (*Session, error) {
	s := &Session{kiosk: k, screen: SetCard}
	err := s.act(ActBegin, func() error { return s.authenticate(ctx, reader) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Session) authenticate(ctx context.Context, reader card.Transmitter) error {
	var err error
	if s.card, err = card.Open(ctx, reader); err != nil {
		return err
	}
	info, err := s.card.TokenInfo(ctx)
	if err != nil {
		return err
	}
	s.serial = info.Serial
	permit, err := s.card.Permit(ctx)
	if err != nil {
		return err
	}
	masters := s.kiosk.config.Master
	i := slices.IndexFunc(masters, func(m card.MasterKey) bool { return m.Version == permit.Version })
	if i < 0 {
		return card.ErrKeyVersion
	}
	s.loader, err = s.card.AuthenticateKiosk(ctx, masters[i])
	return err
}

// tell gives the observer the outcome of an act.
func (k *Kiosk) tell(act Act, serial string, err error) {
	outcome := "done"
	if err != nil {
		outcome = fault.KeyOf(err)
	}
	k.config.Observe(Event{Time: k.config.Now(), Act: act, Outcome: outcome, CardSerial: serial})
}
