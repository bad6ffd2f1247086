// Package postdb keeps the outbox and the inbox of an office in the office's own database, as the schema "post", so that a
// message and what it tells, or does, are one transaction. It decides nothing.
//
// The office's transaction embeds [Box], which has what [post.Inbox] needs besides the audit log, and Send.
package postdb
