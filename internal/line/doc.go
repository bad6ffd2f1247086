// Package line (庁間の回線) is how one office reaches another over a network: TLS in which both sides show a certificate that
// names their office, and over it the questions that may simply be asked again (照会). What must not be lost or doubled
// goes by post, see package post.
//
// Both offices have a certificate whose subject alternative names hold one URI, jpki://office/ADDRESS. Each accepts the
// other only if its certificate chains to the offices' CA and names the office that it should be. TLS is 1.3, without
// resumption: each connection shows its certificate anew. The asking office is the one that its certificate names; the
// operator who asks is audit data and travels in a header.
//
// A question is POST PATH with JSON and is answered with JSON, or with a fault, which has the same kind and key on both
// sides. It is written down once, as a [Question], and used by server and client.
//
// Limits: whether a certificate of an office was revoked is not asked here; who runs the offices' CA leaves it out of the
// roots or lets certificates live for days.
//
// Spec: RFC 8446
package line
