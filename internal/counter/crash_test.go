package counter_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"visit": visit}) }

var lost = counter.RevocationNotice{
	Number: "18", Ground: message.Voluntary, Kinds: []jpki.Kind{jpki.Authentication, jpki.Signing}, Identity: licence,
}

// visit is a resident's life with the counter: both certificates, a PIN unlocked, and in the end their revocation.
func visit(dir string, at func(string)) error {
	ctx := context.Background()
	r, err := openRig(ctx, dir, settings{step: at})
	if err != nil {
		return err
	}
	defer r.close()
	c, err := r.Open(ctx, clerk, "17", form())
	if err != nil {
		return err
	}
	if _, err := r.walk(ctx, c.ID, counter.Completed); err != nil {
		return err
	}
	pin := counter.PINNotice{Number: "20", Work: counter.UnlockPIN, Kind: jpki.Signing, Identity: licence}
	if _, err := r.ServePIN(ctx, clerk, pin, r.chip); err != nil {
		return err
	}
	if _, err := r.Revoke(ctx, clerk, lost, r.chip); err != nil {
		return err
	}
	return r.courier.Deliver(ctx)
}

// What the counter may not keep is in none of its files: no PIN.
//
// Req: R-KSK-09
func TestNothingForbiddenIsKept(t *testing.T) {
	dir := t.TempDir()
	r, err := openRig(t.Context(), dir, settings{})
	if err != nil {
		t.Fatal(err)
	}
	r.come(t, "17", form(), counter.Completed)
	r.close()
	files, err := filepath.Glob(filepath.Join(dir, "counter.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of the counter: %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(pins[card.Signature])) {
			t.Errorf("%s holds what may not be kept", filepath.Base(file))
		}
	}
}

// Killed in any step of the counter, a case goes on to one certificate of each kind on the card, with one request and one
// order for each.
func TestKilledInEveryStep(t *testing.T) {
	steps := slices.Concat(
		crashtest.Steps(t, "keys.go", "PrepareCard"), crashtest.Steps(t, "keys.go", "Request"),
		crashtest.Steps(t, "storing.go", "StoreCertificates"), crashtest.Steps(t, "procedure.go", "Revoke"),
		crashtest.Steps(t, "procedure.go", "ServePIN"),
	)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if !crashtest.Kill(t, "visit", dir, step, 1) {
				t.Fatalf("the scenario never came to step %q", step)
			}
			crashtest.Kill(t, "visit", dir, step, 2)
			crashtest.Finish(t, "visit", dir)
			checkVisit(t, dir)
		})
	}
}

func checkVisit(t *testing.T, dir string) {
	t.Helper()
	r, err := openRig(t.Context(), dir, settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, err := r.Case(t.Context(), clerk, "99201-17")
	if err != nil {
		t.Fatal(err)
	}
	checkCard(t, r, c)
	officetest.Audited(t, r.db, r.audit)
	for name, want := range map[string]int64{
		`SELECT count(*) FROM post_out WHERE kind = 'issue_request'`:                      2,
		`SELECT count(*) FROM post_out WHERE kind = 'revocation_order'`:                   2,
		`SELECT count(*) FROM given_order`:                                                2,
		`SELECT count(*) FROM issue_case WHERE state = 'completed'`:                       1,
		`SELECT count(*) FROM case_certificate WHERE stored_at IS NOT NULL`:               2,
		`SELECT count(*) FROM notice WHERE done_at IS NOT NULL`:                           2,
		`SELECT count(*) FROM post_out WHERE kind = 'issue_request' AND body IS NOT NULL`: 0,
	} {
		var got int64
		err := r.db.View(t.Context(), func(tx *db.Tx) error { return tx.QueryRow(t.Context(), name).Scan(&got) })
		if err != nil || got != want {
			t.Errorf("%s = %d, %v, want %d", name, got, err, want)
		}
	}
}
