package counterhttp_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/cardtest"
	"github.com/openjpki/jpki/internal/audit"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterdb"
	"github.com/openjpki/jpki/internal/counter/counterhttp"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/db/dbtest"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/line/linetest"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
)

const terminal post.Address = "terminal-99201-1"

var (
	now    = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	clerk  = authz.Actor{Operator: "op-1"}
	person = message.Attributes{
		Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female, Address: "架空県見本市",
	}
	licence = counter.Identity{Document: counter.DrivingLicence, Agrees: true, Looks: true}
)

// office is a counter with its server, whose only reader holds a chip.
type office struct {
	db   *db.DB
	chip *cardtest.Chip
	url  string
	ca   *linetest.Authority
}

func (o *office) Transport(context.Context, string) (card.Secret, error) {
	return o.chip.Transport, nil
}

func (o *office) Master(context.Context) (card.MasterKey, error) { return o.chip.Master, nil }

func (o *office) Export(_ context.Context, _ authz.Actor, caseID string) (message.Export, error) {
	return message.Export{Case: caseID, Holder: "h", Attributes: person, Municipality: "99201", At: now}, nil
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{chip: cardtest.Blank(t), ca: linetest.New(t)}
	clock := func() time.Time { return now }
	o.db = dbtest.Open(t, db.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "counter.db"), Now: clock})
	store, err := counterdb.Open(t.Context(), o.db, officetest.Log(t))
	must(t, err)
	mihon := jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	s, err := counter.New(counter.Config{Store: store, Municipality: mihon, Secrets: o, Register: o, Now: clock})
	must(t, err)
	mux := http.NewServeMux()
	counterhttp.Handle(mux, s, func(from post.Address) (card.Transmitter, error) {
		if from != terminal {
			return nil, fault.New(fault.Unavailable, "counter.card_gone")
		}
		return o.chip.Card, nil
	})
	o.url = o.ca.Serve(t, s.Address(), mux)
	return o
}

