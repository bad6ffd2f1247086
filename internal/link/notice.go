package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
)

// TakeNotice takes a change notice and orders the revocation of the certificates it meets. The same notice again changes
// nothing. Faults: link.notice_invalid, link.notice_reused.
//
//  1. Check: the form of the notice, that it did not come before. Stopped here: nothing happened.
//  2. Record the notice. Stopped here: nothing happened, the transaction is not committed.
//  3. Order: find the certificates in the serial map and record an order for each. Stopped before the commit: nothing
//     happened. Stopped after it: all is done but the sending, see [Service.Deliver].
//
// Law: 公的個人認証法 §12
// Req: R-REG-05, R-REV-02, R-AMB-13
func (s *Service) TakeNotice(ctx context.Context, actor authz.Actor, n message.ChangeNotice) error {
	n.At = n.At.UTC().Truncate(time.Second)
	entry := audit.Entry{Act: ActNotice, Law: article}
	err := s.guard.Do(ctx, actor, entry, func(tx Tx, e *audit.Entry) error {
		s.Step(Step{"TakeNotice", 1})
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
		s.Step(Step{"TakeNotice", 2})
		if err := tx.AddNotice(ctx, n); err != nil {
			return err
		}
		s.Step(Step{"TakeNotice", 3})
		met, err := s.meet(ctx, tx, n)
		e.Detail = map[string]string{"met": strconv.Itoa(met)}
		return err
	})
	if err != nil {
		return fmt.Errorf("taking a change notice: %w", err)
	}
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

// meet orders what a notice demands and returns how many certificates have its attributes and were issued before.
func (s *Service) meet(ctx context.Context, tx Tx, n message.ChangeNotice) (int, error) {
	certificates, err := tx.IssuedBefore(ctx, n.Attributes, n.At)
	if err != nil {
		return 0, err
	}
	for _, r := range certificates {
		if err := s.order(ctx, tx, n, r); err != nil {
			return 0, err
		}
	}
	return len(certificates), nil
}

// order records the revocation order for a certificate with the attributes of a notice, issued before it, if the fact
// ends its kind: an authentication certificate carries none of the attributes and outlives a change.
func (s *Service) order(ctx context.Context, tx Tx, n message.ChangeNotice, r message.HolderRecord) error {
	if n.Fact == message.Changed && r.Kind != jpki.Signing {
		return nil
	}
	sum := sha256.Sum256([]byte(n.ID + " " + string(r.Issuer) + " " + r.Serial.String()))
	return tx.AddOrder(ctx, RevocationOrder{
		ID: hex.EncodeToString(sum[:]), Issuer: r.Issuer, Serial: r.Serial, Fact: n.Fact, At: n.At, RecordedAt: s.now(),
	})
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
