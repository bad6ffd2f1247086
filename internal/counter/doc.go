// Package counter is the municipal counter 受付窓口: it takes the application for certificates, makes sure that the
// applicant exists and is who he says, prepares his card for the kiosk, asks the CA, looks at what comes back, and puts it
// on the card. Each municipality has one, at the address message.AtCounter.
//
// An application is a [Case] 案件. What may follow what is one table ([Workflow]); docs/counter-states.md draws it. A case
// goes on by the acts of a clerk, whose terminal lends the reader with the card, and by letters: from the register what it
// certifies, from the CA certificates and refusals, from the validity service what became of orders to revoke.
//
// # Invariants
//
//   - No key is permitted before the identity check: a card gets its two device keys only in a case that has passed it.
//   - A letter is written in the transaction of the act that it tells of.
//   - What goes to the CA is the register's spelling, and the certificate's spelling differs from it at marked characters
//     only. The form is compared with the register and never the source of either.
//   - A certificate that comes for a case that is over is discarded, never kept: nobody holds what nobody has.
//   - No resident code comes here. No PIN and no key is stored, logged or in an error. Attributes are in the case's papers alone.
//   - No audit entry, no change: every act goes through [audit.Guard]; reading papers is an act.
//
// # Limits
//
// The clerk's eyes cannot be checked: that document, face and form agree is his word. Whether a certificate on a card is
// the applicant's is known by the card's number only. Applications by proxy are not taken. One stop of the service stops
// this counter; to stop the others is the CA's work.
//
// Law: 公的個人認証法 §3, §9, §10, §13, §22
package counter
