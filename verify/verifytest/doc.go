// Package verifytest is a small PKI 試験用認証基盤 for tests of what judges certificates: CAs of JPKI in several
// generations, holders, CRLs and OCSP responses.
//
// Certificates have the profile of JPKI. CRLs and responses are built with crypto/x509 and x/crypto/ocsp, programs that
// share nothing with those that judge them. Names, policies and addresses are those of the sandbox.
//
// [Mutations] alters any input, DER above all, in ways that readers get wrong; [Bounded] sees that they take little memory.
package verifytest
