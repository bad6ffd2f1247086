package portalweb

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
)

// Desk is the receiving desk; a [portal.Service] is one.
type Desk interface {
	Submit(ctx context.Context, actor authz.Actor, document, signature []byte) (number string, err error)
	Judge(ctx context.Context, actor authz.Actor, number string) (portal.Receipt, error)
	Receipt(ctx context.Context, number string) (portal.Receipt, error)
	Read(ctx context.Context, actor authz.Actor, number string) (portal.Application, portal.Form, error)
	List(ctx context.Context, actor authz.Actor) ([]portal.Application, error)
}

// Signer signs for an applicant with the card in hand.
type Signer interface {
	// Sign returns a detached CMS signature over a document by the card's signing key. Errors of package card about the PIN
	// are shown at its input.
	Sign(ctx context.Context, document []byte, pin string) (cms []byte, err error)
}

// Config says who is who. Fields without "Optional" must be set.
type Config struct {
	Desk Desk
	// Signer returns what signs for a visitor: with the card that lies in the reader.
	Signer func(*http.Request) (Signer, error)
	// Clerk returns who a visitor to the pages of the clerk is, or a fault of kind Denied.
	Clerk func(*http.Request) (authz.Actor, error)
	// Known returns what is known of a visitor, to be put into the empty form. Optional.
	Known func(*http.Request) (portal.Form, bool)
}

// Pages are the pages of /agency.
type Pages struct {
	Config
	front   *page.Page[front]
	apply   *page.Page[apply]
	sign    *page.Page[sign]
	send    *page.Page[send]
	receipt *page.Page[receipt]
	list    *page.Page[list]
	read    *page.Page[read]
}

//go:embed pages
var files embed.FS

// New reads the pages.
func New(c Config) (*Pages, error) {
	if c.Desk == nil || c.Signer == nil || c.Clerk == nil {
		return nil, errors.New("making pages of a receiving desk: desk, signer and clerk must be set")
	}
	p := &Pages{Config: c}
	var errs [7]error
	p.front, errs[0] = page.New[front](files, "pages/front.html")
	p.apply, errs[1] = page.New[apply](files, "pages/apply.html")
	p.sign, errs[2] = page.New[sign](files, "pages/sign.html")
	p.send, errs[3] = page.New[send](files, "pages/send.html")
	p.receipt, errs[4] = page.New[receipt](files, "pages/receipt.html")
	p.list, errs[5] = page.New[list](files, "pages/list.html")
	p.read, errs[6] = page.New[read](files, "pages/read.html")
	return p, errors.Join(errs[:]...)
}

// Mount adds the pages to a site.
//
// Req: R-APP-01
func (p *Pages) Mount(s *page.Site) {
	for pattern, h := range map[string]page.Handler{
		"GET /agency":                       p.getFront,
		"POST /agency/find":                 p.postFind,
		"GET /agency/apply":                 p.getApply,
		"POST /agency/apply":                p.postApply,
		"POST /agency/sign":                 p.postSign,
		"POST /agency/send":                 p.postSend,
		"GET /agency/receipts/{number}":     p.getReceipt,
		"GET /agency/clerk":                 page.As(p.Clerk, p.getList),
		"GET /agency/clerk/{number}":        page.As(p.Clerk, p.getRead),
		"POST /agency/clerk/{number}/judge": page.As(p.Clerk, p.postJudge),
	} {
		s.Handle(pattern, h)
	}
}

// desk is who acts when an applicant sends something.
var desk = authz.Actor{Office: authz.Agency}
