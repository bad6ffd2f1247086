package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/openjpki/jpki/internal/fault"
)

// classify makes a fault of the troubles of a database that are nobody's bug.
func classify(err error) error {
	if err == nil || fault.KeyOf(err) != "" {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return classifySQLite(err, e.Code())
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyPostgres(err, e.Code)
	}
	if unreachable(err) {
		return fault.Wrap(err, fault.Unavailable, "db.unavailable")
	}
	return err
}

func classifySQLite(err error, code int) error {
	switch code & 0xff { // the primary code
	case sqlite3.SQLITE_BUSY:
		return fault.Wrap(err, fault.Unavailable, "db.busy")
	case sqlite3.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "db.full")
	}
	return err
}

// classifyPostgres reads an SQLSTATE: two characters of class, three of condition.
func classifyPostgres(err error, state string) error {
	switch {
	case state == "55P03", state == "40001", state == "40P01": // lock_not_available, serialization_failure, deadlock_detected
		return fault.Wrap(err, fault.Unavailable, "db.busy")
	case state == "53100": // disk_full
		return fault.Wrap(err, fault.Unavailable, "db.full")
	case state == "3D000": // invalid_catalog_name
		return fault.Wrap(err, fault.NotFound, "db.missing")
	case strings.HasPrefix(state, "28"): // invalid authorization
		return fault.Wrap(err, fault.Invalid, "db.login")
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "53"), strings.HasPrefix(state, "57P"): // connection, resources, operator
		return fault.Wrap(err, fault.Unavailable, "db.unavailable")
	}
	return err
}

// unreachable reports whether err says that the server could not be reached or went away.
func unreachable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Duplicate reports whether err says that a row with the same primary key or
// the same unique columns exists already.
func Duplicate(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" // unique_violation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
