package db_test

import (
	"maps"
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
)

// with returns the schema person with one file more, the same for both.
func with(name, sql string) fstest.MapFS {
	files := maps.Clone(person)
	for _, folder := range []string{"sqlite", "postgres"} {
		files["schema/"+folder+"/"+name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
	}
	return files
}

// oneFile is a schema whose one file is the same for both.
func oneFile(name, sql string) fstest.MapFS {
	files := fstest.MapFS{}
	for _, folder := range []string{"sqlite", "postgres"} {
		files["schema/"+folder+"/0001_"+name+".sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
	}
	return files
}

var (
	withAge  = with("0002_age.sql", `ALTER TABLE person ADD COLUMN age INTEGER NOT NULL DEFAULT 20;`)
	withPart = with("0002_part.sql", `CREATE TABLE part (id INTEGER); CREATE TABLE person (id INTEGER);`)
)

func TestMigrateKeepsData(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		for range 2 { // the second time it does nothing
			if err := d.Migrate(t.Context(), "person", withAge); err != nil {
				t.Fatal(err)
			}
		}
		var word string
		var age int
		err := d.View(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT word, age FROM person`).Scan(&word, &age)
		})
		if err != nil || word != "first" || age != 20 {
			t.Errorf("row = %s, %d, %v, want first, 20", word, age, err)
		}
	})
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		if err := d.Migrate(t.Context(), "person", withAge); err != nil {
			t.Fatal(err)
		}
		err := d.Migrate(t.Context(), "person", person)
		if fault.KeyOf(err) != "db.schema_newer" || fault.KindOf(err) != fault.Conflict {
			t.Errorf("Migrate = %v, want db.schema_newer", err)
		}
	})
}

func TestMigrateSeveralSchemas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		other := oneFile("entry", `CREATE TABLE entry (id INTEGER);`)
		if err := d.Migrate(t.Context(), "other", other); err != nil {
			t.Errorf("Migrate(other) = %v", err)
		}
		if err := d.Migrate(t.Context(), "person", withAge); err != nil {
			t.Errorf("Migrate(person) = %v", err)
		}
	})
}

func TestMigrateAppliesAFileWhollyOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		if err := d.Migrate(t.Context(), "person", withPart); err == nil {
			t.Fatal("Migrate of a file that fails = nil")
		}
		err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `SELECT id FROM part`)
			return err
		})
		if err == nil {
			t.Error("a table of the failed file is there")
		}
		if err := d.Migrate(t.Context(), "person", withAge); err != nil {
			t.Errorf("Migrate afterwards = %v", err)
		}
	})
}

func TestMigrateWithoutFiles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		d := newDB(t, e, db.Config{})
		if err := d.Migrate(t.Context(), "empty", fstest.MapFS{}); err == nil {
			t.Error("Migrate without files = nil, want an error")
		}
	})
}

func TestProcessesStartTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		url := e.New(t)
		var children []*child
		for range 4 {
			children = append(children, start(t, "migrate", url))
		}
		for _, c := range children {
			c.expect(t, "ready")
		}
		for _, c := range children {
			c.stdin.Close() // all open and migrate the same new database now
		}
		for _, c := range children {
			c.expect(t, "migrated")
		}
		if got := count(t, open(t, url, db.Config{ReadOnly: true})); got != 1 {
			t.Errorf("%d rows, want 1: the file 0001 was applied once", got)
		}
	})
}
