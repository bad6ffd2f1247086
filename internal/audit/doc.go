// Package audit (監査記録) is the record of who did what, and by which article
// of law. It says what an entry holds, how entries are chained, how the end of
// the chain is signed, and how an auditor checks it all. It keeps nothing
// itself; package auditdb stores a log inside the office's own database.
//
// # The rule
//
// No audit, no change. [Guard] checks the permission and writes the entry at
// one place, for acts that are allowed, denied and failed alike. The entry of
// an allowed act is written in the act's own transaction.
//
// # No personal data
//
// An entry holds identifiers only: staff numbers, serial numbers, case numbers.
// Never a name, address, birth date, sex, PIN, key or My Number. The patterns
// that [Entry.Encode] enforces leave no room for Japanese text outside the
// article of law, nor for spaces; the rest is the writer's duty.
//
// # Encoding and chain
//
// An entry is encoded as one line of JSON, UTF-8, without white space or
// escapes, with exactly these members in this order; the keys in detail are
// sorted, time is in Unix seconds:
//
//	{"v":1,"time":1775001600,"office":"counter","operator":"op-7","act":"ca.issue",
//	 "subject":"serial:12","law":"公的個人認証法第3条","outcome":"allowed","detail":{"case":"c-9"}}
//
// (shown in two lines). There is one encoding of an entry and [Parse] accepts no
// other. With || for concatenation and 32 zero bytes before the first entry:
//
//	hash(n) = SHA-256( hash(n-1) || encoding(n) )
//
// # Head and checkpoint
//
// The [Head] is the number of entries and the last hash. The office signs it
// with an Ed25519 key that it uses for nothing else: a checkpoint is a signed
// note of three lines (origin, count, hash in base64). The key's name is the
// origin and names the office and its installation.
//
// [Verify] finds an entry that was changed, removed, exchanged, reordered or
// added, and a log that was cut off. Whoever keeps an old checkpoint outside
// the office can also show that the whole database was set back to an earlier
// state, or rebuilt with the office's own key; without one nobody can.
//
// Spec: C2SP signed-note
package audit
