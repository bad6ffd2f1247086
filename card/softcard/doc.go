// Package softcard is a virtual My Number Card (マイナンバーカード): the chip with
// the JPKI application (公的個人認証AP), as a program. It holds the two key pairs,
// the certificates and the PINs, answers the commands that clients of the real
// card send, and is loaded by the municipal counter (受付窓口端末) and the key-pair
// generator (鍵ペア生成装置).
//
// A card is one state file. The file is the chip: whoever can read it has the
// private keys and the PINs, so it belongs to tests and simulations. It is
// readable by its owner only. A file with the suffix .lock beside it is locked
// while the card is open; one with the suffix .new is the next state on its way.
//
// # Invariants
//
//   - A change is on the disk before the answer that tells of it leaves. A
//     retry counter is written down before the comparison it pays for.
//   - No command returns a private key, a PIN or a loading key.
//   - A private key is used after its PIN only; the certificate for signatures
//     (EF 0001) is read after the signature PIN only.
//   - A certificate on the card always belongs to the private key in its slot.
//   - Security state is volatile: reset and selection of the application end it.
//
// # Files
//
//	0001  certificate for signatures 署名用          read: signature PIN, write: counter
//	0002  its CA certificate                        read: always,        write: counter
//	0006  token information, 160 bytes              read: always
//	0008  which certificates are present, 3 bytes   read: always
//	000A  certificate for authentication 利用者証明用  read: always,       write: counter
//	000B  its CA certificate                        read: always,        write: counter
//	0017  authentication key    0018  its PIN: 4 digits, 3 tries
//	001A  signature key         001B  its PIN: 6 to 16 of A–Z 0–9, 5 tries
//	00F1  permit: version of the master key (4 bytes), nonce (16 bytes), or empty
//	00F2  proof of possession of 00FA, PKCS#10      read: always,        write: kiosk
//	00F3  proof of possession of 00F7, PKCS#10      read: always,        write: kiosk
//	00F7  authentication key waiting for its certificate
//	00FA  signature key waiting for its certificate
//
// An empty file can be selected; reading it answers 6B00.
//
// # Loading
//
// Assumed: the protocol by which a real card is loaded is not public. This one
// keeps to what is: two keys written at the counter, a challenge encrypted by
// the kiosk and decrypted by the card, a private key that travels encrypted.
// E(k, x) is one AES-256 block; S(k, x) is a random 12-byte nonce, the AES-256-GCM
// ciphertext of x and the 16-byte tag. The associated data of S is
// 00 INS P1 P2, the file identifier (0000 for PUT KEY), the card's serial number
// (16) and the challenge of the EXTERNAL AUTHENTICATE that opened the session
// (16): a sealed command is good for one card, one file and one session.
//
//	GET CHALLENGE            00 84 00 00 10                    16 bytes
//	EXTERNAL AUTHENTICATE    00 82 00 81 10 E(transport key, challenge)     counter
//	                         00 82 00 82 10 E(kiosk key, challenge)         kiosk
//	PUT KEY                  00 D8 00 00 Lc S(k, version 4 ‖ kiosk key 32 ‖ loading key 32 ‖ nonce 16)
//	                         k = HKDF-SHA256(transport key, no salt, "openjpki/1 put key")   counter
//	set a PIN that is not    00 24 01 80 Lc PIN                                     kiosk
//	IMPORT PRIVATE KEY       00 48 00 80 Lc S(loading key, PKCS#8)    EF 0017, 001A; kiosk and PIN
//	sign with that key       80 2A 00 80 Lc data 00                   EF 00F7, 00FA; kiosk and PIN
//	UPDATE BINARY            00 D6 00 00 Lc whole file                EF 00F2, 00F3; kiosk
//	                                                    EF 0001, 0002, 000A, 000B; counter
//	unlock a PIN             00 2C 03 80                                            counter
//	initialise a PIN         00 2C 02 80                                            counter
//
// D8, 48 and D6 take command chaining (class 10) up to 4,096 bytes. A key of
// EXTERNAL AUTHENTICATE that missed ten times in a row is blocked for good.
//
// # When power fails
//
// Each step is one replacement of the state file, so it happened or it did not:
//
//  1. PUT KEY: the card has the permit or not. Repeat it.
//  2. PIN set at the kiosk: later visits verify this PIN instead of setting one.
//  3. IMPORT PRIVATE KEY: the new key waits beside the old key and certificate,
//     which stay in use. An import done again replaces the waiting key.
//  4. Proof written: the public key can be fetched at the counter.
//  5. Certificate written: the waiting key becomes the key, the certificate
//     takes the place of the old one, and the proof and the permit are gone, all
//     at once. Writing the same certificate again succeeds and changes nothing.
//
// # Limits
//
// Only the JPKI application exists; there is no secure messaging, no logical
// channel, no terminal certificate (EF 0009, 0016) and no padding done by the
// card other than PKCS#1 v1.5.
//
// Spec: ISO/IEC 7816-4:2020 §11
package softcard
