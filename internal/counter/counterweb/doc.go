// Package counterweb is the screens of the counter 市町村受付端末業務, at which a clerk takes a case from the form to the card
// in the applicant's hand, and the other procedures.
//
//	GET  /counter                       the open cases
//	POST /counter/find                  a case by its number
//	GET  /counter/new, POST             a new case, from the form
//	GET  /counter/cases/{id}            a case: how far it is, form beside register, what may be done now
//	POST /counter/cases/{id}/{act}      one act
//	GET  /counter/cases/{id}/copy       電子証明書の写し, for the printer
//	GET  /counter/revocation, POST      失効申請・届出
//	GET  /counter/pin, POST             パスワードに関する届出
//	GET  /counter/stop, POST            サービスの停止と再開
//
// # Invariants
//
//   - What may be done in a state is asked of counter.Workflow. An act that may not follow has no button.
//   - An act that fails is explained on the page of its case, which shows the case as it is then.
//   - A person is named in bodies of requests and on pages, never in an address, a title or a notice.
//   - No PIN comes here: there is no input for one.
//
// # Limits
//
// Where two characters differ between the form and the certificate's spelling, a substitute character is meant; which ones
// may stand for a character the office knows. A birth date of which part is unknown cannot be typed.
//
// Law: 公的個人認証法 §3, §9, §10, §13
package counterweb
