package app

import (
	"context"
	"errors"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officedb"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
	"github.com/openjpki/jpki/internal/revocation"
	"github.com/openjpki/jpki/internal/revocation/revocationdb"
)

// Each office is opened by one function, which is all that knows its parts. Where the other offices are is said
// afterwards, by [station.connect]. A station that comes with an error is closed by who gets it.

// begin opens an office's database and returns the store over it, with the station that will work there.
func begin[T any](ctx context.Context, s setting, open func(context.Context, *db.DB, *auditdb.Log) (*officedb.Store[T], error)) (*officedb.Store[T], *station, error) {
	d, log, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, err := open(ctx, d, log)
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return store, newStation(s, d, store), nil
}

// openCA opens the certification authority and completes what an earlier process left unsigned. ocsp is the address of
// the OCSP responder that it writes into certificates, governors are the issuers where one body does not issue for all.
func openCA(ctx context.Context, s setting, ocsp string, governors map[string]jpki.Governor) (*ca.Service, *station, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, nil, err
	}
	store, work, err := begin(ctx, s, cadb.Open)
	if err != nil {
		return nil, nil, err
	}
	service, err := ca.New(ca.Config{
		Store: store, Keys: keys, Profile: jpki.Sandbox(ocsp), Governors: governors, Now: s.now, Observe: s.observe, Step: s.step,
	})
	if err != nil {
		return nil, work, err
	}
	work.receive = service.Receive
	return service, work, service.Resume(ctx)
}

// openRevocation opens the validity service. authority signs what it publishes.
func openRevocation(ctx context.Context, s setting, authority revocation.CA) (*revocation.Service, *station, error) {
	keys, err := s.keys()
	if err != nil {
		return nil, nil, err
	}
	store, work, err := begin(ctx, s, revocationdb.Open)
	if err != nil {
		return nil, nil, err
	}
	service, err := revocation.New(revocation.Config{
		Store: store, Keys: keys, CA: authority, Dir: s.path("lists"), Now: s.now, Observe: s.observe, Step: s.step,
	})
	if err != nil {
		return nil, work, err
	}
	work.receive, work.calendar = service.Receive, service.Calendar()
	return service, work, nil
}

// openRegistry opens the resident register.
func openRegistry(ctx context.Context, s setting) (*registry.Service, *station, error) {
	store, work, err := begin(ctx, s, registrydb.Open)
	if err != nil {
		return nil, nil, err
	}
	pseudonyms, err := s.key("pseudonym.key")
	if err != nil {
		return nil, work, err
	}
	service, err := registry.New(registry.Config{
		Store: store, PseudonymKey: pseudonyms, Now: s.now, Observe: s.observe, Step: s.step,
	})
	if err != nil {
		return nil, work, err
	}
	work.receive = service.Receive
	return service, work, nil
}

// openLink opens the register link server.
func openLink(ctx context.Context, s setting) (*link.Service, *station, error) {
	store, work, err := begin(ctx, s, linkdb.Open)
	if err != nil {
		return nil, nil, err
	}
	service, err := link.New(link.Config{
		Store: store, Now: s.now, Observe: s.observe, Step: s.step,
	})
	if err != nil {
		return nil, work, err
	}
	work.receive, work.calendar = service.Receive, service.Calendar()
	return service, work, nil
}

// openCounter opens the counter of a municipality. register certifies the attributes of residents; kinds are those of the
// certificates that there are, nil for both.
func openCounter(ctx context.Context, s setting, m jpki.Municipality, secrets municipality, register counter.Register, kinds []jpki.Kind) (*counter.Service, *station, error) {
	store, work, err := begin(ctx, s, counterdb.Open)
	if err != nil {
		return nil, nil, err
	}
	service, err := counter.New(counter.Config{
		Store: store, Municipality: m, Register: register, Kinds: kinds, Secrets: secrets, Now: s.now, Observe: s.observe, Step: s.step,
	})
	if err != nil {
		return nil, work, err
	}
	work.receive, work.calendar = service.Receive, service.Calendar()
	return service, work, nil
}

// registerFor is the register as one counter of the same process sees it. Over a line the counter's certificate says which.
type registerFor struct {
	counter  post.Address
	register *registry.Service
}

func (r registerFor) Export(ctx context.Context, actor authz.Actor, caseID string) (message.Export, error) {
	return r.register.Export(ctx, actor, r.counter, caseID)
}
