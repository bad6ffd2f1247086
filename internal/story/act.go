package story

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/registry"
)

// helper is who acts where the visitor lets the program do it for him.
var helper = authz.Actor{Office: authz.Sandbox, Operator: "story"}

// do does the next act of the step under way for the visitor, or all that it lacks. Faults: "story.order", and those of the
// offices.
func (s *Story) do(ctx context.Context, v *visitor, index int, all bool) error {
	v.acting.Lock()
	defer v.acting.Unlock()
	for last := -1; ; {
		l, err := s.look(ctx, v)
		if err != nil {
			return err
		}
		if index > l.current() {
			return fault.New(fault.Conflict, "story.order", l.current()+1)
		}
		step := steps()[index]
		next := l.next(step)
		if next == len(step.acts) {
			return nil
		}
		if next == last {
			return fmt.Errorf("doing step %s: %s came to nothing", step.name, step.acts[next].name)
		}
		last = next
		if err := s.act(ctx, v, l, step, step.acts[next]); err != nil {
			return err
		}
		if !all {
			return nil
		}
	}
}

// act does one act, with the card where it belongs.
func (s *Story) act(ctx context.Context, v *visitor, l look, in step, a act) error {
	s.Step(in.name + " " + a.name)
	if a.place != "" {
		if err := s.move(v, a.place); err != nil {
			return err
		}
	}
	if err := a.do(s, ctx, v, l); err != nil {
		return fmt.Errorf("doing %s of step %s: %w", a.name, in.name, err)
	}
	if a.name != "hand_over" && a.place != AtKiosk {
		return s.release(v)
	}
	return s.move(v, InHand)
}

// look reads from the files of the offices how far a visitor is.
func (s *Story) look(ctx context.Context, v *visitor) (l look, err error) {
	l.life, l.now = v.life(), s.Nation.Now()
	if !l.begun() {
		return l, nil
	}
	if l.first, err = s.caseOf(ctx, l.Person); err != nil {
		return l, err
	}
	if l.second, err = s.caseOf(ctx, l.again()); err != nil {
		return l, err
	}
	for _, again := range []bool{false, true} {
		if c := l.at(again); c.State == counter.CardOut {
			if l.proofs, err = s.proofs(ctx, v, c); fault.KeyOf(err) == "app.card_in_use" {
				err = nil // another program has it: nobody knows
			}
		}
	}
	return l, err
}

// caseOf returns the case of a person at the counter where he lives, without a state if there is none.
func (s *Story) caseOf(ctx context.Context, p app.Person) (counter.Case, error) {
	c, err := s.Nation.Offices(p.Municipality).Counter.Case(ctx, helper, caseID(p))
	if fault.KindOf(err) == fault.NotFound {
		return counter.Case{}, nil
	}
	return c, err
}

// proofs reports whether the card has made the keys that a case waits for. It looks at the card where it is.
func (s *Story) proofs(ctx context.Context, v *visitor, c counter.Case) (bool, error) {
	v.mu.Lock()
	chip := v.chip
	v.mu.Unlock()
	if chip == nil {
		var err error
		if chip, err = app.OpenCard(s.Nation.Dir, v.life().Person.ID); err != nil {
			return false, err
		}
		defer chip.Close()
	} else if v.life().Place == AtKiosk {
		return false, nil // a look would end what was begun there
	}
	opened, err := card.Open(ctx, chip)
	if err != nil {
		return false, err
	}
	for _, wanted := range c.Certificates {
		key := card.Authentication
		if wanted.Kind == jpki.Signing {
			key = card.Signature
		}
		if _, err := opened.Proof(ctx, key, card.Nonce(c.Nonce)); err != nil {
			return false, nil
		}
	}
	return true, nil
}

// again is the person as he lives after the move, and applies there for a signing certificate.
func (l life) again() app.Person {
	p := l.Person
	p.Municipality, p.Attributes.Address, p.Reception, p.Kinds = app.Rinri, l.Target, l.Again, []jpki.Kind{jpki.Signing}
	return p
}

