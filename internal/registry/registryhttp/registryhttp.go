package registryhttp

import (
	"context"
	"net/http"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/post"
	"github.com/openjpki/jpki/internal/registry"
)

// forCounter names a resident and an application at a counter. A municipality says it, never a counter.
type forCounter struct {
	Code    registry.ResidentCode
	Counter post.Address
	Case    string
}

// application is all that a counter says of a resident.
type application struct{ Case string }

type nothing struct{}

// The questions, by path.
const (
	callUp         line.Question[forCounter, nothing]          = "/registry/call-up"
	export         line.Question[application, message.Export]  = "/registry/export"
	exportByMedium line.Question[forCounter, nothing]          = "/registry/export-by-medium"
	enter          line.Question[registry.Resident, nothing]   = "/registry/enter"
	amend          line.Question[registry.Event, nothing]      = "/registry/amend"
	questions      line.Question[nothing, []registry.Question] = "/registry/questions"
	decide         line.Question[registry.Decision, nothing]   = "/registry/decide"
)

// Handle answers for a register.
func Handle(mux *http.ServeMux, s *registry.Service) {
	callUp.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, q forCounter) (nothing, error) {
		return nothing{}, s.CallUp(ctx, actor, q.Code, q.Counter, q.Case)
	})
	export.Handle(mux, func(ctx context.Context, actor authz.Actor, from post.Address, q application) (message.Export, error) {
		return s.Export(ctx, actor, from, q.Case)
	})
	exportByMedium.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, q forCounter) (nothing, error) {
		return nothing{}, s.ExportByMedium(ctx, actor, q.Code, q.Counter, q.Case)
	})
	enter.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, r registry.Resident) (nothing, error) {
		return nothing{}, s.Enter(ctx, actor, r)
	})
	amend.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, e registry.Event) (nothing, error) {
		return nothing{}, s.Amend(ctx, actor, e)
	})
	questions.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, _ nothing) ([]registry.Question, error) {
		return s.Questions(ctx, actor)
	})
	decide.Handle(mux, func(ctx context.Context, actor authz.Actor, _ post.Address, d registry.Decision) (nothing, error) {
		return nothing{}, s.Decide(ctx, actor, d)
	})
}

// Client asks a register. Its methods are those of [registry.Service]; of the actor only the operator goes over the line.
// The counter for which it exports is the one whose certificate the line has.
type Client struct{ Line *line.Client }

// CallUp is [registry.Service.CallUp].
func (c Client) CallUp(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, caseID string) error {
	_, err := callUp.Ask(ctx, c.Line, actor.Operator, forCounter{code, counter, caseID})
	return err
}

// Export is [registry.Service.Export] for this counter.
func (c Client) Export(ctx context.Context, actor authz.Actor, caseID string) (message.Export, error) {
	return export.Ask(ctx, c.Line, actor.Operator, application{caseID})
}

// ExportByMedium is [registry.Service.ExportByMedium].
func (c Client) ExportByMedium(ctx context.Context, actor authz.Actor, code registry.ResidentCode, counter post.Address, caseID string) error {
	_, err := exportByMedium.Ask(ctx, c.Line, actor.Operator, forCounter{code, counter, caseID})
	return err
}

// Enter is [registry.Service.Enter].
func (c Client) Enter(ctx context.Context, actor authz.Actor, r registry.Resident) error {
	_, err := enter.Ask(ctx, c.Line, actor.Operator, r)
	return err
}

// Amend is [registry.Service.Amend].
func (c Client) Amend(ctx context.Context, actor authz.Actor, e registry.Event) error {
	_, err := amend.Ask(ctx, c.Line, actor.Operator, e)
	return err
}

// Questions is [registry.Service.Questions].
func (c Client) Questions(ctx context.Context, actor authz.Actor) ([]registry.Question, error) {
	return questions.Ask(ctx, c.Line, actor.Operator, nothing{})
}

// Decide is [registry.Service.Decide].
func (c Client) Decide(ctx context.Context, actor authz.Actor, d registry.Decision) error {
	_, err := decide.Ask(ctx, c.Line, actor.Operator, d)
	return err
}
