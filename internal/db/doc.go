// Package db (データベース) opens the database of one office and runs its
// transactions. It knows no table: each office's …db package brings its schema
// and its queries.
//
// An office has one SQLite file of its own: mode 0600, write-ahead log, every
// commit on the disk before it is answered (synchronous=FULL), foreign keys on.
// Inside a process one connection writes and several read; a reader sees one
// state of the file and never waits for the writer.
//
// Several processes may have the same file open. Their writers take turns: the
// second waits up to Config.Wait and then gets the fault "db.busy", with
// nothing changed. Opening and migrating take turns in the same way, by a lock
// on a file beside the database (FILE-lock), because switching to the
// write-ahead log and reading which migrations are missing are not one
// transaction. The lock ends with its process.
//
// Queries use $1, $2, …, INTEGER seconds for times, 0 and 1 for flags, and
// STRICT tables, so that one text of each serves PostgreSQL as well.
//
// Limits: this edition opens sqlite:PATH only, on a local disk.
package db
