package registrydb_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
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

// each runs a test on a new store on each kind of database, in which 花子 and 次郎 are residents.
func each(t *testing.T, f func(t *testing.T, ctx context.Context, s *registrydb.Store)) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := officetest.Open(t, e.New(t), func() time.Time { return now }, registrydb.Open)
		update(t, s, func(tx registry.Tx) error {
			for code, a := range map[registry.ResidentCode]message.Attributes{"00000000001": hanako, "00000000002": jiro} {
				if _, err := tx.AddResident(t.Context(), resident(code, a)); err != nil {
					return err
				}
			}
			return nil
		})
		f(t, t.Context(), s)
	})
}

func resident(code registry.ResidentCode, a message.Attributes) registry.Resident {
	return registry.Resident{Code: code, Attributes: a, Municipality: "99201", AmendedAt: now}
}

func update(t *testing.T, s *registrydb.Store, f func(tx registry.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, officetest.Tables(t, registrydb.Open)) }

func TestResidents(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		again := resident("00000000001", jiro)
		if err := s.Update(ctx, func(tx registry.Tx) error { _, err := tx.AddResident(ctx, again); return err }); !db.Duplicate(err) {
			t.Errorf("a second record of a code = %v, want a duplicate", err)
		}
		update(t, s, func(tx registry.Tx) error {
			first, found, err := tx.Resident(ctx, "00000000001")
			want := resident("00000000001", hanako)
			want.Number = first.Number
			if err != nil || !found || first != want || first.Number == 0 {
				t.Errorf("Resident = %v, %v, %v, want %v", first, found, err, want)
			}
			if _, found, err := tx.Resident(ctx, "00000000003"); found || err != nil {
				t.Errorf("Resident of no code = %v, %v", found, err)
			}
			second, _, err := tx.Resident(ctx, "00000000002")
			if err != nil {
				return err
			}
			for _, step := range []struct {
				change func()
				want   bool
			}{
				{func() {}, false},
				{func() { second.Attributes, second.Municipality, second.AmendedAt = hanako, "99202", now.Add(time.Hour) }, true},
				{func() { second.Removed = true }, false},
			} {
				step.change()
				if err := tx.SetResident(ctx, second); err != nil {
					return err
				}
				got, _, err := tx.Resident(ctx, "00000000002")
				shared, errShared := tx.Shared(ctx, first)
				if err != nil || got != second || shared != step.want || errShared != nil {
					t.Errorf("%v, shared %v, %v, %v; want %v, %v", got, shared, err, errShared, second, step.want)
				}
			}
			return nil
		})
	})
}

