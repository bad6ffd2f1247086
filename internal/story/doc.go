// Package story (体験) is the first quarter of an hour with the sandbox 試験環境: a resident's life with her certificates in nine
// steps, from the application to the certificate after a move. It keeps no office and does nothing that no office does: a
// step calls the offices one act at a time, in their order, and shows beside it what the source documents ask for there.
//
//	recorder := story.NewRecorder()
//	nation, err := app.Open(ctx, app.Config{Dir: dir, Carry: recorder.Carry, Observe: recorder.Observe})
//	s, err := story.New(story.Config{Nation: nation, Recorder: recorder})
//	line.Loopback(addr, s)
//
// Each browser is a visitor, with an invented resident of his own, a role in which he sees the pages of the offices, and a
// tray that says where the card is: in hand, in the reader of the counter, or in the kiosk. A cookie names him; the digest
// of the cookie names his files:
//
//	DIR/story/ID.json     his resident with the PINs, role and tray, what he signed and what the agency was told
//	DIR/story/ID.tape     what was recorded of his life: letters, and commands to his card
//	DIR/story/page.key    makes the tokens of forms, so that a form outlives the process
//
// How far he is, nobody writes down: it is read from his cases at the counters and from his card. So the program may stop
// anywhere, and the next act goes on from there; each office does an act once, whoever asks again.
//
// # Invariants
//
//   - Contents of letters and commands are shown to the visitor whose resident they are about, and to nobody else. Of a
//     letter about several, he sees his part.
//   - PINs and keys are on no tape: of a command to the card the data are kept only where it is known that they hold none.
//   - The map shows what was recorded, never an animation of its own.
//   - A reader reaches a card that lies in it, and no other.
//
// # Limits
//
// At most 1,000 visitors, and about a megabyte of tape for each; what comes later is not kept. There is one clock: who waits
// for the night lets it pass for everybody. The agency here judges by one answer of the OCSP responder. Sandbox only.
//
// Req: R-STM-01, R-STM-03
package story
