package counterdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterdb"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
)

var now = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func newStore(t *testing.T, e dbtest.Engine) *counterdb.Store {
	t.Helper()
	return officetest.Open(t, e.New(t), func() time.Time { return now }, counterdb.Open)
}

func update(t *testing.T, s *counterdb.Store, f func(ctx context.Context, tx counter.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx counter.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// full is a case in which everything is set.
func full(id string) counter.Case {
	a := message.Attributes{
		Name: "𠮷田　見本", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県",
	}
	return counter.Case{
		ID: id, State: counter.Completed, Event: counter.HandOver,
		Papers: &counter.Papers{
			Form: counter.Form{
				Attributes: a, Reading: "よしだ　みほん", Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing}, Occasion: counter.Reissue,
				Substitutes: &counter.Spelling{Name: "吉田　見本", NameMarks: "10000", Address: "架空県", AddressMarks: "000"},
				CardEnd:     now.AddDate(5, 0, 0),
			},
			Registered: &a, Identity: counter.Identity{Document: counter.MayorsMethod, Name: "照会書", Agrees: true},
		},
		Holder: "holder-1", Differs: []counter.Field{counter.FieldName}, CardSerial: "TEST000000000001", KeyVersion: 1 << 31, Nonce: []byte{1, 0},
		Certificates: []counter.Certificate{
			{Kind: jpki.Authentication, PKCS10: []byte{1}, Refusal: "ca.double_issue"},
			{
				Kind: jpki.Signing, PKCS10: []byte{2}, Issuer: "0123456789ABCDEF0123456789ABCDEF01234567", Serial: 1 << 62, Certificate: []byte{3},
				CA: []byte{4}, Differs: []counter.Field{counter.FieldKey}, StoredAt: now,
			},
		},
		Fee:      counter.Fee{Yen: 200, By: counter.ByCash, PaidAt: now},
		OpenedAt: now.Add(-time.Hour), ChangedAt: now, KeepUntil: now.AddDate(10, 0, 0),
	}
}

func TestCases(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		ended := full("99201-1")
		fresh := counter.Case{
			ID: "99201-2", State: counter.Received, Event: counter.Open, Papers: &counter.Papers{Form: ended.Form}, OpenedAt: now, ChangedAt: now,
			Certificates: []counter.Certificate{{Kind: jpki.Signing}},
		}
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			begun := ended
			begun.State, begun.KeepUntil, begun.Certificates = counter.Paid, time.Time{}, ended.Certificates[:1]
			if err := tx.AddCase(ctx, begun); err != nil {
				return err
			}
			if err := tx.SetCase(ctx, ended); err != nil {
				return err
			}
			return tx.AddCase(ctx, fresh)
		})
		if err := s.Update(t.Context(), func(tx counter.Tx) error { return tx.SetCase(t.Context(), full("99201-3")) }); err == nil {
			t.Error("a case that was never added was set")
		}
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			for _, want := range []counter.Case{ended, fresh} {
				got, found, err := tx.Case(ctx, want.ID)
				if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
					t.Errorf("Case(%s): %v, found %t, -want +got\n%s", want.ID, err, found, diff)
				}
			}
			if _, found, err := tx.Case(ctx, "99201-4"); found || err != nil {
				t.Errorf("Case of nobody = found %t, %v", found, err)
			}
			open, err := tx.OpenCases(ctx)
			if err != nil || len(open) != 1 || open[0].ID != fresh.ID || open[0].Papers != nil {
				t.Errorf("OpenCases = %+v, %v, want %s without papers", open, err, fresh.ID)
			}
			got, found, err := tx.CertificateOn(ctx, ended.CardSerial, jpki.Signing)
			if diff := cmp.Diff(ended.Certificates[1], got); err != nil || !found || diff != "" {
				t.Errorf("CertificateOn: %v, found %t, -want +got\n%s", err, found, diff)
			}
			if _, found, err := tx.CertificateOn(ctx, ended.CardSerial, jpki.Authentication); found || err != nil {
				t.Errorf("CertificateOn for one that was never stored = found %t, %v", found, err)
			}
			return nil
		})
	})
}

