// Package jpki is 公的個人認証サービス (JPKI, the Japanese Public Key Infrastructure) as its certificates have it: the
// kinds of certificate, what each says, and how to read one.
//
//	c, err := jpki.Parse(der)              // any of the kinds
//	p, ok := c.Person()                    // 基本4情報, in signing certificates only
//	f, err := c.Fingerprint()
//	known, ok := jpki.Recognize(f)         // is it one of the six published J-LIS CA certificates?
//
// There are two certification authorities, each its own trust anchor, and two certificates on a card:
//
//	署名用認証局         signing CA          署名用電子証明書       signing certificate: name, birth date, sex, address
//	利用者証明用認証局   authentication CA   利用者証明用電子証明書 authentication certificate: no personal data
//
// Each CA delegates OCSP answers to a responder with a certificate of its own.
//
// [Parse] is strict about DER and tolerant about content: unknown extensions, otherNames and qualifiers are kept as
// they are. What it accepts, [Certificate.Marshal] writes back byte for byte.
//
// A [Profile] builds certificates: the same builder serves the CA, the test card and the golden files. Names, policies
// and key algorithms are data of the profile. The only profile here is [Sandbox]: it must never pass for the real
// thing, so its names say JPKI-TEST and OpenJPKI Sandbox and its policies stand in the arc for tests.
//
// Limits: certificates of at most [MaxSize] bytes; serial numbers of at most 8 bytes (J-LIS uses 4); RSA and the NIST
// curves P-256 and P-384.
//
// Spec: RFC 5280 §4.1
package jpki
