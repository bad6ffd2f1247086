package counterweb

import (
	"context"
	"net/http"

	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/page"
)

type (
	doing       func(ctx context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error
	caseAct     func(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	cardCaseAct func(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
)

// plainAct is an act that needs nothing but the case.
func plainAct(of func(Office) caseAct) doing {
	return func(ctx context.Context, d *Desk, _ *http.Request, actor authz.Actor, id string) error {
		_, err := of(d.Office)(ctx, actor, id)
		return err
	}
}

// cardAct is an act on the card in the reader.
func cardAct(of func(Office) cardCaseAct) doing {
	return func(_ context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error {
		return d.withCard(r, func(ctx context.Context, t card.Transmitter) error {
			_, err := of(d.Office)(ctx, actor, id, t)
			return err
		})
	}
}

// withCard does something with the card in the reader. It is carried out also if the browser is gone, so that the card is
// not left within it.
func (d *Desk) withCard(r *http.Request, do func(ctx context.Context, t card.Transmitter) error) error {
	t, err := d.Reader(r)
	if err != nil {
		return err
	}
	return do(context.WithoutCancel(r.Context()), t)
}

// act does one act of a case and shows the case after it. What was not done is explained on the page of the case.
func (d *Desk) act(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	do, ok := acts[r.PathValue("act")]
	if !ok {
		return fault.New(fault.NotFound, "page.not_found")
	}
	err := do(r.Context(), d, r, actor, r.PathValue("id"))
	if err == nil {
		return page.Redirect(w, r, pathOf(r.PathValue("id")), page.Say("counterweb.done"))
	}
	p, unread := d.casePage(r, actor)
	if unread != nil {
		return err
	}
	p.Failed = err
	return d.one.ShowFailed(w, r, err, p)
}

// acts are the acts of a case by the last word of their address.
//
// Req: R-ISS-16, R-ISS-17
var acts = map[string]func(ctx context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error{
	"certify": plainAct(func(o Office) caseAct { return o.Certify }),
	"identify": func(ctx context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error {
		i := readIdentity(r)
		if i.incomplete != nil {
			return i.incomplete
		}
		_, err := d.Office.Identify(ctx, actor, id, i.found)
		return err
	},
	"prepare":   cardAct(func(o Office) cardCaseAct { return o.PrepareCard }),
	"read_keys": cardAct(func(o Office) cardCaseAct { return o.ReadKeys }),
	"request":   plainAct(func(o Office) caseAct { return o.Request }),
	"check": func(ctx context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error {
		_, err := d.Office.CheckImage(ctx, actor, id, judgement(r))
		return err
	},
	"store": cardAct(func(o Office) cardCaseAct { return o.StoreCertificates }),
	"pay": func(ctx context.Context, d *Desk, r *http.Request, actor authz.Actor, id string) error {
		_, err := d.Office.TakeFee(ctx, actor, id, counter.PaidBy(r.PostFormValue("by")))
		return err
	},
	"hand_over": func(ctx context.Context, d *Desk, _ *http.Request, actor authz.Actor, id string) error {
		_, err := d.Office.HandOver(ctx, actor, id)
		return err
	},
	"withdraw": plainAct(func(o Office) caseAct { return o.Withdraw }),
}
