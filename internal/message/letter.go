package message

import "github.com/openjpki/jpki/internal/post"

// The addresses of the offices of which there is one. Counters have the code of their municipality: see [AtCounter].
const (
	AtCA         post.Address = "ca"
	AtLink       post.Address = "link"
	AtRegistry   post.Address = "registry"
	AtRevocation post.Address = "revocation"
)

// AtCounter returns the address of the counter of a municipality, by its code of five digits: "counter-99201".
func AtCounter(municipality string) post.Address { return post.Address("counter-" + municipality) }

// What letters between two offices are about. Letters of one topic arrive in the order in which they were written.
const (
	TopicIssue        post.Topic = "issue"        // requests to issue, and their answers
	TopicCertificates post.Topic = "certificates" // which certificates there are
	TopicHolders      post.Topic = "holders"      // who holds certificates
	TopicNotices      post.Topic = "notices"      // that something happened to a holder
	TopicOrders       post.Topic = "orders"       // what is to be revoked, and what came of it
	TopicRevoked      post.Topic = "revoked"      // what is revoked
	TopicExports      post.Topic = "exports"      // what the register certifies
)

// The letters: all that offices write to each other by post.
var (
	IssueRequestLetter    = post.Form[IssueRequest]{Name: "issue_request", Version: 1}       // counter → ca, issue
	IssuedLetter          = post.Form[Issued]{Name: "issued", Version: 1}                    // ca → counter, issue
	IssueRefusalLetter    = post.Form[IssueRefusal]{Name: "issue_refusal", Version: 1}       // ca → counter, issue
	MistakenIssueLetter   = post.Form[MistakenIssue]{Name: "mistaken_issue", Version: 1}     // counter → ca, issue
	IssuedNoticeLetter    = post.Form[IssuedNotice]{Name: "issued_notice", Version: 1}       // ca → revocation, certificates
	HolderRecordLetter    = post.Form[HolderRecord]{Name: "holder_record", Version: 1}       // ca → link, certificates
	HolderListLetter      = post.Form[HolderList]{Name: "holder_list", Version: 1}           // link → registry, holders
	ChangeNoticeLetter    = post.Form[ChangeNotice]{Name: "change_notice", Version: 1}       // registry → link, notices
	RevocationOrderLetter = post.Form[RevocationOrder]{Name: "revocation_order", Version: 1} // counter, link, ca → revocation, orders
	RevocationLetter      = post.Form[Revocation]{Name: "revocation", Version: 1}            // revocation → who ordered, orders
	RevokedLetter         = post.Form[Revoked]{Name: "revoked", Version: 1}                  // revocation → ca, revoked
	ExportLetter          = post.Form[Export]{Name: "export", Version: 1}                    // registry → counter, exports; by sealed medium
)
