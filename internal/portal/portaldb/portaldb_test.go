package portaldb_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portaldb"
)

var now = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, portaldb.Open)) }

func application(number string, day int) portal.Application {
	return portal.Application{
		Number: number, ReceivedAt: now.AddDate(0, 0, day), Document: []byte("document"), Signature: []byte{0x30, 0},
		Judgement: portal.Judgement{State: portal.Received},
	}
}

// What is put in comes out; it is decided once, listed by age, and erased when old.
func TestApplications(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s, ctx := officetest.Open(t, e.New(t), func() time.Time { return now }, portaldb.Open), t.Context()
		first, second := application("B", 0), application("A", 1)
		decided := first
		decided.Judgement = portal.Judgement{
			State: portal.Refused, Reason: portal.Revoked, DecidedAt: now, Signed: portal.Passed, Match: portal.Passed, Validity: portal.Failed,
			Signer: "serial 12",
		}
		err := s.Update(ctx, func(tx portal.Tx) error {
			for i, a := range []portal.Application{first, second, second} {
				if added, err := tx.Add(ctx, a); err != nil || added != (i < 2) {
					t.Errorf("adding the %d. = %v, %v", i, added, err)
				}
			}
			if waiting, err := tx.Waiting(ctx); err != nil || cmp.Diff([]string{"B", "A"}, waiting) != "" {
				t.Errorf("waiting: %q, %v", waiting, err)
			}
			again := decided
			again.State = portal.Accepted
			for i, a := range []portal.Application{decided, again} {
				if done, err := tx.Decide(ctx, a); err != nil || done != (i == 0) {
					t.Errorf("deciding for the %d. time = %v, %v", i, done, err)
				}
			}
			got, found, err := tx.Application(ctx, "B")
			if diff := cmp.Diff(decided, got); err != nil || !found || diff != "" {
				t.Errorf("found %v, %v, -want +got\n%s", found, err, diff)
			}
			if _, found, err := tx.Application(ctx, "C"); found || err != nil {
				t.Errorf("an application of no number: %v, %v", found, err)
			}
			all, err := tx.All(ctx, 5)
			if err != nil || len(all) != 2 || all[0].Number != "A" || all[0].Document != nil || all[1].Reason != portal.Revoked {
				t.Errorf("all: %+v, %v", all, err)
			}
			if one, err := tx.All(ctx, 1); err != nil || len(one) != 1 {
				t.Errorf("%d listed, %v, want one", len(one), err)
			}
			n, err := tx.Erase(ctx, second.ReceivedAt)
			if _, found, _ := tx.Application(ctx, "B"); err != nil || n != 1 || found {
				t.Errorf("%d erased, %v, found %v; want the older one", n, err, found)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
