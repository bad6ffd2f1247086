// Package checkdb reads for the auditor what offices keep in their databases 独立検査の読み取り: the CA's record of issues,
// the records of revocation and the published lists. The queries are the auditor's own; nothing is shared with the
// adapters through which the offices write, but the tables.
//
// All sequences read from one transaction, which sees one state of the database, and change nothing.
//
// Limits: a sequence ends with the first row that cannot be read. It is read while the transaction lasts.
package checkdb
