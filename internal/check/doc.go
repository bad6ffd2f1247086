// Package check is the auditor's independent examination 独立検査: it takes everything that was issued and published and
// judges it again, with the code of those who verify ([jpki.Parse] and the packages under verify/) and never with that of
// the offices that issue, record and publish.
//
//	report, err := check.Run(check.Source{At: now, Authorities: …, Issues: …, Revocations: …, Lists: …, Answer: …})
//
// What is examined:
//
//   - every certificate: the CA that it names signed it, it is what was recorded before, it has the profile of its kind,
//     its serial number is the only one among all generations of its CA;
//   - art. 6: nobody has two certificates of one kind in force at any instant;
//   - every record of revocation is one of a certificate that exists, follows what was recorded before, and stands on the
//     list that the certificate's distribution point names, signed by the key that signed the certificate, with its
//     reason and date; nothing else stands on a list;
//   - every list is current, and every distribution point in use has one;
//   - OCSP answers are those of the records at the instant they name, and a number that no certificate has is unknown.
//
// Findings are data and hold identifiers only: keys of CAs, serial numbers, times. [Run] changes nothing and asks nobody
// but the source.
//
// Limits: one certificate and one list are in memory at a time, besides them some hundred bytes for each certificate. A
// report names [MaxFindings] findings and counts the rest. A record of revocation that is not yet known to the CA is no
// finding, nor is a certificate that has ended and left the lists: a list before the present one is not looked at.
//
// Law: 公的個人認証法 §6, §8, §16, §18
package check
