package kioskweb

import (
	"embed"
	"net/http"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/page"
)

//go:embed pages
var files embed.FS

// screen is what the panel shows.
//
// Req: R-KSK-07
type screen struct {
	screen    kiosk.Screen
	Steps     page.Steps
	Failed    error
	Forgotten bool // the session is over, and the card still lies in the reader
	Minutes   int  // until the session ends if nothing is done
	Extended  bool

	Login  bool      // the PIN or key is the one to log in with, else the one to sign with
	Change bool      // the work is to set or change a PIN
	PIN    pinScreen // of the third screen
	Both   bool      // both key pairs were made
}

// pinScreen is what the PIN screen asks for. It never has what was entered.
type pinScreen struct {
	Field   page.Field
	Count   int // of characters entered
	Keys    []string
	LastTry bool
}

// present returns the screen of a visitor.
func (p *Panel) present(r *http.Request, name string) screen {
	p.mu.Lock()
	v, left := p.visits[name], p.left[name]
	p.mu.Unlock()
	if v == nil {
		return p.first(r, name, left)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over || v.Session == nil {
		return p.first(r, name, left)
	}
	s := screen{
		screen: v.Screen(), Steps: steps(v.Screen()), Minutes: int(v.limit / time.Minute), Extended: v.limit > p.Idle,
		Login: v.key == card.Authentication, Change: v.work == kiosk.PINChange, Both: len(v.made) == 2,
	}
	if s.screen == kiosk.Password {
		s.PIN = v.pinScreen()
	}
	return s
}

// first is the screen on which nothing has begun. It looks whether a card was forgotten.
func (p *Panel) first(r *http.Request, name string, left leftCard) screen {
	s := screen{screen: kiosk.SetCard, Steps: steps(kiosk.SetCard)}
	if left.reader == nil {
		return s
	}
	reader, err := p.Reader(r)
	s.Forgotten = err == nil && reader == left.reader
	if !s.Forgotten {
		p.mu.Lock()
		delete(p.left, name)
		p.mu.Unlock()
	}
	return s
}

func steps(s kiosk.Screen) page.Steps {
	return page.Steps{Current: int(s) - 1, Labels: []page.Text{
		page.Say("kioskweb.step_set"), page.Say("kioskweb.step_choose"), page.Say("kioskweb.step_pin"),
		page.Say("kioskweb.step_generate"), page.Say("kioskweb.step_return"),
	}}
}

// pinScreen is the input of the stage under way. The label says by what the PIN is used for.
func (v *visit) pinScreen() pinScreen {
	f := page.Field{Name: "pin", Type: "password", Autocomplete: "off", MaxLength: 16, Hint: page.Say("kioskweb.sign_hint")}
	login := v.key == card.Authentication
	if login {
		f.InputMode, f.MaxLength, f.Hint = "numeric", 4, page.Say("kioskweb.login_hint")
	}
	labels := map[stage][2]page.Text{
		existing: {page.Say("kioskweb.sign_existing"), page.Say("kioskweb.login_existing")},
		chosen:   {page.Say("kioskweb.sign_chosen"), page.Say("kioskweb.login_chosen")},
		again:    {page.Say("kioskweb.sign_again"), page.Say("kioskweb.login_again")},
	}
	f.Label = labels[v.stages[len(v.entered)]][0]
	if login {
		f.Label = labels[v.stages[len(v.entered)]][1]
	}
	f.Optional = len(v.typed) > 0 // what the pad took counts
	return pinScreen{f, len(v.typed), pad(v.key), v.lastTry}
}
