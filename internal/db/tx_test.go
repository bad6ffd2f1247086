package db_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
)

const insertPerson = `INSERT INTO person (word) VALUES ($1)`

func TestUpdateKeepsAllOrNothing(t *testing.T) {
	tests := []struct {
		name  string
		after func() error // what happens after the row is written
		want  int
	}{
		{"success", func() error { return nil }, 2},
		{"error", func() error { return io.ErrUnexpectedEOF }, 1},
		{"panic", func() error { panic("a bug") }, 1},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				d := newDB(t, e, db.Config{})
				func() {
					defer func() { recover() }()
					d.Update(t.Context(), func(tx *db.Tx) error {
						if _, err := tx.Exec(t.Context(), insertPerson, "second"); err != nil {
							t.Error(err)
						}
						return tt.after()
					})
				}()
				if got := count(t, d); got != tt.want {
					t.Errorf("%d rows, want %d", got, tt.want)
				}
				// The one writing connection is free again.
				if err := d.Update(t.Context(), func(*db.Tx) error { return nil }); err != nil {
					t.Errorf("Update afterwards = %v", err)
				}
			})
		}
	})
}

func TestUpdateReturnsTheErrorOfItsFunction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		err := newDB(t, e, db.Config{}).Update(t.Context(), func(*db.Tx) error { return io.ErrUnexpectedEOF })
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Update = %v, want %v", err, io.ErrUnexpectedEOF)
		}
	})
}

func TestUpdateAfterItsContextEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, insertPerson, "second")
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) || fault.KeyOf(err) != "" {
			t.Errorf("Update = %v, want %v", err, context.Canceled)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("%d rows, want 1", got)
		}
	})
}

func TestViewSeesOneState(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		err := d.View(t.Context(), func(view *db.Tx) error {
			for i := range 2 {
				var n int
				if err := view.QueryRow(t.Context(), `SELECT count(*) FROM person`).Scan(&n); err != nil || n != 1 {
					t.Errorf("%d rows, %v, want 1", n, err)
				}
				err := d.Update(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), insertPerson, fmt.Sprint(i))
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, d); got != 3 {
			t.Errorf("%d rows, want 3", got)
		}
	})
}

func TestViewChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), insertPerson, "second")
			return err
		})
		if err == nil || count(t, d) != 1 {
			t.Errorf("View = %v with %d rows, want an error and 1 row", err, count(t, d))
		}
	})
}

func TestConstraints(t *testing.T) {
	tests := []struct {
		name      string
		query     string
		duplicate bool
	}{
		{"unique column", `INSERT INTO person (word) VALUES ('first')`, true},
		{"primary key", `INSERT INTO person (id, word) VALUES (1, 'other')`, true},
		{"foreign key", `INSERT INTO card (id, person) VALUES (1, 99)`, false},
		{"text for a number", `INSERT INTO card (id, person) VALUES (1, 'first')`, false},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				err := d.Update(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), tt.query)
					return err
				})
				if err == nil || db.Duplicate(err) != tt.duplicate {
					t.Errorf("Update = %v, Duplicate %v, want %v", err, db.Duplicate(err), tt.duplicate)
				}
			})
		}
	})
}

