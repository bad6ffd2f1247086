package db_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki/internal/db"
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
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDB(t, db.Config{})
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
}

func TestUpdateReturnsTheErrorOfItsFunction(t *testing.T) {
	d := newDB(t, db.Config{})
	err := d.Update(t.Context(), func(*db.Tx) error { return io.ErrUnexpectedEOF })
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Update = %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

func TestUpdateAfterItsContextEnded(t *testing.T) {
	d := newDB(t, db.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertPerson, "second")
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want %v", err, context.Canceled)
	}
	if got := count(t, d); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestViewSeesOneState(t *testing.T) {
	d := newDB(t, db.Config{})
	err := d.View(t.Context(), func(view *db.Tx) error {
		for range 2 {
			var n int
			if err := view.QueryRow(t.Context(), `SELECT count(*) FROM person`).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows, %v, want 1", n, err)
			}
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `INSERT INTO person (word) VALUES (hex(randomblob(8)))`)
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
}

func TestViewChangesNothing(t *testing.T) {
	d := newDB(t, db.Config{})
	err := d.View(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), insertPerson, "second")
		return err
	})
	if err == nil || count(t, d) != 1 {
		t.Errorf("View = %v with %d rows, want an error and 1 row", err, count(t, d))
	}
}

func TestConstraints(t *testing.T) {
	d := newDB(t, db.Config{})
	tests := []struct {
		name      string
		query     string
		duplicate bool
	}{
		{"unique column", `INSERT INTO person (word) VALUES ('first')`, true},
		{"primary key", `INSERT INTO person (id, word) VALUES (1, 'other')`, true},
		{"foreign key", `INSERT INTO card (person) VALUES (99)`, false},
		{"wrong type in a strict table", `INSERT INTO person (word) VALUES (x'00')`, false},
	}
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
}

func TestFullDisk(t *testing.T) {
	d := newDB(t, db.Config{})
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
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "office.db")
			handles := []*db.DB{open(t, path, tt.config)}
			if err := handles[0].Migrate(t.Context(), "person", person); err != nil {
				t.Fatal(err)
			}
			for len(handles) < tt.handles {
				handles = append(handles, open(t, path, tt.config))
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
}

// addTen adds ten persons. Each row is made from what was read before, so it
// fails unless the transactions come one after the other.
func addTen(t *testing.T, d *db.DB) {
	for range 10 {
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			var last int
			if err := tx.QueryRow(t.Context(), `SELECT max(id) FROM person`).Scan(&last); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), `INSERT INTO person (id, word) VALUES ($1, $1)`, last+1)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSecondProcessWaitsOrIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.db")
	impatient := open(t, path, db.Config{Wait: time.Millisecond})
	if err := impatient.Migrate(t.Context(), "person", person); err != nil {
		t.Fatal(err)
	}
	holder := start(t, "hold", path)
	holder.expect(t, "holding")

	called := false
	err := impatient.Update(t.Context(), func(*db.Tx) error { called = true; return nil })
	if fault.KeyOf(err) != "db.busy" || fault.KindOf(err) != fault.Unavailable || called {
		t.Errorf("Update = %v, function called %v, want db.busy and no call", err, called)
	}
	if got := count(t, impatient); got != 1 {
		t.Errorf("a reader sees %d rows, want 1: it does not wait", got)
	}

	patient := open(t, path, db.Config{})
	done := make(chan error)
	go func() { done <- patient.Update(t.Context(), func(*db.Tx) error { return nil }) }()
	holder.stdin.Close() // the holder commits
	if err := <-done; err != nil {
		t.Errorf("waiting Update = %v", err)
	}
	if got := count(t, patient); got != 2 {
		t.Errorf("%d rows after the holder's commit, want 2", got)
	}
}
