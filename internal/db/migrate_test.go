package db_test

import (
	"maps"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
)

// with returns the schema person with one file more.
func with(name, sql string) fstest.MapFS {
	files := maps.Clone(person)
	files["schema/sqlite/"+name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
	return files
}

var (
	withAge  = with("0002_age.sql", `ALTER TABLE person ADD COLUMN age INTEGER NOT NULL DEFAULT 20;`)
	withPart = with("0002_part.sql", `CREATE TABLE part (id INTEGER) STRICT; CREATE TABLE person (id INTEGER) STRICT;`)
)

func TestMigrateKeepsData(t *testing.T) {
	d := newDB(t, db.Config{})
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
}

func TestMigrateRefusesANewerSchema(t *testing.T) {
	d := newDB(t, db.Config{})
	if err := d.Migrate(t.Context(), "person", withAge); err != nil {
		t.Fatal(err)
	}
	err := d.Migrate(t.Context(), "person", person)
	if fault.KeyOf(err) != "db.schema_newer" || fault.KindOf(err) != fault.Conflict {
		t.Errorf("Migrate = %v, want db.schema_newer", err)
	}
}

func TestMigrateSeveralSchemas(t *testing.T) {
	d := newDB(t, db.Config{})
	other := fstest.MapFS{"schema/sqlite/0001_entry.sql": &fstest.MapFile{
		Data: []byte("-- +goose Up\nCREATE TABLE entry (id INTEGER) STRICT;")}}
	if err := d.Migrate(t.Context(), "other", other); err != nil {
		t.Errorf("Migrate(other) = %v", err)
	}
	if err := d.Migrate(t.Context(), "person", withAge); err != nil {
		t.Errorf("Migrate(person) = %v", err)
	}
}

func TestMigrateAppliesAFileWhollyOrNotAtAll(t *testing.T) {
	d := newDB(t, db.Config{})
	if err := d.Migrate(t.Context(), "person", withPart); err == nil {
		t.Fatal("Migrate of a file that fails = nil")
	}
	var n int
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM sqlite_schema WHERE name = 'part'`).Scan(&n)
	})
	if err != nil || n != 0 {
		t.Errorf("%d tables of the failed file, %v, want 0", n, err)
	}
	if err := d.Migrate(t.Context(), "person", withAge); err != nil {
		t.Errorf("Migrate afterwards = %v", err)
	}
}

func TestMigrateWithoutFiles(t *testing.T) {
	d := newDB(t, db.Config{})
	if err := d.Migrate(t.Context(), "empty", fstest.MapFS{}); err == nil {
		t.Error("Migrate without files = nil, want an error")
	}
}

func TestProcessesStartTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.db")
	var children []*child
	for range 4 {
		children = append(children, start(t, "migrate", path))
	}
	for _, c := range children {
		c.expect(t, "ready")
	}
	for _, c := range children {
		c.stdin.Close() // all open and migrate the same new file now
	}
	for _, c := range children {
		c.expect(t, "migrated")
	}
	if got := count(t, open(t, path, db.Config{ReadOnly: true})); got != 1 {
		t.Errorf("%d rows, want 1: the file 0001 was applied once", got)
	}
}
