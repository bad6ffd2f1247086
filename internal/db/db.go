package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/openjpki/jpki/internal/fault"
)

const (
	defaultWait = 10 * time.Second
	readers     = 4 // connections; SQLite reads are short
)

// Config says which database to open, and how.
type Config struct {
	// URL is "sqlite:PATH". The folder of PATH must exist.
	URL string
	// ReadOnly opens a file that exists, for View only: an auditor's choice.
	// Optional; if false, a missing file is created.
	ReadOnly bool
	// Wait is how long a writer waits for another process. Optional; 10 s if 0.
	Wait time.Duration
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path  string
	wait  time.Duration
	now   func() time.Time
	write *sql.DB // one connection; nil if read only
	read  *sql.DB
}

// Open opens the database of an office. Faults: "db.url", "db.missing" (read
// only), "db.busy".
func Open(ctx context.Context, c Config) (*DB, error) {
	scheme, path, _ := strings.Cut(c.URL, ":")
	if scheme != "sqlite" || path == "" {
		return nil, fault.New(fault.Invalid, "db.url") // the URL may hold a password
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening database: %w", err)
	}
	d := &DB{path: path, wait: c.Wait, now: c.Now}
	if d.wait <= 0 {
		d.wait = defaultWait
	}
	if d.now == nil {
		d.now = time.Now
	}
	if err := d.open(ctx, c.ReadOnly); err != nil {
		d.Close()
		return nil, fmt.Errorf("opening database %s: %w", filepath.Base(path), classify(err))
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, readOnly bool) (err error) {
	if readOnly {
		if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) {
			return fault.Wrap(err, fault.NotFound, "db.missing")
		}
		return d.openReaders(ctx)
	}
	if err := private(d.path); err != nil {
		return err
	}
	return d.exclusively(ctx, func() error {
		d.write, err = sql.Open("sqlite", d.source(d.path, "_txlock=immediate",
			"_pragma=journal_mode(wal)", "_pragma=synchronous(full)", "_pragma=foreign_keys(on)"))
		if err != nil {
			return err
		}
		d.write.SetMaxOpenConns(1)
		if err := d.write.PingContext(ctx); err != nil {
			return err
		}
		return d.openReaders(ctx)
	})
}

func (d *DB) openReaders(ctx context.Context) (err error) {
	d.read, err = sql.Open("sqlite", d.source(d.path, "_pragma=query_only(on)"))
	if err != nil {
		return err
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	return d.read.PingContext(ctx)
}

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
func (d *DB) source(path string, options ...string) string {
	file := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	options = append(options, "mode=rw", "_pragma=busy_timeout("+strconv.FormatInt(d.wait.Milliseconds(), 10)+")")
	return file.String() + "?" + strings.Join(options, "&")
}

// exclusively runs f while no other process opens or migrates the same file.
func (d *DB) exclusively(ctx context.Context, f func() error) error {
	path := d.path + "-lock"
	if err := private(path); err != nil {
		return err
	}
	lock, err := sql.Open("sqlite", d.source(path, "_txlock=exclusive"))
	if err != nil {
		return err
	}
	defer lock.Close()
	tx, err := lock.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f()
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
