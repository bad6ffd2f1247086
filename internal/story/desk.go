package story

import (
	"net/http"
	"slices"
	"strings"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/counter/counterweb"
	"github.com/openjpki/jpki/internal/kiosk/kioskweb"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portalweb"
	"github.com/openjpki/jpki/internal/registry/registryweb"
	"github.com/openjpki/jpki/internal/verifyweb"
)

// Desk is a place for the pages of an office. Of two with one path the more particular one counts.
type Desk struct {
	Path  string
	Name  string // key of a text: story.desk_NAME
	Roles []Role // who sees them
}

// Desks are the places for the pages of offices.
func Desks() []Desk {
	return []Desk{
		{"/counter", "counter", []Role{Clerk, Approver}}, {"/kiosk", "kiosk", []Role{Resident}}, {"/registry", "registry", []Role{Register}},
		{"/agency/clerk", "agency", []Role{Agency}}, {"/agency", "agency", []Role{Resident}}, {"/verify", "verify", []Role{Provider, Agency, Resident}},
	}
}

func (d Desk) covers(path string) bool { return path == d.Path || strings.HasPrefix(path, d.Path+"/") }

// deskOf returns the desk of a path.
func deskOf(path string) (Desk, bool) {
	all := Desks()
	i := slices.IndexFunc(all, func(d Desk) bool { return d.covers(path) })
	if i < 0 {
		return Desk{}, false
	}
	return all[i], true
}

// cities are the pages of an office that each of the two cities has. A visitor sees those of the one where he lives.
type cities struct{ mihon, rinri *page.Site }

// openDesks opens the pages of all offices.
func (s *Story) openDesks() (err error) {
	for _, city := range []struct {
		municipality jpki.Municipality
		counter      **page.Site
		kiosk        **page.Site
	}{{app.Mihon, &s.counters.mihon, &s.kiosks.mihon}, {app.Rinri, &s.counters.rinri, &s.kiosks.rinri}} {
		if *city.counter, err = s.counterSite(city.municipality); err != nil {
			return err
		}
		if *city.kiosk, err = s.kioskSite(city.municipality); err != nil {
			return err
		}
	}
	for _, open := range []struct {
		site **page.Site
		open func() (*page.Site, error)
	}{{&s.register, s.registerSite}, {&s.agency, s.agencySite}, {&s.verify, s.verifySite}} {
		if *open.site, err = open.open(); err != nil {
			return err
		}
	}
	return nil
}

// siteOf returns the pages at a path of [Desks] for a visitor.
func (s *Story) siteOf(path string, l life) *page.Site {
	pick := func(c cities) *page.Site {
		if l.Noted {
			return c.rinri
		}
		return c.mihon
	}
	switch root := strings.Split(path, "/")[1]; root {
	case "counter":
		if strings.HasPrefix(path, "/counter/cases/"+app.Mihon.Code+"-") { // those before the move stay there
			return s.counters.mihon
		}
		return pick(s.counters)
	case "kiosk":
		return pick(s.kiosks)
	case "registry":
		return s.register
	case "agency":
		return s.agency
	case "verify":
		return s.verify
	}
	return nil
}

func (s *Story) counterSite(m jpki.Municipality) (*page.Site, error) {
	service, _ := s.Nation.Hall(m)
	desk, err := counterweb.New(counterweb.Config{Office: ownCounter{service, s}, Municipality: m, Actor: s.Actor, Reader: s.Reader(AtCounter)})
	if err != nil {
		return nil, err
	}
	site, err := page.NewSite(s.Site(page.Say("story.site_counter")))
	if err == nil {
		desk.Mount(site)
	}
	return site, err
}

func (s *Story) kioskSite(m jpki.Municipality) (*page.Site, error) {
	_, machine := s.Nation.Hall(m)
	panel, err := kioskweb.New(kioskweb.Config{Kiosk: machine, Visitor: s.name, Reader: s.Reader(AtKiosk)})
	if err != nil {
		return nil, err
	}
	site, err := page.NewSite(s.Site(page.Say("story.site_kiosk")))
	if err == nil {
		panel.Mount(site)
	}
	return site, err
}

// name is who stands at the kiosk.
func (s *Story) name(r *http.Request) (string, error) { return visitorOf(r).id, nil }

func (s *Story) registerSite() (*page.Site, error) {
	desk, err := registryweb.New(registryweb.Config{Office: ownRegister{s.Nation.Registry, s}, Actor: s.Actor, Now: s.Nation.Now})
	if err != nil {
		return nil, err
	}
	site, err := page.NewSite(s.Site(page.Say("story.site_registry")))
	if err == nil {
		desk.Mount(site)
	}
	return site, err
}

func (s *Story) agencySite() (*page.Site, error) {
	pages, err := portalweb.New(portalweb.Config{Desk: ownPortal{s.Nation.Portal, s}, Signer: s.signer, Clerk: s.Actor, Known: s.known})
	if err != nil {
		return nil, err
	}
	site, err := page.NewSite(s.Site(page.Say("portal.site")))
	if err == nil {
		pages.Mount(site)
	}
	return site, err
}

// signer signs for a visitor who has his card in hand.
func (s *Story) signer(r *http.Request) (portalweb.Signer, error) {
	reader, err := s.Reader(InHand)(r)
	return signed{reader, s.Nation.Now()}, err
}

// known is what a visitor need not type.
func (s *Story) known(r *http.Request) (portal.Form, bool) {
	l, err := s.look(r.Context(), visitorOf(r))
	if err != nil || !l.begun() {
		return portal.Form{}, false
	}
	return form(l, l.filing()), true
}

func (s *Story) verifySite() (*page.Site, error) {
	pages, err := verifyweb.New(verifyweb.Config{Anchors: s.Nation.Anchors, Evidence: s.Nation.Evidence, Now: s.Nation.Now})
	if err != nil {
		return nil, err
	}
	c := s.Site(page.Say("story.site_verify"))
	c.MaxBody = verifyweb.MaxBody
	site, err := page.NewSite(c)
	if err == nil {
		pages.Mount(site)
	}
	return site, err
}
