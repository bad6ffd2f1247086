package counterweb_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterdb"
	"github.com/openjpki/jpki/internal/counter/counterweb"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/kiosk"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/page"
	"github.com/openjpki/jpki/internal/page/pagetest"
	"github.com/openjpki/jpki/internal/post"
)

var (
	begin = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	mihon = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
)

// hanako is a resident as the register spells her. No certificate holds the first character of her name.
func hanako() message.Attributes {
	return message.Attributes{
		Name: "𠮷田　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1977, Month: 11, Day: 7}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３",
	}
}

// register is a resident register of one page, who was called up for every case.
type register struct{ message.Attributes }

func (r *register) Export(_ context.Context, _ authz.Actor, id string) (message.Export, error) {
	return message.Export{Case: id, Holder: message.Holder("holder-" + id), Attributes: r.Attributes, Municipality: mihon.Code, At: begin}, nil
}

var (
	transport = card.Secret{1, 2, 3}
	master    = card.MasterKey{Version: 1, Secret: card.Secret{9}}
)

type secrets struct{}

func (secrets) Transport(context.Context, string) (card.Secret, error) { return transport, nil }
func (secrets) Master(context.Context) (card.MasterKey, error)         { return master, nil }

// rig is a counter on a real database with its screens, a card, a kiosk and a real CA.
type rig struct {
	*counter.Service
	register register
	ca       *ca.Service
	chip     *softcard.Card
	url      string
	courier  post.Courier

	mu     sync.Mutex
	clerk  string // who asks
	pulled bool   // the card lies in no reader
	log    strings.Builder
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{register: register{hanako()}, clerk: "op-1"}
	dir, now := t.TempDir(), func() time.Time { return begin }
	store := officetest.Open(t, "sqlite:"+filepath.Join(dir, "counter.db"), now, counterdb.Open)
	var err error
	r.Service, err = counter.New(counter.Config{Store: store, Municipality: mihon, Secrets: secrets{}, Register: &r.register, Now: now, Characters: characters})
	must(t, err)
	caStore := officetest.Open(t, "sqlite:"+filepath.Join(dir, "ca.db"), now, cadb.Open)
	keys := &signer.Software{Dir: filepath.Join(dir, "keys"), Passphrase: []byte("test"), Iterations: 1000}
	r.ca, err = ca.New(ca.Config{Store: caStore, Profile: jpki.Sandbox("http://127.0.0.1:8080/ocsp"), Now: now, Keys: keys})
	must(t, err)
	must(t, r.ca.Resume(t.Context()))
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		_, err := r.ca.Found(t.Context(), authz.Actor{Office: authz.Sandbox}, kind, "")
		must(t, err)
	}
	path := filepath.Join(dir, "card.json")
	must(t, softcard.Create(path, softcard.Config{Serial: "TEST000000000001", TransportKey: transport[:]}))
	r.chip, err = softcard.Open(path, softcard.Options{})
	must(t, err)
	t.Cleanup(func() { r.chip.Close() })
	r.courier = post.Courier{Office: r.Address(), Outbox: store.Outbox(), Now: now, Carriers: map[post.Address]post.Carrier{
		message.AtCA:         post.Local(r.Address(), map[post.Address]post.Receiver{message.AtCA: r.answer}),
		message.AtRevocation: post.Local(r.Address(), map[post.Address]post.Receiver{message.AtRevocation: keep}),
	}}
	r.serve(t)
	return r
}

// characters knows one character that no certificate holds.
func characters(c rune) (bool, []rune) {
	if c == '𠮷' {
		return false, []rune{'吉'}
	}
	return true, nil
}

// serve shows the screens on a site of their own.
func (r *rig) serve(t *testing.T) {
	desk, err := counterweb.New(counterweb.Config{Office: r.Service, Municipality: mihon, Actor: r.actor, Reader: r.reader})
	must(t, err)
	site, err := page.NewSite(page.Config{Name: page.Say("office.counter"), Home: "/counter", Log: slog.New(slog.NewTextHandler(r, nil))})
	must(t, err)
	desk.Mount(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	r.url = server.URL
}

// Write takes what the site logs.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

func (r *rig) actor(*http.Request) (authz.Actor, error) {
	return authz.Actor{Office: authz.Terminal, Operator: r.clerk}, nil
}

func (r *rig) reader(*http.Request) (card.Transmitter, error) {
	if r.pulled {
		return nil, fault.New(fault.Unavailable, "counter.card_gone")
	}
	return r.chip, nil
}

// answer is the CA: it issues or refuses, and its letter has the place in its stream that the request has.
func (r *rig) answer(ctx context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
	for _, m := range batch {
		if m.Kind != post.Kind(message.IssueRequestLetter) {
			continue
		}
		request, err := message.IssueRequestLetter.Read(m)
		if err != nil {
			return nil, err
		}
		issued, err := r.ca.Issue(ctx, authz.Actor{Office: authz.Counter}, request)
		letter, errLetter := message.IssuedLetter.Letter(r.Address(), message.TopicIssue, issued)
		if fault.KeyOf(err) != "" {
			letter, errLetter = message.IssueRefusalLetter.Letter(r.Address(), message.TopicIssue, message.IssueRefusal{RequestID: request.ID, Reason: fault.KeyOf(err)})
			err = nil
		}
		if err := errors.Join(err, errLetter); err != nil {
			return nil, err
		}
		receipts, err := r.Receive(ctx, message.AtCA, []post.Message{{From: message.AtCA, Letter: letter, Seq: m.Seq, Written: begin}})
		if err != nil || receipts[0].Outcome != post.Accepted {
			return nil, fmt.Errorf("the counter does not take the answer: %v, %w", receipts, err)
		}
	}
	return keep(ctx, "", batch)
}

// keep takes letters and does nothing.
func keep(_ context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
	var receipts []post.Receipt
	for _, m := range batch {
		receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
	}
	return receipts, nil
}

// visitKiosk makes both key pairs, as the applicant does.
func (r *rig) visitKiosk(t *testing.T) {
	t.Helper()
	k, err := kiosk.New(kiosk.Config{Master: []card.MasterKey{master}})
	must(t, err)
	s, err := k.Begin(t.Context(), r.chip)
	must(t, err)
	for i, key := range []card.Key{card.Authentication, card.Signature} {
		if i > 0 {
			must(t, s.Another())
		}
		entry, err := s.Choose(t.Context(), kiosk.KeyPair, key)
		must(t, err)
		pin := map[card.Key]string{card.Authentication: "1234", card.Signature: "ABC123"}[key]
		if entry == kiosk.NewPIN {
			must(t, s.SetPIN(t.Context(), pin))
		} else {
			must(t, s.VerifyPIN(t.Context(), pin))
		}
		must(t, s.Generate(t.Context()))
	}
	must(t, s.Return(t.Context()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is the browser of a clerk.
type visitor struct {
	*rig
	*pagetest.Visitor
	t      *testing.T
	visits int    // of applicants
	id     string // of the case
}

func (r *rig) visitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{rig: r, Visitor: pagetest.NewVisitor(t, r.url), t: t}
	v.Get("/counter")
	return v
}
