// Package lint examines a certificate before the CA signs it 発行前検査: the profile, clause by clause, read back from the
// encoded bytes.
//
// A rule is one entry of a table: an identifier, the clause it stands for, the kinds it concerns and a check. The
// certificate handed in is what [jpki.Parse] made of the bytes to be signed, so that an error of the builder cannot
// hide behind the builder's own view. A finding never repeats personal data.
//
// Spec: RFC 5280 §4.1
package lint
