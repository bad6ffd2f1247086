// Package card uses a JPKI card (公的個人認証サービスのICカード): the JPKI application
// of a My Number Card, over any transport that carries APDUs.
//
//	c, err := card.Open(ctx, transmitter)
//	signer, err := c.Signer(ctx, card.Authentication, askPIN)
//	signature, err := signer.Sign(nil, digest, crypto.SHA256)
//
// It is the client of the resident (利用者クライアントソフト), and in [Counter] and
// [Kiosk] the side of the two machines that load a card at a municipal office:
// 受付窓口端末 and 鍵ペア生成装置.
//
// # Invariants
//
//   - The private key never leaves the card; the card pads by PKCS#1 v1.5 itself,
//     so RSA-PSS and TLS 1.3 client authentication are impossible.
//   - No wrong PIN is sent for its form alone, and the last try of a PIN is used
//     only on request: a blocked card costs its holder a visit to the office.
//   - PINs, keys and personal data are in no error and in no formatted value.
//
// # Limits
//
// A Card keeps the application selected and must be the only one to talk to the
// card meanwhile: locking the reader is the transport's task. Only commands in
// short form are sent. Secure messaging is not used.
//
// Assumed: everything about loading; the protocol of real cards is not public.
// It is described in package softcard.
package card
