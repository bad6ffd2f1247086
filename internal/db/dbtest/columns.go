package dbtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki/internal/db"
)

// SameTables checks that migrate makes the same tables on each kind of database: the same columns, of the matching types,
// nullable or not.
func SameTables(t *testing.T, migrate func(context.Context, *db.DB) error) {
	t.Helper()
	made := map[string][]string{}
	Each(t, func(t *testing.T, e Engine) {
		url := e.New(t)
		if err := migrate(t.Context(), Open(t, db.Config{URL: url})); err != nil {
			t.Fatal(err)
		}
		made[e.Name] = columns(t, e.Name, url)
	})
	for name := range maps.Keys(made) {
		if diff := cmp.Diff(made["sqlite"], made[name]); diff != "" || len(made[name]) == 0 {
			t.Errorf("%d columns; -sqlite +%s\n%s", len(made[name]), name, diff)
		}
	}
}

// selectColumns lists table, column, type and whether NULL is refused. Keys are, whatever SQLite says of them.
var selectColumns = map[string]string{
	"sqlite": `SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0
		FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`,
	"postgres": `SELECT table_name, column_name, data_type, (is_nullable = 'NO')::int
		FROM information_schema.columns WHERE table_schema = current_schema()`,
}

// sameType names the types that match.
var sameType = strings.NewReplacer("INTEGER", "bigint", "TEXT", "text", "BLOB", "bytea", " GENERATED ALWAYS", "")

func columns(t *testing.T, engine, url string) []string {
	t.Helper()
	rows, err := Raw(t, url).QueryContext(t.Context(), selectColumns[engine])
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var table, column, kind string
		var required bool
		if err := rows.Scan(&table, &column, &kind, &required); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(table, "schema_") {
			continue // versions of the schemas
		}
		line := table + "." + column + " " + sameType.Replace(kind)
		if required {
			line += " not null"
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
