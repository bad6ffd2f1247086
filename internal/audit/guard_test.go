package audit_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

// officeTx is what a small office needs of its store.
type officeTx interface {
	Stamp(ctx context.Context, serial string) error
	Audit(ctx context.Context, e audit.Entry) error
}

// office is a small office with its database.
type office struct {
	db    *db.DB
	log   *auditdb.Log
	keys  note.Verifiers
	guard audit.Guard[officeTx]
}

// tx implements officeTx.
type tx struct {
	*db.Tx
	log *auditdb.Log
}

func (t tx) Stamp(ctx context.Context, serial string) error {
	_, err := t.Exec(ctx, `INSERT INTO stamp (serial) VALUES ($1)`, serial)
	return err
}

func (t tx) Audit(ctx context.Context, e audit.Entry) error { return t.log.Append(ctx, t.Tx, e) }

func (o *office) update(ctx context.Context, f func(officeTx) error) error {
	return o.db.Update(ctx, func(t *db.Tx) error { return f(tx{t, o.log}) })
}

func newOffice(t *testing.T) *office {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{
		URL: "sqlite:" + filepath.Join(t.TempDir(), "office.db"),
		Now: func() time.Time { return issued().Time },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	tables := fstest.MapFS{"schema/sqlite/0001_stamp.sql": &fstest.MapFile{
		Data: []byte("-- +goose Up\nCREATE TABLE stamp (serial TEXT PRIMARY KEY) STRICT;")}}
	if err := errors.Join(auditdb.Migrate(t.Context(), d), d.Migrate(t.Context(), "office", tables)); err != nil {
		t.Fatal(err)
	}
	o := &office{db: d}
	var key note.Signer
	key, o.keys = newKey(t, origin)
	if o.log, err = auditdb.New(key, o.keys); err != nil {
		t.Fatal(err)
	}
	o.guard = audit.Guard[officeTx]{
		Policy: authz.Policy{"office.stamp": {authz.Counter}},
		Update: o.update,
	}
	return o
}

// stamp does the act of the office.
func (o *office) stamp(ctx context.Context, actor authz.Actor, serial string) error {
	e := audit.Entry{Act: "office.stamp", Law: "公的個人認証法第3条", Detail: map[string]string{"case": "c-1"}}
	return o.guard.Do(ctx, actor, e, func(tx officeTx, e *audit.Entry) error {
		e.Subject = "serial:" + serial
		e.Detail["stamp"] = "red"
		return tx.Stamp(ctx, serial)
	})
}

// stamps returns the number of stamps in the database.
func (o *office) stamps(t *testing.T) int {
	t.Helper()
	var n int
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM stamp`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries returns the log after it has been verified.
func (o *office) entries(t *testing.T) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		report, err := auditdb.Verify(t.Context(), tx, o.keys)
		if err != nil || report.Break != nil {
			t.Fatalf("Verify = %v, %v, want an intact log", report, err)
		}
		for r, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(r.Encoding)
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// exec changes the database behind the office's back.
func (o *office) exec(t *testing.T, query string) {
	t.Helper()
	err := o.db.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var clerk = authz.Actor{Office: authz.Counter, Operator: "op-7"}

// entry returns what stamp records of the serial, with changes.
func entry(actor authz.Actor, outcome audit.Outcome, subject string, detail map[string]string) audit.Entry {
	return audit.Entry{
		Time: issued().Time, Actor: actor, Act: "office.stamp", Subject: subject,
		Law: "公的個人認証法第3条", Outcome: outcome, Detail: detail,
	}
}

func TestGuardRecordsEveryOutcome(t *testing.T) {
	o := newOffice(t)
	kiosk := authz.Actor{Office: authz.Kiosk}

	if err := o.stamp(t.Context(), clerk, "1"); err != nil {
		t.Errorf("stamp = %v", err)
	}
	if err := o.stamp(t.Context(), kiosk, "2"); fault.KeyOf(err) != "authz.denied" {
		t.Errorf("stamp by the kiosk = %v, want authz.denied", err)
	}
	if err := o.stamp(t.Context(), clerk, "1"); !db.Duplicate(err) {
		t.Errorf("second stamp = %v, want the error of the act", err)
	}
	want := []audit.Entry{
		entry(clerk, audit.Allowed, "serial:1", map[string]string{"case": "c-1", "stamp": "red"}),
		entry(kiosk, audit.Denied, "", map[string]string{"case": "c-1"}),
		entry(clerk, audit.Failed, "serial:1", map[string]string{"case": "c-1", "stamp": "red", "fault": "internal"}),
	}
	if diff := cmp.Diff(want, o.entries(t)); diff != "" {
		t.Errorf("log: -want +got\n%s", diff)
	}
	if got := o.stamps(t); got != 1 {
		t.Errorf("%d stamps, want 1", got)
	}
}

func TestGuardDeniedByTheOfficeItself(t *testing.T) {
	o := newOffice(t)
	own := fault.New(fault.Denied, "office.same_operator")
	e := audit.Entry{Act: "office.stamp"}
	err := o.guard.Do(t.Context(), clerk, e, func(tx officeTx, _ *audit.Entry) error {
		return errors.Join(tx.Stamp(t.Context(), "1"), own)
	})
	if !errors.Is(err, own) || o.stamps(t) != 0 {
		t.Errorf("Do = %v with %d stamps, want %v and none", err, o.stamps(t), own)
	}
	got := o.entries(t)
	if len(got) != 1 || got[0].Outcome != audit.Denied || got[0].Detail["fault"] != "office.same_operator" {
		t.Errorf("log = %v, want one denied entry", got)
	}
}

func TestGuardActMayNotChangeWhoDidWhat(t *testing.T) {
	o := newOffice(t)
	e := audit.Entry{Act: "office.stamp", Law: "公的個人認証法第3条"}
	err := o.guard.Do(t.Context(), clerk, e, func(_ officeTx, e *audit.Entry) error {
		*e = audit.Entry{Actor: authz.Actor{Office: authz.Auditor}, Act: "office.other", Law: "公的個人認証法第9条"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Entry{entry(clerk, audit.Allowed, "", map[string]string{})}
	if diff := cmp.Diff(want, o.entries(t)); diff != "" {
		t.Errorf("log: -want +got\n%s", diff)
	}
}

// An act that only answers why it is not done is kept with its entry, under the law that it found.
func TestGuardKeepsTheAnswerToARefusal(t *testing.T) {
	o := newOffice(t)
	for _, why := range []error{fault.New(fault.Denied, "office.same_operator"), fault.New(fault.Conflict, "office.reused"), nil} {
		err := o.guard.Do(t.Context(), clerk, audit.Entry{Act: "office.stamp"}, func(tx officeTx, e *audit.Entry) error {
			e.Law = "公的個人認証法第3条"
			if why != nil {
				e.Undone(why)
			}
			return tx.Stamp(t.Context(), "answer-"+fault.KeyOf(why))
		})
		if err != nil {
			t.Errorf("Do = %v, want nil: the answer is the act", err)
		}
	}
	want := []audit.Entry{
		entry(clerk, audit.Denied, "", map[string]string{"fault": "office.same_operator"}),
		entry(clerk, audit.Failed, "", map[string]string{"fault": "office.reused"}),
		entry(clerk, audit.Allowed, "", map[string]string{}),
	}
	if diff := cmp.Diff(want, o.entries(t)); diff != "" || o.stamps(t) != 3 {
		t.Errorf("%d answers kept, want 3; log: -want +got\n%s", o.stamps(t), diff)
	}
}

// Acts done together are each on record, or none is done and recorded.
func TestDoAll(t *testing.T) {
	o := newOffice(t)
	kiosk := authz.Actor{Office: authz.Kiosk}
	deed := func(actor authz.Actor, serial string) audit.Deed[officeTx] {
		return audit.Deed[officeTx]{
			Actor: actor, Entry: audit.Entry{Act: "office.stamp", Law: "公的個人認証法第3条"},
			Do: func(tx officeTx, e *audit.Entry) error {
				e.Subject = "serial:" + serial
				return tx.Stamp(t.Context(), serial)
			},
		}
	}
	for _, tt := range []struct {
		name  string
		deeds []audit.Deed[officeTx]
		well  int
		ok    bool
	}{
		{"two", []audit.Deed[officeTx]{deed(clerk, "1"), deed(clerk, "2")}, 2, true},
		{"the third fails", []audit.Deed[officeTx]{deed(clerk, "3"), deed(clerk, "4"), deed(clerk, "1"), deed(clerk, "5")}, 2, false},
		{"the second is not permitted", []audit.Deed[officeTx]{deed(clerk, "3"), deed(kiosk, "4")}, 1, false},
		{"none", nil, 0, true},
	} {
		if well, err := o.guard.DoAll(t.Context(), tt.deeds); well != tt.well || (err == nil) != tt.ok {
			t.Errorf("%s: DoAll = %d, %v, want %d, no error %t", tt.name, well, err, tt.well, tt.ok)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	late := deed(clerk, "7")
	late.Do = func(officeTx, *audit.Entry) error { cancel(); return nil }
	if well, err := o.guard.DoAll(canceled, []audit.Deed[officeTx]{deed(clerk, "6"), late}); well == 2 || err == nil {
		t.Errorf("DoAll without a commit = %d, %v, want an error", well, err)
	}
	want := []audit.Entry{
		entry(clerk, audit.Allowed, "serial:1", map[string]string{}),
		entry(clerk, audit.Allowed, "serial:2", map[string]string{}),
	}
	if diff := cmp.Diff(want, o.entries(t)); diff != "" || o.stamps(t) != 2 {
		t.Errorf("%d stamps, want 2; log: -want +got\n%s", o.stamps(t), diff)
	}
}

func TestGuardRecordsAfterTheContextEnded(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.stamp(ctx, clerk, "1"); !errors.Is(err, context.Canceled) {
		t.Errorf("stamp = %v, want %v", err, context.Canceled)
	}
	if err := o.stamp(ctx, authz.Actor{Office: authz.Kiosk}, "1"); fault.KindOf(err) != fault.Denied {
		t.Errorf("stamp by the kiosk = %v, want denied", err)
	}
	var got []audit.Outcome
	for _, e := range o.entries(t) {
		got = append(got, e.Outcome)
	}
	if want := []audit.Outcome{audit.Failed, audit.Denied}; !slices.Equal(got, want) {
		t.Errorf("outcomes = %v, want %v", got, want)
	}
}

func TestNoAuditNoChange(t *testing.T) {
	tests := []struct{ name, sabotage, repair, key string }{
		{
			"entries cannot be written",
			`CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT raise(ABORT, 'broken'); END`,
			`DROP TRIGGER broken`, "audit.unrecorded",
		}, {
			"head cannot be written",
			`CREATE TRIGGER broken BEFORE UPDATE ON audit_head BEGIN SELECT raise(ABORT, 'broken'); END`,
			`DROP TRIGGER broken`, "audit.unrecorded",
		}, {
			"table is gone",
			`ALTER TABLE audit_entry RENAME TO hidden`,
			`ALTER TABLE hidden RENAME TO audit_entry`, "audit.unrecorded",
		}, {
			"log does not end where it was signed",
			`CREATE TABLE kept AS SELECT checkpoint FROM audit_head; UPDATE audit_head SET checkpoint = 'x'`,
			`UPDATE audit_head SET checkpoint = (SELECT checkpoint FROM kept)`, "audit.broken",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			if err := o.stamp(t.Context(), clerk, "1"); err != nil {
				t.Fatal(err)
			}
			o.exec(t, tt.sabotage)
			if err := o.stamp(t.Context(), clerk, "2"); fault.KeyOf(err) != tt.key {
				t.Errorf("stamp = %v, want %s", err, tt.key)
			}
			err := o.stamp(t.Context(), authz.Actor{Office: authz.Kiosk}, "3")
			if fault.KeyOf(err) != tt.key || fault.KindOf(err) == fault.Denied {
				t.Errorf("stamp by the kiosk = %v, want %s", err, tt.key)
			}
			if got := o.stamps(t); got != 1 {
				t.Errorf("%d stamps, want 1: nothing is done without a record", got)
			}
			o.exec(t, tt.repair)
			if got := o.entries(t); len(got) != 1 {
				t.Errorf("log = %v, want the first entry alone", got)
			}
		})
	}
}
