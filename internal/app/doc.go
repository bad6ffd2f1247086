// Package app puts the offices together: which run here, on which files. Today it knows one arrangement, the sandbox
// 試験環境: a whole nation in one data folder, for tests and for learning, never for real residents.
//
//	DIR/ca/ca.db          the CA's database: issuers, record of issues, audit log
//	DIR/ca/keys/          the CA's keys, encrypted        DIR/ca/passphrase   opens them
//	DIR/ca/audit.key      signs the audit log's head      DIR/ca/audit.pub    verifies it
//	DIR/ca/sign.pem       the newest signing CA           DIR/ca/auth.pem     the newest authentication CA
//	DIR/counter/keys.json the municipality's master keys for cards
//	DIR/cards/ID.json     a person's application and PINs DIR/cards/ID.card   the person's card
//
// A sandbox holds test keys and test persons only: everything in the folder is readable by its owner alone, and PINs
// stand in it in clear so that a developer can look them up.
package app
