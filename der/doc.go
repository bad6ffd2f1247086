// Package der reads and writes the ASN.1 types that certificates, CRLs and signatures are made of, in the
// Distinguished Encoding Rules only (識別符号化規則).
//
// It is a thin layer over golang.org/x/crypto/cryptobyte. A reader takes a *cryptobyte.String and consumes exactly one
// element; a value appends itself to a *cryptobyte.Builder. Two invariants hold for every type here:
//
//   - what is read and accepted writes back the same bytes, so nothing is lost and no second encoding slips through;
//   - a string keeps its tag, since JPKI names are compared byte for byte and a PrintableString "JP" is not a
//     UTF8String "JP".
//
// Limits: names of at most [MaxRDNs] parts, object identifiers of at most [MaxOID] bytes. High tag numbers and
// indefinite lengths do not exist in DER as used here and are refused.
//
// Spec: X.690 §10
// Spec: RFC 5280 §4.1
package der
