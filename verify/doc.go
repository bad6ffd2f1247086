// Package verify judges signatures 署名検証 and certificates, and says of everything it looked at what it found.
//
//	v, err := verify.New(verify.Config{Anchors: anchors, CRLs: lists})
//	report, err := v.CMS(p7s, content) // a signature file; content nil if attached
//	report, err := v.PDF(file, size)   // the signatures in a PDF
//	report := v.Certificate(der)       // a certificate
//
// A bad signature is a result, not an error: [Report] says passed, failed or indeterminate in the words of ETSI
// EN 319 102-1, with every check, its clause, its evidence and, where it did not pass, a cure. Evidence never holds a
// name, an address or a birth date; certificates are named by serial number and key.
//
// Three policies say what a finding means:
//
//	jpki      a signature is judged as received at a time: a certificate that is revoked or expired by then fails it
//	etsi      the same is indeterminate without proof that the signature is older, as ETSI EN 319 102-1 has it
//	rfc5280   plain path validation for certificates of any PKI
//
// Under the first two, trust anchors form two sets that are never mixed: J-LIS, whose CA certificates are recognised by
// their published fingerprints wherever they are found, and TEST, every other anchor of the caller. A certificate of the
// one set with a policy of the other fails. J-LIS gives CRLs and OCSP to registered verifiers only: without them the
// verdict on a real signature is indeterminate, and says so.
//
// The parts: package pkix reads certificates, CRLs and OCSP responses; path builds and validates paths; status finds out
// about revocation; cms reads signature files, pades those in PDF. None of them shares code with what issues certificates here.
//
// Limits: time stamps are not looked at, so that nothing proves that a signature is older than the time of the judgement;
// a signing time is reported as the claim it is. Nothing is fetched from anywhere. A detached content is streamed, an
// attached one is held in memory.
//
// Spec: ETSI EN 319 102-1 §5.3
// Spec: RFC 5280 §6
package verify
