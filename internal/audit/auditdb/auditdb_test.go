package auditdb_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
)

// now is the time of every transaction in the tests.
var now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// office is an audit log in a database, with its key.
type office struct {
	url  string
	db   *db.DB
	log  *auditdb.Log
	key  note.Signer
	keys note.Verifiers
}

func newKey(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	private, public, err := note.GenerateKey(nil, "ca.jpki-test.invalid/audit")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d := dbtest.Open(t, db.Config{URL: url, Now: func() time.Time { return now }})
	if err := auditdb.Migrate(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

// newLog returns a log of n entries.
func newLog(t *testing.T, e dbtest.Engine, n int) *office {
	t.Helper()
	url := e.New(t)
	key, verifier := newKey(t)
	l := &office{url: url, db: open(t, url), key: key, keys: note.VerifierList(verifier)}
	var err error
	if l.log, err = auditdb.New(l.key, l.keys); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := l.append(t.Context(), issue(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// issue returns the entry of an issue.
func issue(serial int) audit.Entry {
	return audit.Entry{
		Actor: authz.Actor{Office: authz.Counter, Operator: "op-7"}, Act: "ca.issue",
		Subject: fmt.Sprintf("serial:%d", serial), Law: "公的個人認証法第3条", Outcome: audit.Allowed,
	}
}

func (l *office) append(ctx context.Context, entries ...audit.Entry) error {
	return l.db.Update(ctx, func(tx *db.Tx) error { return l.log.Append(ctx, tx, entries...) })
}

func (l *office) verify(t *testing.T, older ...string) audit.Report {
	t.Helper()
	var report audit.Report
	err := l.db.View(t.Context(), func(tx *db.Tx) (err error) {
		report, err = auditdb.Verify(t.Context(), tx, l.keys, older...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (l *office) checkpoint(t *testing.T) string {
	t.Helper()
	var checkpoint string
	err := l.db.View(t.Context(), func(tx *db.Tx) (err error) {
		checkpoint, err = auditdb.Checkpoint(t.Context(), tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint
}

// subjects returns the subjects of the records that a filter selects.
func (l *office) subjects(t *testing.T, f auditdb.Filter) []string {
	t.Helper()
	var all []string
	err := l.db.View(t.Context(), func(tx *db.Tx) error {
		for r, err := range auditdb.Records(t.Context(), tx, f) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(r.Encoding)
			if err != nil {
				return err
			}
			if !e.Time.Equal(now) {
				t.Errorf("entry %d has time %v, want %v", r.Seq, e.Time, now)
			}
			all = append(all, e.Subject)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAppendAndVerify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 0)
		if got := l.verify(t); got != (audit.Report{}) {
			t.Errorf("Verify of a new log = %v, want an empty report", got)
		}
		if got := l.checkpoint(t); got != "" {
			t.Errorf("Checkpoint of a new log = %q, want none", got)
		}
		if err := l.append(t.Context(), issue(1)); err != nil {
			t.Fatal(err)
		}
		kept := l.checkpoint(t)
		if err := l.append(t.Context(), issue(2), issue(3)); err != nil {
			t.Fatal(err)
		}
		got := l.verify(t, kept, l.checkpoint(t))
		if got.Count != 3 || got.Head.Count != 3 || got.Break != nil {
			t.Errorf("Verify = %v, want 3 entries that hold", got)
		}
		if got, want := l.subjects(t, auditdb.Filter{}), []string{"serial:1", "serial:2", "serial:3"}; !slices.Equal(got, want) {
			t.Errorf("subjects = %v, want %v", got, want)
		}
	})
}

// A pen signs once what it wrote, and nothing if it wrote nothing; what it leaves unsigned breaks the log.
func TestPen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 1)
		write := func(seal bool, entries ...audit.Entry) {
			t.Helper()
			err := l.db.Update(t.Context(), func(tx *db.Tx) error {
				pen := l.log.In(tx)
				for _, e := range entries {
					if err := pen.Append(t.Context(), e); err != nil {
						return err
					}
				}
				if !seal {
					return nil
				}
				return pen.Seal(t.Context())
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		before := l.checkpoint(t)
		write(true)
		if got := l.checkpoint(t); got != before {
			t.Errorf("checkpoint after nothing was written = %q, want %q", got, before)
		}
		write(true, issue(2), issue(3))
		if got := l.verify(t, before); got.Head.Count != 3 || got.Break != nil {
			t.Errorf("Verify = %v, want 3 entries that hold", got)
		}
		write(false, issue(4))
		if got := l.verify(t); got.Break == nil {
			t.Error("Verify finds nothing wrong with an entry behind the signed head")
		}
		if err := l.append(t.Context(), issue(5)); fault.KeyOf(err) != "audit.broken" {
			t.Errorf("Append = %v, want audit.broken", err)
		}
	})
}

func TestAppendRefusesAnInvalidEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 1)
		bad := issue(2)
		bad.Subject = "a name"
		if err := l.append(t.Context(), issue(2), bad); err == nil {
			t.Error("Append = nil, want an error")
		}
		if got := l.verify(t); got.Count != 1 || got.Break != nil {
			t.Errorf("Verify = %v, want the first entry alone", got)
		}
	})
}

// Req: R-GEN-06
func TestRecordsByArticle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 2)
		revoke := issue(1)
		revoke.Act, revoke.Law = "ca.revoke", "公的個人認証法第9条"
		start := audit.Entry{Actor: authz.Actor{Office: authz.CA}, Act: "ca.start", Outcome: audit.Allowed}
		if err := l.append(t.Context(), revoke, start, issue(3)); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			name   string
			filter auditdb.Filter
			want   []string
		}{
			{"everything", auditdb.Filter{}, []string{"serial:1", "serial:2", "serial:1", "", "serial:3"}},
			{"article 3", auditdb.Filter{Law: "公的個人認証法第3条"}, []string{"serial:1", "serial:2", "serial:3"}},
			{"article 9", auditdb.Filter{Law: "公的個人認証法第9条"}, []string{"serial:1"}},
			{"article that nobody used", auditdb.Filter{Law: "公的個人認証法第29条"}, nil},
			{"one certificate", auditdb.Filter{Subject: "serial:1"}, []string{"serial:1", "serial:1"}},
			{"one certificate and article", auditdb.Filter{Subject: "serial:2", Law: "公的個人認証法第3条"}, []string{"serial:2"}},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if got := l.subjects(t, tt.filter); !slices.Equal(got, tt.want) {
					t.Errorf("Records(%v) = %v, want %v", tt.filter, got, tt.want)
				}
			})
		}
	})
}

