package story

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
)

// Role is in whose eyes a visitor sees the pages.
type Role string

// The roles.
const (
	Resident Role = "resident" // 住民
	Clerk    Role = "clerk"    // 窓口職員
	Approver Role = "approver" // 承認者, the second pair of eyes
	Register Role = "register" // 住民基本台帳の担当者
	Agency   Role = "agency"   // 行政機関
	Provider Role = "sp"       // 民間事業者
)

// roles are all of them, with the page that each begins with.
var roles = []struct {
	role Role
	home string
}{
	{Resident, "/story"}, {Clerk, "/counter"}, {Approver, "/counter"}, {Register, "/registry"}, {Agency, "/agency/clerk"}, {Provider, "/verify"},
}

// TextKey names the role in package locale.
func (r Role) TextKey() string { return "story.role_" + string(r) }

// actor is who the role is for an office.
func (r Role) actor() authz.Actor {
	offices := map[Role]authz.Office{Clerk: authz.Terminal, Approver: authz.Terminal, Register: authz.Municipality, Agency: authz.Agency}
	return authz.Actor{Office: offices[r], Operator: string(r)}
}

// Place is where the visitor's card is.
type Place string

// The places.
const (
	InHand    Place = "hand"    // 手元
	AtCounter Place = "counter" // 受付窓口端末の読取装置
	AtKiosk   Place = "kiosk"   // 鍵ペア生成装置の読取装置
)

var places = []Place{InHand, AtCounter, AtKiosk}

// TextKey names the place in package locale.
func (p Place) TextKey() string { return "story.place_" + string(p) }

// Actor says in whose name the visitor acts at an office. Fault: "story.visitor".
func (s *Story) Actor(r *http.Request) (authz.Actor, error) {
	v := visitorOf(r)
	if v == nil {
		return authz.Actor{}, fault.New(fault.Denied, "story.visitor")
	}
	return v.life().Role.actor(), nil
}

// Frame is the role bar and the tray around a page.
func (s *Story) Frame(r *http.Request) page.Frame {
	v := visitorOf(r)
	if v == nil {
		return page.Frame{}
	}
	l, f := v.life(), page.Frame{}
	for _, one := range roles {
		f.Bar = append(f.Bar, page.Link{Label: text(one.role), URL: "/story/role/" + string(one.role), Current: l.Role == one.role, Act: true})
	}
	here := "/story"
	if r.Method == http.MethodGet {
		here = r.URL.Path
	}
	if !l.Settled { // he has no card yet
		return f
	}
	for _, p := range places {
		slot := page.Slot{Place: text(p)}
		if l.Place == p {
			slot.Content = page.Say("story.your_card")
		} else {
			slot.Move = &page.Link{Label: page.Say("story.put_" + string(p)), URL: "/story/card/" + string(p) + "?to=" + url.QueryEscape(here)}
		}
		f.Tray = append(f.Tray, slot)
	}
	return f
}

// postRole changes the role, and goes to where it has its work.
func (s *Story) postRole(w http.ResponseWriter, r *http.Request) error {
	i := slices.IndexFunc(roles, func(one struct {
		role Role
		home string
	}) bool {
		return string(one.role) == r.PathValue("role")
	})
	if i < 0 {
		return fault.New(fault.NotFound, "page.not_found")
	}
	if err := s.keep(visitorOf(r), func(l *life) { l.Role = roles[i].role }); err != nil {
		return err
	}
	return page.Redirect(w, r, target(r, roles[i].home), page.Say("story.role_now", roles[i].role))
}

// postCard moves the card.
func (s *Story) postCard(w http.ResponseWriter, r *http.Request) error {
	p := Place(r.PathValue("place"))
	if !slices.Contains(places, p) {
		return fault.New(fault.NotFound, "page.not_found")
	}
	if err := s.move(visitorOf(r), p); err != nil {
		return err
	}
	return page.Redirect(w, r, target(r, "/story"), page.Say("story.card_now", p))
}

// target is the page that a form wants to come back to.
func target(r *http.Request, otherwise string) string {
	if to := r.URL.Query().Get("to"); to != "" {
		return to
	}
	return otherwise
}

// text is what a value says of itself.
func text(v interface{ TextKey() string }) page.Text { return page.Say(v.TextKey()) }
