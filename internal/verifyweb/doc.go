// Package verifyweb is the page 署名検証 on which anybody checks a signed document, a signature file or a certificate: first
// in plain words whether it is valid, why, and what to do; then every check as a tree, with clause, evidence and cure.
//
// It belongs to no office. The CAs of the nation are always trusted, as the TEST set; a CA of J-LIS is recognised by its
// published fingerprint wherever it is found and makes a set of its own, see package verify. Revocation data are fetched for
// certificates of the nation only. For those of J-LIS the visitor gives the lists that he has; without them nobody can say.
//
// # Invariants
//
//   - What a visitor sends is held in memory while it is judged, and is neither written nor logged.
//   - No certificate of another PKI is told to those who give evidence.
//   - Every id, outcome, reason and cure of a report has a text in Japanese and English; a test fails on one that has not.
//
// # Limits
//
// The verdict is the answer to the form and is kept nowhere: who loads the page again sends the file again. It names the
// signer's certificate, never the signer. Signatures in XML are not read. A site on which these pages stand takes bodies of
// [MaxBody].
//
// Spec: ETSI EN 319 102-1 §5.1.3
// Law: 公的個人認証法 §18
package verifyweb
