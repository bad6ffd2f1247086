// Package fault (異常の種別) gives every error that leaves an office a kind for
// programs and a key for people.
//
// The kind decides what a caller does next (an HTTP status, an exit code); the
// key names the text that a person reads, in package locale; the wrapped cause
// is for the operator's log only. An error without a fault in its chain is
// Internal: a bug, or something we rely on is broken.
//
// Args fill the text that a person reads, and they also appear in logs. They
// are never personal data: no name, address, birth date, sex, PIN, key or My
// Number, and nothing a person typed. Use counts, limits, identifiers of
// offices and serial numbers.
package fault
