package link_test

import (
	"context"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/post/postdb"
	"github.com/openjpki/jpki/internal/registry"
	"github.com/openjpki/jpki/internal/registry/registrydb"
	"github.com/openjpki/jpki/internal/schedule"
)

var (
	start        = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) // nine in the morning in Japan
	municipality = authz.Actor{Office: authz.Municipality, Operator: "op-7"}
	helpdesk     = authz.Actor{Office: authz.Helpdesk, Operator: "op-3"}
)

const (
	mihon                        = "99201"
	hanako registry.ResidentCode = "00000000001"
)

// nation is a register and a link server, real ones with real post, and the two peers between whom they stand. Each has a
// database of its own; all have one clock, and the weather on their lines.
type nation struct {
	now      time.Time
	registry *registry.Service
	link     *link.Service
	ca       *peer
	validity *peer
	weather  weather
	couriers []*post.Courier
	outboxes []postdb.Outbox
	dbs      map[post.Address]*db.DB
	keys     note.Verifiers
}

// nationConfig says where a nation lives: audit keys in a folder, and a database for each office.
type nationConfig struct {
	dir string
	url func(office post.Address) string
	at  func(step string)
}

func openNation(ctx context.Context, c nationConfig) (*nation, error) {
	n := &nation{now: start, dbs: map[post.Address]*db.DB{}}
	log, keys, err := officetest.LogIn(c.dir)
	if err != nil {
		return nil, err
	}
	n.keys = keys
	clock := func() time.Time { return n.now }
	for _, office := range []post.Address{message.AtCA, message.AtLink, message.AtRegistry, message.AtRevocation} {
		if n.dbs[office], err = db.Open(ctx, db.Config{URL: c.url(office), Now: clock}); err != nil {
			return nil, err
		}
		n.outboxes = append(n.outboxes, postdb.Outbox{DB: n.dbs[office]})
	}
	ls, errLink := linkdb.Open(ctx, n.dbs[message.AtLink], log)
	rs, errRegister := registrydb.Open(ctx, n.dbs[message.AtRegistry], log)
	if err := errors.Join(errLink, errRegister); err != nil {
		return nil, err
	}
	n.link, errLink = link.New(link.Config{Store: ls, Now: clock, Step: c.at})
	n.registry, errRegister = registry.New(registry.Config{
		Store: rs, Now: clock, PseudonymKey: make([]byte, 32), Step: c.at,
	})
	var errCA, errValidity error
	n.ca, errCA = openPeer(ctx, message.AtCA, n.dbs[message.AtCA], log)
	n.validity, errValidity = openPeer(ctx, message.AtRevocation, n.dbs[message.AtRevocation], log)
	if err := errors.Join(errLink, errRegister, errCA, errValidity); err != nil {
		return nil, err
	}
	n.join(c.at)
	return n, n.days(ctx)
}

// join gives each office its courier.
func (n *nation) join(at func(string)) {
	offices := map[post.Address]post.Receiver{
		message.AtLink: n.link.Receive, message.AtRegistry: n.registry.Receive, message.AtRevocation: n.validity.inbox.Receive,
	}
	for _, o := range []struct {
		from post.Address
		to   []post.Address
	}{
		{message.AtCA, []post.Address{message.AtLink}}, {message.AtLink, []post.Address{message.AtRegistry, message.AtRevocation}},
		{message.AtRegistry, []post.Address{message.AtLink}}, {message.AtRevocation, []post.Address{message.AtLink}},
	} {
		c := &post.Courier{
			Office: o.from, Outbox: postdb.Outbox{DB: n.dbs[o.from]}, Now: func() time.Time { return n.now },
			Retry: post.Retry{First: time.Second, Max: time.Second}, Carriers: map[post.Address]post.Carrier{},
			Step: at,
		}
		for _, to := range o.to {
			c.Carriers[to] = n.weather.over(post.Local(o.from, offices))
		}
		n.couriers = append(n.couriers, c)
	}
}

// days lets the offices live through what fell due by now.
func (n *nation) days(ctx context.Context) error {
	_, err := schedule.Run(ctx, n.now, 1000, n.link.Calendar())
	return err
}

// carry brings everything over until no letter waits. It takes minutes of the nation's time when the weather is bad.
func (n *nation) carry(ctx context.Context) error {
	for range 300 {
		waits := false
		for _, c := range n.couriers {
			if err := c.Deliver(ctx); err != nil {
				return err
			}
		}
		for _, o := range n.outboxes {
			_, more, err := o.NextDue(ctx)
			if err != nil {
				return err
			}
			waits = waits || more
		}
		if !waits {
			return nil
		}
		n.now = n.now.Add(time.Second)
	}
	return errors.New("letters never arrive")
}

func (n *nation) close() {
	for _, d := range n.dbs {
		d.Close()
	}
}
