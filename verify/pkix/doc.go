// Package pkix reads what an X.509 public key infrastructure publishes: certificates, certificate revocation lists (CRL
// 失効リスト) and OCSP responses of any PKI, and checks the signatures on them.
//
//	c, err := pkix.ParseCertificate(der)
//	l, err := pkix.ParseCRL(der)
//	entry, revoked := l.Find(c.Serial, c.Issuer)
//	r, err := pkix.ParseOCSP(der)
//	err = issuer.Key.Check(c.Signed)
//
// It shares no code with what builds those objects in this project, so that it can judge them. A value keeps the bytes
// it was read from: names, serial numbers and signed parts are never encoded anew.
//
// Whether a certificate is good is not judged here: that a path leads to an anchor is said by package path, whether a
// certificate is revoked by package status.
//
// Limits: certificates of [MaxCertificate] bytes, CRLs of [MaxCRL], OCSP responses of [MaxOCSP]. A CRL is kept as the
// bytes it came in, with little more than four bytes for each entry beside them. Keys: RSA up to [MaxRSA] bits, the NIST curves, DSA.
// Hash functions: SHA-1 and SHA-2; nothing else is ever accepted in a signature.
//
// Spec: RFC 5280 §4, §5
// Spec: RFC 6960 §4.2
package pkix
