// Package portalweb shows the receiving desk 電子申請 of package portal: an applicant fills in the form, reads the document,
// signs it with the card, sends it and reads the decision; a clerk sees what came.
//
// # Invariants
//
//   - Between the pages the document and the signature travel in the applicant's own forms. The desk knows nothing of them
//     until they are sent, and then verifies them as if they came from anywhere.
//   - The PIN goes to the signer and nowhere else: into no page, no log, no error.
//   - The applicant's page of a result holds the number and the decision, nothing that the form says.
//   - Only who the wiring calls a clerk of the agency sees an application.
//
// # Limits
//
// The card is not in the browser: where it lies, and how it signs, the wiring knows ([Signer]).
package portalweb
