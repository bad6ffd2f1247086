// Package link is the register link server 住基連携サーバ on the CA's side: it keeps the serial map
// (基本４情報とシリアル番号対応DB), in a store of its own, and stands between the CA and the resident register.
//
// The CA tells it of each certificate. Once a day it tells the register who holds certificates ([Service.Calendar]),
// without serial numbers. When the register gives notice that something happened to a holder, it finds the certificates
// with these attributes that were issued before the change and orders their revocation: the signing certificate alone
// after a change, both kinds after a death. The call centre has it hold the certificates of a lost card ([Service.Hold]).
//
// All of this but the call comes and goes by post, see [Service.Receive]. What an act tells others is written in the
// transaction of the act.
//
// # Invariants
//
//   - No serial number goes to the register, and none of a certificate's attributes to the office that revokes.
//   - One notice gives at most one order for each certificate, and so does one call.
//   - A certificate issued at or after the time of a notice is never met by it, however late the notice comes.
//   - A notice is kept. A certificate that is recorded after the notice that meets it is ordered revoked at once; a
//     notice that meets no certificate is shown by [Service.Unmet].
//   - An order is kept with what came of it.
//
// # Limits
//
// Certificates are told apart by the four attributes and the time of issue alone: two persons who are the same in all
// four are one here. A hold meets what the serial map holds when the call comes. Times are whole seconds.
//
// Law: 公的個人認証法 §10, §12
package link
