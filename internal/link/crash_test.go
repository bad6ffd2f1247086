package link_test

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

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/message"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"day": day}) }

// openIn opens a link server in a folder that holds the texts of an audit key.
func openIn(ctx context.Context, dir string, step func(link.Step)) (*link.Service, *db.DB, error) {
	private, err := read(dir, "audit.key")
	if err != nil {
		return nil, nil, err
	}
	public, err := read(dir, "audit.pub")
	if err != nil {
		return nil, nil, err
	}
	log, err := logOf(private, public)
	if err != nil {
		return nil, nil, err
	}
	now := func() time.Time { return start.AddDate(0, 0, 1) }
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "link.db"), Now: now})
	if err != nil {
		return nil, nil, err
	}
	store, err := linkdb.Open(ctx, d, log)
	if err != nil {
		return nil, nil, err
	}
	s, err := link.New(link.Config{
		Store: store, Now: now, Step: step,
		SendList:  func(_ context.Context, l message.HolderList) error { return witness(dir, l.ID) },
		SendOrder: func(_ context.Context, o link.RevocationOrder) error { return witness(dir, o.ID) },
	})
	return s, d, err
}

// witness appends a line to the file "sent".
func witness(dir, id string) error {
	f, err := os.OpenFile(filepath.Join(dir, "sent"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, id)
	return err
}

// day is a day of a link server: two certificates of one person, a list, a death, and the sending.
func day(dir string, at func(string)) error {
	ctx := context.Background()
	s, d, err := openIn(ctx, dir, func(s link.Step) { at(s.String()) })
	if err != nil {
		return err
	}
	defer d.Close()
	a := person("見本　花子", "１")
	record := func(kind jpki.Kind) error {
		return s.Record(ctx, ca, message.HolderRecord{
			ID: kind.String() + "-2", Attributes: a, Issuer: "TEST", Serial: jpki.Serial(kind), Kind: kind, IssuedAt: start,
			NotAfter: start.AddDate(5, 0, 0),
		})
	}
	if err := errors.Join(record(jpki.Authentication), record(jpki.Signing)); err != nil {
		return err
	}
	if _, err := s.MakeList(ctx, itself); err != nil {
		return err
	}
	n := message.ChangeNotice{ID: "n-1", Attributes: a, Fact: message.Died, At: start.Add(time.Hour)}
	if err := s.TakeNotice(ctx, register, n); err != nil {
		return err
	}
	return s.Deliver(ctx)
}

// Killed at any step, the link server loses no list and no order, invents none, and its audit log holds.
func TestKilledInEveryStep(t *testing.T) {
	steps := slices.Concat(crashtest.Steps(t, "link.go", "Record"), crashtest.Steps(t, "list.go", "MakeList"),
		crashtest.Steps(t, "notice.go", "TakeNotice"), crashtest.Steps(t, "list.go", "Deliver"))
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			private, public := newKey(t)
			for name, text := range map[string]string{"audit.key": private, "audit.pub": public} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if !crashtest.Kill(t, "day", dir, step, 1) {
				t.Fatalf("the scenario never came to step %q", step)
			}
			checkDay(t, dir, false)
			crashtest.Kill(t, "day", dir, step, 2)
			checkDay(t, dir, false)
			crashtest.Finish(t, "day", dir)
			checkDay(t, dir, true)
		})
	}
}

// checkDay looks at what a killed link server left; complete says that it has ended its work.
func checkDay(t *testing.T, dir string, complete bool) {
	t.Helper()
	_, d, err := openIn(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	public, err := read(dir, "audit.pub")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	err = d.View(t.Context(), func(tx *db.Tx) error {
		report, err := auditdb.Verify(t.Context(), tx, note.VerifierList(verifier))
		if err != nil || report.Break != nil {
			t.Errorf("audit log: %v, %v, want it whole", report, err)
		}
		rows, err := tx.Query(t.Context(), `SELECT id FROM list UNION ALL SELECT id FROM revocation_order`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			recorded[id] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := read(dir, "sent")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	ids := strings.Fields(sent)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		if !recorded[id] {
			t.Errorf("%s was sent and is not recorded", id)
		}
	}
	if complete && (len(recorded) != 3 || len(ids) != 3) {
		t.Errorf("%d recorded, %d sent, want a list and two orders", len(recorded), len(ids))
	}
}
