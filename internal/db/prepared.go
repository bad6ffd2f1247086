package db

import (
	"context"
	"database/sql/driver"
)

// maxPrepared bounds the statements that one connection keeps.
const maxPrepared = 512

// connector opens connections to SQLite that keep the statements they have prepared: to prepare one takes SQLite many times
// as long as to run it. The driver of PostgreSQL keeps them by itself.
type connector struct {
	driver driver.Driver
	source string
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	opened, err := c.driver.Open(c.source)
	if err != nil {
		return nil, err
	}
	return &connection{native: opened.(native), prepared: map[string]*statement{}}, nil
}

// native is what a connection of the driver can do.
type native interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// connection is used by one goroutine at a time, as database/sql promises.
type connection struct {
	native
	prepared map[string]*statement // by the text of the query
}

type statement struct {
	driver.Stmt
	reading bool // rows of it are being read
}

// statement returns the prepared statement of a query, nil if it is better run without one.
func (c *connection) statement(ctx context.Context, query string) (*statement, error) {
	s := c.prepared[query]
	switch {
	case s != nil && s.reading:
		return nil, nil
	case s != nil, len(c.prepared) == maxPrepared:
		return s, nil
	}
	made, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s = &statement{Stmt: made}
	c.prepared[query] = s
	return s, nil
}

// ExecContext runs a statement that returns no rows.
func (c *connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.native.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a statement that returns rows.
func (c *connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.native.QueryContext(ctx, query, args)
	}
	found, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.reading = true
	return rows{found, s}, nil
}

// rows are those of a prepared statement, which is free for the next use when they are closed.
type rows struct {
	driver.Rows
	of *statement
}

// Close ends the reading.
func (r rows) Close() error {
	r.of.reading = false
	return r.Rows.Close()
}

// Close finalizes the statements and closes the connection.
func (c *connection) Close() error {
	for _, s := range c.prepared {
		_ = s.Close() // what fails here fails again below
	}
	return c.native.Close()
}
