package counter

import (
	"context"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// Tariff 手数料の額 is what certificates cost from a day on, in yen for each case. What it does not name is free.
//
// Req: R-FEE-05, R-FEE-06, R-AMB-14, R-DAT-13
type Tariff struct {
	From time.Time
	Yen  map[Occasion]int
}

// Tariffs lists the tariffs in the order in which they came into force. A certificate after a merger, after a change in how
// an address is written, and after a mistake costs nothing in any of them.
//
// Assumed: another substitute character costs four times the fee; the sources say that it is considerably higher.
//
// Req: R-REV-04, R-REV-05, R-REV-06, R-ISS-22
func Tariffs() []Tariff {
	day := func(year, month, date int) time.Time {
		return time.Date(year, time.Month(month), date, 0, 0, 0, 0, jpki.Japan)
	}
	return []Tariff{
		{day(2004, 1, 29), map[Occasion]int{First: 500, Renewal: 500, Reissue: 500, Substitution: 2000}},
		{day(2016, 1, 1), map[Occasion]int{Reissue: 200, Substitution: 800}},
	}
}

// PaidBy is how a fee was paid.
type PaidBy string

// The ways to pay.
const (
	ByCash     PaidBy = "cash"     // 現金
	ByStamp    PaidBy = "stamp"    // 収入証紙
	ByCashless PaidBy = "cashless" // キャッシュレス
	ByNobody   PaidBy = "none"     // nothing is owed
)

var waysToPay = []PaidBy{ByCash, ByStamp, ByCashless, ByNobody}

// Fee is what is owed for a case, and what was taken.
type Fee struct {
	Yen    int
	By     PaidBy // "" until it is settled
	PaidAt time.Time
}

// Owed returns the fee of a case in yen, by the tariff of the day on which the form was handed in; without its papers, what
// was taken.
func (s *Service) Owed(c Case) int {
	yen := 0
	if c.Papers == nil {
		return c.Fee.Yen
	}
	for _, t := range s.Tariffs {
		if !c.OpenedAt.Before(t.From) {
			yen = t.Yen[c.Form.Occasion]
		}
	}
	return yen
}

// TakeFee records that the fee was taken 手数料の徴収; ByNobody goes with a fee of 0 and with no other. Fault:
// counter.payment.
//
// Req: R-ISS-23
func (s *Service) TakeFee(ctx context.Context, actor authz.Actor, id string, by PaidBy) (Case, error) {
	return s.carry(ctx, actor, id, Pay, func(_ Tx, c *Case) error {
		owed := s.Owed(*c)
		if !slices.Contains(waysToPay, by) || (by == ByNobody) != (owed == 0) {
			return fault.New(fault.Invalid, "counter.payment", owed)
		}
		c.Fee = Fee{Yen: owed, By: by, PaidAt: s.now()}
		return nil
	})
}

// HandOver ends a case: the applicant has the card back, with the guide and the printed copies 電子証明書の写し, which it
// returns for the printer.
//
// Req: R-ISS-24, R-ISS-25
func (s *Service) HandOver(ctx context.Context, actor authz.Actor, id string) ([]Image, error) {
	var copies []Image
	c, err := s.carry(ctx, actor, id, HandOver, nil)
	if err == nil {
		copies, err = c.Images()
	}
	return copies, err
}
