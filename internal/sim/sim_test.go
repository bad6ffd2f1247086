package sim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/sim"
)

// end is when the past of the nations of these tests ends: noon in Japan.
var end = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)

var clerk = authz.Actor{Office: authz.Sandbox}

func TestMain(m *testing.M) {
	crashtest.Main(m, map[string]crashtest.Scenario{"found": func(dir string, at func(string)) error {
		s, _, err := nation(context.Background(), sim.Config{Dir: dir, Seed: 7, Residents: 20, End: end, Step: oneByOne(at)})
		if err == nil {
			err = s.Close()
		}
		return err
	}})
}

// oneByOne lets those who work side by side announce their steps.
func oneByOne(at func(string)) func(string) {
	var mu sync.Mutex
	return func(step string) {
		mu.Lock()
		defer mu.Unlock()
		at(step)
	}
}

// nation founds a nation, or takes up the founding of one, and leaves it open.
func nation(ctx context.Context, c sim.Config) (*app.Sandbox, *sim.Nation, error) {
	n, err := sim.Open(c)
	if err != nil {
		return nil, nil, err
	}
	s, err := app.Open(ctx, app.Config{Dir: c.Dir, Start: n.Begin(), Standing: true, Step: c.Step})
	if err != nil {
		return nil, nil, err
	}
	if err := n.Found(ctx, s, func(int, int) {}); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, n, nil
}

func found(t *testing.T, c sim.Config) (*app.Sandbox, *sim.Nation) {
	t.Helper()
	s, n, err := nation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, n
}

// The same seed gives the same nation: people, events, order, times, serial numbers, lists. No key is the same.
func TestSameSeedSameNation(t *testing.T) {
	t.Parallel()
	var pasts []past
	keys := map[string]bool{}
	for range 2 {
		s, n := found(t, sim.Config{Dir: t.TempDir(), Seed: 7, Residents: 20, End: end})
		pasts = append(pasts, pastOf(t, s, n))
		for id := range pasts[0].People {
			for _, c := range caseOf(t, s, id).Certificates {
				own, err := jpki.Parse(c.Certificate)
				if err != nil {
					t.Fatal(err)
				}
				keys[own.KeyID().String()] = true
			}
		}
	}
	equal(t, pasts[0], pasts[1])
	if want := 2 * 23; len(keys) != want {
		t.Errorf("%d keys, want %d: every certificate of both nations has its own", len(keys), want)
	}
}

// Other people follow from another seed.
func TestOtherSeed(t *testing.T) {
	a, b := sim.Residents(1, 50), sim.Residents(2, 50)
	codes := map[string]bool{}
	for i := range a {
		if err := a[i].Attributes.Validate(); err != nil {
			t.Errorf("resident %d: %v", i, err)
		}
		codes[string(a[i].Code)] = true
	}
	if len(codes) != 50 {
		t.Errorf("%d resident codes of 50 residents", len(codes))
	}
	if !slices.Equal(a, sim.Residents(1, 50)) || slices.Equal(a, b) {
		t.Error("the residents do not follow from the seed")
	}
}

// A folder has one nation: who asks for another is told which.
func TestOtherNation(t *testing.T) {
	dir := t.TempDir()
	first, err := sim.Open(sim.Config{Dir: dir, Seed: 3, Residents: 4, End: end})
	if err != nil {
		t.Fatal(err)
	}
	again, err := sim.Open(sim.Config{Dir: dir})
	if err != nil || !again.Begin().Equal(first.Begin()) {
		t.Errorf("opened again: begins %v, %v, want %v", again.Begin(), err, first.Begin())
	}
	for _, c := range []sim.Config{{Dir: dir, Seed: 4}, {Dir: dir, Residents: 5}} {
		if _, err := sim.Open(c); fault.KeyOf(err) != "sim.other" {
			t.Errorf("%+v: %v, want sim.other", c, err)
		}
	}
}

// Killed anywhere while it is founded, the nation comes to be the same one but for its serial numbers.
func TestFoundingKilledAnywhere(t *testing.T) {
	t.Parallel()
	s, n := found(t, sim.Config{Dir: t.TempDir(), Seed: 7, Residents: 20, End: end})
	want := pastOf(t, s, n)
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random, dir := crashtest.Random(t, seed), t.TempDir()
			for range 4 {
				crashtest.KillAfter(t, "found", dir, time.Duration(100+random.IntN(900))*time.Millisecond)
			}
			checkFounded(t, dir, want)
		})
	}
	for _, step := range crashtest.Steps(t, "found.go", "Found") {
		t.Run(step, func(t *testing.T) {
			dir := t.TempDir()
			if !crashtest.Kill(t, "found", dir, step, 1) {
				t.Fatalf("the founding never came to step %q", step)
			}
			crashtest.Kill(t, "found", dir, step, 3)
			checkFounded(t, dir, want)
		})
	}
}

// checkFounded ends the founding and looks at the nation: the same people, cases and revocations. Left out is what an office
// does once more because it was opened once more.
func checkFounded(t *testing.T, dir string, want past) {
	t.Helper()
	crashtest.Finish(t, "found", dir)
	s, n := found(t, sim.Config{Dir: dir})
	got := pastOf(t, s, n)
	for _, p := range []*past{&want, &got} {
		p.Serials, p.Listed, p.Dates, p.Acts = nil, nil, nil, nil
	}
	equal(t, want, got)
	checkVerdicts(t, s, n)
}

// What is expected of the persons is what a verifier finds, when the nation is founded and long after.
//
// Req: R-VAL-03, R-VAL-05, R-REV-09
func TestExpectations(t *testing.T) {
	t.Parallel()
	s, n := found(t, sim.Config{Dir: t.TempDir(), End: end})
	checkVerdicts(t, s, n)
	for _, later := range []time.Time{end.AddDate(0, 0, 60), end.AddDate(0, 0, 300)} {
		if err := s.Advance(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		checkVerdicts(t, s, n)
	}
}
