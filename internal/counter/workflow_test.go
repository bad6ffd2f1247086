package counter_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/locale"
)

var update = flag.Bool("update", false, "rewrite docs/counter-states.md")

// TestStatesDocument keeps docs/counter-states.md in step with the table.
//
// Req: R-STM-01, R-ISS-28
func TestStatesDocument(t *testing.T) {
	const path = "../../docs/counter-states.md"
	var b strings.Builder
	b.WriteString("# A case at the counter, state by state\n\n")
	b.WriteString("What may follow what in `internal/counter`. This page is made from the table in `internal/counter/workflow.go`;\n[counter.md](counter.md) tells the way in words. Besides those named, the operator of a sandbox may do all of it.\n\n")
	b.WriteString("| from | event | to | who | law | while stopped |\n|---|---|---|---|---|---|\n")
	for _, row := range counter.Workflow() {
		from, halts := "–", "yes"
		if row.From != "" {
			from = both(row.From)
		}
		if row.Halts {
			halts = "no"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", from, both(row.Event), both(row.To), offices(row.Who), row.Law, halts)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != b.String() {
		t.Errorf("%s is not made from this table (error %v); run the test with -update", path, err)
	}
}

func both(v interface{ TextKey() string }) string {
	return fmt.Sprintf("`%s` %s", strings.TrimLeft(v.TextKey()[strings.Index(v.TextKey(), "_"):], "_"), locale.Text(locale.Japanese, v.TextKey()))
}

func offices(who []authz.Office) string {
	var names []string
	for _, o := range who {
		names = append(names, string(o))
	}
	return strings.Join(names, ", ")
}

// The table is sound: every state is reached, one event leads one way, every word has its text.
func TestWorkflow(t *testing.T) {
	reached := []counter.State{""}
	for _, row := range counter.Workflow() {
		if !slices.Contains(reached, row.From) {
			t.Errorf("%s comes from %s, which nothing has led to", row.Event, row.From)
		}
		reached = append(reached, row.To)
		same := 0
		for _, other := range counter.Workflow() {
			if other.From == row.From && other.Event == row.Event {
				same++
			}
		}
		if same != 1 {
			t.Errorf("%s from %s stands %d times", row.Event, row.From, same)
		}
		for _, key := range []string{row.Event.TextKey(), row.To.TextKey()} {
			if locale.Text(locale.Japanese, key) == key {
				t.Errorf("%s has no text", key)
			}
		}
	}
}
