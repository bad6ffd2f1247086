package revocation

import (
	"slices"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/message"
)

// State is what a certificate is to this office while its validity lasts.
type State string

const (
	InForce State = "in_force" // 有効
	Held    State = "held"     // 一時保留
	Revoked State = "revoked"  // 失効
)

// Transition is what one ground does to a certificate. From any other state the ground changes nothing.
type Transition struct {
	From   []State
	Ground message.Ground
	To     State
	Who    []authz.Office // whose order it takes, besides the operator of a sandbox
	Law    string
	Reason message.Reason // what lists and answers say
	Kinds  []jpki.Kind    // of certificates that the ground can meet
}

var (
	onCard  = []jpki.Kind{jpki.Signing, jpki.Authentication}
	signing = []jpki.Kind{jpki.Signing} // the kind that names its holder
	all     = []jpki.Kind{jpki.Signing, jpki.Authentication, jpki.SigningCA, jpki.AuthenticationCA}
)

// Workflow is the table of grounds. A hold comes from the counter, or from the link server for the call centre, which knows
// the holder and not the certificate.
//
// Assumed: which reason stands for removal, a mistake and a change of substitute characters, and on which article a hold
// and a renewal rest, is not published; the other reasons are those of the practice statement of J-LIS. The articles are
// those for signing certificates; authentication certificates have parallel ones.
//
// Law: 公的個人認証法 §9, §10, §12, §13, §14
func Workflow() []Transition {
	inForce, notFinal := []State{InForce}, []State{InForce, Held}
	return []Transition{
		{inForce, message.Suspicion, Held, []authz.Office{authz.Counter, authz.Link}, "公的個人認証法第10条", message.CertificateHold, onCard},
		{notFinal, message.Voluntary, Revoked, []authz.Office{authz.Counter}, "公的個人認証法第9条", message.CessationOfOperation, onCard},
		{notFinal, message.Substitution, Revoked, []authz.Office{authz.Counter}, "公的個人認証法第9条", message.AffiliationChanged, signing},
		{notFinal, message.Renewal, Revoked, []authz.Office{authz.Counter, authz.CA}, "公的個人認証法第9条", message.Superseded, onCard},
		{notFinal, message.Compromise, Revoked, []authz.Office{authz.Counter}, "公的個人認証法第10条", message.KeyCompromise, onCard},
		{notFinal, message.Change, Revoked, []authz.Office{authz.Link}, "公的個人認証法第12条", message.AffiliationChanged, signing},
		{notFinal, message.Removal, Revoked, []authz.Office{authz.Link}, "公的個人認証法第12条", message.CessationOfOperation, onCard},
		{notFinal, message.Mistake, Revoked, []authz.Office{authz.CA}, "公的個人認証法第13条", message.AffiliationChanged, onCard},
		{notFinal, message.Discard, Revoked, []authz.Office{authz.Counter}, "公的個人認証法第13条", message.Unspecified, onCard},
		{notFinal, message.AuthorityCompromise, Revoked, []authz.Office{authz.CA, authz.Ceremony}, "公的個人認証法第14条", message.CACompromise, all},
	}
}

// transitionOf returns what a ground does.
func transitionOf(g message.Ground) (t Transition, ok bool) {
	table := Workflow()
	i := slices.IndexFunc(table, func(t Transition) bool { return t.Ground == g })
	if i < 0 {
		return t, false
	}
	return table[i], true
}

// orderedBy reports whether an office may order by the ground.
func (t Transition) orderedBy(o authz.Office) bool {
	return o == authz.Sandbox || slices.Contains(t.Who, o)
}
