package counter

import (
	"regexp"
	"slices"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/message"
)

// Case is one application 案件.
type Case struct {
	ID           string // of the office and its reception number: "99201-17"
	State        State
	Event        Event          // the last one
	*Papers                     // nil where they are erased or left out
	Holder       message.Holder // "" until the register has certified
	Differs      []Field        // in which form and register differ
	CardSerial   string         // of the card in hand; "" until one is bound
	KeyVersion   uint32         // of the master key that its device keys come from
	Nonce        []byte         // what the proofs of possession must repeat
	Certificates []Certificate  // one for each kind that is applied for, authentication first
	Fee          Fee
	OpenedAt     time.Time
	ChangedAt    time.Time
	KeepUntil    time.Time // when its papers are erased; zero while the case is open
}

// Papers 申請書等 are what names the applicant. They are kept apart from the rest of the case and erased before it.
//
// Req: R-CNT-04
type Papers struct {
	Form       Form
	Registered *message.Attributes `json:",omitempty"` // what the register certified; nil until it has
	Identity   Identity
}

// Certificate is one certificate of a case, from the public key that is read to the card that holds it.
type Certificate struct {
	Kind        jpki.Kind
	PKCS10      []byte           // DER of the proof of possession; nil until read
	Issuer      message.IssuerID // "" until it arrives
	Serial      jpki.Serial
	Certificate []byte    // DER; nil until it arrives, and when the papers are erased
	CA          []byte    // DER of its issuer's certificate
	Differs     []Field   // what is not as it was asked for, as this office found out by itself
	Refusal     string    // why the CA does not issue it
	StoredAt    time.Time // when it was on the card; zero if it is not
}

// answered reports whether the CA has said what becomes of the request.
func (c Certificate) answered() bool { return c.Certificate != nil || c.Refusal != "" }

// pair names one of the two key pairs of a card: its files there, and the kind of its certificate.
type pair struct {
	kind jpki.Kind
	key  card.Key
	own  card.File
	ca   card.File
}

// pairs are the key pairs, authentication first: the end of its certificate bounds that of the other.
var pairs = []pair{
	{jpki.Authentication, card.Authentication, card.AuthenticationCertificate, card.AuthenticationCA},
	{jpki.Signing, card.Signature, card.SignatureCertificate, card.SignatureCA},
}

func pairOf(kind jpki.Kind) pair {
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.kind == kind })
	return pairs[max(i, 0)]
}

// did reports whether an event was the last one, also where it came out otherwise than hoped.
func (c *Case) did(event Event) bool {
	return c.Event == event || event == Certify && (c.Event == Differ || c.Event == Lack)
}

// certificate returns the certificate of a kind, nil if it was not applied for.
func (c *Case) certificate(kind jpki.Kind) *Certificate {
	for i := range c.Certificates {
		if c.Certificates[i].Kind == kind {
			return &c.Certificates[i]
		}
	}
	return nil
}

// requestID returns the name under which the CA is asked for a certificate: "99201-17-auth".
func (c *Case) requestID(kind jpki.Kind) string { return c.ID + "-" + kind.String() }

var requestName = regexp.MustCompile(`^([0-9]{5}-[A-Za-z0-9]{1,24})-(auth|sign)$`)

// caseOfRequest is the inverse of [Case.requestID].
func caseOfRequest(request string) (id string, kind jpki.Kind, ok bool) {
	m := requestName.FindStringSubmatch(request)
	if m == nil {
		return "", 0, false
	}
	kind, ok = jpki.ParseKind(m[2])
	return m[1], kind, ok
}
