// Package revocation is the validity service 失効情報: it records what is revoked, publishes lists (CRL 失効リスト) and
// answers questions (OCSP).
//
// It keeps three things: a register of the certificates that exist, told by the CA; the orders to revoke, told by the
// offices that the law names; and the records 失効の記録 that follow from both. Records are only ever added: a
// certificate has one, or two if a hold 一時保留 became final. What the world sees is a cut through them: a list holds
// the records made until its date, an OCSP answer those made until the last tick.
//
// Notices and orders come by letter ([Service.Receive]) and are answered by letter; ticks and lists come by the calendar
// ([Service.Calendar]).
//
// Which ground revokes what, for what reason, by whose order and by which article is a table ([Workflow]).
//
// Invariants
//
//   - An order is never lost: it is carried out, or it waits for its certificate, or its sender reads why not.
//   - A record and what is told of it are one transaction: the answer to the sender, and of a final one the letter to the CA.
//   - A final record stands. Nothing releases a hold on a card's certificate.
//   - The last good list stays until the next one is whole. The numbers of a partition's lists only grow.
//   - An answer is never older than it says: without a fresh tick the service says that it cannot answer.
//   - No audit entry, no change: every act goes through [audit.Guard].
//
// The service knows no holder: a certificate is an issuer's key, a serial number, a kind, a validity and a distribution
// point. It has no CA key; the CA reads what it signs for this office. The keys of the responders are its own.
//
// Law: 公的個人認証法 §9, §10, §12, §13, §14, §16, §18
package revocation
