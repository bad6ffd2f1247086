// Package authz (権限) says who may do what: an actor, an act, and the table
// that joins them.
//
// The actor is an argument, f(ctx, actor, …), never a value in a context. Its
// office decides; over the wire it comes from the client certificate and never
// from the body of a request. Its operator is written into the audit log and
// decides nothing here: which of its people may press which button is each
// office's own affair.
//
// Every office owns one [Policy] and names its own acts. What the table does
// not allow is denied. The check itself and its audit entry are made together,
// in package audit (Guard).
package authz
