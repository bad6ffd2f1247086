package app

import (
	"context"
	"net/http"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca/cahttp"
	"github.com/openjpki/jpki/internal/counter/counterhttp"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk/kioskhttp"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/link/linkhttp"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/registry/registryhttp"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// roles are the kinds of office that can be a process.
var roles = map[authz.Office]role{
	authz.CA:         serveCA,
	authz.Revocation: serveRevocation,
	authz.Registry:   serveRegistry,
	authz.Link:       serveLink,
	authz.Counter:    serveCounter,
	authz.Kiosk:      serveKiosk,
	authz.Terminal:   serveTerminal,
}

// pathReader is where a terminal lends its reader to the counter.
const pathReader = "/counter/reader"

// role opens an office in its process. The station is nil for a machine without letters.
type role func(ctx context.Context, p *process) (*station, error)

func serveCA(ctx context.Context, p *process) (*station, error) {
	service, work, err := openCA(ctx, p.setting(), p.OCSP, nil)
	if err != nil {
		return work, err
	}
	work.questions = func(mux *http.ServeMux) { cahttp.Handle(mux, service) }
	if p.Sandbox {
		err = found(ctx, service, schemes()[0])
	}
	return work, err
}

func serveRevocation(ctx context.Context, p *process) (*station, error) {
	authority, err := p.peer(message.AtCA)
	if err != nil {
		return nil, err
	}
	service, work, err := openRevocation(ctx, p.setting(), cahttp.Client{Line: authority})
	if err != nil {
		return work, err
	}
	public, err := revocationhttp.New(revocationhttp.Config{Service: service, Log: p.log})
	p.servers = append(p.servers, server{address: p.Public, handler: public})
	return work, err
}

func serveRegistry(ctx context.Context, p *process) (*station, error) {
	service, work, err := openRegistry(ctx, p.setting())
	if err == nil {
		work.questions = func(mux *http.ServeMux) { registryhttp.Handle(mux, service) }
	}
	return work, err
}

func serveLink(ctx context.Context, p *process) (*station, error) {
	service, work, err := openLink(ctx, p.setting())
	if err == nil {
		work.questions = func(mux *http.ServeMux) { linkhttp.Handle(mux, service) }
	}
	return work, err
}

func serveCounter(ctx context.Context, p *process) (*station, error) {
	if p.Municipality == nil || p.Office != message.AtCounter(p.Municipality.Code) {
		return nil, fault.New(fault.Invalid, "app.serve_municipality", p.Office)
	}
	register, err := p.peer(message.AtRegistry)
	if err != nil {
		return nil, err
	}
	maker, err := p.setting().key("transport.key")
	if err != nil {
		return nil, err
	}
	secrets, err := p.setting().municipality(maker)
	if err != nil {
		return nil, err
	}
	service, work, err := openCounter(ctx, p.setting(), *p.Municipality, secrets, registryhttp.Client{Line: register}, nil)
	if err != nil {
		return work, err
	}
	work.questions = func(mux *http.ServeMux) {
		readers := new(line.Readers)
		mux.Handle("GET "+pathReader, readers)
		counterhttp.Handle(mux, service, readers.Of)
	}
	return work, nil
}

// serveKiosk serves the touch panel of a key-pair generator. It shares no network with anybody.
func serveKiosk(_ context.Context, p *process) (*station, error) {
	secrets, err := p.setting().municipality(nil) // it makes keys, not cards
	if err != nil {
		return nil, err
	}
	k, err := openKiosk(secrets, p.now, func(string) {})
	if err != nil {
		return nil, err
	}
	panel, err := kioskhttp.New(kioskhttp.Config{Kiosk: k, Open: kioskhttp.PCSC(p.path(p.Reader))})
	p.servers = append(p.servers, server{address: p.Panel, handler: panel, loopback: true})
	return nil, err
}

// serveTerminal lends the reader of a clerk's PC to the counter and brings there what his screens ask.
func serveTerminal(_ context.Context, p *process) (*station, error) {
	office := message.AtCounter(municipalityOf(p.Office))
	counter, err := p.peer(office)
	if err != nil {
		return nil, err
	}
	relay := line.Relay{To: counter, Paths: []string{"POST /counter/"}, Operator: func(*http.Request) (string, error) { return p.Operator, nil }}
	p.servers = append(p.servers, server{address: p.Panel, handler: relay.Handler(), loopback: true})
	p.errands = append(p.errands, func(ctx context.Context) { p.lend(ctx, counter) })
	return nil, nil
}