func (o *office) client(t *testing.T, as post.Address) counterhttp.Client {
	t.Helper()
	return counterhttp.Client{Line: o.ca.Client(t, as, message.AtCounter("99201"), o.url)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, what string, err error, key string) {
	t.Helper()
	if fault.KeyOf(err) != key {
		t.Errorf("%s = %v, want %s", what, err, key)
	}
}

func form() counter.Form {
	return counter.Form{
		Attributes: person, Kinds: []jpki.Kind{jpki.Authentication}, Occasion: counter.First, CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
	}
}

// A terminal takes a case from the form to the keys on the card in its reader, and each case comes back as it is.
//
// Req: R-SYS-01, R-SYS-02, R-NET-01, R-NET-02, R-SEC-08
func TestTerminal(t *testing.T) {
	o := newOffice(t)
	c := o.client(t, terminal)
	opened, err := c.Open(t.Context(), clerk, "17", form())
	must(t, err)
	_, err = c.Certify(t.Context(), clerk, opened.ID)
	must(t, err)
	_, err = c.Identify(t.Context(), clerk, opened.ID, licence)
	must(t, err)
	prepared, err := c.PrepareCard(t.Context(), clerk, opened.ID)
	if err != nil || prepared.State != counter.CardOut || prepared.CardSerial != o.chip.Serial {
		t.Fatalf("PrepareCard = %s with card %s, %v, want the card prepared", prepared.State, prepared.CardSerial, err)
	}
	o.chip.Nonce = card.Nonce(prepared.Nonce)
	o.chip.Load(t, card.Authentication)
	read, err := c.ReadKeys(t.Context(), clerk, opened.ID)
	must(t, err)
	kept, err := c.Case(t.Context(), clerk, opened.ID)
	if diff := cmp.Diff(read, kept); err != nil || diff != "" || kept.Form.Attributes != person {
		t.Errorf("Case: %v, -want +got\n%s", err, diff)
	}
	open, err := c.OpenCases(t.Context(), clerk)
	if err != nil || len(open) != 1 || open[0].ID != opened.ID || open[0].Papers != nil {
		t.Errorf("OpenCases = %+v, %v, want the one without papers", open, err)
	}
	if asked, err := c.Request(t.Context(), clerk, opened.ID); err != nil || asked.State != counter.Waiting {
		t.Errorf("Request = %s, %v, want it waiting for the CA", asked.State, err)
	}
	_, err = c.CheckImage(t.Context(), clerk, opened.ID, counter.Judgement{counter.FieldIssuer: true, counter.FieldSerial: true, counter.FieldValidity: true})
	wantFault(t, "CheckImage", err, "counter.order")
	_, err = c.StoreCertificates(t.Context(), clerk, opened.ID)
	wantFault(t, "StoreCertificates", err, "counter.order")
	_, err = c.TakeFee(t.Context(), clerk, opened.ID, counter.ByNobody)
	wantFault(t, "TakeFee", err, "counter.order")
	_, err = c.HandOver(t.Context(), clerk, opened.ID)
	wantFault(t, "HandOver", err, "counter.order")
	if gone, err := c.Withdraw(t.Context(), clerk, opened.ID); err != nil || gone.State != counter.Withdrawn {
		t.Errorf("Withdraw = %s, %v", gone.State, err)
	}
	o.checkOperator(t)
}

// checkOperator: the audit log knows terminal and operator.
func (o *office) checkOperator(t *testing.T) {
	t.Helper()
	err := o.db.View(t.Context(), func(tx *db.Tx) error {
		for record, err := range auditdb.Records(t.Context(), tx, auditdb.Filter{}) {
			if err != nil {
				return err
			}
			e, err := audit.Parse(record.Encoding)
			if err != nil || e.Actor != (authz.Actor{Office: authz.Terminal, Operator: "op-1"}) {
				t.Errorf("entry by %+v, %v, want the operator at the terminal", e.Actor, err)
			}
		}
		return nil
	})
	must(t, err)
}

func TestProcedures(t *testing.T) {
	o := newOffice(t)
	c := o.client(t, terminal)
	n, err := c.ServePIN(t.Context(), clerk, counter.PINNotice{Number: "18", Work: counter.ChangePIN, Kind: jpki.Signing, Identity: licence})
	if err != nil || n.DoneAt.IsZero() || n.CardSerial != o.chip.Serial {
		t.Errorf("ServePIN = %+v, %v, want it done", n, err)
	}
	_, err = c.Revoke(t.Context(), clerk, counter.RevocationNotice{
		Number: "19", Ground: message.Voluntary, Kinds: []jpki.Kind{jpki.Signing}, Identity: licence,
	})
	wantFault(t, "Revoke of nothing", err, "counter.certificate_unknown")
	must(t, c.Stop(t.Context(), clerk, "test"))
	if stop, is, err := c.Stopped(t.Context()); err != nil || !is || stop.Reason != "test" {
		t.Errorf("Stopped = %+v, %t, %v", stop, is, err)
	}
	if running, err := c.Restart(t.Context(), authz.Actor{Operator: "op-2"}); err != nil || running {
		t.Errorf("first consent = %t, %v, want it still stopped", running, err)
	}
	if running, err := c.Restart(t.Context(), clerk); err != nil || !running {
		t.Errorf("second consent = %t, %v, want it running", running, err)
	}
}

// Terminals of other municipalities, and other offices, are not served.
//
// Req: R-SEC-08
func TestOthersAreNotServed(t *testing.T) {
	o := newOffice(t)
	for _, as := range []post.Address{"terminal-99202-1", "terminal-992011", "counter-99201", "kiosk-99201", "ca"} {
		_, err := o.client(t, as).Open(t.Context(), clerk, "17", form())
		wantFault(t, "Open by "+string(as), err, "counter.other_terminal")
		_, err = o.client(t, as).PrepareCard(t.Context(), clerk, "99201-17")
		wantFault(t, "PrepareCard by "+string(as), err, "counter.other_terminal")
	}
	_, err := o.client(t, "terminal-99201").PrepareCard(t.Context(), clerk, "99201-17")
	wantFault(t, "PrepareCard at a terminal that lent no reader", err, "counter.card_gone")
}
