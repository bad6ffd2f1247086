// Package cms makes and reads 電子署名 signatures over documents in the Cryptographic Message Syntax: a file with the
// signature and the certificates beside the document (detached) or around it (attached).
//
//	s, err := cms.New(cms.Config{Key: key, Certificate: certificate, Chain: [][]byte{ca}})
//	p7s, err := s.SignDetached(document, time.Now())
//
//	signed, err := cms.Parse(p7s)
//	digests, err := signed.Digest(document)
//	err = signed.Signers[0].CheckSignature(key, digests)
//
// # Making
//
// The form is the CAdES baseline signature of level B: one signer, named by issuer and serial number, and four signed
// attributes: content type, message digest, signing time, and the hash of the signing certificate, without which another
// certificate for the same key could be put in its place. A signature for a PDF goes without the time, which stands in the
// PDF (package pades). Time stamps and revocation data of the levels T, LT and LTA
// are not made here.
//
// The key is any crypto.Signer, such as that of a card: RSA by PKCS #1 v1.5 with SHA-256, P-256 with SHA-256, P-384 with
// SHA-384. The certificate may come from any PKI.
//
// Three invariants hold:
//
//   - the file is DER, so that with RSA the same key, content and time always give the same bytes;
//   - issuer and serial number stand in it byte for byte as in the certificate;
//   - no signature leaves the package that the certificate's own key does not verify.
//
// # Reading
//
// [Parse] takes BER or DER, with any number of signers, named either way, with or without signed attributes. Each rule is
// a check of its own on a [SignerInfo]: attributes, content, signature, certificate; whoever needs a verdict asks package
// verify. Signatures are RSA by PKCS #1 v1.5 or PSS, ECDSA or DSA. Signed attributes are verified as the DER they must
// be, whatever order they came in.
//
// # Limits
//
// Whether a certificate is valid, trusted or meant for signatures is not judged. A detached content is read once and not
// kept; an attached one is held in memory. A file has at most [MaxSize] bytes, [MaxSigners] signers and
// [MaxCertificates] certificates.
//
// Spec: RFC 5652 §5
// Spec: ETSI EN 319 122-1 §6
package cms
