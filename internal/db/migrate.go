package db

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/openjpki/jpki/internal/fault"
)

// Migrate brings the tables of one schema to the newest version that the
// program knows. A database may hold several schemas, the office's own and that
// of its audit log; name tells them apart: one lower-case word.
//
// fsys holds schema/sqlite/NNNN_word.sql and schema/postgres/NNNN_word.sql,
// numbered from 0001: the same tables twice. Each file begins with
// "-- +goose Up", is applied once and in order, in a transaction of its own, and
// is never edited or removed afterwards. There is no way back but a backup. If
// we stop between two files, the next Migrate goes on. Other processes wait.
//
// A database that is newer than the program is refused with the fault
// "db.schema_newer", and left as it is.
func (d *DB) Migrate(ctx context.Context, name string, fsys fs.FS) error {
	if d.write == nil {
		return fault.New(fault.Internal, "db.read_only")
	}
	err := d.engine.exclusively(ctx, func() error { return d.migrate(ctx, name, fsys) })
	if err != nil {
		return fmt.Errorf("migrating schema %s: %w", name, classify(err))
	}
	return nil
}

func (d *DB) migrate(ctx context.Context, name string, fsys fs.FS) error {
	folder, dialect := d.engine.dialect()
	files, err := fs.Sub(fsys, "schema/"+folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, d.write, files,
		goose.WithTableName("schema_"+name), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return fault.New(fault.Conflict, "db.schema_newer", name, have, known)
	}
	_, err = p.Up(ctx)
	return err
}
