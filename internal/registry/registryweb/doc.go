// Package registryweb is the screens of the resident register (住民基本台帳) at its own terminal (住基CS端末): looking for a
// resident, his record with its events, what happens in his life, the call-up for a counter, and what a clerk must decide.
//
//	GET  /registry                               search; POST shows what it finds
//	GET  /registry/residents/{number}            a record with its events, and what became of them
//	POST /registry/residents/{number}/call-up    呼出し, for a case of a counter
//	GET  /registry/residents/{number}/events/{kind}, POST    an event
//	GET  /registry/questions, POST               突合の確認
//
// # Invariants
//
//   - What an event may change is asked of registry.Rules: there is an input for nothing else.
//   - An address has the number of a record and never the resident code, a name or a term of a search.
//   - A holder of a certificate is shown by the attributes that were listed and the day of issue. Neither serial number nor
//     kind is known here.
//
// # Limits
//
// New records are not entered here. A birth date of which part is unknown cannot be typed.
//
// Law: 住民基本台帳法 §8, §22, §23, §30-8
// Req: R-AMB-13
package registryweb