// Req: R-CNT-04
func TestErase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		c, n := full("99201-1"), notice()
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			if err := tx.AddCase(ctx, c); err != nil {
				return err
			}
			return tx.AddNotice(ctx, n)
		})
		for _, tt := range []struct {
			at   time.Time
			want int64
		}{{c.KeepUntil.Add(-time.Second), 0}, {c.KeepUntil, 2}, {c.KeepUntil, 0}} {
			update(t, s, func(ctx context.Context, tx counter.Tx) error {
				got, err := tx.Erase(ctx, tt.at)
				if got != tt.want {
					t.Errorf("Erase on %v = %d, want %d", tt.at, got, tt.want)
				}
				return err
			})
		}
		c.Papers, n.Identity = nil, counter.Identity{}
		for i := range c.Certificates {
			c.Certificates[i].PKCS10, c.Certificates[i].Certificate, c.Certificates[i].CA = nil, nil, nil
		}
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			got, _, err := tx.Case(ctx, c.ID)
			if diff := cmp.Diff(c, got); diff != "" {
				t.Errorf("erased case: %v, -want +got\n%s", err, diff)
			}
			left, _, err := tx.Notice(ctx, n.ID)
			if diff := cmp.Diff(n, left); diff != "" {
				t.Errorf("erased notice: %v, -want +got\n%s", err, diff)
			}
			return err
		})
	})
}

func notice() counter.Notice {
	return counter.Notice{
		ID: "99201-18", Work: "unlock_pin", Key: "sign", Identity: counter.Identity{Document: counter.Passport, Agrees: true, Looks: true},
		CardSerial: "TEST000000000001", TakenAt: now, KeepUntil: now.AddDate(10, 0, 0),
	}
}

func TestProcedures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e)
		o := counter.Order{Of: "99201-18", Kind: jpki.Signing, CardSerial: "TEST000000000001", RevocationOrder: message.RevocationOrder{
			ID: "99201-18-sign-compromise", Issuer: "0123", Serial: 1 << 62, Ground: message.Compromise, RecordedAt: now, InvalidFrom: now.Add(-time.Hour),
		}}
		n := notice()
		stop := counter.Stop{At: now, By: "op-1", Reason: "image", Case: "99201-17"}
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			for _, err := range []error{tx.AddOrder(ctx, o), tx.AddNotice(ctx, n), tx.SetStop(ctx, counter.Stop{At: now}), tx.SetStop(ctx, stop)} {
				if err != nil {
					return err
				}
			}
			return nil
		})
		answer := message.Revocation{OrderID: o.ID, Outcome: message.OutcomeRevoked, Reason: message.KeyCompromise, RevokedAt: now}
		o.Outcome, o.Reason, o.RevokedAt, n.DoneAt = answer.Outcome, answer.Reason, answer.RevokedAt, now
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			if err := tx.SetOutcome(ctx, answer); err != nil {
				return err
			}
			return tx.SetNoticeDone(ctx, n.ID, now)
		})
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			order, found, err := tx.Order(ctx, o.ID)
			if diff := cmp.Diff(o, order); err != nil || !found || diff != "" {
				t.Errorf("Order: %v, found %t, -want +got\n%s", err, found, diff)
			}
			orders, err := tx.OrdersOf(ctx, o.Of)
			if diff := cmp.Diff([]counter.Order{o}, orders); err != nil || diff != "" {
				t.Errorf("OrdersOf: %v, -want +got\n%s", err, diff)
			}
			kept, found, err := tx.Notice(ctx, n.ID)
			if diff := cmp.Diff(n, kept); err != nil || !found || diff != "" {
				t.Errorf("Notice: %v, found %t, -want +got\n%s", err, found, diff)
			}
			got, stopped, err := tx.Stop(ctx)
			if diff := cmp.Diff(stop, got); err != nil || !stopped || diff != "" {
				t.Errorf("Stop: %v, stopped %t, -want +got\n%s", err, stopped, diff)
			}
			return tx.ClearStop(ctx)
		})
		update(t, s, func(ctx context.Context, tx counter.Tx) error {
			_, stopped, err := tx.Stop(ctx)
			if stopped {
				t.Error("stopped after the stop was cleared")
			}
			return err
		})
	})
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, counterdb.Open)) }
