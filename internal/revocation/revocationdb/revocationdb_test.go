package revocationdb_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationdb"
)

var (
	now    = time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC)
	first  = message.IssuerID("0123456789ABCDEF0123456789ABCDEF01234567")
	second = message.IssuerID("89ABCDEF0123456789ABCDEF0123456789ABCDEF")
	mihon  = revocation.Partition{Issuer: first, Point: "\x30\x00mihon"}
	reiji  = revocation.Partition{Issuer: first, Point: "\x30\x00reiji"}
	other  = revocation.Partition{Issuer: second, Point: mihon.Point}
)

func newStore(t testing.TB, url string) *revocationdb.Store {
	t.Helper()
	return officetest.Open(t, url, func() time.Time { return now }, revocationdb.Open)
}

func update(t testing.TB, s *revocationdb.Store, f func(ctx context.Context, tx revocation.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx revocation.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *revocationdb.Store, f func(ctx context.Context, tx revocation.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), func(tx revocation.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// entry is a certificate of a partition.
func entry(p revocation.Partition, serial jpki.Serial) message.IssuedNotice {
	return message.IssuedNotice{
		Issuer: p.Issuer, Serial: serial, Kind: jpki.Signing, NotBefore: now, NotAfter: now.AddDate(5, 0, 0), Point: []byte(p.Point),
	}
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, revocationdb.Open)) }

func TestRegister(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e.New(t))
		authority := entry(revocation.Partition{Issuer: first, Point: "\x30\x00ca"}, 1)
		authority.Kind, authority.Certificate = jpki.SigningCA, []byte{1, 2, 3}
		responder := message.IssuedNotice{Issuer: second, Serial: 9, Kind: jpki.SigningResponder, NotBefore: now, NotAfter: now.Add(time.Hour)}
		all := []message.IssuedNotice{entry(mihon, 2), entry(mihon, 3), entry(other, 2), authority, responder, entry(reiji, 4)}
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			for _, n := range all {
				if err := tx.AddEntry(ctx, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Update(t.Context(), func(tx revocation.Tx) error { return tx.AddEntry(t.Context(), all[0]) }); !db.Duplicate(err) {
			t.Errorf("entering a certificate again = %v, want a duplicate", err)
		}
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			for _, want := range all {
				want.Certificate = nil
				got, ok, err := tx.Entry(ctx, want.Issuer, want.Serial)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || !ok || diff != "" {
					t.Errorf("Entry: %v, found %v, -want +got\n%s", err, ok, diff)
				}
			}
			if n, ok, err := tx.Entry(ctx, second, 3); ok || err != nil {
				t.Errorf("Entry of no certificate = %v, %v", n, err)
			}
			issuers, err := tx.Issuers(ctx)
			if diff := cmp.Diff([][]byte{{1, 2, 3}}, issuers); err != nil || diff != "" {
				t.Errorf("Issuers: %v, -want +got\n%s", err, diff)
			}
			partitions, err := tx.Partitions(ctx)
			want := []revocation.Partition{mihon, other, {Issuer: first, Point: "\x30\x00ca"}, reiji}
			if diff := cmp.Diff(want, partitions); err != nil || diff != "" {
				t.Errorf("Partitions: %v, -want +got\n%s", err, diff)
			}
			return nil
		})
	})
}

func TestOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e.New(t))
		const from = post.Address("counter-99201")
		order := func(id string, serial jpki.Serial, outcome message.Outcome, invalid time.Time) revocation.Order {
			o := message.RevocationOrder{ID: id, Issuer: first, Serial: serial, Ground: message.Change, RecordedAt: now, InvalidFrom: invalid}
			return revocation.Order{RevocationOrder: o, From: from, Digest: "d-" + id, Outcome: outcome, TakenAt: now.Add(time.Minute)}
		}
		late, early := order("b", 2, message.OutcomeWaiting, now.Add(-time.Hour)), order("a", 2, message.OutcomeWaiting, time.Time{})
		done := order("c", 2, message.OutcomeRevoked, time.Time{})
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			return errors.Join(tx.AddOrder(ctx, late), tx.AddOrder(ctx, early), tx.AddOrder(ctx, done), tx.AddOrder(ctx, order("d", 3, message.OutcomeWaiting, time.Time{})))
		})
		if err := s.Update(t.Context(), func(tx revocation.Tx) error { return tx.AddOrder(t.Context(), done) }); !db.Duplicate(err) {
			t.Errorf("adding an order again = %v, want a duplicate", err)
		}
		waits := func(want ...revocation.Order) {
			t.Helper()
			view(t, s, func(ctx context.Context, tx revocation.Tx) error {
				got, err := tx.Waiting(ctx, first, 2)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Waiting: -want +got\n%s", diff)
				}
				return err
			})
		}
		waits(late, early)
		late.Outcome = message.OutcomeHeld
		update(t, s, func(ctx context.Context, tx revocation.Tx) error { return tx.SettleOrder(ctx, late) })
		waits(early)
		direct := early
		direct.From = ""
		for _, o := range []revocation.Order{late, done, direct, order("z", 2, message.OutcomeRevoked, now)} {
			if err := s.Update(t.Context(), func(tx revocation.Tx) error { return tx.SettleOrder(t.Context(), o) }); err == nil {
				t.Errorf("order %s of %q, which does not wait, was settled", o.ID, o.From)
			}
		}
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			got, ok, err := tx.Order(ctx, from, "b")
			if diff := cmp.Diff(late, got); err != nil || !ok || diff != "" {
				t.Errorf("Order: %v, found %v, -want +got\n%s", err, ok, diff)
			}
			for _, id := range []string{"z", "b"} {
				if _, ok, err := tx.Order(ctx, "counter-99202", id); ok || err != nil {
					t.Errorf("Order(%s) of another = found %v, %v, want nothing", id, ok, err)
				}
			}
			return nil
		})
	})
}

