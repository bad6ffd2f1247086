// Package auditdb keeps the audit log (監査記録) of an office in the office's own
// database, so that an act and its entry are one transaction.
//
// The tables audit_entry and audit_head are a schema of their own, named
// "audit", beside the office's tables. Triggers refuse to change or delete an
// entry, to write one at any place but the end, and to delete the head. They
// stop mistakes; whoever can drop them is found by [Verify].
//
// Two entries never follow the same one: the transactions of an office come one
// after the other (see package db), and a number is given once.
//
// The head is stored only as the signed checkpoint, written once in each
// transaction ([Pen.Seal]), and [Pen.Append] extends
// the log only from a head that the office signed and that is the true end of
// the entries. So a log that was cut off or rewritten at its end stops its
// office instead of being signed anew.
package auditdb
