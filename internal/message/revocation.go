package message

import (
	"time"

	"github.com/openjpki/jpki"
)

// IssuerID names the key that signs certificates and their lists: the key identifier of the CA certificate as
// [jpki.KeyID.String] writes it, 40 hexadecimal digits in capitals. The name of a CA would not tell: its generations
// share it.
type IssuerID string

// IssuedNotice tells the validity service that a certificate exists 発行の通知, that of a CA included. It says nothing of
// the holder.
type IssuedNotice struct {
	Issuer    IssuerID
	Serial    jpki.Serial
	Kind      jpki.Kind
	NotBefore time.Time
	NotAfter  time.Time
	// Point is the DER of the directory name under which the certificate's revocation is published: that of the
	// municipality of issue, for a CA its own name. Empty where the certificate names none.
	Point []byte
	// Certificate is the DER of a CA's certificate, nil for any other.
	Certificate []byte
}

// Ground is why a certificate is to be revoked 失効事由, in the terms of the law.
type Ground string

const (
	Voluntary           Ground = "voluntary"            // 失効申請: the holder wishes so
	Compromise          Ground = "compromise"           // 危殆化: the holder's private key is no longer his alone
	Suspicion           Ground = "suspicion"            // 一時保留: the card is lost, or the key may be in danger
	Change              Ground = "change"               // 異動: one of the four attributes changed in the register
	Removal             Ground = "removal"              // 消除: death, or no resident any more
	Mistake             Ground = "mistake"              // 記録誤り: the certificate says something wrong
	Discard             Ground = "discard"              // 交付前破棄: it never reached the holder
	Substitution        Ground = "substitution"         // 代替文字の変更: the holder wants other substitute characters
	Renewal             Ground = "renewal"              // 更新: another certificate takes its place
	AuthorityCompromise Ground = "authority_compromise" // 発行者署名符号の危殆化: the CA's own key is no longer its alone
)

// Reason is what the world reads of a ground: a CRLReason.
//
// Spec: RFC 5280 §5.3.1
type Reason int

// The reasons that J-LIS uses. removeFromCRL is not among them: a hold on a card's certificate is never released.
const (
	Unspecified          Reason = 0
	KeyCompromise        Reason = 1
	CACompromise         Reason = 2
	AffiliationChanged   Reason = 3
	Superseded           Reason = 4
	CessationOfOperation Reason = 5
	CertificateHold      Reason = 6
)

var reasonNames = [...]string{"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded",
	"cessationOfOperation", "certificateHold"}

// Known reports whether r is one of the reasons.
func (r Reason) Known() bool { return r >= 0 && int(r) < len(reasonNames) }

// String returns the name in RFC 5280, "" for another reason.
func (r Reason) String() string {
	if !r.Known() {
		return ""
	}
	return reasonNames[r]
}

// RevocationOrder asks the validity service to revoke a certificate 失効の指示.
//
// Req: R-REG-07
type RevocationOrder struct {
	// ID names the order; the same order sent again changes nothing. At most 64 letters, digits, "-".
	ID     string
	Issuer IssuerID
	Serial jpki.Serial
	Ground Ground
	// RecordedAt is when the ordering office recorded the ground 記録年月日: from then on the certificate is without effect.
	RecordedAt time.Time
	// InvalidFrom is since when key or content are wrong, if that is known and earlier. Optional.
	InvalidFrom time.Time
}

// Outcome is what became of an order.
type Outcome string

const (
	OutcomeRevoked   Outcome = "revoked"   // recorded, final
	OutcomeHeld      Outcome = "held"      // recorded as 一時保留
	OutcomeUnchanged Outcome = "unchanged" // an earlier record stands
	OutcomeWaiting   Outcome = "waiting"   // the certificate is not known yet; the order is carried out when it is
	OutcomeRefused   Outcome = "refused"   // against a rule, such as a ground that does not fit the certificate
)

// Revocation answers an order, with what is on record now.
type Revocation struct {
	OrderID   string
	Outcome   Outcome
	Reason    Reason
	RevokedAt time.Time // zero if nothing is on record, or the order was refused
	Refusal   string    // key of the fault, "revocation.not_applicable"; empty unless refused
}

// ResponderRequest asks the CA for the certificate of an OCSP responder.
type ResponderRequest struct {
	// ID names the request; the same request sent again gets the same certificate. At most 64 letters, digits, "-".
	ID     string
	Issuer IssuerID
	PKCS10 []byte // DER; signed by the responder's key, its common name is ID
}

// Revoked tells the CA that a certificate is revoked for good, so that its holder may have another one 失効の通知. A hold is
// none.
//
// Law: 公的個人認証法 §6
type Revoked struct {
	Issuer    IssuerID
	Serial    jpki.Serial
	RevokedAt time.Time
}
