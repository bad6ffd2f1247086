package registrydb_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
)

// move is an event after which 花子 is somebody else, an hour after another.
func move(id string, hour int, before message.Attributes) registry.Record {
	return registry.Record{
		Event: registry.Event{
			ID: id, Kind: registry.Move, Code: "00000000001", At: now.Add(time.Duration(hour) * time.Hour), After: jiro, Municipality: "99201",
		},
		Before: before, Shared: hour%2 == 1, Outcome: registry.Waiting,
	}
}

func TestEvents(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		death := move("e-3", 3, hanako)
		death.Kind, death.After, death.Municipality = registry.Death, message.Attributes{}, ""
		all := []registry.Record{move("e-1", 1, hanako), move("e-2", 2, jiro), death}
		update(t, s, func(tx registry.Tx) (err error) {
			for i := range all {
				if all[i], err = tx.AddEvent(ctx, all[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if all[0].Number >= all[1].Number || all[1].Number >= all[2].Number {
			t.Errorf("numbers %d, %d, %d do not go up", all[0].Number, all[1].Number, all[2].Number)
		}
		if err := s.Update(ctx, func(tx registry.Tx) error { _, err := tx.AddEvent(ctx, all[0]); return err }); !db.Duplicate(err) {
			t.Errorf("an event again = %v, want a duplicate", err)
		}
		update(t, s, func(tx registry.Tx) error {
			for _, want := range all {
				got, found, err := tx.Event(ctx, want.ID)
				if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
					t.Errorf("Event: %v, found %v, -want +got\n%s", err, found, diff)
				}
			}
			of, err := tx.EventsOf(ctx, "00000000001")
			none, errNone := tx.EventsOf(ctx, "00000000002")
			if diff := cmp.Diff(all, of); err != nil || errNone != nil || len(none) != 0 || diff != "" {
				t.Errorf("EventsOf: %v, %v, %d of another; -want +got\n%s", err, errNone, len(none), diff)
			}
			for _, tt := range []struct {
				position int64
				issued   time.Time
				want     string
			}{
				{0, now, "e-1"}, {0, all[0].At, "e-3"}, {all[0].Number, now, "e-3"}, {all[2].Number, now, ""},
			} {
				got, found, err := tx.NextEvent(ctx, registry.Holder{Present: hanako, Position: tt.position, IssuedAt: tt.issued})
				if err != nil || found != (tt.want != "") || got.ID != tt.want {
					t.Errorf("NextEvent after %d and %v = %q, %v, want %q", tt.position, tt.issued, got.ID, err, tt.want)
				}
			}
			return nil
		})
		checkOutcomes(t, ctx, s, all)
	})
}

// checkOutcomes settles the first of three events and closes those until the second.
func checkOutcomes(t *testing.T, ctx context.Context, s *registrydb.Store, all []registry.Record) {
	update(t, s, func(tx registry.Tx) error {
		if err := tx.SetOutcome(ctx, all[0].Number, registry.Noticed); err != nil {
			return err
		}
		if err := tx.Close(ctx, all[1].At); err != nil {
			return err
		}
		for i, want := range []registry.Outcome{registry.Noticed, registry.NoHolder, registry.Waiting} {
			if got, _, err := tx.Event(ctx, all[i].ID); err != nil || got.Outcome != want {
				t.Errorf("%s is %s, %v, want %s", all[i].ID, got.Outcome, err, want)
			}
		}
		notice := message.ChangeNotice{ID: "n-1", Attributes: hanako, Fact: message.Changed}
		other, again := notice, notice
		other.ID, other.Attributes, again.ID = "n-2", jiro, "n-3"
		for _, tt := range []struct {
			n    message.ChangeNotice
			want bool
		}{{notice, true}, {other, true}, {again, false}} {
			if added, err := tx.AddNotice(ctx, all[0].Number, tt.n); added != tt.want || err != nil {
				t.Errorf("AddNotice(%s) = %v, %v, want %v", tt.n.ID, added, err, tt.want)
			}
		}
		return nil
	})
}

func TestHolders(t *testing.T) {
	each(t, func(t *testing.T, ctx context.Context, s *registrydb.Store) {
		update(t, s, func(tx registry.Tx) error {
			event, err := tx.AddEvent(ctx, move("e-1", 1, hanako))
			if err != nil {
				return err
			}
			var holders []registry.Holder
			for range 3 {
				h, err := tx.AddHolder(ctx, registry.Holder{Listed: hanako, Present: hanako, IssuedAt: now})
				if err != nil {
					return err
				}
				holders = append(holders, h)
			}
			asked, ended := &holders[0], &holders[1]
			asked.Question, asked.Position = event.Number, 7
			ended.Ended = true
			moved := holders[2]
			moved.Present = jiro
			for _, h := range []registry.Holder{*asked, *ended, moved} {
				if err := tx.SetHolder(ctx, h); err != nil {
					return err
				}
			}
			none, errNone := tx.Holding(ctx, hanako)
			got, err := tx.Holding(ctx, jiro)
			if diff := cmp.Diff([]registry.Holder{moved}, got); err != nil || errNone != nil || len(none) != 0 || diff != "" {
				t.Errorf("Holding: %v, %v, %d of before; -want +got\n%s", err, errNone, len(none), diff)
			}
			candidates, err := tx.Candidates(ctx, event.Number)
			if diff := cmp.Diff([]registry.Holder{*asked}, candidates); err != nil || diff != "" {
				t.Errorf("Candidates: %v, -want +got\n%s", err, diff)
			}
			questions, err := tx.Asked(ctx)
			if diff := cmp.Diff([]registry.Record{event}, questions); err != nil || diff != "" {
				t.Errorf("Asked: %v, -want +got\n%s", err, diff)
			}
			return nil
		})
	})
}
