package message

import (
	"time"

	"github.com/openjpki/jpki"
)

// Holder is the CA's pseudonym for a person: the same for all of a person's certificates and for nobody else's, stable
// over moves and changes of name, and of no meaning elsewhere. The register makes it with a key of its own; it is neither
// the resident code nor computed from it without that key.
//
// Assumed: the law forbids a second certificate for one person without saying by what a CA tells persons apart.
type Holder string

// IssueRequest asks the CA for one certificate 電子証明書の発行要求.
//
// Req: R-ISS-16
type IssueRequest struct {
	// ID names the request; the same request sent again gets the same certificate. At most 64 letters, digits, "-".
	ID string
	// Kind is Signing or Authentication.
	Kind         jpki.Kind
	Holder       Holder
	Municipality jpki.Municipality
	// Person holds the four attributes as the certificate will spell them. An authentication certificate shows none of
	// them; its validity needs the birth date.
	Person jpki.Person
	// Registered holds them as the register spells them, never with substitute characters. The CA passes them to the link
	// server and keeps them nowhere.
	Registered Attributes
	// CardEnd is the last second of the card's own validity.
	CardEnd time.Time
	// Renewal says that the application came in the last three months of the certificate it replaces 更新.
	Renewal bool
	Proof   Proof
}

// Proof shows that the card with the private key took part: a PKCS #10 request signed by the key, whose subject names
// the card and the nonce that the counter wrote to it.
type Proof struct {
	CardSerial string
	Nonce      []byte
	PKCS10     []byte // DER
}

// Issued is the CA's answer 電子証明書.
type Issued struct {
	RequestID   string
	Serial      jpki.Serial
	Certificate []byte // DER
	CA          []byte // DER of the certificate of the CA that signed it
}

// IssueRefusal is the CA's answer to a request that it does not fulfil 発行拒否.
type IssueRefusal struct {
	RequestID string
	Reason    string // key of the fault, "ca.double_issue"
}

// MistakenIssue tells the CA that a certificate it issued says something wrong, as the image check found 記録誤り. The CA has it
// revoked and lets the holder have another one, without a fee.
//
// Law: 公的個人認証法 §13
// Req: R-ISS-20, R-REV-06
type MistakenIssue struct {
	RequestID string // of the certificate
	FoundAt   time.Time
}
