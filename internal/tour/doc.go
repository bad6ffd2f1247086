// Package tour is the whole life of a certificate without a screen 電子証明書の一生: a resident applies at the counter, makes
// her keys at the kiosk, gets her certificates, signs a document and moves; her signing certificate is revoked, and she gets
// another at her new home. The offices do everything. Each step says what was expected and what came, names the
// requirements that it shows, and rests on evidence in a folder:
//
//	report.json           all steps                        times            when to judge, for a shell: BEFORE=… AFTER=…
//	ca/{sign,auth}.pem    the CA certificates              document.pdf     what she signs
//	person/{sign,auth,again}.pem                           her certificates; again is the signing certificate after the move
//	signed/{document,again}.p7s                            her signatures, by the first and by the second certificate
//	signed/document.pdf                                    the document with its signature within
//	{before,after}/{sign,auth}.{crl,crl.pem,ocsp.der}      what was published of each certificate; after/again.* too
//	judge.sh              asks programs that others wrote  nation/          the data folder, where [InSandbox] founds a nation
//
// The resident is 𠮷田　桜: the register has a character of her name that certificates do not carry.
//
// Invariants: the nation's clock starts two days ago and ends at the real time, so that the evidence in after/ is in force
// when the tour ends. A step that an office refuses is told like one that came out differently, and ends the tour.
//
// Limits: one resident, one document, held in memory; no signature inside a PDF.
//
// Law: 公的個人認証法 §3, §12, §18
package tour
