package link

import (
	"context"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
)

// takeNotice takes a change notice and orders the revocation of the certificates it meets. The same notice again changes
// nothing. Faults: link.notice_invalid, link.notice_reused.
//
//  1. Check: the form of the notice, that it did not come before. Stopped here: nothing happened.
//  2. Record the notice. Stopped here: nothing happened, the transaction is not committed.
//  3. Order: find the certificates in the serial map and record an order for each, with its letter. Stopped before the
//     commit: nothing happened, the letter comes again. Stopped after it: done.
//
// Law: 公的個人認証法 §12
// Req: R-REG-05, R-REV-02, R-AMB-13
func (s *Service) takeNotice(ctx context.Context, tx Tx, e *audit.Entry, _ post.Address, n message.ChangeNotice) error {
	s.Step("takeNotice 1")
	n.At = n.At.UTC().Truncate(time.Second)
	if err := checkNotice(n); err != nil {
		return err
	}
	e.Subject = "notice:" + n.ID
	earlier, known, err := tx.Notice(ctx, n.ID)
	if err != nil || known {
		if err == nil && earlier != n {
			err = fault.New(fault.Conflict, "link.notice_reused", n.ID)
		}
		return err
	}
	s.Step("takeNotice 2")
	if err := tx.AddNotice(ctx, n); err != nil {
		return err
	}
	s.Step("takeNotice 3")
	met, err := tx.IssuedBefore(ctx, n.Attributes, n.At)
	if err != nil {
		return err
	}
	for _, r := range met {
		if err := s.orderBy(ctx, tx, n, r); err != nil {
			return err
		}
	}
	e.Detail["met"] = strconv.Itoa(len(met))
	return nil
}

func checkNotice(n message.ChangeNotice) error {
	switch {
	case !identifier.MatchString(n.ID):
		return fault.New(fault.Invalid, "link.notice_invalid", "id")
	case n.Fact != message.Changed && n.Fact != message.Died:
		return fault.New(fault.Invalid, "link.notice_invalid", "fact")
	}
	if err := n.Attributes.Validate(); err != nil {
		return fault.Wrap(err, fault.Invalid, "link.notice_invalid", "attributes")
	}
	return nil
}

// orderBy orders the revocation of a certificate with the attributes of a notice, issued before it, if the fact ends its
// kind: an authentication certificate carries none of the attributes and outlives a change.
func (s *Service) orderBy(ctx context.Context, tx Tx, n message.ChangeNotice, r message.HolderRecord) error {
	if n.Fact == message.Died {
		return s.order(ctx, tx, n.ID, r, message.Removal)
	}
	if r.Kind != jpki.Signing {
		return nil
	}
	return s.order(ctx, tx, n.ID, r, message.Change)
}

// Unmet returns the notices that met no certificate until now: of these the register knows a holder whom this office
// does not know.
func (s *Service) Unmet(ctx context.Context) ([]Notice, error) {
	var unmet []Notice
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		unmet, err = tx.Unmet(ctx)
		return err
	})
	return unmet, err
}
