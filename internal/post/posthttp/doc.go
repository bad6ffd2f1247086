// Package posthttp carries the post between two offices (庁間の送達) by HTTP over mutual TLS.
//
// Both offices have a certificate whose subject alternative names hold one URI, jpki://office/ADDRESS. Each accepts the
// other only if its certificate chains to the offices' CA and names the office that it should be: the sender of a batch is
// who the client certificate names, and no batch can say otherwise. TLS is 1.3, without resumption: each connection shows
// its certificate anew.
//
// One request carries one batch (POST [Path], a batch as package post encodes it) and is answered with its receipts.
// Everything else is a status code without content; the sender then knows nothing of the batch and sends it again.
//
// Limits: whether a certificate of an office was revoked is not asked here; who runs the offices' CA leaves it out of the
// roots or lets certificates live for days.
//
// Spec: RFC 8446
package posthttp
