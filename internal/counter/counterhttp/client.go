package counterhttp

import (
	"context"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/line"
)

// Client asks a counter as its terminal. Its methods are those of [counter.Service]; of an actor it passes on the operator,
// since the office is what the terminal's certificate says.
type Client struct{ Line *line.Client }

// Open is [counter.Service.Open].
func (c Client) Open(ctx context.Context, a authz.Actor, reception string, f counter.Form) (counter.Case, error) {
	return askOpen.Ask(ctx, c.Line, a.Operator, openCase{reception, f})
}

// Certify is [counter.Service.Certify].
func (c Client) Certify(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askCertify.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// Identify is [counter.Service.Identify].
func (c Client) Identify(ctx context.Context, a authz.Actor, id string, i counter.Identity) (counter.Case, error) {
	return askIdentify.Ask(ctx, c.Line, a.Operator, identify{id, i})
}

// PrepareCard is [counter.Service.PrepareCard].
func (c Client) PrepareCard(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askPrepare.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// ReadKeys is [counter.Service.ReadKeys].
func (c Client) ReadKeys(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askReadKeys.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// Request is [counter.Service.Request].
func (c Client) Request(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askRequest.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// CheckImage is [counter.Service.CheckImage].
func (c Client) CheckImage(ctx context.Context, a authz.Actor, id string, j counter.Judgement) (counter.Case, error) {
	return askImage.Ask(ctx, c.Line, a.Operator, checkImage{id, j})
}

// StoreCertificates is [counter.Service.StoreCertificates].
func (c Client) StoreCertificates(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askStore.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// TakeFee is [counter.Service.TakeFee].
func (c Client) TakeFee(ctx context.Context, a authz.Actor, id string, by counter.PaidBy) (counter.Case, error) {
	return askFee.Ask(ctx, c.Line, a.Operator, takeFee{id, by})
}

// HandOver is [counter.Service.HandOver].
func (c Client) HandOver(ctx context.Context, a authz.Actor, id string) ([]counter.Image, error) {
	return askHandOver.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// Withdraw is [counter.Service.Withdraw].
func (c Client) Withdraw(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askWithdraw.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// Case is [counter.Service.Case].
func (c Client) Case(ctx context.Context, a authz.Actor, id string) (counter.Case, error) {
	return askCase.Ask(ctx, c.Line, a.Operator, onCase{id})
}

// OpenCases is [counter.Service.OpenCases].
func (c Client) OpenCases(ctx context.Context, a authz.Actor) ([]counter.Case, error) {
	return askOpenCases.Ask(ctx, c.Line, a.Operator, nothing{})
}

// Stop is [counter.Service.Stop].
func (c Client) Stop(ctx context.Context, a authz.Actor, reason string) error {
	_, err := askStop.Ask(ctx, c.Line, a.Operator, stop{reason})
	return err
}

// Restart is [counter.Service.Restart].
func (c Client) Restart(ctx context.Context, a authz.Actor) (running bool, err error) {
	return askRestart.Ask(ctx, c.Line, a.Operator, nothing{})
}

// Stopped is [counter.Service.Stopped].
func (c Client) Stopped(ctx context.Context) (s counter.Stop, is bool, err error) {
	answer, err := askStopped.Ask(ctx, c.Line, "", nothing{})
	return answer.Stop, answer.Stopped, err
}

// Revoke is [counter.Service.Revoke].
func (c Client) Revoke(ctx context.Context, a authz.Actor, n counter.RevocationNotice) ([]counter.Order, error) {
	return askRevoke.Ask(ctx, c.Line, a.Operator, n)
}

// ServePIN is [counter.Service.ServePIN].
func (c Client) ServePIN(ctx context.Context, a authz.Actor, n counter.PINNotice) (counter.Notice, error) {
	return askServePIN.Ask(ctx, c.Line, a.Operator, n)
}
