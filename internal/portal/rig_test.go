package portal_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/cms"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/locale"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/portal"
	"github.com/openjpki/jpki/internal/portal/portaldb"
	"github.com/openjpki/jpki/verify/verifytest"
)

var (
	desk   = authz.Actor{Office: authz.Agency}
	clerk  = authz.Actor{Office: authz.Agency, Operator: "A-1"}
	kiosk  = authz.Actor{Office: authz.Kiosk}
	hanako = portal.Form{Name: "見本　花子", Birth: locale.Date{Year: 1980, Month: 2, Day: 17}, Address: "架空県見本市例示町１丁目２番地３", Copies: 1}
)

// rig is a desk, the CAs that it trusts, and a resident with both certificates.
type rig struct {
	*portal.Service
	t           *testing.T
	now         time.Time
	sign, login *verifytest.CA
	holder      verifytest.Holder
	other       verifytest.Holder
	revoked     []x509.RevocationListEntry
	asked       int
	silent      error // why there is no evidence
}

func newRig(t *testing.T, url string) *rig {
	t.Helper()
	r := &rig{t: t, now: verifytest.Now, sign: verifytest.NewCA(t, jpki.SigningCA, 1), login: verifytest.NewCA(t, jpki.AuthenticationCA, 2)}
	r.holder, r.other = r.sign.Issue(t, 12, verifytest.Mihon), r.login.Issue(t, 13, verifytest.Mihon)
	store := officetest.Open(t, url, func() time.Time { return r.now }, portaldb.Open)
	var err error
	r.Service, err = portal.New(portal.Config{
		Store: store, Now: func() time.Time { return r.now },
		Anchors: func(context.Context) ([][]byte, error) { return [][]byte{r.sign.DER, r.login.DER}, nil },
		Evidence: func(context.Context, []byte) (crls, ocsps [][]byte, err error) {
			r.asked++
			if r.silent != nil {
				return nil, nil, r.silent
			}
			return [][]byte{r.sign.CRL(t, verifytest.Mihon, r.revoked)}, nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// signature signs a document as a holder.
func signature(t testing.TB, h verifytest.Holder, document []byte) []byte {
	t.Helper()
	s, err := cms.New(cms.Config{Key: h.Key, Certificate: h.DER})
	if err != nil {
		t.Fatal(err)
	}
	p7s, err := s.SignDetached(bytes.NewReader(document), verifytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	return p7s
}

// apply submits a form that a holder signed and has it examined.
func (r *rig) apply(f portal.Form, h verifytest.Holder) portal.Receipt {
	r.t.Helper()
	return r.submit(f.Document(), signature(r.t, h, f.Document()))
}

func (r *rig) submit(document, signature []byte) portal.Receipt {
	r.t.Helper()
	number, err := r.Submit(r.t.Context(), desk, document, signature)
	if err != nil {
		r.t.Fatal(err)
	}
	receipt, err := r.Judge(r.t.Context(), desk, number)
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt
}

func wantFault(t *testing.T, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("error %v, want %s", err, key)
	}
}

var errAway = errors.New("the validity service is away")