// settle makes the visitor's resident known to the register, with a blank card.
//
//  1. Person: the visitor's file names his resident, with the numbers of his visits. Stopped here: an invented person.
//  2. Register: the resident has a record. Stopped here: as before; the same record again changes nothing.
//  3. Manufacturer: a blank card. Stopped here: as before, or a blank card.
//  4. The visitor's file says so.
func (s *Story) settle(ctx context.Context, v *visitor, l look) error {
	if !l.begun() {
		s.Step("settle 1")
		if err := s.invent(v); err != nil {
			return err
		}
		l.life = v.life()
	}
	s.Step("settle 2")
	p := l.Person
	err := s.Nation.Registry.Enter(ctx, helper, registry.Resident{Code: p.Code, Attributes: p.Attributes, Municipality: p.Municipality.Code})
	if err != nil {
		return err
	}
	s.Step("settle 3")
	chip, err := s.Nation.Manufacture(ctx, p)
	if err != nil {
		return err
	}
	if err := chip.Close(); err != nil {
		return err
	}
	s.Step("settle 4")
	return s.keep(v, func(l *life) { l.Settled = true })
}

// invent writes down who the visitor's resident is: like nobody else's, and visibly nobody.
func (s *Story) invent(v *visitor) error {
	person := app.Application{ID: "v-" + v.id, Attributes: app.Invent("v-" + v.id), PINs: app.PINs{Auth: "1234", Sign: "ABC123"}}
	n, err := strconv.ParseUint(v.id, 16, 64)
	if err != nil {
		return fmt.Errorf("reading a visitor's number: %w", err)
	}
	place := fmt.Sprintf("%d丁目%d番地%d", 1+n%9, 1+n/9%9999, 1+n/9/9999%9999)
	person.Attributes.Address = wide("架空県見本市例示町" + place)
	p := s.Nation.Applicant(person)
	p.Reception = v.id + "x1"
	return s.keep(v, func(l *life) { l.Person, l.Again, l.Target = p, v.id+"x2", wide("架空県隣里市新例町"+place) })
}

// wide writes digits as Japanese addresses do.
func wide(text string) string {
	runes := []rune(text)
	for i, r := range runes {
		if '0' <= r && r <= '9' {
			runes[i] = r - '0' + '０'
		}
	}
	return string(runes)
}

// errand is the way of the visitor's resident to certificates, his first or those after the move. The card takes part from
// where it is.
func (s *Story) errand(v *visitor, l look, again bool, step string) (*app.Errand, error) {
	p := l.Person
	if again {
		p = l.again()
	}
	e := &app.Errand{Offices: s.Nation.Offices(p.Municipality), Actor: helper, Person: p}
	if l.at(again).State != "" {
		e.Counter = standing{e.Counter, l.at(again).ID}
	}
	if l.Place == InHand {
		return e, nil
	}
	chip, err := s.reader(v, l.Place, step)
	e.Chip = chip
	return e, err
}

// standing is a counter at which the case stands already, by whatever form the visitor handed in himself.
type standing struct {
	app.Desk
	id string
}

// Open returns the case as it stands.
func (c standing) Open(ctx context.Context, actor authz.Actor, _ string, _ counter.Form) (counter.Case, error) {
	return c.Case(ctx, actor, c.id)
}

// afresh gives the next visit to a counter another number, if the case of the last one ended before its time.
func (s *Story) afresh(v *visitor, l look, again bool) (look, error) {
	if state := l.at(again).State; state == "" || app.Reached(state, counter.Received) {
		return l, nil
	}
	number := v.id + rand.Text()[:8]
	err := s.keep(v, func(l *life) {
		if again {
			l.Again = number
		} else {
			l.Person.Reception = number
		}
	})
	l.life, l.first, l.second = v.life(), counter.Case{}, counter.Case{}
	return l, err
}

func occasion(again bool) counter.Occasion {
	if again {
		return counter.Reissue
	}
	return counter.First
}

// reach walks a case to a state by the acts of the offices.
func reach(again bool, state counter.State) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, v *visitor, l look) error {
		l.life = v.life() // the card may have moved
		l, err := s.afresh(v, l, again)
		if err != nil {
			return err
		}
		e, err := s.errand(v, l, again, l.step())
		if err != nil {
			return err
		}
		if err := e.Reach(ctx, occasion(again), state); err != nil || state != counter.Completed {
			return err
		}
		done := l.Person
		done.Done = true // other programs may plug the card in
		return done.Save(s.Nation.Dir)
	}
}

// generate has the resident make his keys at the kiosk.
func generate(again bool) func(*Story, context.Context, *visitor, look) error {
	return func(s *Story, ctx context.Context, v *visitor, l look) error {
		l.life = v.life()
		e, err := s.errand(v, l, again, l.step())
		if err != nil {
			return err
		}
		if err := e.Reach(ctx, occasion(again), counter.CardOut); err != nil {
			return err
		}
		return e.VisitKiosk(ctx)
	}
}
