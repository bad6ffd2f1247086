package link

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// MakeList makes the holder list of today in Japan: the certificates on no list yet. On the same day it returns the same
// list again. Faults: link.clock.
//
//  1. Check: that the day has no list yet and the clock goes forward. Stopped here: nothing happened.
//  2. Record: the list, with the certificates on it. Stopped before the commit: nothing happened. Stopped after it: all
//     is done but the sending, see [Service.Deliver].
//
// Law: 公的個人認証法 §12
// Req: R-REG-08
func (s *Service) MakeList(ctx context.Context, actor authz.Actor) (message.HolderList, error) {
	var list message.HolderList
	now := s.now()
	date := now.In(jpki.Japan).Format(time.DateOnly)
	entry := audit.Entry{Act: ActList, Law: article, Subject: "list:holders-" + date}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step(Step{"MakeList", 1})
		made, err := s.list(ctx, tx, date, now)
		list = made
		e.Detail = map[string]string{"count": strconv.Itoa(list.Count)}
		return err
	})
	if err != nil {
		return message.HolderList{}, fmt.Errorf("making the holder list: %w", err)
	}
	return list, nil
}

func (s *Service) list(ctx context.Context, tx Tx, date string, now time.Time) (message.HolderList, error) {
	if made, found, err := tx.ListOn(ctx, date); err != nil || found {
		return made, err
	}
	since, err := tx.LastThrough(ctx)
	if err != nil {
		return message.HolderList{}, err
	}
	if !now.After(since) {
		return message.HolderList{}, fault.New(fault.Unavailable, "link.clock", since)
	}
	s.Step(Step{"MakeList", 2})
	err = tx.AddList(ctx, message.HolderList{ID: "holders-" + date, Date: date, Since: since, Through: now})
	if err != nil {
		return message.HolderList{}, err
	}
	made, _, err := tx.ListOn(ctx, date)
	return made, err
}

// Deliver hands over the lists and orders that were not, as the link server itself. Each may be handed over twice, under
// the same ID.
//
//  1. Read what was not sent. Stopped here: nothing happened.
//  2. Hand a list or an order over. Stopped here: it may have arrived, and is handed over again.
//  3. Mark it as sent, with the audit entry. Stopped before the commit: as after 2. Stopped after it: sent.
//
// Law: 公的個人認証法 §12
func (s *Service) Deliver(ctx context.Context) error {
	s.Step(Step{"Deliver", 1})
	var lists []message.HolderList
	var orders []RevocationOrder
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if lists, err = unsentLists(ctx, tx); err != nil {
			return err
		}
		orders, err = tx.UnsentOrders(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("delivering lists and orders: %w", err)
	}
	for _, o := range orders {
		send := func() error { return s.SendOrder(ctx, o) }
		err := s.deliver(ctx, "order:"+o.ID, send, func(tx Tx) error { return tx.SetOrderSent(ctx, o.ID) })
		if err != nil {
			return fmt.Errorf("delivering order %s: %w", o.ID, err)
		}
	}
	for _, l := range lists {
		send := func() error { return s.SendList(ctx, l) }
		err := s.deliver(ctx, "list:"+l.ID, send, func(tx Tx) error { return tx.SetListSent(ctx, l.Date) })
		if err != nil {
			return fmt.Errorf("delivering holder list %s: %w", l.ID, err)
		}
	}
	return nil
}

func unsentLists(ctx context.Context, tx Tx) ([]message.HolderList, error) {
	dates, err := tx.UnsentLists(ctx)
	if err != nil {
		return nil, err
	}
	var lists []message.HolderList
	for _, date := range dates {
		list, _, err := tx.ListOn(ctx, date)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return lists, nil
}

// deliver sends outside of any transaction: the carrier may write to a database of its own.
func (s *Service) deliver(ctx context.Context, subject string, send func() error, mark func(Tx) error) error {
	s.Step(Step{"Deliver", 2})
	if err := send(); err != nil {
		return err
	}
	entry := audit.Entry{Act: ActSend, Law: article, Subject: subject}
	return s.guard.Do(ctx, itself, entry, func(tx Tx, _ *audit.Entry) error {
		s.Step(Step{"Deliver", 3})
		return mark(tx)
	})
}
