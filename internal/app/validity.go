package app

import (
	"context"
	"log/slog"
	"net"

	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/revocation/revocationhttp"
)

// ServeValidity answers OCSP requests and gives out lists through a listener until ctx ends.
func (s *Sandbox) ServeValidity(ctx context.Context, l net.Listener) error {
	handler, err := revocationhttp.New(revocationhttp.Config{Service: s.Revocation, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return line.Server{Handler: handler}.Serve(ctx, l)
}
