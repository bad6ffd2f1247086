package portal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/crashtest"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portaldb"
	"github.com/openjpki/jpki/internal/schedule"
	"github.com/openjpki/jpki/verify/verifytest"
)

func TestMain(m *testing.M) { crashtest.Main(m, map[string]crashtest.Scenario{"desk": playDesk}) }

// opened is a desk in a folder, which holds the URL of its database, a CA, its list, and two signatures.
type opened struct {
	*portal.Service
	db   *db.DB
	keys note.Verifiers
}

// fileIn reads a file of a folder, and joins what goes wrong.
func fileIn(dir, name string, failed *error) []byte {
	data, err := os.ReadFile(filepath.Join(dir, name))
	*failed = errors.Join(*failed, err)
	return data
}

// openDesk opens the desk of a folder at a time.
func openDesk(ctx context.Context, dir string, now *time.Time, at func(string)) (o opened, err error) {
	url, ca, crl := fileIn(dir, "url", &err), fileIn(dir, "ca", &err), fileIn(dir, "crl", &err)
	if err != nil {
		return o, err
	}
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return o, err
	}
	clock := func() time.Time { return *now }
	if o.db, err = db.Open(ctx, db.Config{URL: string(url), Now: clock}); err != nil {
		return o, err
	}
	o.keys = keys
	store, err := portaldb.Open(ctx, o.db, log)
	if err != nil {
		return o, err
	}
	o.Service, err = portal.New(portal.Config{
		Store: store, Now: clock, Step: at,
		Anchors:  func(context.Context) ([][]byte, error) { return [][]byte{ca}, nil },
		Evidence: func(context.Context, []byte) (crls, ocsps [][]byte, err error) { return [][]byte{crl}, nil, nil },
	})
	return o, err
}

var hanakoAgain = portal.Form{Name: hanako.Name, Birth: hanako.Birth, Address: hanako.Address, Copies: 2}

// playDesk is an afternoon: one application is examined as it comes, another by the calendar.
func playDesk(dir string, at func(string)) error {
	ctx, now := context.Background(), verifytest.Now
	o, err := openDesk(ctx, dir, &now, at)
	if err != nil {
		return err
	}
	defer o.db.Close()
	if _, err := schedule.Run(ctx, now, schedule.MaxRuns, o.Calendar()); err != nil {
		return err
	}
	first, second := fileIn(dir, "1", &err), fileIn(dir, "2", &err)
	number, errFirst := o.Submit(ctx, desk, hanako.Document(), first)
	_, errJudge := o.Judge(ctx, desk, number)
	_, errSecond := o.Submit(ctx, desk, hanakoAgain.Document(), second)
	if err := errors.Join(err, errFirst, errJudge, errSecond); err != nil {
		return err
	}
	now = now.Add(30 * time.Minute)
	_, err = schedule.Run(ctx, now, schedule.MaxRuns, o.Calendar())
	return err
}

func newDesk(t *testing.T, e dbtest.Engine) (dir string) {
	t.Helper()
	dir = t.TempDir()
	ca := verifytest.NewCA(t, jpki.SigningCA, 1)
	holder := ca.Issue(t, 12, verifytest.Mihon)
	for name, data := range map[string][]byte{
		"url": []byte(e.New(t)), "ca": ca.DER, "crl": ca.CRL(t, verifytest.Mihon, nil),
		"1": signature(t, holder, hanako.Document()), "2": signature(t, holder, hanakoAgain.Document()),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// checkDesk: each application is there once and decided once, or not yet; in the end both are accepted.
func checkDesk(t *testing.T, dir string, complete bool) {
	t.Helper()
	now := verifytest.Now
	o, err := openDesk(t.Context(), dir, &now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.db.Close()
	officetest.Audited(t, o.db, o.keys)
	all, err := o.List(t.Context(), clerk)
	if err != nil || len(all) > 2 || complete && len(all) != 2 {
		t.Fatalf("%d applications, %v", len(all), err)
	}
	waits := func(a portal.Application) bool { return a.State != portal.Accepted }
	if complete && slices.ContainsFunc(all, waits) {
		t.Errorf("%+v, want both accepted", all)
	}
}

func deskSteps(t *testing.T) []string {
	return slices.Concat(crashtest.Steps(t, "application.go", "Submit"), crashtest.Steps(t, "judge.go", "Judge"))
}

// Killed at any step, the desk loses no application that it gave a number and decides none twice.
func TestKilledInEveryStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		crashtest.Play{Scenario: "desk", Folder: func(t *testing.T) string { return newDesk(t, e) }, Check: checkDesk}.
			KilledInEveryStep(t, deskSteps(t), 1, 2)
	})
}
