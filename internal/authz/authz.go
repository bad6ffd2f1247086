package authz

import (
	"regexp"
	"slices"

	"github.com/openjpki/jpki/internal/fault"
)

// Office names an office or machine of the service.
type Office string

const (
	Municipality Office = "municipality" // 住民票の窓口, where residents register what happens in their lives
	Terminal     Office = "terminal"     // 受付窓口端末, a clerk's PC with its readers
	Counter      Office = "counter"      // 受付窓口, the municipal reception
	Kiosk        Office = "kiosk"        // 鍵ペア生成装置, the key-pair generator
	CA           Office = "ca"           // 認証局, the certification authority
	Ceremony     Office = "ceremony"     // 鍵生成式, people making a CA key under witness
	Registry     Office = "registry"     // 住民基本台帳, the resident register
	Link         Office = "link"         // 住基連携サーバ, the link server of the CA side
	Revocation   Office = "revocation"   // 失効情報, the validity service
	Helpdesk     Office = "helpdesk"     // コールセンター, takes calls about lost cards at any hour
	Agency       Office = "agency"       // 行政機関, receives signed applications
	Auditor      Office = "auditor"      // 監査, reads and checks, changes nothing
	Sandbox      Office = "sandbox"      // 試験環境運営者, the operator of a test nation
)

// Offices lists every office, in the order in which a certificate meets them.
func Offices() []Office {
	return []Office{Municipality, Terminal, Counter, Kiosk, Registry, Link, CA, Revocation, Ceremony, Helpdesk, Agency, Auditor, Sandbox}
}

// TextKey returns the key of the office's name in package locale.
func (o Office) TextKey() string { return "office." + string(o) }

// Actor is who acts.
type Actor struct {
	// Office is the acting office, from its certificate or the local process.
	Office Office
	// Operator identifies the person at the office (操作者) by staff number,
	// never by name; empty for a machine. Audit data only.
	Operator string
}

var operator = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{0,64}$`)

// ValidOperator reports whether an operator has the form of a staff number, or is empty.
func ValidOperator(s string) bool { return operator.MatchString(s) }

// Act names what is done, as "office.verb": "ca.issue". Each office declares
// its own as constants.
type Act string

// Policy is the table of one office: for each of its acts, the offices that may
// do it. The zero value denies everything.
type Policy map[Act][]Office

// Check returns nil if the actor may do the act, else a fault of kind Denied.
func (p Policy) Check(actor Actor, act Act) error {
	if slices.Contains(p[act], actor.Office) {
		return nil
	}
	return fault.New(fault.Denied, "authz.denied", actor.Office, act)
}
