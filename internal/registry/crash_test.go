package registry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"days": days}) }

// days are a few days of a register: two residents who are the same on paper, a list, a move that a clerk decides on, a
// death, and the sending. What is sent goes to a file.
func days(dir string, at func(string)) error {
	ctx := context.Background()
	same := person("見本　花子", "１")
	third := person("例示　三郎", "３")
	o, err := open(ctx, dir, func(c *registry.Config) { c.Step = at })
	if err != nil {
		return err
	}
	defer o.db.Close()
	for code, a := range map[registry.ResidentCode]message.Attributes{hanako: same, jiro: same, "00000000003": third} {
		err := o.Enter(ctx, clerk, registry.Resident{Code: code, Attributes: a, Municipality: mihon})
		if err != nil && fault.KeyOf(err) != "registry.resident_exists" { // amended in an earlier life
			return err
		}
	}
	o.later()
	letter, err := message.HolderListLetter.Letter(message.AtRegistry, message.TopicHolders, list(0, 24, same, third))
	if err != nil {
		return err
	}
	if _, err := o.Receive(ctx, message.AtLink, []post.Message{{Letter: letter, Seq: 1, Written: start}}); err != nil {
		return err
	}
	err = errors.Join(
		o.Amend(ctx, clerk, event("e-1", registry.Move, hanako, 30, person("見本　花子", "２"))),
		o.Amend(ctx, clerk, event("e-2", registry.Death, "00000000003", 31, message.Attributes{})),
	)
	if err != nil {
		return err
	}
	err = o.Decide(ctx, clerk, registry.Decision{Event: "e-1", Chosen: []int64{1}})
	if err != nil && fault.KeyOf(err) != "registry.no_question" { // decided in an earlier life
		return err
	}
	courier := o.courier(func(n message.ChangeNotice) error { return witness(dir, n) })
	courier.Step = at
	return courier.Deliver(ctx)
}

// witness appends a line for a notice to the file "sent".
func witness(dir string, n message.ChangeNotice) error {
	f, err := os.OpenFile(filepath.Join(dir, "sent"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, n.ID, n.Fact)
	return err
}

// Killed at any step, the register loses no notice, invents none, and its audit log holds.
func TestKilledInEveryStep(t *testing.T) {
	steps := slices.Concat(crashtest.Steps(t, "amend.go", "Amend"), crashtest.Steps(t, "match.go", "match"),
		crashtest.Steps(t, "clerk.go", "Decide"), crashtest.Steps(t, "../post/courier.go", "DeliverTo"))
	play := crashtest.Play{Scenario: "days", Folder: func(t *testing.T) string { return t.TempDir() }, Check: checkDays}
	play.KilledInEveryStep(t, steps, 1, 2)
}

// checkDays looks at what a killed register left; complete says that it has ended its work.
func checkDays(t *testing.T, dir string, complete bool) {
	t.Helper()
	o, err := open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.db.Close()
	officetest.Audited(t, o.db, o.keys)
	recorded := map[string]bool{}
	err = o.db.View(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT id, fact FROM notice`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, fact string
			if err := rows.Scan(&id, &fact); err != nil {
				return err
			}
			recorded[id+" "+fact] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := os.ReadFile(filepath.Join(dir, "sent"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(sent)), "\n")
	slices.Sort(lines)
	lines = slices.Compact(lines)
	for _, line := range lines {
		if line != "" && !recorded[line] {
			t.Errorf("notice %q was sent and is not recorded", line)
		}
	}
	if complete && (len(recorded) != 2 || len(lines) != 2) {
		t.Errorf("%d notices recorded, %d sent, want 2 and 2", len(recorded), len(lines))
	}
}
