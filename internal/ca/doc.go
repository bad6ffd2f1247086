// Package ca is the certification authority 認証局: it issues certificates to holders and to itself, and keeps the
// record of issues 発行記録.
//
// There may be many issuers: one per kind of CA, generation and, in the scheme of 2003, governor ([IssuerID]). All
// generations of a CA share one name and one sequence of serial numbers; the newest signs.
//
// Invariants
//
//   - A certificate is recorded before it is signed. What the key has signed is in the record, whatever stops us.
//   - Nobody has two valid certificates of one kind: art. 6, checked in the transaction that records the intent.
//   - No audit entry, no change: every act goes through [audit.Guard].
//   - What is signed has passed package lint as the bytes it will have.
//
// For the validity service 失効情報 it signs lists and the certificates of responders, after reading them itself
// ([Service.SignList], [Service.CertifyResponder]). It never signs bytes that it has not read.
//
// The CA does not know who a person is: it is told a pseudonym ([message.Holder]) and the four attributes that the
// register certified. It never sees a resident code or a My Number. It does not revoke.
//
// Law: 公的個人認証法 §3, §5, §6, §8, §18, §22
package ca
