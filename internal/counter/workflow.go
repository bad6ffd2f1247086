package counter

import (
	"slices"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
)

// State is where a case stands.
type State string

// The states of a case, in their order, then those in which it ends before its time.
const (
	Received   State = "received"    // 受付: the form is in
	Existing   State = "existing"    // 実在確認: form and register agree
	Identified State = "identified"  // 本人確認: the applicant is that person
	KeyWriting State = "key_writing" // 鍵書込: the card is known, its two keys are being written
	CardOut    State = "card_out"    // カード返却: the applicant has the card, for the kiosk
	KeysRead   State = "keys_read"   // 公開鍵読込: the card came back with new keys
	Waiting    State = "waiting"     // 発行待ち: the CA was asked
	Arrived    State = "arrived"     // 受信: all certificates are here
	Approved   State = "approved"    // イメージ確認: the clerk found them right
	Storing    State = "storing"     // 格納中: they are being written to the card
	Stored     State = "stored"      // 格納: they are on the card
	Paid       State = "paid"        // 手数料: the fee is taken, or there is none
	Completed  State = "completed"   // 完了: the card is handed over

	Mismatch      State = "mismatch"      // 不一致: form and register differ
	Unproven      State = "unproven"      // 本人確認不可: the applicant may be somebody else
	NoSubstitute  State = "no_substitute" // 代替文字なし: a character can stand in no certificate
	Refused       State = "refused"       // 発行拒否: the CA does not issue
	Mistaken      State = "mistaken"      // イメージ不一致: a certificate says something wrong
	Faulty        State = "faulty"        // システム不具合: a certificate is wrong by the system; the service is stopped
	Resubstituted State = "resubstituted" // 代替文字の変更: the applicant wants other substitute characters
	Withdrawn     State = "withdrawn"     // 申請取下げ
)

// Event is what moves a case on.
type Event string

// The events. Each is an act of the office, see [Event.Act].
const (
	Open         Event = "open"          // 申請受付
	Certify      Event = "certify"       // 実在確認
	Differ       Event = "differ"        // 不一致
	Lack         Event = "lack"          // 代替文字なし
	Identify     Event = "identify"      // 本人確認
	Reject       Event = "reject"        // 本人確認不可
	Bind         Event = "bind"          // the card is set in the reader
	Prepare      Event = "prepare"       // 鍵書込
	ReadKeys     Event = "read_keys"     // 公開鍵読込
	Request      Event = "request"       // 発行要求
	Receive      Event = "receive"       // 受信
	Refuse       Event = "refuse"        // 発行拒否
	Approve      Event = "approve"       // イメージ確認
	Mistake      Event = "mistake"       // 記録誤り
	Fault        Event = "fault"         // システム不具合
	Resubstitute Event = "resubstitute"  // 代替文字の変更
	BeginStoring Event = "begin_storing" // the card is set in the reader
	StoreDone    Event = "store"         // 格納
	Pay          Event = "pay"           // 手数料の徴収
	HandOver     Event = "hand_over"     // 交付
	Withdraw     Event = "withdraw"      // 取下げ
)

// Act returns the event as an act of this office: "counter.certify".
func (e Event) Act() authz.Act { return authz.Act("counter." + e) }

// Transition is one row of the table.
type Transition struct {
	From  State // "" before the first
	Event Event
	To    State
	Who   []authz.Office // besides the operator of a sandbox
	Law   string
	Halts bool // not while the service is stopped
}

const (
	articleOfIssue   = "公的個人認証法第3条"
	articleOfMistake = "公的個人認証法第13条"
	articleOfWish    = "公的個人認証法第9条"
)

var (
	desk     = []authz.Office{authz.Terminal, authz.Counter}
	register = []authz.Office{authz.Terminal, authz.Counter, authz.Registry}
	issuer   = []authz.Office{authz.CA}
)

// Workflow is the way of a case 発行の流れ. Nothing else in this package says what may follow what.
//
// The articles are those for signing certificates; authentication certificates have parallel ones.
//
// Law: 公的個人認証法 §3, §9, §13
// Req: R-STM-01, R-ISS-14
func Workflow() []Transition {
	rows := []Transition{
		{"", Open, Received, desk, articleOfIssue, true},
		{Received, Certify, Existing, register, articleOfIssue, false},
		{Received, Differ, Mismatch, register, articleOfIssue, false},
		{Received, Lack, NoSubstitute, register, articleOfIssue, false},
		{Existing, Identify, Identified, desk, articleOfIssue, false},
		{Existing, Reject, Unproven, desk, articleOfIssue, false},
		{Identified, Bind, KeyWriting, desk, articleOfIssue, true},
		{KeyWriting, Bind, KeyWriting, desk, articleOfIssue, true},
		{KeyWriting, Prepare, CardOut, desk, articleOfIssue, false},
		{CardOut, Bind, KeyWriting, desk, articleOfIssue, true},
		{CardOut, ReadKeys, KeysRead, desk, articleOfIssue, false},
		{KeysRead, Request, Waiting, desk, articleOfIssue, true},
		{Waiting, Receive, Arrived, issuer, articleOfIssue, false},
		{Waiting, Refuse, Refused, issuer, articleOfIssue, false},
		{Arrived, Approve, Approved, desk, articleOfIssue, true},
		{Arrived, Mistake, Mistaken, desk, articleOfMistake, false},
		{Arrived, Fault, Faulty, desk, articleOfMistake, false},
		{Arrived, Resubstitute, Resubstituted, desk, articleOfWish, false},
		{Approved, BeginStoring, Storing, desk, articleOfIssue, true},
		{Storing, BeginStoring, Storing, desk, articleOfIssue, true},
		{Storing, StoreDone, Stored, desk, articleOfIssue, false},
		{Stored, Pay, Paid, desk, articleOfIssue, false},
		{Paid, HandOver, Completed, desk, articleOfIssue, false},
	}
	for _, from := range []State{
		Received, Existing, Identified, KeyWriting, CardOut, KeysRead, Waiting, Arrived, Approved, Storing, Stored, Paid,
	} {
		rows = append(rows, Transition{from, Withdraw, Withdrawn, desk, articleOfWish, false})
	}
	return rows
}

// next returns the row of an event in a state. The fault is "counter.order".
func next(from State, event Event) (Transition, error) {
	for _, t := range Workflow() {
		if t.From == from && t.Event == event {
			return t, nil
		}
	}
	return Transition{}, fault.New(fault.Conflict, "counter.order", event, from)
}

// over reports whether nothing follows a state.
func (s State) over() bool {
	return !slices.ContainsFunc(Workflow(), func(t Transition) bool { return t.From == s })
}

// lawOf returns the article on which an event rests.
func lawOf(event Event) string {
	for _, t := range Workflow() {
		if t.Event == event {
			return t.Law
		}
	}
	return ""
}
