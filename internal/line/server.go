package line

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headLimit = 10 * time.Second // for TLS and the head of a request
	idle      = 2 * time.Minute  // between two requests of a connection
	maxHeader = 16 << 10         // in bytes
)

// Server is how every process listens. Handler must be set.
type Server struct {
	Handler http.Handler
	// TLS is that of [ServerTLS]. Without it anybody is answered: for lists and answers about certificates, and behind
	// [Loopback].
	TLS *tls.Config
	// Log is told of connections that fail. Nobody is told if nil.
	Log *slog.Logger
	// Limit is how long a request may take, from its first byte to the last of the answer. Default: a minute. A handler
	// that needs longer moves the deadlines of its connection.
	Limit time.Duration
}

// Serve answers the requests that come through l until ctx ends. It then takes no more, waits for those under way, as long as
// a request may take, and last ends the readers that are lent. The error tells of requests that were cut off, or that
// l failed.
func (s Server) Serve(ctx context.Context, l net.Listener) error {
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	server := s.server(base)
	if s.TLS != nil {
		l = tls.NewListener(l, s.TLS)
	}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(base, server.WriteTimeout)
		defer cancel()
		ended <- server.Shutdown(within)
	})
	err := server.Serve(l)
	if !stop() { // ctx has ended
		err = <-ended
	}
	if err != nil {
		server.Close()
		return fmt.Errorf("serving at %s: %w", l.Addr(), err)
	}
	return nil
}

func (s Server) server(base context.Context) *http.Server {
	s.Limit = orDefault(s.Limit, defaultLimit)
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler: s.Handler, ReadHeaderTimeout: min(headLimit, s.Limit), ReadTimeout: s.Limit, WriteTimeout: s.Limit,
		IdleTimeout: idle, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return base },
	}
}
