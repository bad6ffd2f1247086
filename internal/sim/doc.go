// Package sim (架空国) is the people of a sandbox 試験環境 and their past: story persons who hold cards, each in another
// situation that a verifier must know, and ordinary residents who hold none yet. All are invented and look it.
//
// The past is true. [Nation.Found] founds the nation a week ago, on its own clock, and plays scenes: people apply, move, die
// and lose cards, and every office does what it does for every resident, the lists and ticks of the nights included. No
// table is written here. The clock stands still in each scene, so that it does not matter how fast a machine is:
//
//	day -7  10:00  one resident gets a card of the CA's first generation
//	day -7  11:00  the CAs get new keys
//	day -7  12:00  those who have a story get their cards, the ordinary residents have records
//	day -2  10:00  the register notes a move, a new name, a death, a move abroad
//	day -2  15:00  a card is lost, a PIN is locked
//	day  0         the last card, now
//
// The same seed, number of residents and end give the same people, events, serial numbers, order and times, and the same
// serial numbers, reasons and dates on every list. Keys and signatures are fresh in each nation: nothing that signs is derived from
// a seed.
//
// What stands in DIR/nation.json says which nation it is and how many scenes are played. A founding that was stopped is
// taken up with the scene that it did not end.
//
// Limits: expectations are those of the founding. What people do with the story persons afterwards is not followed, except
// that certificates expire.
//
// Req: R-GEN-02
package sim
