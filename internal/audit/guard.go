package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Tx is the part of an office's transaction that Guard needs. The office's own
// Tx interface has the same method, and its …db package implements it with
// package auditdb.
type Tx interface {
	// Audit appends an entry to the log of the office, with the time of the
	// transaction.
	Audit(ctx context.Context, e Entry) error
}

// Guard is the one way to an office's acts: permission, act and audit entry
// together. T is the transaction of the office. Both fields must be set.
type Guard[T Tx] struct {
	// Policy says which offices may do which act.
	Policy authz.Policy
	// Update runs f in one transaction of the office's store; nothing is kept if
	// f returns an error.
	Update func(ctx context.Context, f func(T) error) error
}

// recordTime is how long the entry of an act that was not done may take to
// write. It is written even if the act's own context has ended.
const recordTime = 10 * time.Second

// Do does an act if the actor may. e says which: its Act and Law, and its
// Subject and Detail as far as they are known. Do sets Actor, Outcome and, with
// the store, Time.
//
//  1. Not permitted: the entry "denied" is written in a transaction of its own.
//     f is not called. Do returns the fault of kind Denied.
//  2. Permitted: f runs in a transaction. It may still change the entry's
//     Subject and Detail, and its Law if it had none. Then the entry "allowed" is written in the same
//     transaction. If we stop before its commit, neither exists. An f that has
//     done nothing but answer why the act is not done says so in the entry
//     ([Entry.Undone]) and returns nil: answer and entry are kept together.
//  3. f or the commit fails: nothing of the transaction is kept. The entry
//     "failed" is written in another one ("denied" if the error is a fault of
//     kind Denied), with the key of the fault as its detail "fault". Do returns
//     the error. If we stop between the two, the attempt changed nothing and
//     left no trace. One fault is different: "db.uncertain" says that the
//     connection broke during the commit, so that the act may have been kept
//     and stand in the log before its entry "failed".
//
// If an entry cannot be written, the act is not done, and Do returns a fault that
// says why: "audit.unrecorded" unless the store knows better. Reading what the
// law wants recorded is an act too.
func (g Guard[T]) Do(ctx context.Context, actor authz.Actor, e Entry, f func(tx T, e *Entry) error) error {
	e.Actor = actor
	if err := g.Policy.Check(actor, e.Act); err != nil {
		e.Outcome = Denied
		return g.undone(ctx, e, err)
	}
	err := g.Update(ctx, func(tx T) error { return do(ctx, tx, &e, f) })
	if err != nil {
		e.Undone(err)
		return g.undone(ctx, e, err)
	}
	return nil
}

// Deed is one of several acts that are done together. Its fields are the arguments of [Guard.Do].
type Deed[T Tx] struct {
	Actor authz.Actor
	Entry Entry
	Do    func(tx T, e *Entry) error
}

// DoAll does acts in one transaction, each followed by its entry "allowed": for what comes in numbers, where a transaction
// for each would take most of the time. If one is not permitted or fails, or the commit fails, none is done and none is
// recorded. DoAll then returns how many at the front did well, 0 if the commit failed; the caller does what it can of them
// anew, and by [Guard.Do], which records why, the one that did not.
func (g Guard[T]) DoAll(ctx context.Context, deeds []Deed[T]) (well int, err error) {
	for i, d := range deeds {
		if err := g.Policy.Check(d.Actor, d.Entry.Act); err != nil {
			return i, err
		}
	}
	err = g.Update(ctx, func(tx T) error {
		for i, d := range deeds {
			d.Entry.Actor = d.Actor
			if err := do(ctx, tx, &d.Entry, d.Do); err != nil {
				well = i
				return err
			}
		}
		return nil
	})
	if err != nil {
		return well, err
	}
	return len(deeds), nil
}

// do runs an act and writes its entry in the same transaction.
func do[T Tx](ctx context.Context, tx T, e *Entry, f func(tx T, e *Entry) error) error {
	done := *e
	done.Detail = map[string]string{}
	maps.Copy(done.Detail, e.Detail)
	err := f(tx, &done)
	e.Subject, e.Law, e.Detail = done.Subject, cmp.Or(e.Law, done.Law), done.Detail
	if err != nil {
		return err
	}
	e.Outcome = cmp.Or(done.Outcome, Allowed)
	if err := tx.Audit(ctx, *e); err != nil {
		return unrecorded(err)
	}
	return nil
}

// undone records an act that was not done, and returns the reason.
func (g Guard[T]) undone(ctx context.Context, e Entry, reason error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	err := g.Update(ctx, func(tx T) error { return tx.Audit(ctx, e) })
	if err != nil {
		return fmt.Errorf("recording that %s was not done: %w; the reason was: %w", e.Act, unrecorded(err), reason)
	}
	return reason
}

// unrecorded makes err a fault, so that a person reads that nothing was done
// because nothing can be recorded.
func unrecorded(err error) error {
	if fault.KeyOf(err) != "" {
		return err // "db.full" and the like say it already
	}
	return fault.Wrap(err, fault.Unavailable, "audit.unrecorded")
}

// Undone makes e the entry of an act that was not done: with the key of the error's fault as its detail "fault", or the kind
// if it has no key, unless another is named there.
func (e *Entry) Undone(why error) {
	e.Outcome = Failed
	if fault.KindOf(why) == fault.Denied {
		e.Outcome = Denied // by a rule of the office that is finer than the policy
	}
	all := map[string]string{"fault": cmp.Or(fault.KeyOf(why), fault.KindOf(why).String())}
	maps.Copy(all, e.Detail)
	e.Detail = all
}
