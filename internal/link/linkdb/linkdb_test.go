package linkdb_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
)

var (
	now    = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	hanako = person("見本　花子")
	jiro   = person("見本　次郎")
)

func person(name string) message.Attributes {
	return message.Attributes{
		Name: name, Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県見本市例示町１",
	}
}

// record is a certificate of a day, good for an hour.
func record(id string, issuer message.IssuerID, serial jpki.Serial, a message.Attributes, day int) message.HolderRecord {
	at := now.AddDate(0, 0, day)
	return message.HolderRecord{
		ID: id, Attributes: a, Issuer: issuer, Serial: serial, Kind: jpki.Signing, IssuedAt: at, NotAfter: at.Add(time.Hour),
	}
}

// each runs a test in a transaction of a new store on each kind of database; what it leaves is kept.
func each(t *testing.T, f func(t *testing.T, ctx context.Context, s *linkdb.Store)) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		f(t, t.Context(), officetest.Open(t, e.New(t), func() time.Time { return now }, linkdb.Open))
	})
}

func update(t *testing.T, s *linkdb.Store, f func(tx link.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, linkdb.Open)) }

// add records certificates and fails the test if that fails.
func add(t *testing.T, s *linkdb.Store, records ...message.HolderRecord) {
	t.Helper()
	update(t, s, func(tx link.Tx) error {
		for _, r := range records {
			if err := tx.AddCertificate(t.Context(), r); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestCertificates(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *linkdb.Store) {
		first, second, third := record("r-1", "B", 2, hanako, 0), record("r-2", "A", 3, hanako, 1), record("r-3", "A", 2, jiro, 0)
		second.Kind = jpki.Authentication
		add(t, s, first, second, third)
		for what, again := range map[string]message.HolderRecord{"number": record("r-9", "B", 2, jiro, 5), "name": record("r-1", "B", 9, jiro, 5)} {
			if err := s.Update(ctx, func(tx link.Tx) error { return tx.AddCertificate(ctx, again) }); !db.Duplicate(err) {
				t.Errorf("a certificate of the same %s = %v, want a duplicate", what, err)
			}
		}
		update(t, s, func(tx link.Tx) error {
			got, found, err := tx.Certificate(ctx, "r-2")
			if diff := cmp.Diff(second, got); err != nil || !found || diff != "" {
				t.Errorf("Certificate: %v, found %v, -want +got\n%s", err, found, diff)
			}
			if _, found, err := tx.Certificate(ctx, "r-4"); found || err != nil {
				t.Errorf("Certificate of no record = %v, %v", found, err)
			}
			for _, tt := range []struct {
				at    time.Time
				want  []message.HolderRecord // issued before
				valid []message.HolderRecord
			}{
				{now, nil, []message.HolderRecord{second, first}},
				{now.Add(time.Second), []message.HolderRecord{first}, []message.HolderRecord{second, first}},
				{first.NotAfter, []message.HolderRecord{first}, []message.HolderRecord{second, first}},
				{first.NotAfter.Add(time.Second), []message.HolderRecord{first}, []message.HolderRecord{second}},
				{second.NotAfter.Add(time.Second), []message.HolderRecord{second, first}, nil},
			} {
				issued, errIssued := tx.IssuedBefore(ctx, hanako, tt.at)
				valid, errValid := tx.ValidAt(ctx, hanako, tt.at)
				if diff := cmp.Diff(tt.want, issued) + cmp.Diff(tt.valid, valid); errIssued != nil || errValid != nil || diff != "" {
					t.Errorf("at %v: %v, %v, -want +got\n%s", tt.at, errIssued, errValid, diff)
				}
			}
			return nil
		})
	})
}

// The longest attributes have a place, also in an index.
func TestLongestAttributes(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *linkdb.Store) {
		long := hanako
		long.Name, long.Address = strings.Repeat("𠮷", 200), strings.Repeat("<", 200)
		if err := long.Validate(); err != nil {
			t.Fatal(err)
		}
		add(t, s, record("r-1", "A", 2, long, 0))
		update(t, s, func(tx link.Tx) error {
			got, err := tx.IssuedBefore(ctx, long, now.AddDate(1, 0, 0))
			if err != nil || len(got) != 1 || got[0].Attributes != long {
				t.Errorf("%d certificates, %v, want the one with its attributes", len(got), err)
			}
			return nil
		})
	})
}

