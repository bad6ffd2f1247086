package registry

import (
	"slices"
	"time"

	"github.com/openjpki/jpki/internal/message"
)

// EventKind is a sort of event in the life of a resident record.
type EventKind string

// The kinds of events.
const (
	MoveIn          EventKind = "move_in"          // 転入: from another municipality
	Move            EventKind = "move"             // 転居: within the municipality
	MoveAbroad      EventKind = "move_abroad"      // 国外転出, by one who goes on using his card 継続利用
	NameChange      EventKind = "name_change"      // 氏名の変更
	AliasAdded      EventKind = "alias_added"      // 旧氏・通称の併記: a former surname or an alias stands in the name
	Correction      EventKind = "correction"       // 修正
	MinorCorrection EventKind = "minor_correction" // 軽微な修正: one that the ordinance leaves out
	NotationChange  EventKind = "notation_change"  // 住所表記の変更
	Merger          EventKind = "merger"           // 市町村合併
	Death           EventKind = "death"            // 死亡
)

// Field is what an event may change in a resident record.
type Field string

// The fields.
const (
	Name         Field = "name"
	Birth        Field = "birth"
	Sex          Field = "sex"
	Address      Field = "address"
	Municipality Field = "municipality"
)

// Rule says what an event is.
type Rule struct {
	Event   EventKind
	Changes []Field // what may change; at least one of the four attributes does, if any is named
	Notice  bool    // the CA's side is told
	Law     string  // the article that the amendment rests on
}

// Rules returns the table of events.
//
// Assumed: who moves abroad and goes on using his card keeps a record in which words about the move stand for the address,
// and the municipality that he left; so it is a change of address. Who does not go on is not told apart here.
//
// Assumed: an alias or former surname is part of the name as the register spells it, so its entry is a change of name.
//
// Law: 住民基本台帳法 §8, §22, §23
// Law: 公的個人認証法 §12
// Req: R-REV-03, R-AMB-11
func Rules() []Rule {
	four := []Field{Name, Birth, Sex, Address}
	return []Rule{
		{MoveIn, []Field{Address, Municipality}, true, "住民基本台帳法第22条"},
		{Move, []Field{Address}, true, "住民基本台帳法第23条"},
		{MoveAbroad, []Field{Address}, true, "住民基本台帳法第24条"},
		{NameChange, []Field{Name}, true, "住民基本台帳法第8条"},
		{AliasAdded, []Field{Name}, true, "住民基本台帳法第8条"},
		{Correction, four, true, "住民基本台帳法第8条"},
		{MinorCorrection, four, false, "住民基本台帳法第8条"},
		{NotationChange, []Field{Address}, true, "住民基本台帳法第8条"},
		{Merger, []Field{Address, Municipality}, false, "住民基本台帳法第8条"},
		{Death, nil, true, "住民基本台帳法第8条"},
	}
}

// ruleOf returns the row of a kind; ok is false if there is none.
func ruleOf(kind EventKind) (r Rule, ok bool) {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Event == kind })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// fact returns what a notice of the event says.
func (r Rule) fact() message.Fact {
	if r.Event == Death {
		return message.Died
	}
	return message.Changed
}

// allows reports whether the event may make before into after.
func (r Rule) allows(before, after Resident) bool {
	a, b := before.Attributes, after.Attributes
	var changed []Field
	for field, differs := range map[Field]bool{
		Name: a.Name != b.Name, Birth: a.Birth != b.Birth, Sex: a.Sex != b.Sex, Address: a.Address != b.Address,
		Municipality: before.Municipality != after.Municipality,
	} {
		if differs {
			changed = append(changed, field)
		}
	}
	for _, field := range changed {
		if !slices.Contains(r.Changes, field) {
			return false
		}
	}
	return r.Event == Death || a != b
}

// Event is one event 異動: a municipality has amended a resident record.
type Event struct {
	// ID names the event; the same event given again changes nothing. At most 64 letters, digits, "-"; not the resident
	// code.
	ID   string
	Kind EventKind
	Code ResidentCode
	At   time.Time // when the record was amended; whole seconds
	// After are the attributes from then on, Municipality the code of the municipality. Both are empty for a death.
	After        message.Attributes `json:",omitzero"`
	Municipality string
}

// Outcome is what became of an event on its way to the CA's side.
type Outcome string

// The outcomes.
const (
	Silent   Outcome = "silent"    // nobody is to be told
	Waiting  Outcome = "waiting"   // for a holder list that covers its time
	Noticed  Outcome = "noticed"   // there is a notice
	Asked    Outcome = "asked"     // a clerk must choose
	Declined Outcome = "declined"  // a clerk chose nobody, at least the last time
	NoHolder Outcome = "no_holder" // the lists cover its time and name no such holder
)

// Record is an event as the register keeps it.
type Record struct {
	Number int64 // in the order of arrival, from 1
	Event
	Before  message.Attributes
	Shared  bool // another resident had the same attributes before
	Outcome Outcome
}
