package portalweb_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portaldb"
	"github.com/openjpki/jpki/internal/portal/portalweb"
	"github.com/openjpki/jpki/verify/verifytest"
)

var hanako = portal.Form{Name: "見本　花子", Birth: locale.Date{Year: 1980, Month: 2, Day: 17}, Address: "架空県見本市例示町１丁目２番地３", Copies: 1}

// agency is a desk with its pages on a real database, and an applicant's card in the reader.
type agency struct {
	t       *testing.T
	chip    *cardtest.Chip
	ca      *verifytest.CA
	holder  verifytest.Holder // the certificate, for the key on the card
	revoked []x509.RevocationListEntry
	away    bool // the validity service
	stopped bool // the clerk has gone home
	url     string
	log     bytes.Buffer
}

// serial is that of the certificate on the card.
const serial = 12

func newAgency(t *testing.T) *agency {
	t.Helper()
	profile := jpki.Sandbox("http://127.0.0.1:8080/ocsp") // with keys as those on cards
	a := &agency{t: t, chip: cardtest.New(t), ca: verifytest.NewCAWith(t, profile, verifytest.NewKey(t, profile.Suite), jpki.SigningCA, 1)}
	a.holder = a.ca.IssueFor(t, publicKey{a.chip.Certificates[card.Signature].PublicKey}, serial, verifytest.Mihon)
	now := func() time.Time { return verifytest.Now }
	service, err := portal.New(portal.Config{
		Store: officetest.Open(t, "sqlite:"+t.TempDir()+"/office.db", now, portaldb.Open), Now: now,
		Anchors:  func(context.Context) ([][]byte, error) { return [][]byte{a.ca.DER}, nil },
		Evidence: a.evidence,
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := portalweb.New(portalweb.Config{
		Desk:   service,
		Signer: func(*http.Request) (portalweb.Signer, error) { return a, nil },
		Clerk: func(*http.Request) (authz.Actor, error) {
			if a.stopped {
				return authz.Actor{}, fault.New(fault.Denied, "authz.denied", authz.Kiosk, portal.ActRead)
			}
			return authz.Actor{Office: authz.Agency, Operator: "A-1"}, nil
		},
		Known: func(*http.Request) (portal.Form, bool) { return hanako, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	site, err := page.NewSite(page.Config{Name: page.Say("portal.site"), Home: "/agency", Log: slog.New(slog.NewTextHandler(&a.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	pages.Mount(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *agency) evidence(context.Context, []byte) (crls, ocsps [][]byte, err error) {
	if a.away {
		return nil, nil, fault.New(fault.Unavailable, "line.unreachable", authz.Revocation)
	}
	return [][]byte{a.ca.CRL(a.t, verifytest.Mihon, a.revoked)}, nil, nil
}

// Sign signs with the card. The certificate is that of the nation, for the same key.
func (a *agency) Sign(ctx context.Context, document []byte, pin string) ([]byte, error) {
	if err := a.chip.Card.Reset(); err != nil {
		return nil, err
	}
	c, err := card.Open(ctx, a.chip.Card)
	if err == nil {
		err = c.Verify(ctx, card.Signature, pin)
	}
	if err != nil {
		return nil, err
	}
	key, err := c.Signer(ctx, card.Signature, nil)
	if err != nil {
		return nil, err
	}
	s, err := cms.New(cms.Config{Key: key, Certificate: a.holder.DER})
	if err != nil {
		return nil, err
	}
	return s.SignDetached(bytes.NewReader(document), verifytest.Now)
}

// publicKey stands for a key that somebody else keeps.
type publicKey struct{ public any }

func (k publicKey) Public() crypto.PublicKey { return k.public }

func (publicKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the card signs")
}