func TestNotices(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *linkdb.Store) {
		late := message.ChangeNotice{ID: "n-1", Attributes: hanako, Fact: message.Changed, At: now.Add(2 * time.Hour)}
		early := message.ChangeNotice{ID: "n-2", Attributes: hanako, Fact: message.Died, At: now}
		other := message.ChangeNotice{ID: "n-3", Attributes: jiro, Fact: message.Died, At: now.Add(time.Hour)}
		update(t, s, func(tx link.Tx) error {
			for _, n := range []message.ChangeNotice{late, early, other} {
				if err := tx.AddNotice(ctx, n); err != nil {
					return err
				}
			}
			return nil
		})
		add(t, s, record("r-1", "A", 2, jiro, 0), record("r-2", "A", 3, hanako, 0))
		update(t, s, func(tx link.Tx) error {
			got, found, err := tx.Notice(ctx, "n-2")
			if err != nil || !found || got != early {
				t.Errorf("Notice = %v, %v, %v, want %v", got, found, err, early)
			}
			if _, found, err := tx.Notice(ctx, "n-4"); found || err != nil {
				t.Errorf("Notice of no name = %v, %v", found, err)
			}
			after, err := tx.NoticesAfter(ctx, hanako, now.Add(-time.Second))
			if diff := cmp.Diff([]message.ChangeNotice{early, late}, after); err != nil || diff != "" {
				t.Errorf("NoticesAfter: %v, -want +got\n%s", err, diff)
			}
			if after, err = tx.NoticesAfter(ctx, hanako, now); err != nil || len(after) != 1 {
				t.Errorf("NoticesAfter = %v, %v, want the later one", after, err)
			}
			unmet, err := tx.Unmet(ctx)
			if diff := cmp.Diff([]link.Notice{{ID: "n-2", Fact: message.Died, At: now}}, unmet); err != nil || diff != "" {
				t.Errorf("Unmet: %v, -want +got\n%s", err, diff) // issued at the time of the notice, not before
			}
			return nil
		})
	})
}

// A certificate is on one list, that of the day after it was recorded.
func TestLists(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *linkdb.Store) {
		entries := func(records ...message.HolderRecord) (all []message.HolderEntry) {
			for _, r := range records {
				all = append(all, message.HolderEntry{Attributes: r.Attributes, IssuedAt: r.IssuedAt})
			}
			return all
		}
		first, second, third := record("r-1", "B", 2, hanako, 1), record("r-2", "A", 3, jiro, 0), record("r-3", "A", 4, hanako, 0)
		add(t, s, first)
		add(t, s, second, third)
		for day, want := range [][]message.HolderEntry{entries(second, third, first), nil} {
			update(t, s, func(tx link.Tx) error {
				last, errLast := tx.LastThrough(ctx)
				if want := now.AddDate(0, 0, day-1); day > 0 && !last.Equal(want) || day == 0 && last.Unix() != 0 {
					t.Errorf("LastThrough = %v, want %v", last, want)
				}
				through := now.AddDate(0, 0, day)
				got, err := tx.AddList(ctx, through.Format(time.DateOnly), through)
				if diff := cmp.Diff(want, got); err != nil || errLast != nil || diff != "" {
					t.Errorf("list %d: %v, %v, -want +got\n%s", day, err, errLast, diff)
				}
				return err
			})
		}
		if err := s.Update(ctx, func(tx link.Tx) error { _, err := tx.AddList(ctx, "2026-04-01", now); return err }); !db.Duplicate(err) {
			t.Errorf("a second list of a day = %v, want a duplicate", err)
		}
	})
}

func TestOrdersAndHolds(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *linkdb.Store) {
		order := message.RevocationOrder{ID: "o-1", Issuer: "A", Serial: 2, Ground: message.Change, RecordedAt: now}
		if err := s.Update(ctx, func(tx link.Tx) error { _, err := tx.AddOrder(ctx, order); return err }); err == nil {
			t.Error("an order for no certificate was recorded")
		}
		add(t, s, record("r-1", "A", 2, hanako, 0))
		call := link.HoldRequest{ID: "call-1", Attributes: hanako}
		update(t, s, func(tx link.Tx) error {
			for _, want := range []bool{true, false} {
				if added, err := tx.AddOrder(ctx, order); added != want || err != nil {
					t.Errorf("AddOrder = %v, %v, want %v", added, err, want)
				}
			}
			return tx.AddHold(ctx, call, 3)
		})
		for _, outcome := range []message.Outcome{"", message.OutcomeWaiting, message.OutcomeRevoked} {
			update(t, s, func(tx link.Tx) error {
				if outcome != "" {
					if err := tx.SetOutcome(ctx, "o-1", outcome); err != nil {
						return err
					}
				}
				got, noted, found, err := tx.Order(ctx, "o-1")
				if err != nil || !found || got != order || noted != outcome {
					t.Errorf("Order = %v, %q, %v, %v, want %q", got, noted, found, err, outcome)
				}
				return nil
			})
		}
		update(t, s, func(tx link.Tx) error {
			if _, _, found, err := tx.Order(ctx, "o-2"); found || err != nil {
				t.Errorf("Order of no name = %v, %v", found, err)
			}
			if h, met, found, err := tx.Hold(ctx, "call-1"); h != call || met != 3 || !found || err != nil {
				t.Errorf("Hold = %v, %d, %v, %v, want 3", h, met, found, err)
			}
			if _, _, found, err := tx.Hold(ctx, "call-2"); found || err != nil {
				t.Errorf("Hold of no name = %v, %v", found, err)
			}
			return nil
		})
	})
}
