package kioskweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/page"
)

const (
	actLimit    = 50 * time.Second
	defaultIdle = 2 * time.Minute
	stretch     = 10 // by how much the time may be extended, see WCAG 2.2 §2.2.1
	keepLeft    = time.Hour
)

// Config holds what [New] needs. Fields without "Optional" must be set.
type Config struct {
	Kiosk *kiosk.Kiosk
	// Visitor names who stands at the machine: the same name for the same visitor.
	Visitor func(*http.Request) (string, error)
	// Reader returns the card in the machine's reader as this visitor finds it: the same comparable value as long as the card
	// lies there. Without a card it returns an error.
	Reader func(*http.Request) (card.Transmitter, error)
	Idle   time.Duration    // how long a session may be left alone. Optional; two minutes.
	Now    func() time.Time // Optional; time.Now.
}

// Panel is the screens with the sessions in progress. It is safe for concurrent use.
type Panel struct {
	Config
	pages map[kiosk.Screen]*page.Page[screen]

	mu     sync.Mutex
	visits map[string]*visit   // by visitor
	left   map[string]leftCard // cards whose session is over, which may still lie in the reader
}

// leftCard is a card that its holder may forget.
type leftCard struct {
	reader card.Transmitter
	at     time.Time
}

// New reads the pages.
func New(c Config) (*Panel, error) {
	if c.Kiosk == nil || c.Visitor == nil || c.Reader == nil {
		return nil, errors.New("making the pages of a kiosk: the kiosk, its visitors and its reader must be set")
	}
	c.Idle = cmp.Or(c.Idle, defaultIdle)
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &Panel{Config: c, pages: map[kiosk.Screen]*page.Page[screen]{}, visits: map[string]*visit{}, left: map[string]leftCard{}}
	for s, file := range map[kiosk.Screen]string{
		kiosk.SetCard: "pages/set.html", kiosk.ChooseWork: "pages/choose.html", kiosk.Password: "pages/pin.html",
		kiosk.Generation: "pages/generate.html", kiosk.ReturnCard: "pages/return.html",
	} {
		var err error
		if p.pages[s], err = page.New[screen](files, file, "pages/parts.html"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Mount adds the pages to a site.
func (p *Panel) Mount(site *page.Site) {
	site.Handle("GET /kiosk", p.look)
	site.Handle("POST /kiosk/begin", p.begin)
	for act, do := range map[string]func(ctx context.Context, v *visit, r *http.Request) error{
		"choose": choose, "pin": enter, "generate": generate, "another": another, "return": giveBack, "extend": p.extend,
	} {
		site.Handle("POST /kiosk/"+act, func(w http.ResponseWriter, r *http.Request) error { return p.act(w, r, do) })
	}
}

// look shows the present screen.
func (p *Panel) look(w http.ResponseWriter, r *http.Request) error {
	name, err := p.Visitor(r)
	if err != nil {
		return err
	}
	p.sweep(context.WithoutCancel(r.Context()))
	s := p.present(r, name)
	return p.pages[s.screen].Show(w, r, s)
}

// begin takes the card in the reader.
func (p *Panel) begin(w http.ResponseWriter, r *http.Request) error {
	name, err := p.Visitor(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actLimit)
	defer cancel()
	p.sweep(ctx)
	if err := p.open(ctx, r, name); err != nil {
		return p.fail(w, r, name, err)
	}
	return page.Redirect(w, r, "/kiosk", nil)
}

// open begins a session of a visitor, unless he has one or somebody else has the card in work.
func (p *Panel) open(ctx context.Context, r *http.Request, name string) error {
	reader, err := p.Reader(r)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "kiosk.no_card")
	}
	v := &visit{name: name, reader: reader, last: p.Now(), limit: p.Idle}
	v.mu.Lock() // nobody uses it before it is there
	defer v.mu.Unlock()
	p.mu.Lock()
	for other, one := range p.visits {
		if other == name || one.reader == reader {
			p.mu.Unlock()
			return fault.New(fault.Conflict, "kiosk.busy")
		}
	}
	p.visits[name] = v
	delete(p.left, name)
	p.mu.Unlock()
	if v.Session, err = p.Kiosk.Begin(ctx, reader); err != nil {
		p.end(ctx, v)
	}
	return err
}

// act does an act of a session and goes to the next screen. What failed is explained on the screen on which it did.
func (p *Panel) act(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, v *visit, r *http.Request) error) error {
	name, err := p.Visitor(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actLimit)
	defer cancel()
	p.sweep(ctx)
	if err := p.within(ctx, r, name, do); err != nil {
		return p.fail(w, r, name, err)
	}
	return page.Redirect(w, r, "/kiosk", nil)
}

// within does an act within the session of a visitor, whose card must still lie in the reader.
func (p *Panel) within(ctx context.Context, r *http.Request, name string, do func(ctx context.Context, v *visit, r *http.Request) error) error {
	p.mu.Lock()
	v := p.visits[name]
	p.mu.Unlock()
	if v == nil {
		return fault.New(fault.Conflict, "kiosk.session_over")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		return fault.New(fault.Conflict, "kiosk.session_over")
	}
	if reader, err := p.Reader(r); err != nil || reader != v.reader {
		p.end(ctx, v)
		return fault.New(fault.Conflict, "kiosk.session_over")
	}
	v.last = p.Now()
	err := do(ctx, v, r)
	if v.Screen() == kiosk.SetCard || fault.KeyOf(err) == "kiosk.card_gone" {
		p.end(ctx, v)
	}
	return err
}

// fail shows the present screen with what failed.
func (p *Panel) fail(w http.ResponseWriter, r *http.Request, name string, failed error) error {
	s := p.present(r, name)
	s.Failed = failed
	return p.pages[s.screen].ShowFailed(w, r, failed, s)
}

// extend gives the visitor more time.
func (p *Panel) extend(_ context.Context, v *visit, _ *http.Request) error {
	v.limit = stretch * p.Idle
	return nil
}

// sweep ends the sessions that were left alone. One that is in use is not.
func (p *Panel) sweep(ctx context.Context) {
	now := p.Now()
	p.mu.Lock()
	var all []*visit
	for _, v := range p.visits {
		all = append(all, v)
	}
	for name, l := range p.left {
		if now.Sub(l.at) >= keepLeft {
			delete(p.left, name)
		}
	}
	p.mu.Unlock()
	for _, v := range all {
		if !v.mu.TryLock() {
			continue
		}
		if !v.over && now.Sub(v.last) >= v.limit {
			p.end(ctx, v)
		}
		v.mu.Unlock()
	}
}

// end ends a session that is locked, whatever the card says: it forgets its PINs without power too.
func (p *Panel) end(ctx context.Context, v *visit) {
	if v.Session != nil && v.Screen() != kiosk.SetCard {
		_ = v.Return(ctx)
	}
	v.forget()
	v.over = true
	p.mu.Lock()
	delete(p.visits, v.name)
	if v.Session != nil {
		p.left[v.name] = leftCard{v.reader, p.Now()}
	}
	p.mu.Unlock()
}
