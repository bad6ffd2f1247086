package story

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/registry"
)

// What a visitor does at the desks himself is his story, too: the wrappers below tell it, and let him see his own alone.

// visitorIn returns the visitor of a context of a request.
func visitorIn(ctx context.Context) *visitor {
	v, _ := ctx.Value(visitorKey{}).(*visitor)
	return v
}

// ownCounter is a counter as a visitor meets it.
type ownCounter struct {
	*counter.Service
	story *Story
}

// Open opens a case. If it is the visitor's own person who applies, it is the case of his story.
func (c ownCounter) Open(ctx context.Context, actor authz.Actor, reception string, f counter.Form) (counter.Case, error) {
	opened, err := c.Service.Open(ctx, actor, reception, f)
	v := visitorIn(ctx)
	if err != nil || v == nil {
		return opened, err
	}
	l := v.life()
	switch f.Attributes {
	case l.Person.Attributes:
		err = c.story.keep(v, func(l *life) { l.Person.Reception = reception })
	case l.again().Attributes:
		err = c.story.keep(v, func(l *life) { l.Again = reception })
	}
	return opened, err
}

// OpenCases returns the visitor's own.
func (c ownCounter) OpenCases(ctx context.Context, actor authz.Actor) ([]counter.Case, error) {
	all, err := c.Service.OpenCases(ctx, actor)
	v := visitorIn(ctx)
	return slices.DeleteFunc(all, func(one counter.Case) bool { return v == nil || !v.life().owns(one.ID) }), err
}

// owns reports whether a case is one of the visitor's.
func (l life) owns(id string) bool {
	return l.begun() && (id == caseID(l.Person) || id == caseID(l.again()))
}

// foreign reports whether a path is that of a case of somebody else.
func (l life) foreign(path string) bool {
	rest, ok := strings.CutPrefix(path, "/counter/cases/")
	id, _, _ := strings.Cut(rest, "/")
	return ok && !l.owns(id)
}

// ownRegister is the register as a visitor meets it.
type ownRegister struct {
	*registry.Service
	story *Story
}

// Amend notes an event. If it moves the visitor's own person to the other city, it is the move of his story.
func (o ownRegister) Amend(ctx context.Context, actor authz.Actor, e registry.Event) error {
	if err := o.Service.Amend(ctx, actor, e); err != nil {
		return err
	}
	v := visitorIn(ctx)
	if v == nil || v.life().Person.Code != e.Code || e.Municipality != app.Rinri.Code {
		return o.story.Nation.Settle(ctx)
	}
	err := o.story.keep(v, func(l *life) { l.Moved, l.Noted, l.Target = e.At, true, e.After.Address })
	return errors.Join(err, o.story.Nation.Settle(ctx))
}

// ownPortal is the agency as a visitor meets it.
type ownPortal struct {
	*portal.Service
	story *Story
}

// filing is the name of the application that the visitor would send at the step under way.
func (l look) filing() string {
	switch {
	case l.reachedStep() <= stepNamed("verification"):
		return firstFiling
	case l.reachedStep() <= stepNamed("refusal"):
		return lateFiling
	}
	return lastFiling
}

// Submit receives an application. It is that of the step under way, if there is one to be signed.
func (o ownPortal) Submit(ctx context.Context, actor authz.Actor, document, signature []byte) (string, error) {
	number, err := o.Service.Submit(ctx, actor, document, signature)
	v := visitorIn(ctx)
	if err != nil || v == nil {
		return number, err
	}
	l, err := o.story.look(ctx, v)
	if name := l.filing(); err == nil && (filings[l.step()] == name || l.step() == firstFiling) {
		err = o.story.file(v, name, func(f *filing) { *f = filing{Document: document, Signature: signature, Number: number} })
	}
	return number, err
}

// Read shows the visitor's own applications to him as the agency's clerk.
func (o ownPortal) Read(ctx context.Context, actor authz.Actor, number string) (portal.Application, portal.Form, error) {
	if v := visitorIn(ctx); v == nil || !v.life().sent(number) {
		return portal.Application{}, portal.Form{}, fault.New(fault.NotFound, "portal.no_application")
	}
	return o.Service.Read(ctx, actor, number)
}

// List returns the visitor's own.
func (o ownPortal) List(ctx context.Context, actor authz.Actor) ([]portal.Application, error) {
	all, err := o.Service.List(ctx, actor)
	v := visitorIn(ctx)
	return slices.DeleteFunc(all, func(a portal.Application) bool { return v == nil || !v.life().sent(a.Number) }), err
}

// sent reports whether an application is one of the visitor's.
func (l life) sent(number string) bool {
	for _, f := range l.Filings {
		if f.Number == number {
			return true
		}
	}
	return false
}
