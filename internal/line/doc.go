// Package line (庁間の回線) is how one office reaches another over a network: TLS in which both sides show a certificate that
// names their office, and over it the questions that may simply be asked again (照会) and the card readers that one office
// lends another. What must not be lost or doubled goes by post, see package post.
//
// Both offices have a certificate whose subject alternative names hold one URI, jpki://office/ADDRESS. Each accepts the
// other only if its certificate chains to the offices' CA and names the office that it should be. TLS is 1.3, without
// resumption: each connection shows its certificate anew. The asking office is the one that its certificate names; the
// operator who asks is audit data and travels in a header.
//
// # Questions
//
// A question is POST PATH with JSON and is answered with JSON, or with a fault, which has the same kind and key on both
// sides; the arguments of its text arrive as strings. It is written down once, as a [Question], and used by server and
// client. It may arrive twice, so its answer changes nothing that a second one would change again.
//
// # Readers
//
// The reader (ICカードリーダライタ) stands at the clerk's terminal, the master keys lie at the counter's server. The terminal
// lends its reader ([Lend]) over one connection of its own making, on which the server sends commands to the card
// ([Readers]). A lend is for one card: when the card is pulled, the connection cut or a command given up, it is over, and
// what was begun with it fails. What the reader of another terminal holds is out of reach: the connection belongs to the
// terminal that its certificate names.
//
// # Screens
//
// What people see is a page in a browser on the machine itself. [Loopback] answers nobody but this machine's own pages.
// [Relay] brings what a page at a terminal asks to the counter, under the terminal's certificate.
//
// # Limits
//
// Whether a certificate of an office was revoked is not asked here; who runs the offices' CA leaves it out of the roots or
// lets certificates live for days. How many connections a peer may open is not counted; each is bounded in time and size.
//
// Spec: RFC 8446
package line