// ownStatements are ways to change a log that one database alone has.
var ownStatements = map[string][]string{
	"sqlite": {`INSERT OR REPLACE INTO audit_entry (seq, entry, hash) SELECT 2, '{}', hash FROM audit_entry WHERE seq = 1`},
	"postgres": {
		`INSERT INTO audit_entry (seq, entry, hash) SELECT 2, '{}', hash FROM audit_entry WHERE seq = 1
			ON CONFLICT (seq) DO UPDATE SET entry = excluded.entry`,
		`TRUNCATE audit_entry`,
		`TRUNCATE audit_head`,
	},
}

func TestTriggersRefuse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 2)
		for _, statement := range append([]string{
			`UPDATE audit_entry SET entry = '{}' WHERE seq = 1`,
			`DELETE FROM audit_entry WHERE seq = 2`,
			`INSERT INTO audit_entry (seq, entry, hash) SELECT 4, '{}', hash FROM audit_entry WHERE seq = 1`,
			`INSERT INTO audit_entry (seq, entry, hash) SELECT 3, '{}', substr(hash, 1, 31) FROM audit_entry WHERE seq = 1`,
			`DELETE FROM audit_head`,
			`INSERT INTO audit_head (id, checkpoint) VALUES (2, 'x')`,
		}, ownStatements[e.Name]...) {
			err := l.db.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), statement)
				return err
			})
			if err == nil {
				t.Errorf("%s was done, want a refusal", statement)
			}
		}
		if got := l.verify(t); got.Count != 2 || got.Break != nil {
			t.Errorf("Verify = %v, want 2 entries that hold", got)
		}
	})
}

func TestKeyChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 2)
		kept := l.checkpoint(t)
		former, err := l.keys.Verifier(l.key.Name(), l.key.KeyHash())
		if err != nil {
			t.Fatal(err)
		}
		key, verifier := newKey(t)
		if l.log, err = auditdb.New(key, note.VerifierList(verifier)); err != nil {
			t.Fatal(err)
		}
		if err := l.append(t.Context(), issue(3)); fault.KeyOf(err) != "audit.broken" {
			t.Errorf("Append after an unknown key = %v, want audit.broken", err)
		}
		l.keys = note.VerifierList(verifier, former)
		if l.log, err = auditdb.New(key, l.keys); err != nil {
			t.Fatal(err)
		}
		if err := l.append(t.Context(), issue(3)); err != nil {
			t.Errorf("Append with the new key = %v", err)
		}
		if got := l.verify(t, kept); got.Count != 3 || got.Break != nil {
			t.Errorf("Verify = %v, want 3 entries that hold", got)
		}
	})
}

func TestNewRefusesAKeyThatNobodyKnows(t *testing.T) {
	key, _ := newKey(t)
	_, other := newKey(t)
	if _, err := auditdb.New(key, note.VerifierList(other)); err == nil {
		t.Error("New = nil, want an error")
	}
}

func TestConcurrentWriters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 0)
		second := *l
		second.db = open(t, l.url)
		var wait sync.WaitGroup
		for i := range 8 {
			writer := []*office{l, &second}[i%2]
			wait.Go(func() {
				for range 10 {
					if err := writer.append(t.Context(), issue(i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if got := l.verify(t); got.Count != 80 || got.Break != nil {
			t.Errorf("Verify = %v, want 80 entries that hold", got)
		}
	})
}

func TestVerifyReportsADatabaseThatCannotBeRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 1)
		tamper(t, l.url, `ALTER TABLE audit_entry RENAME TO hidden`)
		err := l.db.View(t.Context(), func(tx *db.Tx) error {
			_, err := auditdb.Verify(t.Context(), tx, l.keys)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "reading audit") {
			t.Errorf("Verify = %v, want an error", err)
		}
	})
}

func TestSameTables(t *testing.T) { dbtest.SameTables(t, auditdb.Migrate) }
