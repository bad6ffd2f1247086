// Package kioskhttp is the touch panel of the key-pair generator (鍵ペア生成装置): what the screens of the panel ask of the
// kiosk, as HTTP with JSON on the machine itself, and a client.
//
//	GET  /kiosk/v1/state           the state: screen, and what was chosen
//	POST /kiosk/v1/begin           {}                                       ① the card is set; gives the name of the session
//	POST /kiosk/v1/choose          {"work":"key_pair","key":"signature"}    ② or "pin_change", "authentication"
//	POST /kiosk/v1/setpin          {"pin":"…"}                              ③ if the state's entry is "new"
//	POST /kiosk/v1/verifypin       {"pin":"…"}                              ③ if it is "existing"
//	POST /kiosk/v1/verifylasttry   {"pin":"…"}                              ③ after the fault kiosk.pin_last_try
//	POST /kiosk/v1/changepin       {"pin":"…","next":"…"}                   ③ for pin_change
//	POST /kiosk/v1/generate        {}                                       ④
//	POST /kiosk/v1/another         {}                                       ⑤ back to ② with the card
//	POST /kiosk/v1/return          {}                                       ⑤
//
// Each is answered with the state after it, or with a fault of package kiosk as [line.Refuse] writes it.
//
// # Invariants
//
//   - One session at a time. Who began it has its name, which every other act must show in the header Kiosk-Session;
//     another window is told that the machine is busy, and nothing of what was chosen.
//   - A session ends when the card is returned, when the card gives no answer, and at the first request after it was left
//     alone for two minutes. The card has then forgotten its PINs.
//   - An act that was begun is carried out, also when the window that asked for it is closed.
//   - A PIN stands in the body of a request and nowhere else: not in a path, an answer, an error or a log.
//   - Nobody but a page of this server on this machine is answered, see [line.Loopback]; no browser keeps an answer.
//
// # Limits
//
// A PIN is a Go string, which cannot be erased. The serial number of the card is not shown.
package kioskhttp