// A name is found by its beginning, whatever characters it has.
func TestNamed(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		update(t, s, func(tx registry.Tx) error {
			if _, err := tx.AddResident(ctx, resident("00000000003", person(`𠮷田　"花",%_\`))); err != nil {
				return err
			}
			for begin, want := range map[string]int{"見本": 2, "見本　次": 1, "本": 0, "𠮷": 1, `𠮷田　"花",`: 1, `𠮷田　"花",%_\`: 1, "%": 0, "見_": 0} {
				got, err := tx.Named(ctx, begin, 9)
				if err != nil || len(got) != want {
					t.Errorf("Named(%s) = %d, %v, want %d", begin, len(got), err, want)
				}
			}
			if got, err := tx.Named(ctx, "見", 1); err != nil || len(got) != 1 || got[0].Number == 0 {
				t.Errorf("Named with a limit = %v, %v, want one", got, err)
			}
			return nil
		})
	})
}

// A call-up stands under its counter and application, and the last one counts. It leads to a resident that there is.
func TestCallUps(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		const desk post.Address = "counter-99201"
		update(t, s, func(tx registry.Tx) error {
			called, _, err := tx.Resident(ctx, "00000000002")
			if err != nil {
				return err
			}
			for _, day := range []string{"2026-04-01", "2026-04-02"} {
				want := registry.CallUp{Counter: desk, Application: "case-1", Resident: called.Number, Day: day}
				err := tx.SetCallUp(ctx, want)
				got, found, errGot := tx.CallUp(ctx, desk, "case-1")
				if err != nil || errGot != nil || !found || got != want {
					t.Errorf("CallUp = %v, %v, %v, %v, want %v", got, found, err, errGot, want)
				}
			}
			if got, found, err := tx.ResidentNumbered(ctx, called.Number); err != nil || !found || got != called {
				t.Errorf("ResidentNumbered = %v, %v, %v, want %v", got, found, err, called)
			}
			if _, found, err := tx.ResidentNumbered(ctx, called.Number+100); found || err != nil {
				t.Errorf("ResidentNumbered of nobody = %v, %v", found, err)
			}
			for to, application := range map[post.Address]string{desk: "case-2", "counter-99202": "case-1"} {
				if got, found, err := tx.CallUp(ctx, to, application); found || err != nil {
					t.Errorf("CallUp(%s, %s) = %v, %v, want none", to, application, got, err)
				}
			}
			return nil
		})
		nobody := registry.CallUp{Counter: desk, Application: "case-2", Resident: 100, Day: "2026-04-01"}
		if err := s.Update(ctx, func(tx registry.Tx) error { return tx.SetCallUp(ctx, nobody) }); err == nil {
			t.Error("a call-up of a resident who is not there = nil, want an error")
		}
	})
}

// The chain of lists goes as far as there are whole lists without a gap.
func TestLists(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		day := func(n int) time.Time { return now.AddDate(0, 0, n) }
		list := func(n, arrived int) registry.List {
			l := registry.List{Date: day(n).Format(time.DateOnly), Since: day(n - 1), Through: day(n), Parts: 2, Total: 5, Arrived: arrived, Entries: arrived}
			if n == 1 {
				l.Since = time.Unix(0, 0).UTC()
			}
			return l
		}
		for _, step := range []struct {
			list registry.List
			want time.Time
		}{
			{list(2, 2), time.Unix(0, 0)}, {list(1, 1), time.Unix(0, 0)}, {list(1, 2), day(2)}, {list(4, 2), day(2)}, {list(3, 1), day(2)}, {list(3, 2), day(4)},
		} {
			update(t, s, func(tx registry.Tx) error {
				if err := tx.SetList(ctx, step.list); err != nil {
					return err
				}
				got, found, err := tx.List(ctx, step.list.Date)
				covered, errCovered := tx.Covered(ctx)
				if err != nil || errCovered != nil || !found || got != step.list || !covered.Equal(step.want) {
					t.Errorf("List = %v, %v, %v, covered %v, %v; want %v, %v", got, found, err, covered, errCovered, step.list, step.want)
				}
				return nil
			})
		}
		update(t, s, func(tx registry.Tx) error {
			if _, found, err := tx.List(ctx, "2000-01-01"); found || err != nil {
				t.Errorf("List of no day = %v, %v", found, err)
			}
			return tx.AddPart(ctx, list(1, 1).Date, 2, "digest")
		})
		update(t, s, func(tx registry.Tx) error {
			for part, want := range map[int]string{1: "", 2: "digest"} {
				if got, found, err := tx.PartDigest(ctx, list(1, 1).Date, part); got != want || found != (want != "") || err != nil {
					t.Errorf("PartDigest(%d) = %q, %v, %v, want %q", part, got, found, err, want)
				}
			}
			return nil
		})
	})
}

// The longest attributes have a place, also in an index.
func TestLongestAttributes(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		long := hanako
		long.Name, long.Address = strings.Repeat("𠮷", 200), strings.Repeat("<", 200)
		update(t, s, func(tx registry.Tx) error {
			_, errResident := tx.AddResident(ctx, resident("00000000003", long))
			_, errHolder := tx.AddHolder(ctx, registry.Holder{Listed: long, Present: long, IssuedAt: now})
			event, errEvent := tx.AddEvent(ctx, move("e-1", 1, long))
			_, errNotice := tx.AddNotice(ctx, event.Number, message.ChangeNotice{ID: "n-1", Attributes: long, Fact: message.Died})
			for _, err := range []error{errResident, errHolder, errEvent, errNotice} {
				if err != nil {
					t.Error(err)
				}
			}
			return nil
		})
	})
}
