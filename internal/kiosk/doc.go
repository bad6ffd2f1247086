// Package kiosk is the key-pair generator (鍵ペア生成装置): the machine beside the counter of a municipality at which the
// resident makes his own keys, unseen by any clerk.
//
//	k, err := kiosk.New(kiosk.Config{Master: masters})
//	s, err := k.Begin(ctx, reader)                            // ① set card
//	pin, err := s.Choose(ctx, kiosk.KeyPair, card.Signature)  // ② choose work
//	err = s.SetPIN(ctx, typed)                                // ③ password; VerifyPIN if pin is ExistingPIN
//	err = s.Generate(ctx)                                     // ④ generate
//	err = s.Return(ctx)                                       // ⑤ store and return card
//
// It shares no network with the counter. What it may do stands on the card in its reader: a card that did not get its
// two keys at the counter, or got them from another master key, is refused. The order of the screens is one table, see
// [Edges].
//
// # Invariants
//
//   - A private key lives in this process from its making to its loading, within one call of Generate. Built with
//     GOEXPERIMENT=runtimesecret on Linux (amd64, arm64), no copy of it is left when Generate returns; in any other
//     build [Erasure] says Partial: what can be reached is zeroed, and copies made by the libraries may stay.
//   - No PIN and no key is in an error, in an [Event] or in a formatted value.
//   - Whatever is interrupted, the old key and certificate of the card stay in use: see [Session.Generate].
//   - An act out of order sends nothing to the card.
//
// # Limits
//
// The master keys, and the keys of the card in the reader, are in memory while the kiosk runs: who takes the memory of
// a kiosk and has listened to its reader can open the private keys that went over it. Tamper resistance (耐タンパ機能) of
// the housing is no matter of a program. A PIN is a Go string, which cannot be erased. Changing a PIN never uses its
// last try. Works of the kiosk need the permit of the counter, so a PIN is changed here on prepared cards only.
//
// A Session is used by one goroutine: one card, one screen.
package kiosk
