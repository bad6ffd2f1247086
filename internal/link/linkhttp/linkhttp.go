// Package linkhttp is the link server 住基連携サーバ on the wire: what the call centre asks it, over package line. The asking
// office is the one that its certificate names. Everything else comes to the link server by post.
package linkhttp

import (
	"context"
	"net/http"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/post"
)

// held answers a hold.
type held struct {
	Met int // certificates
}

const hold line.Question[link.HoldRequest, held] = "/link/hold"

// Handle answers for a link server.
func Handle(mux *http.ServeMux, s *link.Service) {
	hold.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, h link.HoldRequest) (held, error) {
		met, err := s.Hold(ctx, actor, h)
		return held{met}, err
	})
}

// Client asks a link server. Its method is that of [link.Service]; of the actor only the operator goes over the line.
type Client struct{ Line *line.Client }

// Hold is [link.Service.Hold].
func (c Client) Hold(ctx context.Context, actor authz.Actor, h link.HoldRequest) (met int, err error) {
	answer, err := hold.Ask(ctx, c.Line, actor.Operator, h)
	return answer.Met, err
}
