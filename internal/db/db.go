package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/openjpki/jpki/internal/fault"
)

const (
	defaultWait = 10 * time.Second
	readers     = 4 // connections; reads are short
)

// Config says which database to open, and how.
type Config struct {
	// URL is "sqlite:PATH", where the folder of PATH must exist, or
	// "postgres://ROLE@HOST/DATABASE" with the parameters that libpq has.
	// search_path names the office's schema, which must exist and may not be
	// "public"; if it is left out, the schema is the one with the role's name.
	// If sslmode is left out, it is verify-full.
	URL string
	// ReadOnly opens a database that exists, for View only: an auditor's choice.
	// Optional; if false, a missing SQLite file is created.
	ReadOnly bool
	// Wait is how long a writer waits for another process. Optional; 10 s if 0.
	Wait time.Duration
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine engine
	now    func() time.Time
	write  *sql.DB // one connection; nil if read only
	read   *sql.DB
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	// name tells databases apart in errors; it holds no password.
	name() string
	// open connects. write is nil if readOnly.
	open(ctx context.Context, readOnly bool) (write, read *sql.DB, err error)
	// beginUpdate begins a transaction in which nobody else writes.
	beginUpdate(ctx context.Context, write *sql.DB) (*sql.Tx, error)
	// beginView begins a transaction that sees one state and changes nothing.
	beginView(ctx context.Context, read *sql.DB) (*sql.Tx, error)
	// exclusively runs f while no other process opens or migrates the database.
	exclusively(ctx context.Context, f func() error) error
	// dialect also names the folder of the migrations.
	dialect() (folder string, dialect goose.Dialect)
	// commitFailed returns what a failed commit means.
	commitFailed(err error) error
}

// Open opens the database of an office. Faults: "db.url", "db.missing",
// "db.busy", and with PostgreSQL "db.schema", "db.login", "db.unavailable".
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Wait <= 0 {
		c.Wait = defaultWait
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	e, err := engineOf(c)
	if err != nil {
		return nil, err
	}
	d := &DB{engine: e, now: c.Now}
	if d.write, d.read, err = e.open(ctx, c.ReadOnly); err != nil {
		d.Close()
		return nil, fmt.Errorf("opening database %s: %w", e.name(), classify(err))
	}
	return d, nil
}

func engineOf(c Config) (engine, error) {
	scheme, rest, _ := strings.Cut(c.URL, ":")
	switch {
	case scheme == "sqlite" && rest != "":
		path, err := filepath.Abs(rest)
		if err != nil {
			return nil, fmt.Errorf("opening database: %w", err)
		}
		return file{path, c.Wait}, nil
	case scheme == "postgres" || scheme == "postgresql":
		return serverOf(c)
	}
	return nil, fault.New(fault.Invalid, "db.url") // the URL may hold a password
}

// Close closes the database. Transactions that run are ended first.
func (d *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{d.read, d.write} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
