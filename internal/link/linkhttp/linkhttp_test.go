package linkhttp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/link"
	"github.com/openjpki/jpki/internal/link/linkdb"
	"github.com/openjpki/jpki/internal/link/linkhttp"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
)

var (
	start    = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	hanako   = message.Attributes{Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県見本市例示町１"}
	operator = authz.Actor{Operator: "op-3"} // the office is in the certificate
)

func newService(t *testing.T, e dbtest.Engine) *link.Service {
	t.Helper()
	now := func() time.Time { return start }
	s, err := link.New(link.Config{Store: officetest.Open(t, e.New(t), now, linkdb.Open), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The call centre has a lost card's certificates held over the line; nobody else may.
func TestHold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		s := newService(t, e)
		err := s.Store.Update(t.Context(), func(tx link.Tx) error {
			return tx.AddCertificate(t.Context(), message.HolderRecord{
				ID: "r-1", Attributes: hanako, Issuer: "TEST", Serial: 2, Kind: jpki.Signing, IssuedAt: start, NotAfter: start.AddDate(5, 0, 0),
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		linkhttp.Handle(mux, s)
		a := linetest.New(t)
		url := a.Serve(t, message.AtLink, mux)
		from := func(office post.Address) linkhttp.Client {
			return linkhttp.Client{Line: a.Client(t, office, message.AtLink, url)}
		}
		call := link.HoldRequest{ID: "call-1", Attributes: hanako}
		for range 2 {
			if met, err := from("helpdesk").Hold(t.Context(), operator, call); met != 1 || err != nil {
				t.Errorf("Hold = %d, %v, want 1", met, err)
			}
		}
		if _, err := from("counter-99201").Hold(t.Context(), operator, call); fault.KindOf(err) != fault.Denied {
			t.Errorf("Hold by a counter = %v, want it denied", err)
		}
		if _, err := from("helpdesk").Hold(t.Context(), operator, link.HoldRequest{ID: "call-2"}); fault.KeyOf(err) != "link.hold_invalid" {
			t.Errorf("Hold of nobody = %v, want link.hold_invalid", err)
		}
	})
}
