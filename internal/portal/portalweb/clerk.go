package portalweb

import (
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
)

// list is the clerk's page of all that came.
type list struct {
	Applications []line
	Days         int // that one is kept
}

type line struct {
	portal.Application
	Outcome string
	Why     page.Text // nil where there is no reason
}

func newLine(a portal.Application) line {
	l := line{Application: a, Outcome: outcomes[a.State]}
	if a.Reason != portal.NoReason {
		l.Why, _ = explain(a.Judgement)
	}
	return l
}

func (p *Pages) getList(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	all, err := p.Desk.List(r.Context(), actor)
	if err != nil {
		return err
	}
	data := list{Days: int(portal.Retention / (24 * time.Hour))}
	for _, a := range all {
		data.Applications = append(data.Applications, newLine(a))
	}
	return p.list.Show(w, r, data)
}

// read is the clerk's page of one application.
type read struct {
	receipt
	Examined []examined
	Written  []page.Row
	Signer   string
}

// examined is one of the three examinations.
type examined struct {
	What    page.Text
	Finding portal.Finding
}

// Outcome is how a finding looks.
func (e examined) Outcome() string {
	if e.Finding == portal.Open {
		return "indeterminate"
	}
	return string(e.Finding)
}

func (p *Pages) getRead(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	a, f, err := p.Desk.Read(r.Context(), actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	shown := newReceipt(portal.Receipt{Number: a.Number, ReceivedAt: a.ReceivedAt, Judgement: a.Judgement})
	shown.Waits = a.State == portal.Received
	return p.read.Show(w, r, read{
		receipt: shown, Written: rows(f), Signer: a.Signer,
		Examined: []examined{
			{page.Say("portal.examined_signed"), a.Signed}, {page.Say("portal.examined_match"), a.Match}, {page.Say("portal.examined_valid"), a.Validity},
		},
	})
}

func (p *Pages) postJudge(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	found, err := p.Desk.Judge(r.Context(), actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	return page.Redirect(w, r, "/agency/clerk/"+found.Number, page.Say("portal.clerk_judged"))
}
