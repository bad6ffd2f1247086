package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openjpki/jpki/internal/durable"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// UpConfig says which nation runs, and where.
type UpConfig struct {
	Dir    string
	Listen string // loopback address and port
	// People opens the people of the folder. It is called when nobody else runs the nation any more.
	People func() (People, error)
	// Pages makes what is served beside the paths of [Up]. Optional; a list of the persons if nil.
	Pages func(s *Sandbox, p People) (Pages, error)
	// Log is told what goes wrong while the nation runs. Optional.
	Log *slog.Logger
	// Step, Observe and Carry are those of [Config]. Optional.
	Step    func(string)
	Observe func(post.Event)
	Carry   func(from, to post.Address, carry post.Carrier) post.Carrier
	// Ready is called when everything is there, with the address of the first page. Optional.
	Ready func(address string)
}

// People are those who live in a nation.
type People interface {
	// Begin is when a new nation is founded, by its own clock; zero for real time. Its clock stands still until Found lets
	// it run.
	Begin() time.Time
	// Found completes the past of the nation, and tells how far it is.
	Found(ctx context.Context, s *Sandbox, tell func(done, all int)) error
	// Persons are those whom scripts and pages are to know.
	Persons(s *Sandbox) ([]Known, error)
}

// Pages is what people see of a nation.
type Pages struct {
	Handler http.Handler
	Sites   map[string]string // path of each site, by its name: story, counter, …
}

// up is a nation that runs.
type up struct {
	UpConfig
	address string // http://127.0.0.1:8080
	people  People
	sandbox *Sandbox
	sites   map[string]string
	// handler is what answers when the nation is founded, and progress how far it is until then.
	handler  atomic.Pointer[http.Handler]
	progress atomic.Pointer[progress]
}

type progress struct {
	Done int `json:"done"`
	All  int `json:"all"`
}

// Up runs a whole nation in this process until ctx ends: it opens the data folder or founds a new nation, lets its time flow
// and what falls due happen, and answers at one address of this machine:
//
//	GET  /healthz                       200 when the nation is founded; until then 503, and how far it is
//	GET  /sandbox.json                  what there is, see [Description]
//	POST /clock {"advance":"24h"}       moves the clock on, and lets happen what falls due meanwhile, in order
//	     /ocsp, /crl/…                  the validity service, see package revocationhttp
//	     everything else                the pages
//
// One process runs the nation of a folder; commands such as "jpki vcard run" work beside it. A nation that is opened again
// goes on from where its clock has come; what fell due while nobody ran it happens first. Faults: "app.up_held",
// "app.up_loopback", "app.up_listen", those of [Open] and of the people.
func Up(ctx context.Context, c UpConfig) (err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	held, err := durable.Hold(filepath.Join(c.Dir, "up.lock"))
	switch {
	case errors.Is(err, durable.ErrHeld):
		return fault.Wrap(err, fault.Conflict, "app.up_held", c.Dir)
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "app.data_folder")
	}
	defer held.Close()
	listener, err := listenHere(c.Listen)
	if err != nil {
		return err
	}
	u := &up{UpConfig: c, address: "http://" + listener.Addr().String()}
	u.progress.Store(&progress{})
	return u.run(ctx, listener)
}

// listenHere opens an address that only this machine reaches.
func listenHere(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "app.up_listen", address)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return nil, fault.New(fault.Denied, "app.up_loopback", address, port)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "app.up_listen", address)
	}
	return listener, nil
}

// run serves from the first moment, and lives when the nation is founded.
func (u *up) run(ctx context.Context, listener net.Listener) (err error) {
	ctx, stop := context.WithCancel(ctx)
	var serving sync.WaitGroup
	var served error
	serving.Go(func() {
		defer stop()
		served = line.Server{Handler: http.HandlerFunc(u.serve), Log: u.Log}.Serve(ctx, listener)
	})
	defer func() {
		stop()
		serving.Wait()
		err = errors.Join(err, served)
		if u.sandbox != nil {
			err = errors.Join(err, u.sandbox.Close())
		}
	}()
	if err := u.found(ctx); err != nil {
		if ctx.Err() != nil { // interrupted; the next start takes it up
			return nil
		}
		return err
	}
	if u.Ready != nil {
		u.Ready(u.address + u.sites["story"])
	}
	u.live(ctx)
	return nil
}

// found opens the nation, completes its past and lets it be seen.
func (u *up) found(ctx context.Context) (err error) {
	if u.people, err = u.People(); err != nil {
		return err
	}
	begin := u.people.Begin()
	c := Config{Dir: u.Dir, OCSP: u.address + "/ocsp", Start: begin, Standing: !begin.IsZero(), Step: u.Step, Observe: u.Observe, Carry: u.Carry}
	if u.sandbox, err = Open(ctx, c); err != nil {
		return err
	}
	tell := func(done, all int) { u.progress.Store(&progress{done, all}) }
	if err := u.people.Found(ctx, u.sandbox, tell); err != nil {
		return fmt.Errorf("founding the nation: %w", err)
	}
	if err := u.sandbox.Advance(ctx, u.sandbox.Now()); err != nil {
		return err
	}
	validity, err := revocationhttp.New(revocationhttp.Config{Service: u.sandbox.Revocation, Log: u.Log})
	if err != nil {
		return err
	}
	mux, err := u.mux(ctx)
	if err != nil {
		return err
	}
	handler := validity.Before(line.Loopback(mux))
	u.handler.Store(&handler)
	return nil
}

// live lets time flow: what falls due happens, and letters are delivered.
func (u *up) live(ctx context.Context) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
		if err := u.sandbox.AdvanceBy(ctx, 0); err != nil && ctx.Err() == nil {
			u.Log.Error("running what is due", "error", err)
		}
	}
}
