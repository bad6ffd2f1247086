package verifyweb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/openjpki/jpki/internal/page"
)

// Sizes in bytes.
const (
	MaxFile = 10 << 20          // of one file
	MaxBody = 2*MaxFile + 4<<20 // of all that a form sends: the most that a [page.Site] with these pages must take
)

// Config says whom to trust and where to ask. Anchors must be set.
type Config struct {
	// Anchors returns the certificates of the nation's CAs, DER.
	Anchors func(context.Context) ([][]byte, error)
	// Evidence returns what is known of the revocation of a certificate, DER, that a CA of the nation issued: CRLs and
	// OCSP responses. Nothing is fetched if nil.
	Evidence func(ctx context.Context, certificate []byte) (crls, ocsps [][]byte, err error)
	// Now returns the present time. Optional; time.Now if nil.
	Now func() time.Time
}

// Pages are the pages of /verify.
type Pages struct {
	Config
	check  *page.Page[form]
	result *page.Page[result]
}

//go:embed pages asset
var files embed.FS

// New reads the pages.
func New(c Config) (*Pages, error) {
	if c.Anchors == nil {
		return nil, errors.New("making pages for verification: anchors must be set")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	check, errCheck := page.New[form](files, "pages/check.html")
	result, errResult := page.New[result](files, "pages/result.html")
	return &Pages{c, check, result}, errors.Join(errCheck, errResult)
}

// Mount adds the pages to a site.
func (p *Pages) Mount(s *page.Site) {
	s.Handle("GET /verify", func(w http.ResponseWriter, r *http.Request) error { return p.check.Show(w, r, newForm()) })
	s.Handle("POST /verify", p.judged)
	s.Handle("GET /verify/drop.js", script)
}

// judged answers with the verdict on what was sent. There is no redirect: nothing was done that a second time would do twice,
// and nothing is kept that another page could show.
func (p *Pages) judged(w http.ResponseWriter, r *http.Request) error {
	in, again := read(r)
	if again.wrong() {
		return p.check.ShowAgain(w, r, again)
	}
	verdict, err := p.judge(r.Context(), in)
	if err != nil {
		return fmt.Errorf("judging what was sent: %w", err)
	}
	return p.result.Show(w, r, verdict.show())
}

// script lets a file be dropped anywhere on the page.
func script(w http.ResponseWriter, _ *http.Request) error {
	data, err := files.ReadFile("asset/drop.js")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(data) // the visitor may be gone
	return nil
}
