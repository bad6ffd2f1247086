// Package portal (電子申請) is the receiving desk of an agency 行政機関: one sample procedure, the application for a copy of
// the resident record 住民票の写しの交付申請. It receives a document with the applicant's signature, verifies it, and says at
// once what came of it and what the applicant can do.
//
//	application  Form.Document ▶ signed with the card ▶ Submit: received, with a number
//	examination  Judge: the signature; the certificate's name, birth date and address against the form; the certificate's
//	             validity ▶ accepted, refused, or waiting until somebody can say
//
// # Invariants
//
//   - What was received has a number before anybody looks at it. The same document with the same signature is one application,
//     however often it comes.
//   - An application is decided once. The decision names its reason, and each reason has a cure.
//   - Nothing is accepted unless all three examinations passed.
//   - Document and signature are erased thirty days after they came, with all that is known of them but the audit log.
//   - The number says nothing of the applicant, and nobody finds it without the signature.
//   - Audit entries hold numbers and words, never what the form says.
//
// # Limits
//
// No record is issued: the procedure is a sample. The signature is judged for the time of the examination, so that one who
// waited may be refused for what happened since. Applications travel inside the TLS connection, or on the machine itself, and
// have no envelope of their own. They are not routed to other agencies.
//
// Law: デジタル手続法 §6
// Law: 住民基本台帳法 §12
package portal
