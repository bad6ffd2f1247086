// Package ca is the certification authority 認証局: it issues certificates to holders and to itself, and keeps the
// record of issues 発行記録.
//
// There may be many issuers: one per kind of CA, generation and, in the scheme of 2003, governor ([IssuerID]). All
// generations of a CA share one name and one sequence of serial numbers; the newest signs.
//
// Other offices write to it by post ([Service.Receive]): a counter asks for certificates and tells of mistakes, the
// validity service tells what it revoked. The CA writes to the link server whose each certificate is, and to the validity
// service that it exists, in the transaction that records the intent to issue it.
//
// # Invariants
//
//   - A certificate is recorded before it is signed. What the key has signed is in the record, whatever stops us.
//   - Nobody has two valid certificates of one kind: art. 6, checked in the transaction that records the intent. A renewal
//     ends the one and begins the other in one transaction, so that there is no moment with two or with none.
//   - No audit entry, no change: every act goes through [audit.Guard].
//   - What is signed has passed package lint as the bytes it will have.
//   - No certificate without the letters that tell of it, and no letter without its certificate's record.
//
// For the validity service 失効情報 it signs lists and the certificates of responders, after reading them itself
// ([Service.SignList], [Service.CertifyResponder]). It never signs bytes that it has not read.
//
// The CA does not know who a person is: it is told a pseudonym ([message.Holder]) and the four attributes that the
// register certified. It never sees a resident code or a My Number. The attributes as the register spells them pass
// through it to the link server and stay in none of its records; the outbox holds them until the letter is delivered.
//
// It does not revoke: it orders that ([message.RevocationOrder]). From the order on, its own record has ended.
//
// The certificates by which offices know each other on the line come from a second, small CA with a key of its own
// ([Service.FoundOffices]). It certifies machines of the service and nobody else, and has no place in the record of issues.
//
// Law: 公的個人認証法 §3, §5, §6, §8, §13, §18, §22
package ca