func TestFullDisk(t *testing.T) {
	d := newFile(t)
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), `PRAGMA max_page_count = 12`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO person (word) VALUES (hex(zeroblob(100000)))`)
		return err
	})
	if fault.KeyOf(err) != "db.full" || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Update = %v, want db.full", err)
	}
	if got := count(t, d); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestWritersTakeTurns(t *testing.T) {
	tests := []struct {
		name    string
		handles int
		config  db.Config
	}{
		{"opened twice", 2, db.Config{}},
		{"opened once, without any wait for other processes", 1, db.Config{Wait: time.Nanosecond}},
	}
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				url := e.New(t)
				handles := []*db.DB{open(t, url, tt.config)}
				if err := handles[0].Migrate(t.Context(), "person", person); err != nil {
					t.Fatal(err)
				}
				for len(handles) < tt.handles {
					handles = append(handles, open(t, url, tt.config))
				}
				var wait sync.WaitGroup
				for i := range 8 {
					wait.Go(func() { addTen(t, handles[i%len(handles)]) })
				}
				wait.Wait()
				if got := count(t, handles[0]); got != 81 {
					t.Errorf("%d rows, want 81", got)
				}
			})
		}
	})
}

// addTen adds ten persons. Each row is made from what was read before, so it
// fails unless the transactions come one after the other.
func addTen(t *testing.T, d *db.DB) {
	for range 10 {
		calls := 0
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			calls++
			var last int
			if err := tx.QueryRow(t.Context(), `SELECT max(id) FROM person`).Scan(&last); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `INSERT INTO person (id, word) VALUES ($1, $2)`, last+1, fmt.Sprint(last))
			return err
		})
		if err != nil || calls != 1 {
			t.Errorf("Update = %v after %d calls, want 1 call", err, calls)
		}
	}
}

// A rule over several rows: nobody has two certificates in force. The row that would break it does not exist when it is
// looked for, so no lock on rows would help.
//
// Law: 公的個人認証法 §6
func TestRuleOverRowsHolds(t *testing.T) {
	certificate := oneFile("certificate", `CREATE TABLE certificate (id TEXT PRIMARY KEY, holder TEXT NOT NULL);`)
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		url := e.New(t)
		if err := open(t, url, db.Config{}).Migrate(t.Context(), "certificate", certificate); err != nil {
			t.Fatal(err)
		}
		const holders, offices = 12, 4
		var issued [offices]int
		var wait sync.WaitGroup
		for i := range offices {
			d := open(t, url, db.Config{})
			wait.Go(func() {
				for holder := range holders {
					err := d.Update(t.Context(), func(tx *db.Tx) error {
						var n int
						err := tx.QueryRow(t.Context(), `SELECT count(*) FROM certificate WHERE holder = $1`, fmt.Sprint(holder)).Scan(&n)
						if err != nil || n > 0 {
							return err
						}
						issued[i]++
						_, err = tx.Exec(t.Context(), `INSERT INTO certificate (id, holder) VALUES ($1, $2)`, fmt.Sprint(i, holder), fmt.Sprint(holder))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if sum := issued[0] + issued[1] + issued[2] + issued[3]; sum != holders {
			t.Errorf("%d certificates in force for %d holders: %v by office", sum, holders, issued)
		}
	})
}

func TestSecondProcessWaitsOrIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		url := e.New(t)
		impatient := open(t, url, db.Config{Wait: time.Millisecond})
		if err := impatient.Migrate(t.Context(), "person", person); err != nil {
			t.Fatal(err)
		}
		holder := start(t, "hold", url)
		holder.expect(t, "holding")

		called := false
		err := impatient.Update(t.Context(), func(*db.Tx) error { called = true; return nil })
		if fault.KeyOf(err) != "db.busy" || fault.KindOf(err) != fault.Unavailable || called {
			t.Errorf("Update = %v, function called %v, want db.busy and no call", err, called)
		}
		if got := count(t, impatient); got != 1 {
			t.Errorf("a reader sees %d rows, want 1: it does not wait", got)
		}

		patient := open(t, url, db.Config{})
		done := make(chan error)
		go func() { done <- patient.Update(t.Context(), func(*db.Tx) error { return nil }) }()
		holder.stdin.Close() // the holder commits
		if err := <-done; err != nil {
			t.Errorf("waiting Update = %v", err)
		}
		if got := count(t, patient); got != 2 {
			t.Errorf("%d rows after the holder's commit, want 2", got)
		}
	})
}

// A process that is killed while it writes leaves nothing behind, its turn included.
func TestKilledWriter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		url := e.New(t)
		d := open(t, url, db.Config{})
		if err := d.Migrate(t.Context(), "person", person); err != nil {
			t.Fatal(err)
		}
		holder := start(t, "hold", url)
		holder.expect(t, "holding")
		holder.kill()
		if err := d.Update(t.Context(), func(*db.Tx) error { return nil }); err != nil {
			t.Errorf("Update = %v", err)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("%d rows, want 1", got)
		}
	})
}
