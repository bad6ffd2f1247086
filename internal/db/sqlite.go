package db

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/openjpki/jpki/internal/fault"
)

// file is an SQLite database.
type file struct {
	path string
	wait time.Duration
}

func (f file) name() string { return filepath.Base(f.path) }

func (f file) dialect() (string, goose.Dialect) { return "sqlite", goose.DialectSQLite3 }

func (f file) open(ctx context.Context, readOnly bool) (write, read *sql.DB, err error) {
	if readOnly {
		if _, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fault.Wrap(err, fault.NotFound, "db.missing")
		}
		read, err = f.openReaders(ctx)
		return nil, read, err
	}
	if err := private(f.path); err != nil {
		return nil, nil, err
	}
	err = f.exclusively(ctx, func() error {
		write, err = openPool(source(f.path, f.wait, "_txlock=immediate",
			"_pragma=journal_mode(wal)", "_pragma=synchronous(full)", "_pragma=foreign_keys(on)",
			"_pragma=secure_delete(on)"))
		if err != nil {
			return err
		}
		write.SetMaxOpenConns(1)
		if err := write.PingContext(ctx); err != nil {
			return err
		}
		read, err = f.openReaders(ctx)
		return err
	})
	return write, read, err
}

func (f file) openReaders(ctx context.Context) (*sql.DB, error) {
	read, err := openPool(source(f.path, f.wait, "_pragma=query_only(on)"))
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return read, read.PingContext(ctx)
}

func openPool(source string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, err
	}
	defer plain.Close() // it knows the driver, and has connected to nothing
	return sql.OpenDB(connector{plain.Driver(), source}), nil
}

// The connections of a pool know which kind of transaction they begin.

func (f file) beginUpdate(ctx context.Context, write *sql.DB) (*sql.Tx, error) {
	return write.BeginTx(ctx, nil)
}

func (f file) beginView(ctx context.Context, read *sql.DB) (*sql.Tx, error) {
	return read.BeginTx(ctx, nil)
}

// commitFailed: SQLite says so only if nothing is kept.
func (f file) commitFailed(err error) error { return err }

// private makes sure that the file exists and that only its owner can read it.
// SQLite gives its own files beside it the same mode.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		// Not opened: closing a second descriptor would drop SQLite's locks.
		return os.Chmod(path, 0o600)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// source returns the driver's name for a file that exists.
func source(path string, wait time.Duration, options ...string) string {
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	options = append(options, "mode=rw", "_pragma=busy_timeout("+strconv.FormatInt(wait.Milliseconds(), 10)+")")
	return name.String() + "?" + strings.Join(options, "&")
}

func (f file) exclusively(ctx context.Context, do func() error) error {
	path := f.path + "-lock"
	if err := private(path); err != nil {
		return err
	}
	lock, err := sql.Open("sqlite", source(path, f.wait, "_txlock=exclusive"))
	if err != nil {
		return err
	}
	defer lock.Close()
	tx, err := lock.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return do()
}