// record is one of a certificate that ends at a time.
func record(p revocation.Partition, serial jpki.Serial, reason message.Reason, made, ends time.Time) revocation.Record {
	return revocation.Record{
		Partition: p, Serial: serial, Reason: reason, RevokedAt: made.Add(-time.Minute), NotAfter: ends, Order: fmt.Sprintf("o-%d-%d", serial, reason), MadeAt: made,
		Entry: fmt.Appendf(nil, "entry %d %d", serial, reason),
	}
}

func TestRecords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e.New(t))
		soon, far := now.Add(time.Hour), now.AddDate(5, 0, 0)
		records := []revocation.Record{
			record(mihon, 9, message.Superseded, now, far),
			record(mihon, 2, message.CertificateHold, now, far),
			record(reiji, 4, message.KeyCompromise, now.Add(time.Minute), far),
			record(mihon, 3, message.Superseded, now.Add(time.Minute), soon),
			record(mihon, 2, message.KeyCompromise, now.Add(2*time.Minute), far),
			record(other, 2, message.Unspecified, now.Add(2*time.Minute), far),
		}
		records[0].InvalidFrom = now.AddDate(0, 0, -3)
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			for i, r := range records {
				records[i].Seq = int64(i + 1)
				if _, ok, _ := tx.Entry(ctx, r.Partition.Issuer, r.Serial); !ok {
					if err := tx.AddEntry(ctx, entry(r.Partition, r.Serial)); err != nil {
						return err
					}
				}
				if err := tx.AddRecord(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		err := s.Update(t.Context(), func(tx revocation.Tx) error {
			return tx.AddRecord(t.Context(), record(revocation.Partition{Issuer: first, Point: "none"}, 1, 0, now, far))
		})
		if err == nil {
			t.Error("a record of an unknown partition was added")
		}
		checkCuts(t, s, records)
		checkStatuses(t, s, records)
	})
}

// checkCuts looks at what stands on a list of Mihon. The records are told by their place.
func checkCuts(t *testing.T, s *revocationdb.Store, records []revocation.Record) {
	t.Helper()
	for _, tt := range []struct {
		name string
		cut  revocation.Cut
		want []int
	}{
		{"nothing", revocation.Cut{Through: 0}, nil},
		{"the hold", revocation.Cut{Through: 4}, []int{1, 3, 0}},
		{"the hold made final", revocation.Cut{Through: 6}, []int{4, 3, 0}},
		{"ended after the list before", revocation.Cut{Through: 6, Since: now.Add(time.Hour), Before: 4}, []int{4, 3, 0}},
		{"ended before it, and on it", revocation.Cut{Through: 6, Since: now.Add(time.Hour + 1e9), Before: 4}, []int{4, 0}},
		{"ended before it, revoked after it", revocation.Cut{Through: 6, Since: now.Add(2 * time.Hour), Before: 3}, []int{4, 3, 0}},
	} {
		var want, got []string
		for _, i := range tt.want {
			want = append(want, string(records[i].Entry))
		}
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			for e, err := range tx.Entries(ctx, mihon, tt.cut) {
				if err != nil {
					return err
				}
				got = append(got, string(e))
			}
			return nil
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
	view(t, s, func(ctx context.Context, tx revocation.Tx) error {
		for range tx.Entries(ctx, mihon, revocation.Cut{Through: 6}) {
			break // whoever stops reading leaves the transaction in order
		}
		for at, want := range map[time.Time]int64{now.Add(-time.Second): 0, now: 2, now.Add(90 * time.Second): 4, now.AddDate(1, 0, 0): 6} {
			if got, err := tx.Through(ctx, at); err != nil || got != want {
				t.Errorf("Through(%v) = %d, %v, want %d", at, got, err, want)
			}
		}
		return nil
	})
}

func checkStatuses(t *testing.T, s *revocationdb.Store, records []revocation.Record) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx revocation.Tx) error { return tx.AddEntry(ctx, entry(mihon, 5)) })
	view(t, s, func(ctx context.Context, tx revocation.Tx) error {
		for _, tt := range []struct {
			serial  jpki.Serial
			through int64
			known   bool
			record  int // place, -1 for none
		}{{2, 1, true, -1}, {2, 2, true, 1}, {2, 4, true, 1}, {2, 5, true, 4}, {9, 9, true, 0}, {5, 9, true, -1}, {77, 9, false, -1}} {
			known, onRecord, r, err := tx.Status(ctx, first, tt.serial, tt.through)
			if err != nil || known != tt.known || onRecord != (tt.record >= 0) {
				t.Errorf("Status(%d, %d) = %t, %t, %v", tt.serial, tt.through, known, onRecord, err)
			}
			if onRecord && (r.Seq != records[tt.record].Seq || r.Reason != records[tt.record].Reason || !r.RevokedAt.Equal(records[tt.record].RevokedAt)) {
				t.Errorf("Status(%d, %d) = %+v, want record %d", tt.serial, tt.through, r, tt.record)
			}
		}
		newest, ok, err := tx.Newest(ctx, first, 2)
		if diff := cmp.Diff(records[4], newest); err != nil || !ok || diff != "" {
			t.Errorf("Newest: %v, found %v, -want +got\n%s", err, ok, diff)
		}
		if _, ok, err := tx.Newest(ctx, first, 5); ok || err != nil {
			t.Errorf("Newest of a certificate in force = found %v, %v", ok, err)
		}
		return nil
	})
}

func TestLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e.New(t))
		list := revocation.List{Partition: mihon, Number: 2, ThisUpdate: now, NextUpdate: now.Add(time.Hour), Through: 7, Entries: 3, Size: 1 << 33}
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			return errors.Join(tx.AddEntry(ctx, entry(mihon, 2)), tx.AddEntry(ctx, entry(other, 2)))
		})
		if err := s.Update(t.Context(), func(tx revocation.Tx) error { return tx.SetPublished(t.Context(), list) }); err == nil {
			t.Error("a list without a number taken was published")
		}
		var numbers []uint64
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			for _, p := range []revocation.Partition{mihon, mihon, other, mihon} {
				n, err := tx.TakeNumber(ctx, p)
				if err != nil {
					return err
				}
				numbers = append(numbers, n)
			}
			if l, ok, err := tx.Published(ctx, first, mihon.ID()); ok || err != nil {
				t.Errorf("Published before the first list = %v, %v", l, err)
			}
			return tx.SetPublished(ctx, list)
		})
		if diff := cmp.Diff([]uint64{1, 2, 1, 3}, numbers); diff != "" {
			t.Errorf("numbers: -want +got\n%s", diff)
		}
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			got, ok, err := tx.Published(ctx, first, mihon.ID())
			if diff := cmp.Diff(list, got); err != nil || !ok || diff != "" {
				t.Errorf("Published: %v, found %v, -want +got\n%s", err, ok, diff)
			}
			if l, ok, err := tx.Published(ctx, second, mihon.ID()); ok || err != nil {
				t.Errorf("Published of another issuer = %v, %v", l, err)
			}
			return nil
		})
	})
}

func TestTickAndResponders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newStore(t, e.New(t))
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			if tick, ok, err := tx.Tick(ctx); ok || err != nil || !tick.At.IsZero() {
				t.Errorf("Tick before the first = %v, %v", tick, err)
			}
			if r, ok, err := tx.Responder(ctx, first); ok || err != nil {
				t.Errorf("Responder before the first = %v, %v", r, err)
			}
			return nil
		})
		tick := revocation.Tick{At: now.Add(time.Minute), Through: 9}
		update(t, s, func(ctx context.Context, tx revocation.Tx) error {
			return errors.Join(tx.SetTick(ctx, revocation.Tick{At: now, Through: 7}), tx.SetTick(ctx, tick),
				tx.AddResponder(ctx, revocation.Responder{Issuer: first, Number: 1}), tx.AddResponder(ctx, revocation.Responder{Issuer: first, Number: 2}),
				tx.AddResponder(ctx, revocation.Responder{Issuer: first, Number: 10}))
		})
		certify := func(tx revocation.Tx) error {
			return tx.SetResponderCertificate(t.Context(), revocation.Responder{Issuer: first, Number: 2, Certificate: []byte{2}})
		}
		if err := s.Update(t.Context(), certify); err != nil {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), certify); err == nil {
			t.Error("a second certificate for one key was recorded")
		}
		view(t, s, func(ctx context.Context, tx revocation.Tx) error {
			got, _, err := tx.Tick(ctx)
			if diff := cmp.Diff(tick, got); err != nil || diff != "" {
				t.Errorf("Tick: %v, -want +got\n%s", err, diff)
			}
			r, ok, err := tx.Certified(ctx, first)
			if diff := cmp.Diff(revocation.Responder{Issuer: first, Number: 2, Certificate: []byte{2}}, r); err != nil || !ok || diff != "" {
				t.Errorf("Certified: %v, found %v, -want +got\n%s", err, ok, diff)
			}
			r, ok, err = tx.Responder(ctx, first)
			if diff := cmp.Diff(revocation.Responder{Issuer: first, Number: 10}, r); err != nil || !ok || diff != "" {
				t.Errorf("Responder: %v, found %v, -want +got\n%s", err, ok, diff)
			}
			return nil
		})
	})
}
