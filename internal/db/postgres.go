package db

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/openjpki/jpki/internal/fault"
)

// server is a PostgreSQL database.
type server struct {
	config *pgx.ConnConfig
	turn   int64 // the key of the lock on the schema; known once open
}

// serverOf reads the URL. Its errors do not repeat it: it may hold a password.
func serverOf(c Config) (*server, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "db.url")
	}
	parameters := u.Query()
	if !parameters.Has("sslmode") && os.Getenv("PGSSLMODE") == "" {
		parameters.Set("sslmode", "verify-full") // libpq would go on without encryption
		u.RawQuery = parameters.Encode()
	}
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, fault.New(fault.Invalid, "db.url")
	}
	wait := max(c.Wait, time.Millisecond) // 0 would be for ever
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(wait.Milliseconds(), 10)
	config.RuntimeParams["application_name"] = cmp.Or(config.RuntimeParams["application_name"], "jpki")
	if !c.ReadOnly {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary // a reader sees what was just written
	}
	return &server{config: config}, nil
}

func (s *server) name() string { return s.config.User + "@" + s.config.Host + "/" + s.config.Database }

func (s *server) dialect() (string, goose.Dialect) { return "postgres", goose.DialectPostgres }

const selectSchema = `SELECT coalesce(current_schema(), '')`

func (s *server) open(ctx context.Context, readOnly bool) (write, read *sql.DB, err error) {
	read = stdlib.OpenDB(*s.config)
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	var schema string
	if err := read.QueryRowContext(ctx, selectSchema).Scan(&schema); err != nil {
		return nil, read, err
	}
	if schema == "" || schema == "public" {
		return nil, read, fault.New(fault.Invalid, "db.schema", s.config.User)
	}
	sum := sha256.Sum256([]byte("jpki:" + schema))
	s.turn = int64(binary.BigEndian.Uint64(sum[:]))
	if readOnly {
		return nil, read, nil
	}
	write = stdlib.OpenDB(*s.config)
	write.SetMaxOpenConns(1) // writers of this process wait here, those of others at the lock
	return write, read, write.PingContext(ctx)
}

const takeTurn = `SELECT pg_advisory_xact_lock($1)`

func (s *server) beginUpdate(ctx context.Context, write *sql.DB) (*sql.Tx, error) {
	// Each statement sees what was committed before it, so all after the lock see what the last writer left.
	tx, err := write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, takeTurn, s.turn); err != nil {
		tx.Rollback()
		return nil, err
	}
	return tx, nil
}

func (s *server) beginView(ctx context.Context, read *sql.DB) (*sql.Tx, error) {
	return read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

// exclusively holds the writer's turn in a connection of its own.
func (s *server) exclusively(ctx context.Context, f func() error) error {
	pool := stdlib.OpenDB(*s.config)
	defer pool.Close()
	tx, err := s.beginUpdate(ctx, pool)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f()
}

// commitFailed: unless the server says that it refuses, or database/sql that it did not ask, nobody knows.
// pgconn.SafeToRetry is no help: it calls a connection that broke after the commit was sent safe.
func (s *server) commitFailed(err error) error {
	_, refused := errors.AsType[*pgconn.PgError](err)
	switch {
	case refused, errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, sql.ErrTxDone):
		return err
	case err == context.Canceled, err == context.DeadlineExceeded: // not wrapped, so not from the driver
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "db.uncertain")
}
