package sim

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/registry"
)

// operator is who acts in a sandbox: its municipalities, counters and call centre.
var (
	operator   = authz.Actor{Office: authz.Sandbox}
	callCentre = authz.Actor{Office: authz.Helpdesk, Operator: "sandbox"}
)

// Found plays the scenes that are not played yet, and then lets the clock run. tell is told how far it is.
//
//  1. Scenes: each first moves the clock to its time, and is noted when it is played. Stopped here: the clock stands where the
//     scene is, and the scene is played again; each act of it that is done already is not done twice.
//  2. Clock: the nation lives until the present, and its clock runs. Stopped here: as before, with all scenes played.
//
// Stopped after it: the nation is founded.
func (n *Nation) Found(ctx context.Context, s *app.Sandbox, tell func(done, all int)) error {
	if n.End.IsZero() {
		return nil
	}
	for n.Scenes < scenes {
		tell(int(n.Scenes), int(scenes))
		n.step("Found 1")
		if err := n.play(ctx, s, n.Scenes); err != nil {
			return fmt.Errorf("playing scene %d of the nation's past: %w", n.Scenes, err)
		}
		n.Scenes++
		if err := n.save(n.kept); err != nil {
			return err
		}
	}
	tell(int(scenes), int(scenes))
	if !s.Clock.Stands() {
		return nil
	}
	n.step("Found 2")
	if !n.Live {
		return s.Clock.Start(n.End)
	}
	now := time.Now()
	return errors.Join(s.Advance(ctx, now.Truncate(time.Second)), s.Clock.Start(now))
}

func (n *Nation) play(ctx context.Context, s *app.Sandbox, now scene) error {
	if at := now.begin(n.End); at.After(s.Now()) {
		if err := s.Advance(ctx, at); err != nil {
			return err
		}
	}
	switch now {
	case renewal:
		return s.NewGeneration(ctx, 2)
	case changes:
		return n.change(ctx, s)
	case losses:
		return n.lose(ctx, s)
	}
	return n.giveCards(ctx, s, now)
}

// giveCards has the persons of a scene get their cards. Offices serve them in turn, so that the order is always the same. From
// the counter each goes to the kiosks, where several make keys at once while the next stand at the counter and the ordinary
// residents are entered in the register; making keys takes longest.
func (n *Nation) giveCards(ctx context.Context, s *app.Sandbox, now scene) (err error) {
	kiosks := make(chan struct{}, runtime.GOMAXPROCS(0))
	var visits []visit
	defer func() {
		for _, v := range visits {
			<-v.done
			err = errors.Join(err, v.chip.Close())
		}
	}()
	table := people()
	for i, p := range holders(n.Seed, n.End) {
		if table[i].scene != now {
			continue
		}
		e, chip, err := n.admit(ctx, s, p)
		if err != nil {
			return err
		}
		visits = append(visits, visitKiosk(ctx, e, chip, kiosks))
	}
	if now == cards {
		if err := n.enterResidents(ctx, s); err != nil {
			return err
		}
	}
	for _, v := range visits {
		if <-v.done; *v.failed != nil {
			return *v.failed
		}
		if err := v.Reach(ctx, counter.First, counter.Waiting); err != nil {
			return err
		}
	}
	for _, v := range visits {
		if err := v.Run(ctx, counter.First); err != nil {
			return err
		}
		v.Person.Done = true
		if err := v.Person.Save(n.dir); err != nil {
			return err
		}
	}
	return s.Settle(ctx)
}

// visit is a person at the kiosks, until done is closed.
type visit struct {
	*app.Errand
	chip   *softcard.Card
	done   chan struct{}
	failed *error
}

// visitKiosk makes the keys of a person, as soon as a kiosk is free.
func visitKiosk(ctx context.Context, e *app.Errand, chip *softcard.Card, kiosks chan struct{}) visit {
	v := visit{e, chip, make(chan struct{}), new(error)}
	go func() {
		defer close(v.done)
		kiosks <- struct{}{}
		*v.failed = e.VisitKiosk(ctx)
		<-kiosks
	}()
	return v
}

// admit takes a person from the register to the counter, until he has his card for the kiosk.
func (n *Nation) admit(ctx context.Context, s *app.Sandbox, p app.Person) (*app.Errand, *softcard.Card, error) {
	if err := p.Save(n.dir); err != nil {
		return nil, nil, err
	}
	r := registry.Resident{Code: p.Code, Attributes: p.Attributes, Municipality: p.Municipality.Code}
	if err := s.Registry.Enter(ctx, operator, r); err != nil {
		return nil, nil, err
	}
	chip, err := s.Manufacture(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	e := &app.Errand{Offices: s.Offices(p.Municipality), Actor: operator, Person: p, Chip: chip}
	if err := e.Reach(ctx, counter.First, counter.CardOut); err != nil {
		return nil, nil, errors.Join(err, chip.Close())
	}
	return e, chip, nil
}

func (n *Nation) enterResidents(ctx context.Context, s *app.Sandbox) error {
	for _, r := range residents(n.Seed, n.Residents) {
		if err := s.Registry.Enter(ctx, operator, r); err != nil {
			return err
		}
	}
	return nil
}

// change lets the register note what happens to story persons.
func (n *Nation) change(ctx context.Context, s *app.Sandbox) error {
	table := people()
	for i, p := range holders(n.Seed, n.End) {
		if table[i].event == "" {
			continue
		}
		e := registry.Event{ID: "story-" + p.ID, Kind: table[i].event, Code: p.Code, At: s.Now()}
		if change := table[i].change; change != nil {
			change(&p.Attributes, &p.Municipality)
			e.After, e.Municipality = p.Attributes, p.Municipality.Code
		}
		if err := s.Registry.Amend(ctx, operator, e); err != nil {
			return err
		}
		p.Done = true
		if err := p.Save(n.dir); err != nil {
			return err
		}
	}
	return s.Settle(ctx)
}

// lose is the day on which a card is lost and a PIN is forgotten.
func (n *Nation) lose(ctx context.Context, s *app.Sandbox) error {
	table := people()
	for i, p := range holders(n.Seed, n.End) {
		if table[i].lost {
			if _, err := s.Link.Hold(ctx, callCentre, link.HoldRequest{ID: "story-" + p.ID, Attributes: p.Attributes}); err != nil {
				return err
			}
		}
		if table[i].locked {
			if err := lock(ctx, n.dir, p.ID); err != nil {
				return err
			}
		}
	}
	return s.Settle(ctx)
}

// lock gives the PIN of the signature key wrong until the card asks for it no more.
func lock(ctx context.Context, dir, id string) error {
	chip, err := app.OpenCard(dir, id)
	if err != nil {
		return err
	}
	defer chip.Close()
	c, err := card.Open(ctx, chip)
	if err != nil {
		return err
	}
	for range 16 { // more tries than any PIN has
		left, err := c.Retries(ctx, card.Signature)
		if err != nil || left == 0 {
			return err
		}
		try := c.Verify
		if left == 1 {
			try = c.VerifyLastTry
		}
		if err := try(ctx, card.Signature, "WRONG1"); fault.KindOf(err) == fault.Unavailable {
			return err
		}
	}
	return fmt.Errorf("locking the PIN of %s: the card goes on asking", id)
}
