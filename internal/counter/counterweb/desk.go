package counterweb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/page"
)

//go:embed pages
var files embed.FS

// Office is the counter as its screens need it: [counter.Service].
type Office interface {
	Open(ctx context.Context, actor authz.Actor, reception string, f counter.Form) (counter.Case, error)
	Certify(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	Identify(ctx context.Context, actor authz.Actor, id string, i counter.Identity) (counter.Case, error)
	PrepareCard(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	ReadKeys(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	Request(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	CheckImage(ctx context.Context, actor authz.Actor, id string, j counter.Judgement) (counter.Case, error)
	StoreCertificates(ctx context.Context, actor authz.Actor, id string, t card.Transmitter) (counter.Case, error)
	TakeFee(ctx context.Context, actor authz.Actor, id string, by counter.PaidBy) (counter.Case, error)
	HandOver(ctx context.Context, actor authz.Actor, id string) ([]counter.Image, error)
	Withdraw(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	Case(ctx context.Context, actor authz.Actor, id string) (counter.Case, error)
	OpenCases(ctx context.Context, actor authz.Actor) ([]counter.Case, error)
	Revoke(ctx context.Context, actor authz.Actor, n counter.RevocationNotice, t card.Transmitter) ([]counter.Order, error)
	ServePIN(ctx context.Context, actor authz.Actor, n counter.PINNotice, t card.Transmitter) (counter.Notice, error)
	Stop(ctx context.Context, actor authz.Actor, reason string) error
	Restart(ctx context.Context, actor authz.Actor) (running bool, err error)
	Stopped(ctx context.Context) (counter.Stop, bool, error)
}

// Config holds what [New] needs. All fields must be set.
type Config struct {
	Office       Office
	Municipality jpki.Municipality
	// Actor returns the clerk who asks.
	Actor func(*http.Request) (authz.Actor, error)
	// Reader returns the card that lies in the reader of his terminal. Without one it returns a fault, such as
	// counter.card_gone.
	Reader func(*http.Request) (card.Transmitter, error)
}

// Desk is the screens of one counter. It is safe for concurrent use.
type Desk struct {
	Config
	list       *page.Page[listPage]
	form       *page.Page[formPage]
	one        *page.Page[casePage]
	copies     *page.Page[copyPage]
	stop       *page.Page[stopPage]
	revocation *page.Page[procedurePage]
	pin        *page.Page[procedurePage]
}

// New reads the pages.
func New(c Config) (*Desk, error) {
	if c.Office == nil || c.Municipality.Code == "" || c.Actor == nil || c.Reader == nil {
		return nil, errors.New("making the screens of a counter: all fields must be set")
	}
	d := &Desk{Config: c}
	var all [7]error
	d.list, all[0] = page.New[listPage](files, "pages/list.html", "pages/parts.html")
	d.form, all[1] = page.New[formPage](files, "pages/new.html")
	d.one, all[2] = page.New[casePage](files, "pages/case.html", "pages/parts.html")
	d.copies, all[3] = page.New[copyPage](files, "pages/copy.html", "pages/parts.html")
	d.stop, all[4] = page.New[stopPage](files, "pages/stop.html", "pages/parts.html")
	d.revocation, all[5] = page.New[procedurePage](files, "pages/revocation.html", "pages/parts.html")
	d.pin, all[6] = page.New[procedurePage](files, "pages/pin.html", "pages/parts.html")
	return d, errors.Join(all[:]...)
}

// Mount adds the pages to a site.
func (d *Desk) Mount(site *page.Site) {
	for pattern, h := range map[string]func(w http.ResponseWriter, r *http.Request, actor authz.Actor) error{
		"GET /counter":                   d.showList,
		"POST /counter/find":             d.find,
		"GET /counter/new":               d.showForm,
		"POST /counter/new":              d.open,
		"GET /counter/cases/{id}":        d.showCase,
		"POST /counter/cases/{id}/{act}": d.act,
		"GET /counter/cases/{id}/copy":   d.showCopies,
		"GET /counter/revocation":        d.showRevocation,
		"POST /counter/revocation":       d.revoke,
		"GET /counter/pin":               d.showPIN,
		"POST /counter/pin":              d.servePIN,
		"GET /counter/stop":              d.showStop,
		"POST /counter/stop":             d.changeStop,
	} {
		site.Handle(pattern, page.As(d.Actor, h))
	}
}

// listPage is the page of open cases.
type listPage struct {
	Municipality jpki.Municipality
	Stop         *counter.Stop
	Cases        []counter.Case
	Number       page.Field
}

func (d *Desk) showList(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	cases, err := d.Office.OpenCases(r.Context(), actor)
	if err != nil {
		return err
	}
	stop, err := d.stopped(r.Context())
	if err != nil {
		return err
	}
	number := page.Field{Name: "number", Label: page.Say("counterweb.case_number"), Hint: page.Say("counterweb.case_number_hint", d.Municipality.Code)}
	return d.list.Show(w, r, listPage{d.Municipality, stop, cases, number})
}

// find opens a case by its number, or by the reception number at this counter alone.
func (d *Desk) find(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	id := narrow(r.PostFormValue("number"))
	if !caseNumber.MatchString(id) {
		id = d.Municipality.Code + "-" + id
	}
	if _, err := d.Office.Case(r.Context(), actor, id); err != nil {
		return err
	}
	return page.Redirect(w, r, pathOf(id), nil)
}

// pathOf is where a case has its page.
func pathOf(id string) string { return "/counter/cases/" + id }

// stopped returns the stop in force, nil if there is none.
func (d *Desk) stopped(ctx context.Context) (*counter.Stop, error) {
	stop, stopped, err := d.Office.Stopped(ctx)
	if err != nil || !stopped {
		return nil, err
	}
	return &stop, nil
}

// stopPage is the page on which the service is stopped and goes on.
type stopPage struct {
	Stop    *counter.Stop
	Reason  page.Text // of the stop
	Reasons page.Select
	Failed  error
}

func newStopPage(stop *counter.Stop, failed error) stopPage {
	p := stopPage{Stop: stop, Reasons: reasons(), Failed: failed}
	if stop == nil {
		return p
	}
	p.Reason = page.Plain(stop.Reason)
	for _, o := range append(p.Reasons.Options, page.Option{Value: "image", Label: page.Say("counterweb.reason_image")}) {
		if o.Value == stop.Reason {
			p.Reason = o.Label
		}
	}
	return p
}

// The reasons for a stop that a clerk gives. The office has a stop of its own for an image that the system got wrong.
func reasons() page.Select {
	return page.Select{Name: "reason", Label: page.Say("counterweb.stop_reason"), Options: []page.Option{
		{Value: "certificates", Label: page.Say("counterweb.reason_certificates")},
		{Value: "machines", Label: page.Say("counterweb.reason_machines")},
		{Value: "security", Label: page.Say("counterweb.reason_security")},
		{Value: "drill", Label: page.Say("counterweb.reason_drill")},
	}}
}

func (d *Desk) showStop(w http.ResponseWriter, r *http.Request, _ authz.Actor) error {
	stop, err := d.stopped(r.Context())
	if err != nil {
		return err
	}
	return d.stop.Show(w, r, newStopPage(stop, nil))
}

// changeStop stops the service, or takes the consent of one operator to its restart.
//
// Req: R-ISS-21
func (d *Desk) changeStop(w http.ResponseWriter, r *http.Request, actor authz.Actor) error {
	var err error
	done := page.Say("counterweb.stopped_now")
	if r.PostFormValue("act") == "restart" {
		var running bool
		running, err = d.Office.Restart(r.Context(), actor)
		done = page.Say("counterweb.restart_half")
		if running {
			done = page.Say("counterweb.restarted")
		}
	} else {
		err = d.Office.Stop(r.Context(), actor, r.PostFormValue("reason"))
	}
	if err == nil {
		return page.Redirect(w, r, "/counter/stop", done)
	}
	stop, unread := d.stopped(r.Context())
	if unread != nil {
		return fmt.Errorf("%w, and reading the stop: %w", err, unread)
	}
	return d.stop.ShowFailed(w, r, err, newStopPage(stop, err))
}
