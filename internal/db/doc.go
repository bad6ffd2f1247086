// Package db (データベース) opens the database of one office and runs its
// transactions. It knows no table: each office's …db package brings its schema
// and its queries.
//
// # One writer
//
// The transactions of [DB.Update] come one after the other: an office has one
// writer at a time, however many processes run it. So a rule that one
// transaction checks and keeps ("nobody has two valid certificates", art. 6)
// holds without a retry, and the function given to Update runs once. A second
// writer waits up to Config.Wait and then gets the fault "db.busy", with
// nothing changed. Readers see one state of the database and never wait.
//
// Nothing is lost by taking turns: every act ends with an entry in the audit
// log of its office, and a chain has one end.
//
// # SQLite
//
// An office has one file of its own: mode 0600, write-ahead log, every commit on
// the disk before it is answered (synchronous=FULL), foreign keys on, and what is
// deleted is overwritten (secure_delete): a page that is free again tells nothing.
// What was deleted since the last checkpoint may still stand in the log. SQLite
// itself lets one process write at a time; inside a process one connection
// writes and several read. Each keeps the statements it has prepared, which are
// told apart by their text: a query is a constant, and its values are
// parameters.
//
// Opening and migrating take turns by a lock on a file beside the database
// (FILE-lock), because switching to the write-ahead log and reading which
// migrations are missing are not one transaction. The lock ends with its
// process.
//
// # PostgreSQL
//
// An office has one schema and one role of its own, the owner of the schema and
// of nothing else; search_path in the URL names the schema, else the server's
// default finds the one that has the role's name. The database keeps offices
// apart: no role may use another's schema.
//
// Update and Migrate begin with an advisory lock on the schema, which ends with
// their transaction, and go on in READ COMMITTED: what they read is the state
// that the writer before them left. View is one REPEATABLE READ snapshot. The
// lock binds those who come through this package; that is every program with
// the office's role.
//
// Writers and readers go to the primary server. After a failover the next
// transaction finds the new one, if the URL names both.
//
// # One text for both
//
// Queries use $1, $2, …, INTEGER or BIGINT seconds for times, 0 and 1 for flags,
// BLOB or BYTEA for DER, and STRICT tables, so that one text of each query
// serves both; only the tables are written twice. What PostgreSQL is strict
// about holds for all queries: a parameter has one type; a statement that failed
// ends its transaction; one statement at a time, rows read to their end or
// closed before the next one. Text that rows are ordered by has COLLATE "C"
// there, which is the order SQLite has: that of the bytes.
//
// Limits: SQLite on a local disk. PostgreSQL 15 or later with advisory locks,
// reached directly or by a pool that keeps a session for a whole transaction
// and passes startup parameters on.
package db
