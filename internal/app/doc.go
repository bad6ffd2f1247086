// Package app puts the offices together: which run here, on which files. It knows two arrangements: the sandbox 試験環境, a
// whole nation in one process and one data folder, for tests and for learning, never for real residents; and each office
// as a process of its own ([Serve]).
//
//	DIR/NAME/NAME.db      the database of an office, by its address: ca, revocation, registry, link, counter-CODE
//	DIR/NAME/audit.key    signs the audit log's head      DIR/NAME/audit.pub  verifies it
//	DIR/NAME/keys/        keys of ca and revocation       DIR/NAME/passphrase opens them
//	DIR/ca/sign.pem       the newest signing CA           DIR/ca/auth.pem     the newest authentication CA
//	DIR/revocation/lists/ what is published               DIR/registry/pseudonym.key  makes pseudonyms
//	DIR/counter-CODE/keys.json  the municipality's master keys for cards
//	DIR/cards/ID.json     a person's application and PINs DIR/cards/ID.card   the person's card
//	DIR/cards/manufacturer.key  makes transport keys      DIR/clock.json      the nation's clock, see [Clock]
//	DIR/regime.json       the scheme of the law under which the nation lives, for good
//	DIR/floppy-CODE/      the medium from the register to a counter that no network joins to it
//
// What differs between the regimes is one table, [Regime]; the same offices serve under each.
//
// A sandbox holds test keys and test persons only: everything in the folder is readable by its owner alone, and PINs
// stand in it in clear so that a developer can look them up.
package app
