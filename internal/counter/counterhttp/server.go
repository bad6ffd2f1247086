package counterhttp

import (
	"context"
	"net/http"
	"strings"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line"
	"github.com/openjpki/jpki/internal/post"
)

// Readers returns the reader that a terminal lends to the counter.
type Readers func(terminal post.Address) (card.Transmitter, error)

// server answers terminals.
type server struct {
	*counter.Service
	mux     *http.ServeMux
	readers Readers
}

// Handle serves the terminals of an office. Faults besides those of the office: counter.other_terminal.
//
// Req: R-SYS-01, R-NET-02
func Handle(mux *http.ServeMux, s *counter.Service, readers Readers) {
	h := &server{s, mux, readers}
	h.handleCases()
	h.handleCards()
	h.handleService()
}

func (h *server) handleCases() {
	on(h, askOpen, func(ctx context.Context, a authz.Actor, q openCase) (counter.Case, error) {
		return h.Open(ctx, a, q.Reception, q.Form)
	})
	on(h, askIdentify, func(ctx context.Context, a authz.Actor, q identify) (counter.Case, error) {
		return h.Identify(ctx, a, q.Case, q.Identity)
	})
	on(h, askImage, func(ctx context.Context, a authz.Actor, q checkImage) (counter.Case, error) {
		return h.CheckImage(ctx, a, q.Case, q.Judgement)
	})
	on(h, askFee, func(ctx context.Context, a authz.Actor, q takeFee) (counter.Case, error) {
		return h.TakeFee(ctx, a, q.Case, q.By)
	})
	on(h, askHandOver, func(ctx context.Context, a authz.Actor, q onCase) ([]counter.Image, error) {
		return h.HandOver(ctx, a, q.Case)
	})
	for question, act := range map[line.Question[onCase, counter.Case]]func(context.Context, authz.Actor, string) (counter.Case, error){
		askCertify: h.Certify, askRequest: h.Request, askWithdraw: h.Withdraw, askCase: h.Case,
	} {
		on(h, question, func(ctx context.Context, a authz.Actor, q onCase) (counter.Case, error) { return act(ctx, a, q.Case) })
	}
}

func (h *server) handleCards() {
	for question, act := range map[line.Question[onCase, counter.Case]]func(context.Context, authz.Actor, string, card.Transmitter) (counter.Case, error){
		askPrepare: h.PrepareCard, askReadKeys: h.ReadKeys, askStore: h.StoreCertificates,
	} {
		onCard(h, question, func(ctx context.Context, a authz.Actor, q onCase, t card.Transmitter) (counter.Case, error) {
			return act(ctx, a, q.Case, t)
		})
	}
	onCard(h, askRevoke, h.Revoke)
	onCard(h, askServePIN, h.ServePIN)
}

func (h *server) handleService() {
	on(h, askOpenCases, func(ctx context.Context, a authz.Actor, _ nothing) ([]counter.Case, error) {
		return h.OpenCases(ctx, a)
	})
	on(h, askStop, func(ctx context.Context, a authz.Actor, q stop) (nothing, error) {
		return nothing{}, h.Stop(ctx, a, q.Reason)
	})
	on(h, askRestart, func(ctx context.Context, a authz.Actor, _ nothing) (bool, error) { return h.Restart(ctx, a) })
	on(h, askStopped, func(ctx context.Context, _ authz.Actor, _ nothing) (stopped, error) {
		s, is, err := h.Stopped(ctx)
		return stopped{s, is}, err
	})
}

// on answers a question of the municipality's terminals.
func on[Q, A any](h *server, q line.Question[Q, A], answer func(context.Context, authz.Actor, Q) (A, error)) {
	q.Handle(h.mux, func(ctx context.Context, actor authz.Actor, from post.Address, asked Q) (answered A, err error) {
		if !h.serves(from) {
			return answered, fault.New(fault.Denied, "counter.other_terminal", from)
		}
		return answer(ctx, actor, asked)
	})
}

// onCard is on for what needs the card in the terminal's reader.
func onCard[Q, A any](h *server, q line.Question[Q, A], answer func(context.Context, authz.Actor, Q, card.Transmitter) (A, error)) {
	q.Handle(h.mux, func(ctx context.Context, actor authz.Actor, from post.Address, asked Q) (answered A, err error) {
		if !h.serves(from) {
			return answered, fault.New(fault.Denied, "counter.other_terminal", from)
		}
		reader, err := h.readers(from)
		if err != nil {
			return answered, err
		}
		return answer(ctx, actor, asked, reader)
	})
}

// serves reports whether a terminal is of this municipality.
func (h *server) serves(from post.Address) bool {
	own := string(authz.Terminal) + "-" + h.Municipality.Code
	return string(from) == own || strings.HasPrefix(string(from), own+"-")
}
