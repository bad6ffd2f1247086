// Package post (庁間の送達) brings messages from one office to another so that none is lost and none is done twice:
// requests to issue and their answers, notices of change, orders to revoke, lists of holders. Questions that may simply
// be asked again are plain calls and do not go by post.
//
// # The way of a message
//
// The sender writes a [Letter] into its outbox in the same transaction as what the letter tells. A [Courier] of the
// sender hands it to a [Carrier] until the receiver has decided. The receiver's [Inbox] applies it in the receiver's own
// transaction, together with the note that it was applied and the audit entry. Neither office waits for the other.
//
// Carriers are [Local] within a process, package posthttp over mutual TLS, and package medium on a sealed file where there
// is no network between two offices. They may lose, repeat, delay and mix up; the guarantees do not rest on them. They
// must name the sender truly, from its certificate or its signature and never from what it writes.
//
// # Guarantees
//
//   - Once: a message is named by sender, receiver, topic and number. The receiver notes the name in the transaction that
//     applies it, and answers every repetition with the first receipt. Another content under the same name is refused.
//   - In order: the messages of a stream (sender, receiver, topic) are numbered from 1 without a gap, and one is applied
//     only after those before it. Streams do not wait for each other.
//   - Not lost: a message leaves the outbox when the receiver, or a sealed medium, has it. One that can never be applied
//     (unknown kind, refused by a rule) and one that was tried too often becomes a dead letter, kept whole and with its
//     reason; then its stream goes on. A person may have it tried again ([Message].Again), under the same name.
//   - Who: the sending office is the actor. Its permission is checked and the audit entry written by [audit.Guard]. The
//     operator in a letter is audit data.
//
// # Crash argument
//
// [Courier.DeliverTo], [Inbox.Receive] and the acts of package medium number their steps and say what is true if we stop
// after each. A stop between applying and recording the receipt makes a repetition, which the name catches.
//
// # What a message holds
//
// JSON of a struct of package message, at most [MaxBody] bytes, with the name of its kind and the version of its form
// ([Form]). Whoever does not know the kind, the version or a member refuses the message instead of guessing. When a
// message is delivered its body leaves the outbox: the offices keep what they must keep in their own records.
//
// Limits: there is no way to all offices at once, and none to take a letter back. A receiver that was set back to an old
// state refuses what comes next until it has what is missing; it does not skip it.
package post
