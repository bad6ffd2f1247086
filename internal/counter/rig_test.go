package counter_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/openjpki/jpki"
	"github.com/openjpki/jpki/card"
	"github.com/openjpki/jpki/card/softcard"
	"github.com/openjpki/jpki/internal/audit/auditdb"
	"github.com/openjpki/jpki/internal/authz"
	"github.com/openjpki/jpki/internal/ca"
	"github.com/openjpki/jpki/internal/ca/cadb"
	"github.com/openjpki/jpki/internal/ca/signer"
	"github.com/openjpki/jpki/internal/counter"
	"github.com/openjpki/jpki/internal/counter/counterdb"
	"github.com/openjpki/jpki/internal/db"
	"github.com/openjpki/jpki/internal/fault"
	"github.com/openjpki/jpki/internal/message"
	"github.com/openjpki/jpki/internal/office/officetest"
	"github.com/openjpki/jpki/internal/post"
)

var (
	begin    = time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)
	mihon    = jpki.Municipality{Code: "99201", Prefecture: "Kaku-ken", Name: "Mihon-shi"}
	clerk    = authz.Actor{Office: authz.Terminal, Operator: "op-1"}
	second   = authz.Actor{Office: authz.Terminal, Operator: "op-2"}
	stranger = authz.Actor{Office: authz.Kiosk}
	sandbox  = authz.Actor{Office: authz.Sandbox}
)

const cardSerial = "TEST000000000001"

// hanako is a resident as the register spells her.
func hanako() message.Attributes {
	return message.Attributes{
		Name: "見本　花子", Birth: jpki.Birth{Era: jpki.Showa, Year: 1980, Month: 2, Day: 17}, Sex: jpki.Female,
		Address: "架空県見本市例示町１丁目２番地３",
	}
}

func form() counter.Form {
	return counter.Form{
		Attributes: hanako(), Reading: "みほん　はなこ", Kinds: []jpki.Kind{jpki.Signing, jpki.Authentication}, Occasion: counter.First,
		CardEnd: time.Date(2036, 2, 17, 14, 59, 59, 0, time.UTC),
	}
}

var licence = counter.Identity{Document: counter.DrivingLicence, Agrees: true, Looks: true}

// secrets are the keys of the municipality of the tests.
type secrets struct {
	mu     sync.Mutex
	master card.MasterKey
}

func (s *secrets) Transport(context.Context, string) (card.Secret, error) {
	return card.Secret{1, 2, 3}, nil
}

func (s *secrets) Master(context.Context) (card.MasterKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.master, nil
}

// register is a resident register of one page, who was called up for every case.
type register message.Attributes

func (r register) Export(_ context.Context, _ authz.Actor, caseID string) (message.Export, error) {
	return message.Export{
		Case: caseID, Holder: "holder-1", Attributes: message.Attributes(r), Municipality: mihon.Code, At: begin,
	}, nil
}

// rig is a counter with its card, a kiosk and a real CA, on real files. What the counter writes to the CA is answered by
// the CA's Issue.
type rig struct {
	*counter.Service
	store   *counterdb.Store
	db      *db.DB
	audit   note.Verifiers
	ca      *ca.Service
	caDB    *db.DB
	keys    *signer.Software
	chip    *softcard.Card
	secrets *secrets
	now     time.Time
	courier post.Courier
	// corrupt changes what the CA answers. Optional.
	corrupt func(*message.Issued)
	letters []post.Message // that went to others than the CA, or to the CA and are no requests
}

type settings struct {
	url    string // of the counter's database; a file if ""
	step   func(string)
	change func(*counter.Config)
}

// openRig opens everything in a folder, which holds the audit key of all.
func openRig(ctx context.Context, dir string, set settings) (*rig, error) {
	log, keys, err := officetest.LogIn(dir)
	if err != nil {
		return nil, err
	}
	if set.url == "" {
		set.url = "sqlite:" + filepath.Join(dir, "counter.db")
	}
	if set.step == nil {
		set.step = func(string) {}
	}
	r := &rig{now: begin, audit: keys, secrets: &secrets{master: card.MasterKey{Version: 1, Secret: card.Secret{9}}}}
	clock := func() time.Time { return r.now }
	if r.db, err = db.Open(ctx, db.Config{URL: set.url, Now: clock}); err != nil {
		return nil, err
	}
	if r.store, err = counterdb.Open(ctx, r.db, log); err != nil {
		return nil, err
	}
	config := counter.Config{
		Store: r.store, Municipality: mihon, Secrets: r.secrets, Register: register(hanako()), Now: clock,
		Step: set.step,
	}
	if set.change != nil {
		set.change(&config)
	}
	if r.Service, err = counter.New(config); err != nil {
		return nil, err
	}
	if err := r.openCA(ctx, dir, log); err != nil {
		return nil, err
	}
	if err := r.openCard(dir); err != nil {
		return nil, err
	}
	r.courier = post.Courier{Office: r.Address(), Outbox: r.store.Outbox(), Now: clock, Carriers: map[post.Address]post.Carrier{
		message.AtCA:         post.Local(r.Address(), map[post.Address]post.Receiver{message.AtCA: r.answer}),
		message.AtRevocation: post.Local(r.Address(), map[post.Address]post.Receiver{message.AtRevocation: r.keep}),
	}}
	return r, nil
}

