package kioskhttp

import (
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/kiosk"
)

// State is what a window of the panel shows.
type State struct {
	Screen kiosk.Screen `json:"screen"` // 1 to 5
	// Busy says that another window has a card in work. The screen is then the first.
	Busy bool `json:"busy"`
	// Session is the name of the session that has begun. It is told to who began it, once.
	Session string `json:"session,omitempty"`
	Work    string `json:"work,omitempty"`  // "key_pair" or "pin_change", once chosen
	Key     string `json:"key,omitempty"`   // "signature" or "authentication", once chosen
	Entry   string `json:"entry,omitempty"` // what the password screen asks for: "new" or "existing" PIN
}

// What the acts are asked with.
type (
	nothing struct{}
	choice  struct {
		Work string `json:"work"`
		Key  string `json:"key"`
	}
	onePIN struct {
		PIN string `json:"pin"`
	}
	twoPINs struct {
		PIN  string `json:"pin"`
		Next string `json:"next"`
	}
)

// The words for works, keys and entries. A word that is not here stands for none.
var (
	works   = map[string]kiosk.Work{"key_pair": kiosk.KeyPair, "pin_change": kiosk.PINChange}
	keys    = map[string]card.Key{card.Signature.String(): card.Signature, card.Authentication.String(): card.Authentication}
	entries = map[kiosk.PINEntry]string{kiosk.NewPIN: "new", kiosk.ExistingPIN: "existing"}
)

// state returns what may be shown to who knows the name of the session, or does not.
func (p *panel) state(name string) State {
	v := p.visit
	if v == nil {
		return State{Screen: kiosk.SetCard}
	}
	if v.name != name {
		return State{Screen: kiosk.SetCard, Busy: true}
	}
	return State{Screen: v.Screen(), Work: v.chosen.Work, Key: v.chosen.Key, Entry: entries[v.entry]}
}
