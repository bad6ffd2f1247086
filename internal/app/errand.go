package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// Offices are what a resident meets: in this process or beyond a line, he does not know.
type Offices struct {
	Municipality interface {
		CallUp(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, application string) error
		Enter(ctx context.Context, actor authz.Actor, r registry.Resident) error
		Amend(ctx context.Context, actor authz.Actor, e registry.Event) error
	}
	Counter Desk
	// Bring takes what the register certifies of a resident to the counter on a medium. Nil where a network joins them.
	Bring func(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, application string) error
	// MakeKey makes a key pair at the kiosk, with the card in its reader.
	MakeKey func(ctx context.Context, chip card.Transmitter, key card.Key, pin string) error
	// Settle returns when letters between the offices have arrived.
	Settle func(ctx context.Context) error
}

// Desk is the counter of a municipality, as the clerk works with it. The card lies in the reader of his terminal.
type Desk interface {
	Open(ctx context.Context, actor authz.Actor, reception string, f counter.Form) (counter.Case, error)
	Certify(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	Identify(ctx context.Context, actor authz.Actor, id string, i counter.Identity) (counter.Case, error)
	PrepareCard(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	ReadKeys(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	Request(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	CheckImage(ctx context.Context, actor authz.Actor, id string, j counter.Judgement) (counter.Case, error)
	StoreCertificates(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	TakeFee(ctx context.Context, actor authz.Actor, id string, by counter.PaidBy) (counter.Case, error)
	HandOver(ctx context.Context, actor authz.Actor, id string) ([]counter.Image, error)
	Revoke(ctx context.Context, actor authz.Actor, n counter.RevocationNotice, t card.Transmitter) ([]counter.Order, error)
	Case(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
}

// Errand is one resident's way to certificates: he speaks, the clerk presses the buttons, the card goes from hand to hand.
type Errand struct {
	Offices
	Actor  authz.Actor // the clerk, at the counter's terminal and at the register's
	Person Person
	Chip   card.Transmitter
	// Before is the case that a correction or another choice of substitute characters follows, see [counter.Form].
	Before string
	// Judge is what the clerk says to the images of the certificates. Optional; everything is right if nil.
	Judge func(counter.Case) counter.Judgement
	// Observe is told of the case after each act. Optional.
	Observe func(counter.Case)

	last counter.Case // as it stood after the last act
}

// Run walks from the state in which the case stands to its end. It may be called again after it was stopped anywhere: each
// act of an office is done once, whoever asks again.
func (e *Errand) Run(ctx context.Context, occasion counter.Occasion) error {
	return e.Reach(ctx, occasion, counter.Completed)
}

// way is the way of a case that meets no obstacle.
var way = []counter.State{
	counter.Received, counter.Existing, counter.Identified, counter.KeyWriting, counter.CardOut, counter.KeysRead, counter.Waiting,
	counter.Arrived, counter.Approved, counter.Storing, counter.Stored, counter.Paid, counter.Completed,
}

// Reached reports whether a case in a state has come as far as another one on the way to the end.
func Reached(at, state counter.State) bool {
	return slices.Contains(way, at) && slices.Index(way, at) >= slices.Index(way, state)
}

// Reach is [Errand.Run] as far as a state on the way to the end. A case that is beyond it stays as it is.
func (e *Errand) Reach(ctx context.Context, occasion counter.Occasion, state counter.State) error {
	c, err := e.Counter.Open(ctx, e.Actor, e.Person.Reception, e.form(occasion))
	for err == nil {
		if e.Observe != nil {
			e.Observe(c)
		}
		e.last = c
		if Reached(c.State, state) {
			return nil
		}
		c, err = e.next(ctx, c)
	}
	return err
}

// VisitKiosk makes the keys of a case that waits for them, as [Errand.Reach] left it. Nobody but the kiosk and the card take
// part, so residents may do it side by side at kiosks of their own.
func (e *Errand) VisitKiosk(ctx context.Context) error {
	if e.last.State != counter.CardOut {
		return nil
	}
	return e.makeKeys(ctx, e.last)
}

func (e *Errand) form(occasion counter.Occasion) counter.Form {
	p := e.Person
	return counter.Form{
		Attributes: p.Attributes, Substitutes: p.Substitutes, Occasion: occasion, CardEnd: p.CardEnd, Kinds: p.Kinds,
		Before: e.Before,
	}
}

// next does what the state of a case asks for.
func (e *Errand) next(ctx context.Context, c counter.Case) (counter.Case, error) {
	switch c.State {
	case counter.Received:
		return e.certify(ctx, c)
	case counter.Existing:
		return e.Counter.Identify(ctx, e.Actor, c.ID, counter.Identity{Document: counter.DrivingLicence, Agrees: true, Looks: true})
	case counter.Identified, counter.KeyWriting:
		return e.Counter.PrepareCard(ctx, e.Actor, c.ID, e.Chip)
	case counter.CardOut:
		if err := e.makeKeys(ctx, c); err != nil {
			return c, err
		}
		return e.Counter.ReadKeys(ctx, e.Actor, c.ID, e.Chip)
	case counter.KeysRead:
		return e.Counter.Request(ctx, e.Actor, c.ID)
	case counter.Waiting:
		return e.await(ctx, c)
	case counter.Arrived:
		judge := approval
		if e.Judge != nil {
			judge = e.Judge
		}
		return e.Counter.CheckImage(ctx, e.Actor, c.ID, judge(c))
	case counter.Approved, counter.Storing:
		return e.Counter.StoreCertificates(ctx, e.Actor, c.ID, e.Chip)
	case counter.Stored:
		by := counter.ByNobody
		if c.Fee.Yen > 0 {
			by = counter.ByCash
		}
		return e.Counter.TakeFee(ctx, e.Actor, c.ID, by)
	case counter.Paid:
		if _, err := e.Counter.HandOver(ctx, e.Actor, c.ID); err != nil {
			return c, err
		}
		return e.Counter.Case(ctx, e.Actor, c.ID)
	}
	return c, fault.New(fault.Conflict, "app.case_ended", c.ID, string(c.State))
}

// certify has the clerk call the resident up at the register's terminal, and then compare at the counter's. Where no
// network joins the two, he takes a medium from the one to the other.
//
// Req: R-SYS-11, R-SYS-12
func (e *Errand) certify(ctx context.Context, c counter.Case) (counter.Case, error) {
	desk := message.AtCounter(e.Person.Municipality.Code)
	if e.Bring != nil {
		if err := e.Bring(ctx, e.Actor, e.Person.Code, desk, c.ID); err != nil {
			return c, err
		}
		return e.Counter.Case(ctx, e.Actor, c.ID)
	}
	if err := e.Municipality.CallUp(ctx, e.Actor, e.Person.Code, desk, c.ID); err != nil {
		return c, err
	}
	return e.Counter.Certify(ctx, e.Actor, c.ID)
}

// await waits for the CA's answer.
func (e *Errand) await(ctx context.Context, c counter.Case) (counter.Case, error) {
	if err := e.Settle(ctx); err != nil {
		return c, err
	}
	answered, err := e.Counter.Case(ctx, e.Actor, c.ID)
	if err == nil && answered.State == counter.Waiting {
		err = fault.New(fault.Unavailable, "app.no_answer", c.ID)
	}
	return answered, err
}

// approval is the judgement of a clerk who finds everything right.
func approval(c counter.Case) counter.Judgement {
	j := counter.Judgement{}
	for _, field := range c.Questions() {
		j[field] = true
	}
	return j
}

// makeKeys takes the card to the kiosk, for the pairs that have no proof of possession yet; one that was left by an earlier
// visit is none.
func (e *Errand) makeKeys(ctx context.Context, c counter.Case) error {
	opened, err := card.Open(ctx, e.Chip)
	if err != nil {
		return err
	}
	for _, wanted := range c.Certificates {
		key, pin := card.Authentication, e.Person.PINs.Auth
		if wanted.Kind == jpki.Signing {
			key, pin = card.Signature, e.Person.PINs.Sign
		}
		if _, err := opened.Proof(ctx, key, card.Nonce(c.Nonce)); err == nil {
			continue
		}
		if err := e.MakeKey(ctx, e.Chip, key, pin); err != nil {
			return fmt.Errorf("at the kiosk: %w", err)
		}
	}
	return nil
}

// makeKeyAt makes a key pair at a kiosk of this process.
func makeKeyAt(k *kiosk.Kiosk) func(context.Context, card.Transmitter, card.Key, string) error {
	return func(ctx context.Context, chip card.Transmitter, key card.Key, pin string) error {
		session, err := k.Begin(ctx, chip)
		if err != nil {
			return err
		}
		defer session.Return(context.WithoutCancel(ctx)) // the card is the resident's again whatever happened
		entry, err := session.Choose(ctx, kiosk.KeyPair, key)
		if err != nil {
			return err
		}
		givePIN := session.VerifyPIN
		if entry == kiosk.NewPIN {
			givePIN = session.SetPIN
		}
		if err := givePIN(ctx, pin); err != nil {
			return err
		}
		return session.Generate(ctx)
	}
}

// openKiosk sets up the kiosk of the municipality in this process.
func openKiosk(secrets municipality, now func() time.Time, step func(string)) (*kiosk.Kiosk, error) {
	return kiosk.New(kiosk.Config{Master: secrets.masters(), Now: now, Step: step})
}
