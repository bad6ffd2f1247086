package crashtest

import (
	"fmt"
	"testing"
	"time"
)

// Play is a scenario with what surrounds it: the folder that it begins in, and what must be true of what it leaves.
type Play struct {
	Scenario string
	// Folder prepares a folder.
	Folder func(t *testing.T) (dir string)
	// Check looks at what was left; complete says that the scenario came to its end.
	Check func(t *testing.T, dir string, complete bool)
}

// KilledInEveryStep plays once for each step. It kills at the counts-th beginnings of the step, one after the other, of
// which the first must come, and lets the scenario end.
func (p Play) KilledInEveryStep(t *testing.T, steps []string, counts ...int) {
	t.Helper()
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := p.Folder(t)
			for i, count := range counts {
				if !Kill(t, p.Scenario, dir, step, count) && i == 0 {
					t.Fatalf("the scenario never came to step %q for the %d. time", step, count)
				}
				p.Check(t, dir, false)
			}
			p.end(t, dir)
		})
	}
}

// Luck says how often and where a scenario is killed by chance.
type Luck struct {
	Seeds, Kills int           // plays, and kills in each
	Count        int           // at which beginning of a step at most
	Within       time.Duration // after which time at most
}

// KilledAnywhere plays once for each seed. It kills at steps and at moments that are chosen at random, and lets the scenario
// end.
func (p Play) KilledAnywhere(t *testing.T, steps []string, l Luck) {
	t.Helper()
	for seed := range l.Seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := Random(t, uint64(seed))
			dir := p.Folder(t)
			for range l.Kills {
				if random.IntN(2) == 0 {
					Kill(t, p.Scenario, dir, steps[random.IntN(len(steps))], 1+random.IntN(l.Count))
				} else {
					KillAfter(t, p.Scenario, dir, time.Duration(random.Int64N(int64(l.Within))).Truncate(time.Millisecond))
				}
				p.Check(t, dir, false)
			}
			p.end(t, dir)
		})
	}
}

func (p Play) end(t *testing.T, dir string) {
	t.Helper()
	Finish(t, p.Scenario, dir)
	p.Check(t, dir, true)
}
