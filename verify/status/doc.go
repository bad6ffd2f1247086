// Package status answers whether a certificate is revoked 失効, from certificate revocation lists (CRL) and OCSP responses
// that the caller has at hand. It fetches nothing.
//
//	c := status.New(status.Config{CRLs: lists, Responses: answers})
//	s := c.Of(p, i, now, others) // of the i-th certificate of a validated path
//
// Three things must be true before a CRL or a response counts:
//
//   - it speaks for the certificate: issuer, distribution point and kind of certificate fit, names of distribution
//     points byte for byte;
//   - who signed it may: the key that signed the certificate, or one for which a valid path leads to the same anchor. With
//     [Config.Strict] it is that key alone, and a list of CA certificates is not taken for one of all certificates because
//     it bears the name of the CA. All generations of a CA of JPKI have one name and name their distribution points
//     alike, so that nothing but the key tells whose CRL it is;
//   - it is current at the time in question.
//
// What does not count is listed as [Evidence] with the reason. If no evidence counts the state is [Undetermined], never
// [Good]. A certificate that any evidence shows to be revoked is revoked; only a hold can be lifted by newer evidence.
//
// Limits: delta CRLs are combined with a complete CRL at hand. A CRL without a next update is never current. The work
// spent on one certificate is bounded also where the CRLs come from strangers.
//
// Spec: RFC 5280 §6.3
// Spec: RFC 6960 §3.2
package status