func (r *rig) openCA(ctx context.Context, dir string, log *auditdb.Log) (err error) {
	clock := func() time.Time { return r.now }
	if r.caDB, err = db.Open(ctx, db.Config{URL: "sqlite:" + filepath.Join(dir, "ca.db"), Now: clock}); err != nil {
		return err
	}
	store, err := cadb.Open(ctx, r.caDB, log)
	if err != nil {
		return err
	}
	r.keys = &signer.Software{Dir: filepath.Join(dir, "keys"), Passphrase: []byte("test"), Iterations: 1000}
	if r.ca, err = ca.New(ca.Config{Store: store, Profile: jpki.Sandbox("http://127.0.0.1:8080/ocsp"), Now: clock, Keys: r.keys}); err != nil {
		return err
	}
	if err := r.ca.Resume(ctx); err != nil {
		return err
	}
	issuers, err := r.ca.Issuers(ctx)
	for _, kind := range []jpki.Kind{jpki.SigningCA, jpki.AuthenticationCA} {
		if err == nil && !slices.ContainsFunc(issuers, func(i ca.Issuer) bool { return i.ID.Kind == kind }) {
			_, err = r.ca.Found(ctx, sandbox, kind, "")
		}
	}
	return err
}

func (r *rig) openCard(dir string) error {
	path := filepath.Join(dir, "card.json")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		transport := card.Secret{1, 2, 3}
		if err := softcard.Create(path, softcard.Config{Serial: cardSerial, TransportKey: transport[:]}); err != nil {
			return err
		}
	}
	var err error
	r.chip, err = softcard.Open(path, softcard.Options{})
	return err
}

func (r *rig) close() { _ = errors.Join(r.chip.Close(), r.db.Close(), r.caDB.Close()) }

// answer stands for the CA's own receiver: it issues, and its letter takes the place in its stream that the request has.
func (r *rig) answer(ctx context.Context, from post.Address, batch []post.Message) ([]post.Receipt, error) {
	var receipts []post.Receipt
	for _, m := range batch {
		if m.Kind == post.Kind(message.IssueRequestLetter) {
			if err := r.issue(ctx, m); err != nil {
				return receipts, err
			}
		} else {
			r.letters = append(r.letters, m)
		}
		receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
	}
	return receipts, nil
}

func (r *rig) issue(ctx context.Context, m post.Message) error {
	request, err := message.IssueRequestLetter.Read(m)
	if err != nil {
		return err
	}
	issued, err := r.ca.Issue(ctx, authz.Actor{Office: authz.Counter}, request)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
		refusal := message.IssueRefusal{RequestID: request.ID, Reason: fault.KeyOf(err)}
		return deliver(ctx, r, message.AtCA, message.TopicIssue, m.Seq, message.IssueRefusalLetter, refusal)
	}
	if err != nil {
		return err
	}
	if r.corrupt != nil {
		r.corrupt(&issued)
	}
	return deliver(ctx, r, message.AtCA, message.TopicIssue, m.Seq, message.IssuedLetter, issued)
}

// keep takes letters and does nothing.
func (r *rig) keep(_ context.Context, _ post.Address, batch []post.Message) ([]post.Receipt, error) {
	var receipts []post.Receipt
	for _, m := range batch {
		r.letters = append(r.letters, m)
		receipts = append(receipts, post.Receipt{Topic: m.Topic, Seq: m.Seq, Outcome: post.Accepted})
	}
	return receipts, nil
}

// deliver brings one letter to the counter.
func deliver[M any](ctx context.Context, r *rig, from post.Address, topic post.Topic, seq int64, f post.Form[M], body M) error {
	letter, err := f.Letter(r.Address(), topic, body)
	if err != nil {
		return err
	}
	receipts, err := r.Receive(ctx, from, []post.Message{{From: from, Letter: letter, Seq: seq, Written: begin}})
	if err == nil && receipts[0].Outcome != post.Accepted {
		err = fmt.Errorf("letter was not accepted: %s", receipts[0].Reason)
	}
	return err
}

func newRig(t *testing.T, set settings) *rig {
	t.Helper()
	r, err := openRig(t.Context(), t.TempDir(), set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}
