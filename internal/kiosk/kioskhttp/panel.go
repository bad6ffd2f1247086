package kioskhttp

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/line"
)

const (
	base          = "/kiosk/v1/"
	headerSession = "Kiosk-Session"
	maxBody       = 1 << 10 // of a request, in bytes
	actLimit      = 50 * time.Second
	defaultIdle   = 2 * time.Minute
)

// Open opens the card in the reader. The function that it returns lets go of the card, which then forgets its PINs.
type Open func(ctx context.Context) (reader card.Transmitter, release func() error, err error)

// Config holds what [New] needs.
type Config struct {
	Kiosk *kiosk.Kiosk
	Open  Open             // [PCSC] is one
	Idle  time.Duration    // how long a session may be left alone. Default: two minutes.
	Now   func() time.Time // Default: time.Now.
}

// panel is the touch panel with the session in progress.
type panel struct {
	Config
	mu    sync.Mutex // held over each act
	visit *visit     // nil if no card is set
}

// visit is a session with what was chosen in it.
type visit struct {
	*kiosk.Session
	name    string
	release func() error
	last    time.Time // of its last act
	chosen  choice
	entry   kiosk.PINEntry
}

// New returns the handler of the panel.
func New(c Config) (http.Handler, error) {
	if c.Kiosk == nil || c.Open == nil {
		return nil, errors.New("making the panel of the kiosk: the kiosk and a way to its reader must be set")
	}
	c.Idle = cmp.Or(c.Idle, defaultIdle)
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &panel{Config: c}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"state", func(w http.ResponseWriter, r *http.Request) { reply(w, p.look(r.Context(), nameIn(r)), nil) })
	handle(mux, p, "begin", p.begin)
	handle(mux, p, "choose", with(p, choose))
	handle(mux, p, "setpin", with(p, func(ctx context.Context, v *visit, q onePIN) error { return v.SetPIN(ctx, q.PIN) }))
	handle(mux, p, "verifypin", with(p, func(ctx context.Context, v *visit, q onePIN) error { return v.VerifyPIN(ctx, q.PIN) }))
	handle(mux, p, "verifylasttry", with(p, func(ctx context.Context, v *visit, q onePIN) error { return v.VerifyLastTry(ctx, q.PIN) }))
	handle(mux, p, "changepin", with(p, func(ctx context.Context, v *visit, q twoPINs) error { return v.ChangePIN(ctx, q.PIN, q.Next) }))
	handle(mux, p, "generate", with(p, func(ctx context.Context, v *visit, _ nothing) error { return v.Generate(ctx) }))
	handle(mux, p, "another", with(p, another))
	handle(mux, p, "return", with(p, func(ctx context.Context, v *visit, _ nothing) error { return v.Return(ctx) }))
	return line.Loopback(mux), nil
}

func nameIn(r *http.Request) string { return r.Header.Get(headerSession) }

// handle answers an act. It is carried out also when who asked for it is gone, so that the card is never left within one.
func handle[Q any](mux *http.ServeMux, p *panel, act string, do func(ctx context.Context, name string, q Q) (State, error)) {
	mux.HandleFunc("POST "+base+act, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actLimit)
		defer cancel()
		var q Q
		body, err := line.Body(w, r, maxBody)
		if err == nil {
			err = line.Decode(body, &q)
			clear(body) // may hold a PIN
		}
		if err != nil {
			line.Refuse(w, err)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.expire(ctx)
		state, err := do(ctx, nameIn(r), q)
		reply(w, state, err)
	})
}

func reply(w http.ResponseWriter, s State, err error) {
	body, encoding := json.Marshal(s)
	if err := errors.Join(err, encoding); err != nil {
		line.Refuse(w, err)
		return
	}
	line.Answer(w, body)
}

// with makes an answer of an act within a session.
func with[Q any](p *panel, do func(context.Context, *visit, Q) error) func(context.Context, string, Q) (State, error) {
	return func(ctx context.Context, name string, q Q) (State, error) {
		v := p.visit
		if v == nil || v.name != name {
			return State{}, fault.New(fault.Conflict, "kiosk.session_over")
		}
		v.last = p.Now()
		err := do(ctx, v, q)
		if v.Screen() == kiosk.SetCard || fault.KeyOf(err) == "kiosk.card_gone" {
			p.end(ctx)
		}
		return p.state(name), err
	}
}

// look returns the state for who shows a name.
func (p *panel) look(ctx context.Context, name string) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expire(context.WithoutCancel(ctx))
	return p.state(name)
}

func (p *panel) begin(ctx context.Context, _ string, _ nothing) (State, error) {
	if p.visit != nil {
		return State{}, fault.New(fault.Conflict, "kiosk.busy")
	}
	reader, release, err := p.Open(ctx)
	if err != nil {
		return State{}, fault.Wrap(err, fault.Unavailable, "kiosk.no_card")
	}
	s, err := p.Kiosk.Begin(ctx, reader)
	if err != nil {
		_ = release() // the card is gone, or stays as it is
		return State{}, err
	}
	p.visit = &visit{Session: s, name: rand.Text(), release: release, last: p.Now()}
	state := p.state(p.visit.name)
	state.Session = p.visit.name
	return state, nil
}

func choose(ctx context.Context, v *visit, q choice) (err error) {
	if v.entry, err = v.Choose(ctx, works[q.Work], keys[q.Key]); err == nil {
		v.chosen = q
	}
	return err
}

func another(_ context.Context, v *visit, _ nothing) error {
	err := v.Another()
	if err == nil {
		v.chosen, v.entry = choice{}, 0
	}
	return err
}

// expire ends a session that was left alone.
func (p *panel) expire(ctx context.Context) {
	if p.visit != nil && p.Now().Sub(p.visit.last) >= p.Idle {
		p.end(ctx)
	}
}

// end ends the session, whatever the card says: it forgets its PINs without power too.
func (p *panel) end(ctx context.Context) {
	if p.visit.Screen() != kiosk.SetCard {
		_ = p.visit.Return(ctx)
	}
	_ = p.visit.release()
	p.visit = nil
}
