package db_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
)

// What is run again is run as new: after it failed, after the tables changed, and however many queries there are.
func TestSameQueryAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{}) // one row
		for i := range 3 {
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), insertPerson, "twice")
				return err
			})
			if (err != nil) != (i > 0) || i > 0 && !db.Duplicate(err) {
				t.Errorf("insert %d = %v, want a duplicate after the first", i, err)
			}
			if got := count(t, d); got != 2 {
				t.Errorf("%d rows, want 2", got)
			}
		}
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `ALTER TABLE person ADD COLUMN age INTEGER`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), insertPerson, "third")
			return err
		})
		if got := count(t, d); err != nil || got != 3 {
			t.Errorf("insert after the table changed = %v, %d rows, want 3", err, got)
		}
		for n := range 600 {
			var got int
			err := d.View(t.Context(), func(tx *db.Tx) error {
				return tx.QueryRow(t.Context(), fmt.Sprintf(`SELECT count(*) + %d FROM person`, n)).Scan(&got)
			})
			if err != nil || got != n+3 {
				t.Fatalf("query %d = %d, %v", n, got, err)
			}
		}
	})
}

// SQLite lets a query be asked again while its rows are read; the first reading goes on.
func TestSameQueryWithin(t *testing.T) {
	d := newFile(t)
	const query = `WITH n (i) AS (VALUES (1), (2), (3)) SELECT i FROM n WHERE i > $1`
	read := func(tx *db.Tx, above int, each func(int)) {
		rows, err := tx.Query(t.Context(), query, above)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var i int
			if err := rows.Scan(&i); err != nil {
				t.Fatal(err)
			}
			each(i)
		}
	}
	var got []int
	err := d.View(t.Context(), func(tx *db.Tx) error {
		for range 2 {
			read(tx, 0, func(i int) {
				got = append(got, i)
				read(tx, i, func(i int) { got = append(got, 10*i) })
			})
		}
		return nil
	})
	once := []int{1, 20, 30, 2, 30, 3}
	if want := slices.Concat(once, once); err != nil || !slices.Equal(got, want) {
		t.Errorf("rows %v, %v, want %v", got, err, want)
	}
}
