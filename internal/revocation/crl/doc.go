// Package crl writes certificate revocation lists 失効リスト as a stream. The entries of a list are many; all else is a
// head and a tail of a few hundred bytes, which [List] makes when the entries are encoded and counted:
//
//	entries = encoder.Append(entries, e) for each entry, in order of serial number
//	tbs, err := list.TBS(crl.Stream{Reader: entries, Size: n})      // to be signed
//	whole, err := list.Assemble(tbs, signature)
//
// A list is for one key of one CA and for one distribution point, whose name it repeats byte for byte from the
// certificates, so that a verifier can tell it from the lists of the CA's other generations and of other municipalities.
//
// Nothing here holds more than one entry. The package signs nothing and reads nothing back.
//
// Assumed: the CRL profile of J-LIS is not published; ours follows RFC 5280 and what the certificates make necessary.
//
// Spec: RFC 5280 §5
package crl
