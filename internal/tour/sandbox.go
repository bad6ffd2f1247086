package tour

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"time"

	"github.com/openjpki/jpki/internal/app"
	"github.com/openjpki/jpki/internal/authz"
)

// age of the nation when the tour ends.
const age = 48 * time.Hour

// InSandbox makes a tour in a nation of its own, all offices in this process, in the folder nation/ beside the evidence.
// The folder must be empty or absent; the fault is tour.not_empty.
func InSandbox(ctx context.Context, c Config) (report Report, err error) {
	if err := (folder{c.Dir}).make(); err != nil {
		return Report{}, err
	}
	s, err := app.Open(ctx, app.Config{Dir: filepath.Join(c.Dir, "nation"), Start: c.End().Add(-age), Carry: c.Carry})
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Report{}, err
	}
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- s.ServeValidity(serving, listener) }()
	defer func() { stop(); err = errors.Join(err, <-served) }()
	sandbox := authz.Actor{Office: authz.Sandbox}
	c.Nation = Nation{
		Home: s.Offices(app.Mihon), Away: s.Offices(app.Rinri), Clerk: sandbox, Register: sandbox,
		Now: s.Now, Advance: s.Advance, Validity: "http://" + listener.Addr().String(),
		Authorities: s.Authorities, Manufacture: s.Manufacture, Check: s.Check,
	}
	return Run(ctx, c)
}
