// Package kioskweb is the touch panel of the key-pair generator (鍵ペア生成装置) as pages: the five screens at which a resident
// makes his own keys and chooses his own PINs, unseen by any clerk.
//
//	GET  /kiosk            the present screen: ① set card ② choose work ③ PIN ④ generate ⑤ store and return card
//	POST /kiosk/begin      ①
//	POST /kiosk/choose     ②
//	POST /kiosk/pin        ③ one key of the pad, or what was typed
//	POST /kiosk/generate   ④
//	POST /kiosk/another    ⑤ back to ② with the card
//	POST /kiosk/return     ends it, on any screen
//	POST /kiosk/extend     more time
//
// # Invariants
//
//   - One session for each visitor and card. The visitor's own browser alone sees it; a card in work is nobody else's.
//   - A session ends when the card is returned, when it is taken out or gives no answer, and at the first request of anybody
//     after it was left alone for its time. The visitor may make that time ten times as long before it runs out.
//   - A PIN stands in the body of a request and in the memory of its session, until it is used: not in an address, a page, a
//     fault or a log. The page says how many characters were entered.
//   - An act that was begun is carried out, also when the browser is gone.
//
// # Limits
//
// This is the kiosk of a test environment: its pages come over a network that a real kiosk does not have, and the server
// has the kiosk's master keys. Bytes of a PIN are zeroed after use, copies that the HTTP server made are not.
//
// Spec: WCAG 2.2 §2.2.1, §3.3.8
package kioskweb
