package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/schedule"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"week": week}) }

// week is a clock that jumps through a week, before an office with a job in its transaction and one outside.
func week(dir string, at func(string)) error {
	ctx := context.Background()
	url, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return err
	}
	o, err := open(ctx, dir, string(url))
	if err != nil {
		return err
	}
	defer o.db.Close()
	s, err := o.scheduler(at, writes("apply", 6*time.Hour, time.Time{}),
		schedule.Job[tx]{Name: "do", Every: day, Do: func(_ context.Context, due time.Time) error {
			f, err := os.OpenFile(filepath.Join(dir, "do"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(f, due.Unix())
			return errors.Join(err, f.Close())
		}})
	if err != nil {
		return err
	}
	for _, now := range jumps {
		if _, err := s.Run(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

var jumps = []time.Time{at(1, 0, 0), at(1, 13, 0), at(4, 7, 0), at(4, 8, 0), at(8, 0, 0)}

func newWeek(t *testing.T, e dbtest.Engine) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "url"), []byte(e.New(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkWeek: each instant in order; with Apply once, with Do at least once.
func checkWeek(t *testing.T, dir string, complete bool) {
	t.Helper()
	url, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := open(t.Context(), dir, string(url))
	if err != nil {
		t.Fatal(err)
	}
	defer o.db.Close()
	var applied []int64
	err = o.view(t.Context(), func(x tx) error {
		rows, err := x.Query(t.Context(), `SELECT due FROM done ORDER BY n`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var due int64
			if err := rows.Scan(&due); err != nil {
				return err
			}
			applied = append(applied, due)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		report, err := auditdb.Verify(t.Context(), x.Tx, o.keys)
		if err != nil || report.Break != nil || report.Count != int64(len(applied)) {
			t.Errorf("audit log: %v, %v, want an entry for each of %d instants", report, err, len(applied))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "do"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var did []int64
	for line := range strings.FieldsSeq(string(data)) {
		var due int64
		fmt.Sscan(line, &due)
		did = append(did, due)
	}
	checkGrid(t, "apply", applied, 6*time.Hour, complete)
	checkGrid(t, "do", slices.Compact(did), day, complete)
}

func checkGrid(t *testing.T, job string, instants []int64, every time.Duration, complete bool) {
	t.Helper()
	var want []int64
	for due := jumps[0]; !due.After(jumps[len(jumps)-1]); due = due.Add(every) {
		want = append(want, due.Unix())
	}
	if len(instants) > len(want) || !slices.Equal(instants, want[:len(instants)]) || complete && len(instants) != len(want) {
		t.Fatalf("%s ran for %v, want of %v each in order; complete %v", job, instants, want, complete)
	}
}

func TestKilledInEveryStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		play(e).KilledInEveryStep(t, crashtest.Steps(t, "run.go", "RunDue"), 7, 2, 1)
	})
}

func TestKilledAnywhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		play(e).KilledAnywhere(t, crashtest.Steps(t, "run.go", "RunDue"), crashtest.Luck{Seeds: 4, Kills: 5, Count: 12, Within: 100 * time.Millisecond})
	})
}

func play(e dbtest.Engine) crashtest.Play {
	return crashtest.Play{Scenario: "week", Folder: func(t *testing.T) string { return newWeek(t, e) }, Check: checkWeek}
}
