// Package office (庁の備え) is what all offices have in common: the equipment of a transaction in which an office does what
// it does, notes it in the audit log, writes letters to other offices, settles those that came, and keeps its calendar.
// An office embeds [Tx] in its own transaction; package officedb gives it one.
//
// # Invariant
//
// What an office does and what it tells others of it are one transaction: there is no act without its letter, and no
// letter without its act.
package office
