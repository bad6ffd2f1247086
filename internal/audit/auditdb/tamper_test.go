package auditdb_test

import (
	"fmt"
	"testing"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
)

// unlock removes what keeps honest programs from changing the log.
var unlock = map[string]string{
	"sqlite": `PRAGMA ignore_check_constraints = on;
		DROP TRIGGER IF EXISTS audit_entry_at_the_end; DROP TRIGGER IF EXISTS audit_entry_unchanged;
		DROP TRIGGER IF EXISTS audit_entry_kept; DROP TRIGGER IF EXISTS audit_head_kept;`,
	"postgres": `ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS audit_entry_hash_check;
		ALTER TABLE audit_entry DISABLE TRIGGER ALL; ALTER TABLE audit_head DISABLE TRIGGER ALL;`,
}

// tamper opens the database with nothing of ours and changes it.
func tamper(t *testing.T, url, statements string, args ...any) {
	t.Helper()
	if _, err := dbtest.Raw(t, url).ExecContext(t.Context(), statements, args...); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

func TestTampering(t *testing.T) {
	tests := []struct {
		name       string
		statements string
		want       audit.Break
		stops      bool // the office notices at its next act
	}{
		{
			"changed entry",
			`UPDATE audit_entry SET entry = replace(entry, 'op-7', 'op-8') WHERE seq = 3`,
			audit.Break{Seq: 3, Reason: audit.Altered}, false,
		}, {
			"changed last entry",
			`UPDATE audit_entry SET entry = replace(entry, 'op-7', 'op-8') WHERE seq = 5`,
			audit.Break{Seq: 5, Reason: audit.Altered}, false,
		}, {
			"changed hash",
			`UPDATE audit_entry SET hash = (SELECT hash FROM audit_entry WHERE seq = 1) WHERE seq = 5`,
			audit.Break{Seq: 5, Reason: audit.Altered}, true,
		}, {
			"shorter hash",
			`UPDATE audit_entry SET hash = substr(hash, 1, 31) WHERE seq = 2`,
			audit.Break{Seq: 2, Reason: audit.Altered}, false,
		}, {
			"deleted entry",
			`DELETE FROM audit_entry WHERE seq = 2`,
			audit.Break{Seq: 2, Reason: audit.Missing}, false,
		}, {
			"deleted entry, the others moved up",
			`DELETE FROM audit_entry WHERE seq = 2;
			 UPDATE audit_entry SET seq = 2 WHERE seq = 3; UPDATE audit_entry SET seq = 3 WHERE seq = 4; UPDATE audit_entry SET seq = 4 WHERE seq = 5`,
			audit.Break{Seq: 2, Reason: audit.Altered}, true,
		}, {
			"exchanged entries",
			`UPDATE audit_entry SET seq = 99 WHERE seq = 2; UPDATE audit_entry SET seq = 2 WHERE seq = 4; UPDATE audit_entry SET seq = 4 WHERE seq = 99`,
			audit.Break{Seq: 2, Reason: audit.Altered}, false,
		}, {
			"number below the first",
			`UPDATE audit_entry SET seq = 0 WHERE seq = 3`,
			audit.Break{Seq: 1, Reason: audit.Reordered}, false,
		}, {
			"cut off",
			`DELETE FROM audit_entry WHERE seq > 3`,
			audit.Break{Seq: 4, Reason: audit.CutOff}, true,
		}, {
			"emptied",
			`DELETE FROM audit_entry`,
			audit.Break{Seq: 1, Reason: audit.CutOff}, true,
		}, {
			"head removed",
			`DELETE FROM audit_head`,
			audit.Break{Seq: 0, Reason: audit.HeadMissing}, true,
		}, {
			"head changed to fit a log that was cut off",
			"DELETE FROM audit_entry WHERE seq > 3; UPDATE audit_head SET checkpoint = replace(checkpoint, '\n5\n', '\n3\n')",
			audit.Break{Seq: 0, Reason: audit.HeadForged}, true,
		},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				l := newLog(t, e, 5)
				tamper(t, l.url, unlock[e.Name]+tt.statements)
				if got := l.verify(t).Break; got == nil || *got != tt.want {
					t.Errorf("Verify found %v, want %v", got, tt.want)
				}
				err := l.append(t.Context(), issue(6))
				if stopped := fault.KeyOf(err) == "audit.broken"; stopped != tt.stops {
					t.Errorf("Append afterwards = %v, want audit.broken %v", err, tt.stops)
				}
				if got := l.verify(t).Break; got == nil {
					t.Error("Verify afterwards found nothing, want the tampering")
				}
			})
		}
	})
}

// TestForgedHead rewrites the end of the log with all hashes right, and signs
// the new head with a key that is not the office's.
func TestForgedHead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 3)
		stranger, _ := newKey(t)
		fourth := audit.Head{Count: 3, Hash: l.verify(t).Head.Hash.Link("{}")}
		fourth.Count++
		checkpoint, err := fourth.Sign(stranger)
		if err != nil {
			t.Fatal(err)
		}
		tamper(t, l.url, unlock[e.Name])
		tamper(t, l.url, `INSERT INTO audit_entry (seq, entry, hash) VALUES (4, '{}', $1)`, fourth.Hash[:])
		if got, want := fmt.Sprint(l.verify(t).Break), fmt.Sprint(&audit.Break{Seq: 4, Reason: audit.Surplus}); got != want {
			t.Errorf("Verify with an entry added = %v, want %v", got, want)
		}
		tamper(t, l.url, `UPDATE audit_head SET checkpoint = $1`, checkpoint)
		if got, want := fmt.Sprint(l.verify(t).Break), fmt.Sprint(&audit.Break{Seq: 0, Reason: audit.HeadForged}); got != want {
			t.Errorf("Verify with the head forged = %v, want %v", got, want)
		}
		if err := l.append(t.Context(), issue(5)); fault.KeyOf(err) != "audit.broken" {
			t.Errorf("Append = %v, want audit.broken", err)
		}
	})
}

// TestRollBack puts back an earlier state of the whole log, which holds by itself. Only a checkpoint kept elsewhere shows
// it.
func TestRollBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		l := newLog(t, e, 3)
		earlier := l.checkpoint(t)
		if err := l.append(t.Context(), issue(4)); err != nil {
			t.Fatal(err)
		}
		kept := l.checkpoint(t)
		tamper(t, l.url, unlock[e.Name]+"DELETE FROM audit_entry WHERE seq = 4")
		tamper(t, l.url, `UPDATE audit_head SET checkpoint = $1`, earlier)

		if got := l.verify(t); got.Count != 3 || got.Break != nil {
			t.Errorf("Verify without a kept checkpoint = %v, want 3 entries that hold", got)
		}
		want := audit.Break{Seq: 4, Reason: audit.RolledBack}
		if got := l.verify(t, kept).Break; got == nil || *got != want {
			t.Errorf("Verify found %v, want %v", got, want)
		}
		if err := l.append(t.Context(), issue(5)); err != nil {
			t.Fatal(err)
		}
		want = audit.Break{Seq: 4, Reason: audit.Rebuilt}
		if got := l.verify(t, kept).Break; got == nil || *got != want {
			t.Errorf("Verify after another fourth entry found %v, want %v", got, want)
		}
	})
}
